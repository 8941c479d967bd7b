/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and changing a tree: what may take the place of what, and how many names an inode has.
 * Resolving paths is path.c's, walking walk.c's.
 */
#include "tree/tree.h"

#include "tree/path.h"

#include <assert.h>
#include <stdlib.h>

void tree_init(struct tree *t, const struct origin *origin)
{
	*t = (struct tree){ .arena = ARENA_EMPTY };
	t->root = arena_new(&t->arena, struct node);
	t->root->name = "";
	t->root->inode = arena_new(&t->arena, struct inode);
	*t->root->inode = inode_dir(0755, origin);
	t->root->inode->n_links = 1;
}

/* Gives back what lies outside the arena, and lets go of the inodes. */
static void drop(struct node *n)
{
	for (size_t i = 0; i < n->children.n; i++) {
		if (n->children.at[i].value)
			drop(n->children.at[i].value);
	}
	map_done(&n->children);
	n->parent = NULL;
	n->inode->n_links--;
}

void tree_done(struct tree *t)
{
	if (t->root)
		drop(t->root);
	arena_done(&t->arena);
	t->root = NULL;
}

void tree_remove(struct tree *t, struct node *n)
{
	if (n == t->root || !n->parent)
		return;
	*map_find(&n->parent->children, view_of(n->name)) = NULL;
	drop(n);
}

struct node *tree_find(const struct tree *t, const char *path, bool follow_last)
{
	struct lookup l = { .root = t->root };
	struct node *found;
	struct view rest;
	struct err e;

	if (path_check(path, &rest, &e) < 0)
		return NULL;
	if (path_lookup(&l, t->root, rest, follow_last, &found) != LOOKUP_FOUND)
		return NULL;
	return found;
}

struct node *tree_find_from(const struct tree *t, struct node *from, const char *path,
			    bool follow_last)
{
	struct lookup l = { .root = t->root };
	size_t len = strnlen(path, TREE_MAX_PATH);
	bool folder = len && path[len - 1] == '/';
	struct node *found;

	if (len == 0 || len == TREE_MAX_PATH)
		return NULL;
	if (path_lookup(&l, path[0] == '/' ? t->root : from, view_make(path, len),
			follow_last || folder, &found) != LOOKUP_FOUND)
		return NULL;
	return folder && found->inode->type != NODE_DIR ? NULL : found;
}

struct node *tree_trace(const struct tree *t, const char *path, tree_passed *passed, void *ctx)
{
	struct lookup l = { .root = t->root, .passed = passed, .passed_ctx = ctx };
	size_t len = strnlen(path, TREE_MAX_PATH);
	struct node *found;

	if (len == 0 || len == TREE_MAX_PATH ||
	    path_lookup(&l, t->root, view_make(path, len), true, &found) != LOOKUP_FOUND)
		return NULL;
	passed(found, ctx);
	return found;
}

static int check_inode(const struct inode *i, const char *path, struct err *e)
{
	if (i->n_xattrs > TREE_MAX_XATTRS)
		return fail(e, FAIL_FORMAT,
			    "'%.200s' has %zu extended attributes, at most %d are allowed", path,
			    i->n_xattrs, TREE_MAX_XATTRS);
	if (i->type != NODE_SYMLINK)
		return 0;
	if (!i->target || !i->target[0])
		return fail(e, FAIL_FORMAT, "link '%.200s' has no target", path);
	if (strnlen(i->target, TREE_MAX_PATH) == TREE_MAX_PATH)
		return fail(e, FAIL_FORMAT, "link '%.200s' has a target of more than %d bytes",
			    path, TREE_MAX_PATH - 1);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name, ((const struct xattr *)b)->name);
}

static int copy_xattrs(struct arena *a, struct inode *i, const char *path, struct err *e)
{
	struct xattr *copy = arena_array(a, i->n_xattrs, sizeof(*copy));

	for (size_t n = 0; n < i->n_xattrs; n++) {
		copy[n].name = arena_strdup(a, i->xattrs[n].name);
		copy[n].value.ptr = arena_view(a, i->xattrs[n].value);
		copy[n].value.len = i->xattrs[n].value.len;
	}
	qsort(copy, i->n_xattrs, sizeof(*copy), by_name);
	for (size_t n = 1; n < i->n_xattrs; n++) {
		if (strcmp(copy[n - 1].name, copy[n].name) == 0)
			return fail(e, FAIL_FORMAT,
				    "'%.200s' has the extended attribute '%.100s' twice", path,
				    copy[n].name);
	}
	i->xattrs = copy;
	return 0;
}

static int copy_inode(struct arena *a, const struct inode *from, const char *path,
		      struct inode **ret, struct err *e)
{
	struct inode *i;
	int rc = check_inode(from, path, e);

