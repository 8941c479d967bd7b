/* SPDX-License-Identifier: Apache-2.0 */
/* How a tree is divided into layers; between layers.c, which plans, and layer_write.c. */
#pragma once

#include "build/build.h"

enum {
	/* Raised when the same tree would give other bytes, so that cached layers aren't reused. */
	LAYER_WRITER_VERSION = 3,
};

/* One layer in the plan: the nodes whose origin maps to it. */
struct layer_plan {
	const char *comment;
	uint64_t bytes; /* of file contents, for the order of work */
};

struct layering {
	struct layer_plan *layers;
	size_t n;
	struct map by_group; /* source package → index + 1 */
	size_t packages;     /* layer of groups that have none of their own */
	size_t rules;	     /* layer of what rules made */
	size_t recipe;	     /* layer of the recipe's own files */
};

size_t layering_of(const struct layering *l, const struct node *n);

/* Writes layer `i` into the store, or finds it through the cache. */
int layer_make(struct build *b, const struct layering *l, size_t i, const struct layer_options *o,
	       int cache_fd, struct layer *ret, struct err *e);
