/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places to write to, blob by blob: what is there already is found out first, what was written
 * stays when the rest fails, and the image has its name only when all of it is there.
 */
#pragma once

#include "place/place.h"

struct place_source;
struct place_target;

/* A blob's bytes in a file. */
struct blob_file {
	int fd;
	uint64_t offset;
};

struct target_options {
	const char *store_dir; /* as for store_open() */
	/* A folder in which the blobs for an archive lie until it is written; the caller's. */
	const char *stage;
	/*
	 * What is copied, borrowed: for who sends an image in one stream, and for registries, which
	 * may have a blob in another repository.
	 */
	struct place_source *source;
	const struct sha256 *config; /* its config's digest, or NULL */
	const struct sha256 *root;   /* its manifest's or index's, or NULL */
};

/* Everything but `to` and `o` strings is the target's own; these are borrowed. */
int place_target_open(const struct place *to, const struct target_options *o,
		      struct place_target **ret, struct err *e);
void place_target_close(struct place_target *t);

/* The functions on blobs may be called by several threads for several blobs. */

/* Also true when the place could help itself, by a mount. */
int place_target_has(struct place_target *t, const struct descriptor *d, bool *ret, struct err *e);
/* A folder where a blob may be put as a file called by its digest's hex digits; -1: there's none.
 */
int place_target_folder(const struct place_target *t);
/* Checks the digest on the way. `task` is the monitor's. */
int place_target_put(struct place_target *t, const struct descriptor *d,
		     const struct blob_file *from, struct monitor *m, uint32_t task, struct err *e);
/* A small blob that is at hand. */
int place_target_put_bytes(struct place_target *t, const struct descriptor *d, struct view bytes,
			   struct err *e);
/* A manifest or index, after all that it refers to. */
int place_target_put_document(struct place_target *t, const struct descriptor *d, struct view bytes,
			      struct err *e);
/* The last one, the root, which gets the place's name. `created_s` as for place_put(). */
int place_target_finish(struct place_target *t, const struct descriptor *root, struct view bytes,
			int64_t created_s, struct err *e);

/* After that: whether the whole image was sent only then. */
bool place_target_sent(const struct place_target *t);

static inline void place_target_cleanup(struct place_target **t)
{
	if (*t)
		place_target_close(*t);
}
