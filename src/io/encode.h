/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed streams, written: the same input and level give the same bytes with any number of
 * threads. The input is cut into chunks of a fixed size, each is compressed for itself (a gzip
 * member or a zstd frame: both formats are defined as a sequence of these) and they are written
 * in order. gzip has no time, no name, operating system 255.
 */
#pragma once

#include "io/codec.h"
#include "io/stream.h"
#include "sys/workers.h"

enum {
	/* Measured on 53 MB of Python's library: 0.18 % larger than one member of everything;
	 * 512 KiB costs 0.36 %, 2 MiB 0.10 %. */
	ENCODE_GZIP_CHUNK_BYTES = 1 << 20,
	/* zstd looks back further: 0.37 % larger here, 2.3 % at 1 MiB. */
	ENCODE_ZSTD_CHUNK_BYTES = 4 << 20,
	/* Input of one sink that is held at once, on however many threads: a locked build has to
	 * do with 64 MiB. */
	ENCODE_MAX_HELD_BYTES = 32 << 20,
	ENCODE_LEVEL_DEFAULT = -1, /* gzip 6, zstd 3 */
	ENCODE_GZIP_MAX_LEVEL = 12,
	ENCODE_ZSTD_MAX_LEVEL = 19, /* what is above needs much memory of whoever reads it */
};

/*
 * CODEC_GZIP (level 1 to 12), CODEC_ZSTD (1 to 19) or CODEC_PLAIN (which gives `below` itself);
 * another level is FAIL_USAGE, another codec FAIL_UNSUPPORTED. Takes `below`, also on error; it
 * is written to by the caller's thread only. With a workers (borrowed; NULL: none) chunks are
 * compressed in its threads and, while waiting for those, in the caller's; the caller may itself
 * be the workers's work.
 */
int encode_sink_new(enum codec c, int level, struct workers *workers, struct sink *below,
		    struct sink **ret, struct err *e);

/*
 * Names whatever besides input and level decides the bytes: library, its version, chunk size. For
 * keys of caches that hold compressed results.
 */
const char *encode_version(enum codec c) __attribute__((returns_nonnull));
