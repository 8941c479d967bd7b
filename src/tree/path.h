/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a path leads to a node: checking what a caller gave, and walking it through the links that
 * the tree holds. Internal to tree/.
 */
#pragma once

#include "base/view.h"
#include "tree/tree.h"

enum lookup_status {
	LOOKUP_FOUND,
	LOOKUP_MISSING,
	LOOKUP_NOT_FOLDER, /* a file where a folder is needed */
	LOOKUP_LOOP,
	LOOKUP_REFUSED,	 /* a link in lookup.refused */
	LOOKUP_TOO_LONG, /* a folder to be made would lie too deep */
	LOOKUP_FULL,	 /* the tree has as much as it may have */
};

struct lookup {
	struct node *root;
	struct arena *arena; /* for folders that are made */
	const struct inode
		*like; /* missing folders are made with its origin and mtime; NULL: not */
	const struct map *refused; /* links not to be followed, by their node's address; or NULL */
	unsigned n_links;	   /* followed so far */
	tree_passed *passed;	   /* told of each link that is followed; or NULL */
	void *passed_ctx;
};

/*
 * Cuts the leading '/' or './' and one trailing '/' off; what remains is empty for the root.
 * FAIL_FORMAT for what tree.h refuses.
 */
int path_check(const char *path, struct view *ret_rest, struct err *e);
/* Splits a checked path at its last '/'; the folder part may be empty. */
void path_split(struct view path, struct view *ret_folder, struct view *ret_name);
/* Says in words what a lookup of `path` met; returns -code. */
int path_fail(enum lookup_status status, const char *path, struct err *e);

struct node *path_child(const struct node *folder, struct view name);
/* A new node in `folder`, which doesn't have the name yet: too long, full, or found. */
enum lookup_status path_add_child(struct arena *a, struct node *folder, struct view name,
				  struct node **ret);
/* `path` as in a link's target: relative to `from`, with '.' and '..'. */
enum lookup_status path_lookup(struct lookup *l, struct node *from, struct view path,
			       bool follow_last, struct node **ret);
