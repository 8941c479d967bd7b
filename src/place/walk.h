/* SPDX-License-Identifier: Apache-2.0 */
/* All blobs that an image consists of, found by reading its manifests and indexes. */
#pragma once

#include "base/map.h"
#include "place/source.h"
#include "place/store.h"

enum {
	WALK_MAX_DEPTH = 4,	  /* indexes in indexes; nobody needs more than 2 */
	WALK_MAX_BLOBS = 1 << 20, /* about 200 MB of memory */
};

/* Fill in `store` and `arena`; `at` lives on the heap, use walk_done(). */
struct walk {
	struct store *store;
	struct place_source *source; /* read instead of `store` when it is given */
	struct arena *arena;
	bool missing_ok; /* a manifest that isn't there has no children; else FAIL_NOT_FOUND */
	struct map seen; /* 64 hex digits; the value means nothing */
	struct descriptor *at;
	size_t n, cap;
};

/* Adds the blobs behind `root`, each once, children before parents. */
int walk_image(struct walk *w, const struct descriptor *root, struct err *e);
void walk_done(struct walk *w);

#define auto_walk __attribute__((cleanup(walk_done))) struct walk

bool is_index_type(const char *media_type);
bool is_manifest_type(const char *media_type);
