/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contents.exclude and contents.include: package files that no pattern's last word wants are taken
 * out, and so are folders that this empties. Licence files stay whatever a pattern says.
 */
#include "base/array.h"
#include "base/glob.h"
#include "build/build.h"

#include <stdlib.h>
#include <string.h>

struct cutting {
	const struct recipe *recipe;
	struct doomed {
		struct node **at;
		size_t n, cap;
	} doomed;
};

bool build_is_licence(const struct node *n, const char *path)
{
	if (glob_match("usr/share/doc/*/copyright", path) ||
	    glob_match("usr/share/common-licenses/**", path) ||
	    glob_match("usr/share/common-licenses", path))
		return true;
	/* The doc folder of a package may be a link to another's, with its copyright. */
	return n->inode->type == NODE_SYMLINK && glob_match("usr/share/doc/*", path);
}

/* Whether the pattern names the path or a folder that it is in. */
static bool names(const char *pattern, const char *path)
{
	char part[TREE_MAX_PATH + 1];

	if (glob_match(pattern, path))
		return true;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - path);

		if (len >= sizeof(part))
			return false;
		memcpy(part, path, len);
		part[len] = '\0';
		if (glob_match(pattern, part))
			return true;
	}
	return false;
}

static const struct recipe_cut *last_cut(const struct recipe *r, const char *path)
{
	for (size_t i = r->n_cuts; i > 0; i--)
		if (names(r->cuts[i - 1].pattern, path))
			return &r->cuts[i - 1];
	return NULL;
}

static bool is_cut(const struct recipe *r, const char *path)
{
	const struct recipe_cut *cut = last_cut(r, path);

	return cut && !cut->include;
}

bool build_is_included(const struct recipe *r, const char *path)
{
	const struct recipe_cut *cut = last_cut(r, path);

	return cut && cut->include;
}

static int visit(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct cutting *c = ctx;

	(void)e;
	if (n->inode->origin->kind != ORIGIN_PACKAGE || build_is_licence(n, path))
		return 0;
	if (is_cut(c->recipe, path))
		*array_push(&c->doomed) = n;
	return 0;
}

/* A package's own folder, that may go when it is empty: not one of the skeleton's. */
static bool is_passing(const struct node *n)
{
	const struct origin *o = n->inode->origin;

	return n->parent && o->kind == ORIGIN_PACKAGE && strcmp(o->name, "base-files") != 0;
}

/* Removes the node, then the folders above that this empties. */
static void take_out(struct tree *t, struct node *n)
{
	do {
		struct node *parent = n->parent;

		tree_remove(t, n);
		n = parent;
	} while (is_passing(n) && node_is_empty(n));
}

int build_cut(struct build *b, struct err *e)
{
	struct cutting c = { .recipe = b->recipe };
	int rc;

	if (b->recipe->n_cuts == 0)
		return 0;
	rc = tree_walk(&b->tree, visit, &c, e);
	/* Backwards: children before their folders; a folder that went with its last child has no
	 * parent any more. */
	for (size_t i = c.doomed.n; rc == 0 && i > 0; i--)
		if (c.doomed.at[i - 1]->parent && node_is_empty(c.doomed.at[i - 1]))
			take_out(&b->tree, c.doomed.at[i - 1]);
	free(c.doomed.at);
	return rc;
}
