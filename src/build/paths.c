/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's `paths`: folders, links, permissions, and files, folders and archives of the host.
 * Host files are read while the image is made; of their attributes only the executable bit counts,
 * so that neither a umask nor a checkout's times reach the image.
 */
#include "base/array.h"
#include "base/mem.h"
#include "build/build.h"
#include "build/host.h"

#include <string.h>

static const struct origin recipe_origin = { .kind = ORIGIN_RECIPE, .name = "paths" };

static void set_attributes(const struct build *b, const struct recipe_path *p, struct inode *i)
{
	if (p->has_mode)
		i->mode = p->mode;
	if (p->has_uid)
		i->uid = p->uid;
	if (p->has_gid)
		i->gid = p->gid;
	i->mtime_s = b->created_s;
	i->origin = &recipe_origin;
}

static int put_empty(struct build *b, const struct recipe_path *p, struct err *e)
{
	struct inode file = inode_file("", 0, 0644, &recipe_origin);

	set_attributes(b, p, &file);
	return tree_put(&b->tree, p->path, &file, NULL, e);
}

static int put_symlink(struct build *b, const struct recipe_path *p, struct err *e)
{
	struct inode link = inode_symlink(p->source, &recipe_origin);

	set_attributes(b, p, &link);
	link.mode = 0777;
	return tree_put(&b->tree, p->path, &link, NULL, e);
}

/*
 * One node's mode and owner; the old origin stays, for it still says whose file it is. But the
 * base's layers stay as they are: a node of theirs is written anew.
 */
static void chmod_node(struct build *b, const struct recipe_path *p, struct node *n)
{
	const struct origin *origin = n->inode->origin;
	int64_t mtime_s = n->inode->mtime_s;
	uint32_t mode = n->inode->mode;

	set_attributes(b, p, n->inode);
	n->inode->origin = origin->kind == ORIGIN_LAYER ? &recipe_origin : origin;
	n->inode->mtime_s = mtime_s;
	if (n->inode->type == NODE_SYMLINK)
		n->inode->mode = mode;
}

static int put_hardlink(struct build *b, const struct recipe_path *p, struct err *e)
{
	struct node *to = tree_find(&b->tree, p->source, true);
	int rc;

	if (!to || to->inode->type != NODE_FILE)
		return fail(e, FAIL_NOT_FOUND, "the image has no file '%s' to link to", p->source);
	rc = tree_link(&b->tree, p->path, to, e);
	if (rc == 0 && (p->has_mode || p->has_uid || p->has_gid))
		chmod_node(b, p, to); /* of the one file that both names are of */
	return rc;
}

static void chmod_below(struct build *b, const struct recipe_path *p, const struct node *n)
{
	for (size_t i = 0; i < n->children.n; i++) {
		struct node *child = n->children.at[i].value;

		if (!child)
			continue;
		chmod_node(b, p, child);
		chmod_below(b, p, child);
	}
}

/* A folder that is there keeps what the recipe doesn't name, and the layer that it is in. */
static int put_directory(struct build *b, const struct recipe_path *p, struct err *e)
{
	struct inode dir = inode_dir(0755, &recipe_origin);
	struct node *n = tree_find(&b->tree, p->path, true);
	int rc = 0;

	if (n && n->inode->type == NODE_DIR) {
		chmod_node(b, p, n);
	} else {
		set_attributes(b, p, &dir);
		rc = tree_put(&b->tree, p->path, &dir, &n, e);
	}
	if (rc == 0 && p->recursive)
		chmod_below(b, p, n);
	return rc;
}

static int put_permissions(struct build *b, const struct recipe_path *p, struct err *e)
{
	struct node *n = tree_find(&b->tree, p->path, true);

	if (!n)
		return fail(e, FAIL_NOT_FOUND, "the image has no '%s' to set permissions of",
			    p->path);
	chmod_node(b, p, n);
	if (p->recursive)
		chmod_below(b, p, n);
	return 0;
}

/* A `tree` says the mode of its folder only: its files keep their own. */
static int put_host_file(struct build *b, const struct recipe_path *p, const char *path,
			 const char *source, struct err *e)
{
	struct inode file;
	uint32_t mode;
	int rc = p->strip ? host_file_stripped(b, source, &recipe_origin, &file, e)
			  : host_file(b, source, &recipe_origin, &file, e);

	if (rc < 0)
		return rc;
	mode = file.mode;
	set_attributes(b, p, &file);
	if (p->type == PATH_TREE)
		file.mode = mode;
	return tree_put(&b->tree, path, &file, NULL, e);
}

static int put_file(struct build *b, const struct recipe_path *p, struct err *e)
{
	if (p->content) {
		struct inode file =
			inode_file(p->content, strlen(p->content), 0644, &recipe_origin);

		set_attributes(b, p, &file);
		return tree_put(&b->tree, p->path, &file, NULL, e);
	}
	return put_host_file(b, p, p->path, p->source, e);
}

struct putting {
	struct build *b;
	const struct recipe_path *p;
};

static int put_tree_entry(void *ctx, const struct host_entry *entry, struct err *e)
{
	struct putting *putting = ctx;
	struct build *b = putting->b;
	const struct recipe_path *p = putting->p;
	const char *folder = strcmp(p->path, "/") == 0 ? "" : p->path;
	char *path = arena_printf(&b->tree.arena, "%s/%s", folder, entry->path);
	const struct node *there;
	struct inode inode;

	switch (entry->type) {
	case NODE_DIR:
		there = tree_find(&b->tree, path, true);
		if (there && there->inode->type == NODE_DIR)
			return 0;
		inode = inode_dir(0755, &recipe_origin);
		set_attributes(b, p, &inode);
		inode.mode = 0755;
		return tree_put(&b->tree, path, &inode, NULL, e);
	case NODE_SYMLINK:
		inode = inode_symlink(arena_strdup(&b->tree.arena, entry->target), &recipe_origin);
		set_attributes(b, p, &inode);
		inode.mode = 0777;
		return tree_put(&b->tree, path, &inode, NULL, e);
	default:
		return put_host_file(b, p, path, entry->source, e);
	}
}

static int put_tree(struct build *b, const struct recipe_path *p, struct err *e)
{
	struct putting putting = { b, p };
	int rc = put_directory(b, p, e);

	return rc < 0 ? rc : host_walk(p->source, put_tree_entry, &putting, e);
}

static int put_one(struct build *b, const struct recipe_path *p, struct err *e)
{
	switch (p->type) {
	case PATH_DIRECTORY:
		return put_directory(b, p, e);
	case PATH_EMPTY_FILE:
		return put_empty(b, p, e);
	case PATH_HARDLINK:
		return put_hardlink(b, p, e);
	case PATH_SYMLINK:
		return put_symlink(b, p, e);
	case PATH_PERMISSIONS:
		return put_permissions(b, p, e);
	case PATH_FILE:
		return put_file(b, p, e);
	case PATH_TREE:
		return put_tree(b, p, e);
	case PATH_ARCHIVE:
		return host_archive(b, p, &recipe_origin, e);
	}
	return 0;
}

int build_paths(struct build *b, struct err *e)
{
	for (size_t i = 0; i < b->recipe->n_paths; i++) {
		int rc = put_one(b, &b->recipe->paths[i], e);

		if (rc < 0)
			return err_context(e, "%s", b->recipe->paths[i].where);
	}
	return 0;
}
