/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The base's tree below the recipe's. What the base has is put first, so that names lead through
 * its links and rules see its files; in the end whatever is as the base has it is the base's again,
 * so that layers hold nothing twice. Nothing that the base has ever goes.
 */
#include "build/base.h"

#include "base/map.h"

#include <string.h>

static const struct origin base_origin = { .kind = ORIGIN_LAYER, .name = "base" };

struct laying {
	struct tree *to;
	struct map inodes; /* of files with several names: address → the node in `to` */
};

static int lay_node(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct laying *l = ctx;
	struct inode copy = *n->inode;
	struct inode **key;
	struct node *put;
	void **first = NULL;
	int rc;

	copy.origin = &base_origin;
	copy.n_links = 0;
	if (n->inode->type == NODE_FILE && n->inode->n_links > 1) {
		key = arena_new(&l->to->arena, struct inode *);
		*key = n->inode;
		first = map_put(&l->inodes, view_make((const char *)key, sizeof(*key)));
		if (*first)
			return tree_link(l->to, path, *first, e);
	}
	rc = tree_put(l->to, path, &copy, &put, e);
	if (rc == 0 && first)
		*first = put;
	return rc;
}

int build_lay_base(struct build *b, struct err *e)
{
	struct laying l = { .to = &b->tree, .inodes = MAP_EMPTY };
	struct inode *root = b->tree.root->inode;
	const struct inode *from;
	int rc;

	if (!b->base)
		return 0;
	from = b->base->view->tree.root->inode;
	root->mode = from->mode;
	root->uid = from->uid;
	root->gid = from->gid;
	root->mtime_s = from->mtime_s;
	rc = tree_walk(&b->base->view->tree, lay_node, &l, e);
	map_done(&l.inodes);
	return rc;
}

/* Dates aside: a file that is the same but younger needs no copy. */
static bool same_thing(const struct inode *a, const struct inode *b)
{
	if (a->type != b->type || a->uid != b->uid || a->gid != b->gid || !inode_same_xattrs(a, b))
		return false;
	if (a->type == NODE_SYMLINK)
		return strcmp(a->target, b->target) == 0;
	if (a->mode != b->mode)
		return false;
	return a->type == NODE_DIR || (a->type == NODE_FILE && a->n_links == 1 && b->n_links == 1 &&
				       a->content.size == b->content.size &&
				       sha256_eq(&a->content.digest, &b->content.digest));
}

static int give_back(struct node *n, const char *path, void *ctx, struct err *e)
{
	const struct tree *base = ctx;
	const struct node *there;

	(void)e;
	if (n->inode->origin->kind == ORIGIN_LAYER)
		return 0;
	there = tree_find(base, path, false);
	if (!there || !same_thing(n->inode, there->inode))
		return 0;
	n->inode->origin = &base_origin;
	n->inode->mtime_s = there->inode->mtime_s;
	return 0;
}

/* A step that took out what it had put over a file of the base's, which is then there again. */
static int bring_back(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct tree *t = ctx;
	struct inode copy = *n->inode;

	if (tree_find(t, path, false))
		return 0;
	copy.origin = &base_origin;
	copy.n_links = 0;
	return tree_put(t, path, &copy, NULL, e);
}

int build_settle_on_base(struct build *b, struct err *e)
{
	int rc;

	if (!b->base)
		return 0;
	rc = tree_walk(&b->base->view->tree, bring_back, &b->tree, e);
	return rc < 0 ? rc : tree_walk(&b->tree, give_back, &b->base->view->tree, e);
}