	if (rc < 0)
		return rc;
	i = arena_new(a, struct inode);
	*i = *from;
	/* Nobody reads a link's permissions, and hosts disagree about them. */
	i->mode = from->type == NODE_SYMLINK ? 0777 : i->mode & 07777;
	i->n_links = 0;
	i->target = from->type == NODE_SYMLINK ? arena_strdup(a, from->target) : NULL;
	if (i->n_xattrs)
		rc = copy_xattrs(a, i, path, e);
	else
		i->xattrs = NULL;
	*ret = i;
	return rc;
}

static void set_inode(struct node *n, struct inode *i)
{
	if (n->inode)
		n->inode->n_links--;
	n->inode = i;
	i->n_links++;
}

/* The folder that `path` lies in, made if need be, and the path's last name. */
static int find_parent(struct tree *t, const char *path, const struct inode *like,
		       struct node **ret, struct view *ret_name, struct err *e)
{
	struct lookup l = { .root = t->root, .arena = &t->arena, .like = like };
	enum lookup_status status;
	struct view rest, folder;
	int rc = path_check(path, &rest, e);

	if (rc < 0)
		return rc;
	path_split(rest, &folder, ret_name);
	status = path_lookup(&l, t->root, folder, true, ret);
	if (status == LOOKUP_FOUND && (*ret)->inode->type != NODE_DIR)
		status = LOOKUP_NOT_FOLDER;
	return path_fail(status, path, e);
}

static struct node *link_to_folder(const struct tree *t, struct node *n)
{
	struct lookup l = { .root = t->root };
	struct node *found;

	if (n->inode->type != NODE_SYMLINK)
		return NULL;
	if (path_lookup(&l, n->parent, view_of(n->name), true, &found) != LOOKUP_FOUND)
		return NULL;
	return found->inode->type == NODE_DIR ? found : NULL;
}

/* What is at `path` gives way to a node of `type`, or *ret_stays is the folder that stays. */
static int check_replace(const struct tree *t, struct node *old, enum node_type type,
			 const char *path, struct node **ret_stays, struct err *e)
{
	bool was_folder = old->inode->type == NODE_DIR;

	*ret_stays = NULL;
	if (was_folder && type != NODE_DIR)
		return fail(e, FAIL_CONFLICT,
			    "'%.200s' is a folder and can't be replaced by a file or link", path);
	if (was_folder || type != NODE_DIR)
		return 0;
	*ret_stays = link_to_folder(t, old);
	if (!*ret_stays)
		return fail(e, FAIL_CONFLICT,
			    "'%.200s' is a file or link and can't be replaced by a folder", path);
	return 0;
}

/* The node that takes the new inode: an old one, or one made for it; or *ret_stays. */
static int place_node(struct tree *t, struct node *folder, struct view name, enum node_type type,
		      const char *path, struct node **ret, struct node **ret_stays, struct err *e)
{
	struct node *n = name.len ? path_child(folder, name) : folder;
	enum lookup_status status;

	*ret_stays = NULL;
	if (n) {
		*ret = n;
		return check_replace(t, n, type, path, ret_stays, e);
	}
	status = path_add_child(&t->arena, folder, name, ret);
	return status == LOOKUP_FOUND ? 0 : path_fail(status, path, e);
}

int tree_put(struct tree *t, const char *path, const struct inode *inode, struct node **ret_node,
	     struct err *e)
{
	struct node *folder, *n = NULL, *stays;
	struct inode *copy;
	struct view name;
	int rc = copy_inode(&t->arena, inode, path, &copy, e);

	if (rc == 0)
		rc = find_parent(t, path, inode, &folder, &name, e);
	if (rc == 0)
		rc = place_node(t, folder, name, inode->type, path, &n, &stays, e);
	if (rc < 0)
		return rc;
	assert(n);
	if (!stays)
		set_inode(n, copy);
	if (ret_node)
		*ret_node = stays ? stays : n;
	return 0;
}

int tree_link(struct tree *t, const char *path, struct node *to, struct err *e)
{
	struct node *folder, *n = NULL, *stays;
	struct view name;
	int rc;

	if (to->inode->type != NODE_FILE)
		return fail(e, FAIL_FORMAT,
			    "hard link '%.200s' is to '%.200s', which is no regular file", path,
			    to->name);
	rc = find_parent(t, path, to->inode, &folder, &name, e);
	if (rc == 0)
		rc = place_node(t, folder, name, NODE_FILE, path, &n, &stays, e);
	if (rc < 0)
		return rc;
	assert(n);
	if (n != to)
		set_inode(n, to->inode);
	return 0;
}
