/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images to be read, in whatever place of this machine they are: the store, a layout, an archive.
 * A source gives blobs by their descriptors; every byte is checked against its digest.
 */
#pragma once

#include "base/arena.h"
#include "io/stream.h"
#include "oci/descriptor.h"
#include "place/place.h"
#include "place/target.h"

struct place_source;

/*
 * Opens the place and finds the image that it names: a manifest or an index. A place that holds
 * one image needs no name for it; else FAIL_USAGE says which there are, as FAIL_NOT_FOUND does for
 * a name that isn't one of them. An archive of Docker's and an engine, which have
 * no manifest, get the one that config and layers make. `store_dir` is
 * as for store_open(). Results live in `a`, which must outlive the source.
 */
int place_open(const struct place *p, const char *store_dir, struct arena *a,
	       struct place_source **ret, struct descriptor *ret_root, struct err *e);
/* A store's blobs; the store is borrowed. */
struct place_source *place_source_of_store(struct store *s) __attribute__((returns_nonnull));
/* Blobs that lie in a folder as files called by their digests' hex digits; takes the folder. */
struct place_source *place_source_of_folder(int dir_fd) __attribute__((returns_nonnull));
void place_source_close(struct place_source *s);

/* Read to its end, the blob is checked against its descriptor: FAIL_VERIFY. */
int place_source_open(struct place_source *s, const struct descriptor *d, struct source **ret,
		      struct err *e);
/*
 * The blob's bytes as part of a file of the place's own, unchecked; false where they aren't (they
 * are on another machine, or packed). ret->fd is the caller's to close.
 */
bool place_source_file(struct place_source *s, const struct descriptor *d, struct blob_file *ret);
/*
 * The blob as a file in a folder, checked, there as a whole or not at all. From a registry a later
 * call goes on where an earlier one was cut off.
 */
int place_source_fetch(struct place_source *s, const struct descriptor *d, const char *what,
		       int dir_fd, const char *name, struct err *e);
/* Whether its blobs come over a network: what is read twice should lie here. */
bool place_source_is_far(const struct place_source *s);
/* The repository that the blob is read from, borrowed; NULL: it isn't in a registry. */
const struct reference *place_source_origin(struct place_source *s, const struct descriptor *d);
/* The layout that is read from, borrowed, or NULL. */
struct store *place_source_store(struct place_source *s);
/* A document of at most OCI_MAX_DOCUMENT_BYTES, checked, in `a`. */
int place_source_read(struct place_source *s, const struct descriptor *d, struct arena *a,
		      struct view *ret, struct err *e);

static inline void place_source_cleanup(struct place_source **s)
{
	if (*s)
		place_source_close(*s);
}

#define auto_place_source __attribute__((cleanup(place_source_cleanup))) struct place_source *
