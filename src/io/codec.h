/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed streams, read: which codec some bytes or a name are of, and a source that undoes it.
 * Memory is bounded by the limits below whatever the input says; how much comes out is for the
 * caller's limit_source to bound.
 */
#pragma once

#include "base/view.h"
#include "io/stream.h"

enum {
	CODEC_DETECT_BYTES = 13, /* the header of an .lzma file is the longest */
	/* xz -9 needs 65 MiB; nothing that dpkg-deb or the archive's tools write needs more */
	CODEC_XZ_MAX_MEMORY = 128 << 20,
	/* 2^27 = 128 MiB: what the zstd tool takes without --long, and dpkg-deb's highest level */
	CODEC_ZSTD_MAX_WINDOW_LOG = 27,
};

enum codec {
	CODEC_PLAIN,
	CODEC_GZIP,
	CODEC_ZSTD,
	CODEC_XZ,
	CODEC_BZIP2,
	CODEC_LZMA, /* the .lzma format of LZMA Utils */
	/* Inside of other formats, and never detected: */
	CODEC_ZLIB,    /* RFC 1950 */
	CODEC_DEFLATE, /* RFC 1951, with nothing around it */
};

/* "gzip", "xz"…; "plain" for none. */
const char *codec_name(enum codec c) __attribute__((returns_nonnull));
/* By a stream's first CODEC_DETECT_BYTES bytes (or fewer, if it is shorter). */
enum codec codec_detect(struct view start);
/* By a file name's end: .gz, .zst, .xz, .bz2, .lzma; CODEC_PLAIN for any other. */
enum codec codec_from_suffix(struct view name);

/*
 * Takes `below`, also on error. `name` is for messages and copied. Members, frames or streams may
 * follow each other; anything else behind them, and an end in their middle, is FAIL_FORMAT with
 * the offset in the compressed data. CODEC_PLAIN gives `below` itself.
 */
int decode_source_new(enum codec c, struct source *below, const char *name, struct source **ret,
		      struct err *e);
