/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of view/ share about an open image. Internal to view/. */
#pragma once

#include "oci/replay.h"
#include "place/place.h"
#include "view/entries.h"
#include "view/image_view.h"
#include "view/kept_reads.h"

#include <pthread.h>

/* Where the bytes of a file of a layer were put. */
struct kept_at {
	uint64_t tar_offset;
	struct content content; /* in the layer's spool */
};

/* Serves the bytes of one layer's files: from its index, its spool, or the layer itself. */
struct layer_contents {
	struct content_provider provider;
	struct image_view *view;
	size_t layer;
	struct spool *spool; /* NULL: nothing was wanted */
	struct {
		struct kept_at *at; /* by tar_offset */
		size_t n, cap;
	} spooled;
	/* With options.keep_reads: what was read, and what the cache has. */
	pthread_mutex_t lock; /* of what follows and the spool, once the view is open */
	struct {
		struct read_range *at;
		size_t n, cap;
	} reads;
	struct kept_reads *kept;
	bool is_lazy; /* not read for what is wanted, because something is kept */
};

/* A state of an entry: a bit, and the change above it. */
enum { VIEW_STATE_VISIBLE = 1, VIEW_STATE_CHANGE_SHIFT = 1 };

struct view_private {
	struct view_options options;
	struct place place; /* of a plain tree */
	struct place_source *source;
	struct store *store;
	int dir_fd;	  /* of rootfs:DIR, else -1 */
	int spool_dir_fd; /* where temporary files go */
	struct layer_index **indexes;
	struct tree_index *tree_index; /* what a part was made of, or NULL */
	struct layer_contents *contents;
	unsigned char **states;
	struct origin *origins;
	struct workers *workers; /* given or own; NULL: none needed yet */
	bool own_workers;
};

/* Reads the documents and chooses the platform; for a plain tree, makes up what there is. */
int view_pick(struct image_view *v, struct err *e);

/* What one reading of the layers is for. */
struct pass {
	const struct view_scanner *scanners;
	size_t n_scanners;
	const bool *only; /* a mark per layer; NULL: all layers */
	view_want *want;
	void *want_ctx;
	bool visible_only; /* what is wanted of files that are there in the end */
};

/*
 * Reads the layers that have no index yet, and makes it; all of them when `p` has scanners, and
 * those with files that it wants. In parallel; the first layer's error counts.
 */
int view_read_layers(struct image_view *v, const struct pass *p, struct err *e);
/* Reads one layer for what is wanted of it, in the caller's thread. */
int view_read_wanted(struct image_view *v, size_t layer, struct err *e);
/* Whether the options want that file. */
bool view_is_wanted(const struct image_view *v, size_t layer, size_t entry);
/* The layer's index out of the cache, if it is there. */
void view_load_index(struct image_view *v, size_t layer);
/* "layer sha256:…", for messages; in `a`, or the view's. */
const char *view_layer_name(const struct image_view *v, size_t layer, struct arena *a);
/* The layer's tar from its start, decompressed; its bytes are checked against no digest. */
int view_open_tar(const struct image_view *v, size_t layer, struct source **ret, struct err *e);

/* An empty tree, and the layers as origins of what comes into it. */
void view_begin_tree(struct image_view *v);
/* Replays the indexes, and counts what is visible. */
int view_merge(struct image_view *v, struct err *e);
/* Finds packages, and marks the nodes with them. */
int view_find_owners(struct image_view *v, struct err *e);

extern const struct content_provider_ops layer_contents_ops;
void layer_contents_add(struct layer_contents *c, uint64_t tar_offset, const struct content *at);
void layer_contents_sort(struct layer_contents *c);
