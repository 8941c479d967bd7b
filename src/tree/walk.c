/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical order, and a node's path. A folder's children are sorted into a list of their own
 * before the first one is visited, so a visit may add and remove nodes. The recursion is bounded
 * by TREE_MAX_PATH, which holds for every node.
 */
#include "tree/tree.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>

struct walk {
	tree_visit *visit;
	void *ctx;
	struct buf path;
};

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct node *const *)a)->name, (*(struct node *const *)b)->name);
}

struct node **node_children(const struct node *folder, size_t *ret_n)
{
	struct node **list = mem_resize(NULL, folder->children.n + 1, sizeof(struct node *));
	bool in_order = true;
	size_t n = 0;

	for (size_t i = 0; i < folder->children.n; i++) {
		struct node *child = folder->children.at[i].value;

		if (!child)
			continue;
		if (n && strcmp(list[n - 1]->name, child->name) > 0)
			in_order = false;
		list[n++] = child;
	}
	if (!in_order)
		qsort(list, n, sizeof(struct node *), by_name);
	*ret_n = n;
	return list;
}

static int walk_folder(struct walk *w, struct node *folder, struct err *e);

static int walk_node(struct walk *w, struct node *n, struct err *e)
{
	size_t len = w->path.len;
	int rc;

	if (len)
		buf_add_char(&w->path, '/');
	buf_add_str(&w->path, n->name);
	rc = w->visit(n, buf_str(&w->path), w->ctx, e);
	if (rc == 0 && n->children.n)
		rc = walk_folder(w, n, e);
	w->path.len = len;
	return rc;
}

static int walk_folder(struct walk *w, struct node *folder, struct err *e)
{
	size_t n;
	auto_free struct node **list = node_children(folder, &n);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (list[i]->parent == folder)
			rc = walk_node(w, list[i], e);
	}
	return rc;
}

int tree_walk(const struct tree *t, tree_visit *visit, void *ctx, struct err *e)
{
	struct walk w = { .visit = visit, .ctx = ctx, .path = BUF_EMPTY };
	int rc = 0;

	if (t->root->children.n)
		rc = walk_folder(&w, t->root, e);
	buf_done(&w.path);
	return rc;
}

const char *node_path(const struct node *n, struct arena *a)
{
	size_t len = 0;
	char *path;

	if (!n->parent)
		return "/";
	for (const struct node *at = n; at->parent; at = at->parent)
		len += 1 + strlen(at->name);
	path = arena_alloc(a, len + 1);
	for (const struct node *at = n; at->parent; at = at->parent) {
		size_t part = strlen(at->name);

		len -= part + 1;
		path[len] = '/';
		memcpy(path + len + 1, at->name, part);
	}
	return path;
}

bool node_is_empty(const struct node *n)
{
	for (size_t i = 0; i < n->children.n; i++)
		if (n->children.at[i].value)
			return false;
	return true;
}
