/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local store: an OCI image layout (image-layout.md) that any number of pare processes may
 * use at once. Blobs are content-addressed, written by temporary file, fsync and rename; the
 * index changes under a lock. A kill at any moment loses nothing that was there.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "io/stream.h"
#include "oci/descriptor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* `dir` NULL: $PARE_STORE, else $XDG_DATA_HOME/pare/store, else ~/.local/share/pare/store. Made
 * when missing. */
int store_open(const char *dir, struct store **ret, struct err *e);
void store_close(struct store *s);
const char *store_path(const struct store *s);

static inline void store_cleanup(struct store **s)
{
	if (*s)
		store_close(*s);
}

/* auto_store s = NULL; */
#define auto_store __attribute__((cleanup(store_cleanup))) struct store *

/* A blob that is there becomes young (to the minute): garbage collection will leave it to the
 * caller. */
bool store_has_blob(struct store *s, const struct sha256 *digest, uint64_t size);
/* The same, and its content is read and compared with the digest. */
bool store_blob_is_right(struct store *s, const struct sha256 *digest, uint64_t size);
/*
 * Adds to `h` what identifies the blob's file and the last change to it, so that a blob once found
 * right needn't be read again while nobody writes to it. False when it isn't there.
 */
bool store_stamp_blob(struct store *s, const struct sha256 *digest, uint64_t size,
		      struct hasher *h);
/* Read to its end, the blob is checked against its digest: FAIL_VERIFY. */
int store_open_blob(struct store *s, const struct sha256 *digest, struct source **ret,
		    struct err *e);
/*
 * The blob's file, unchecked, for the caller to close. A link to it, of which some tools' layouts
 * are made, is good to read from, but no file to give a second name to.
 */
int store_blob_fd(struct store *s, const struct sha256 *digest, bool or_link, int *ret_fd,
		  struct err *e);
/* A small blob, verified against its digest; over `limit` is FAIL_LIMIT. */
int store_read_blob(struct store *s, const struct sha256 *digest, uint64_t limit, struct arena *a,
		    struct view *ret, struct err *e);

/* Writing a blob: bytes go to the sink; commit makes it visible under its digest. */
struct blob_writer;

int blob_writer_new(struct store *s, struct blob_writer **ret, struct err *e);
/* Borrowed; thread-compatible: one writer, one thread at a time. */
struct sink *blob_writer_sink(struct blob_writer *w);
int blob_writer_commit(struct blob_writer *w, struct sha256 *ret_digest, uint64_t *ret_size,
		       struct err *e);
/* Without a commit before, the bytes are dropped. */
void blob_writer_free(struct blob_writer *w);
int store_put_blob(struct store *s, const void *bytes, size_t len, struct sha256 *ret_digest,
		   struct err *e);

/*
 * Names: NAME[:TAG] ("latest" when none) → a manifest or index. Tagging asks that all of the
 * image's blobs are there. The name stands whole in the annotation
 * org.opencontainers.image.ref.name of index.json: other tools read it as oci:STORE:NAME:TAG.
 */
int store_tag(struct store *s, const char *name, const struct descriptor *d, struct err *e);
int store_resolve(struct store *s, const char *name, struct arena *a, struct descriptor *ret,
		  struct err *e);
int store_untag(struct store *s, const char *name, struct err *e);

struct store_entry {
	const char *name; /* NAME:TAG */
	struct descriptor descriptor;
};

int store_list(struct store *s, struct arena *a, struct store_entry **ret, size_t *ret_n,
	       struct err *e);

struct gc_result {
	uint64_t n_blobs, blob_bytes; /* removed */
	uint64_t n_kept, kept_bytes;
};

/* Removes what killed writers left behind; no failure worth telling. */
void store_tidy(struct store *s);
/*
 * Removes blobs that no name reaches, and temporary files whose writer is gone. Manifest and
 * config of the bases that images name in their annotations stay, if they are there. Blobs younger
 * than `min_age_s` stay: a build that runs now may need them. With `dry_run` it only counts.
 */
int store_gc(struct store *s, int64_t min_age_s, bool dry_run, struct gc_result *ret,
	     struct err *e);
