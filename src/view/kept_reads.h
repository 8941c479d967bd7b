/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a layer's files that somebody read, in the cache: of programs that are headers and
 * symbols, a twentieth of all. Who reads the same of a layer again needn't decompress it. Internal
 * to view/.
 */
#pragma once

#include "io/stream.h"
#include "view/image_view.h"

enum {
	KEPT_READS_VERSION = 1,
	/* A Debian with compilers, 1.9 GB, has 80 MB; of a layer with more nothing is kept. */
	KEPT_READS_MAX_BYTES = 128 << 20,
	KEPT_READS_MAX = 1 << 20, /* reads of one layer that are noted; the same has 10,000 */
	KEPT_READS_PIECE_BYTES = 64 << 10,
};

/* Bytes of the layer's tar. */
struct read_range {
	uint64_t offset, size;
};

struct kept_reads;

/*
 * What the cache has of the layer, or NULL. The key holds the digest of the blob, too: that these
 * bytes unpack to those that the config says was seen when they were kept.
 */
struct kept_reads *kept_reads_open(const struct image_view *v, size_t layer);
/* What the file at `fd` has, which is taken; NULL: it isn't whole, or has another key. */
struct kept_reads *kept_reads_of(int fd, const struct sha256 *key);
void kept_reads_free(struct kept_reads *k);
/* The bytes at `offset` of the tar; false: not all of them are there, or they are damaged. */
bool kept_reads_get(struct kept_reads *k, uint64_t offset, uint64_t size, struct source **ret);
/* What it has undamaged, in order; to be freed. */
size_t kept_reads_ranges(struct kept_reads *k, struct read_range **ret);

/*
 * Keeps these ranges of the layer, in any order, as `from` gives their bytes; instead of what there
 * was. Sorts and joins them.
 */
int kept_reads_write(const struct image_view *v, size_t layer, struct read_range *at, size_t n,
		     struct content_provider *from, struct err *e);
