/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of pare ls. */
#pragma once

#include "cmd/view_options.h"

struct ls_options {
	bool tree, changed;
	uint64_t layer, largest;
	struct view_flags view;
};

struct ls_item {
	struct node *node;
	const char *path;
};

struct ls_list {
	struct ls_item *at;
	size_t n, cap;
};

/* What one layer did, or all of them, to those below. */
int ls_layers(struct command *c, const struct ls_options *o, const struct image_view *v,
	      struct err *e);
/* A folder and all below it, drawn as a tree. */
int ls_tree(struct command *c, const struct image_view *v, const char *path, struct err *e);
