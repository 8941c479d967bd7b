/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Within io/: what one decompressing library does for codec.c. Each is one function that moves
 * bytes from `in` to `out`, and one that frees.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct decoding {
	const char *in;
	size_t in_len;
	bool in_ended; /* nothing will follow `in` */
	char *out;
	size_t out_len;
	/* Set by the decoder: a member is complete, all of it is in `out`. */
	bool at_boundary;
	/* Set by the decoder when it fails: what is wrong with the data. */
	const char *why;
	bool over_limit; /* … and that is the memory which it would take */
};

struct decoder {
	/* Advances in and out. False when the data is bad. After a boundary it begins anew. */
	bool (*step)(struct decoder *d, struct decoding *io);
	void (*free)(struct decoder *d);
	bool repeats; /* several members may follow each other */
};

struct decoder *gzip_decoder_new(void);
struct decoder *zlib_decoder_new(void);
struct decoder *deflate_decoder_new(void);
struct decoder *zstd_decoder_new(void);
struct decoder *xz_decoder_new(void);
struct decoder *lzma_decoder_new(void);
struct decoder *bzip2_decoder_new(void);
