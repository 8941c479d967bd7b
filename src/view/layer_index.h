/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of a layer: what its tar holds, without the files' bytes, in a file that is mapped and
 * not read. In the cache it lies under the layer's diff_id. It is a cache: whatever is odd about
 * one makes it unusable, and the layer is read again.
 *
 * The bytes of a few files that most questions need (package databases, accounts, releases) are in
 * it: layer_index_is_kept() says which.
 */
#pragma once

#include "base/err.h"
#include "crypto/digest.h"
#include "fmt/tar.h"

#include <stddef.h>

enum {
	LAYER_INDEX_VERSION = 2,
	/* of one file: Debian's whole archive in a dpkg status would take 80 MB */
	LAYER_INDEX_MAX_KEPT_FILE_BYTES = 32 << 20,
	/* of all: 2,000 packages' lists of files take 20 MB */
	LAYER_INDEX_MAX_KEPT_BYTES = 128 << 20,
};

/* Names, links and attributes of one layer; 128 bytes each on average, so 8 million files. */
#define LAYER_INDEX_MAX_TEXT_BYTES (UINT64_C(1) << 30)

/* What a regular file is, by its first bytes. */
enum file_kind { FILE_OTHER, FILE_EMPTY, FILE_ELF, FILE_SCRIPT };

enum file_kind file_kind_of(struct view head);

struct layer_entry {
	struct tar_entry tar;
	struct sha256 digest; /* of a regular file's bytes */
	enum file_kind kind;
	struct tar_xattr xattrs[TAR_MAX_XATTRS]; /* tar.xattrs points here: don't copy the struct */
};

struct layer_index;

/* Totals, as counted when it was made. */
struct layer_totals {
	uint64_t tar_bytes;	/* of the whole tar */
	uint64_t content_bytes; /* of its regular files */
	uint64_t n_files;	/* regular files and hard links */
};

/* Whether the bytes of a file of that name belong into an index. */
bool layer_index_is_kept(const char *path);

size_t layer_index_count(const struct layer_index *x);
const struct layer_totals *layer_index_totals(const struct layer_index *x);
/* False, for one that is damaged. What `ret` points to lives as long as the index. */
bool layer_index_get(const struct layer_index *x, size_t i, struct layer_entry *ret);
/* The kept bytes of the file whose bytes are at `tar_offset` in the tar; false if they aren't. */
bool layer_index_kept(const struct layer_index *x, uint64_t tar_offset, struct view *ret);
/* The number of the regular, not empty file whose bytes in the tar contain `tar_offset`. */
bool layer_index_at(const struct layer_index *x, uint64_t tar_offset, size_t *ret);

/* Takes `fd`. FAIL_FORMAT for what is no whole index of this version for that layer. */
int layer_index_open(int fd, const struct sha256 *diff_id, struct layer_index **ret, struct err *e);
void layer_index_free(struct layer_index *x);

/* ---- making one -------------------------------------------------------------------------- */

struct layer_writer;

struct layer_writer *layer_writer_new(void) __attribute__((returns_nonnull));
void layer_writer_free(struct layer_writer *w);
/*
 * The next entry; of a regular file its digest, its first bytes and, if it is kept, all of them
 * (else NULL). Entries come in the order of their offsets.
 */
int layer_writer_add(struct layer_writer *w, const struct tar_entry *t, const struct sha256 *digest,
		     enum file_kind kind, const struct view *kept, struct err *e);
/* How many bytes more may be kept. */
size_t layer_writer_room(const struct layer_writer *w);
/* Writes the whole index to `fd`, at its offset. */
int layer_writer_write(struct layer_writer *w, const struct sha256 *diff_id, uint64_t tar_bytes,
		       int fd, struct err *e);
