/* SPDX-License-Identifier: Apache-2.0 */
/* Writing layers: one walk over the tree, folders emitted when something below them is selected. */
#include "tree/tar_out.h"

#include "base/array.h"
#include "base/interrupt.h"
#include "base/map.h"
#include "fmt/tar.h"
#include "tree/apply.h"

#include <stdlib.h>

struct writer {
	tree_select *select;
	void *ctx;
	struct sink *to;
	struct arena arena;
	struct {
		struct node **at;
		size_t n, cap;
	} open;		  /* the folders that were written and hold the current node */
	struct map links; /* inodes with several names, by address → path of the file */
};

static enum tar_type tar_type_of(enum node_type type)
{
	static const enum tar_type types[] = {
		[NODE_DIR] = TAR_DIR,	[NODE_FILE] = TAR_FILE,	  [NODE_SYMLINK] = TAR_SYMLINK,
		[NODE_CHAR] = TAR_CHAR, [NODE_BLOCK] = TAR_BLOCK, [NODE_FIFO] = TAR_FIFO,
	};

	return types[type];
}

static int write_header(struct writer *w, const struct inode *i, enum tar_type type,
			const char *path, const char *link, struct err *e)
{
	struct tar_xattr xattrs[TREE_MAX_XATTRS];
	struct tar_entry entry = { .type = type,
				   .path = path,
				   .link = link,
				   .mode = i->mode,
				   .uid = i->uid,
				   .gid = i->gid,
				   .mtime_s = i->mtime_s,
				   .size = type == TAR_FILE ? i->content.size : 0,
				   .dev_major = i->dev_major,
				   .dev_minor = i->dev_minor,
				   .xattrs = xattrs };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (strncmp(name, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) == 0)
		return fail(e, FAIL_UNSUPPORTED,
			    "'/%.200s' can't be in a layer: names that begin with '%s' take files "
			    "away there",
			    path, WHITEOUT_PREFIX);
	/* A hard link has its file's attributes; only that one carries the extended ones. */
	if (type != TAR_HARDLINK)
		for (; entry.n_xattrs < i->n_xattrs; entry.n_xattrs++)
			xattrs[entry.n_xattrs] =
				(struct tar_xattr){ i->xattrs[entry.n_xattrs].name,
						    i->xattrs[entry.n_xattrs].value };
	return tar_write_header(w->to, &entry, e);
}

static int write_content(struct writer *w, const struct inode *i, const char *path, struct err *e)
{
	auto_source from = NULL;
	uint64_t n = 0;
	int rc = inode_open(i, &from, e);

	if (rc == 0)
		rc = stream_copy(from, w->to, &n, e);
	if (rc == 0 && n != i->content.size)
		rc = fail(e, FAIL_IO, "has %llu bytes now and had %llu before",
			  (unsigned long long)n, (unsigned long long)i->content.size);
	if (rc < 0)
		return err_context(e, "'/%s'", path);
	return tar_write_padding(w->to, i->content.size, e);
}

/* Where the first name of an inode with several is remembered; NULL if it has only one. */
static void **first_name(struct writer *w, struct node *n)
{
	if (n->inode->n_links < 2 || n->inode->type == NODE_DIR)
		return NULL;
	return map_put(&w->links, view_make((const char *)&n->inode, sizeof(struct inode *)));
}

static int write_node(struct writer *w, struct node *n, const char *path, struct err *e)
{
	const struct inode *i = n->inode;
	enum tar_type type = tar_type_of(i->type);
	void **first = first_name(w, n);
	int rc;

	if (first && *first)
		return write_header(w, i, TAR_HARDLINK, path, *first, e);
	if (first)
		*first = arena_strdup(&w->arena, path);
	rc = write_header(w, i, type, path, i->target, e);
	return rc == 0 && type == TAR_FILE ? write_content(w, i, path, e) : rc;
}

static bool is_above(const struct node *folder, const struct node *n)
{
	while (n && n != folder)
		n = n->parent;
	return n != NULL;
}

static bool is_open(const struct writer *w, const struct node *folder)
{
	return w->open.n && w->open.at[w->open.n - 1] == folder;
}

static const char *tar_path(const struct node *folder, struct arena *a)
{
	return folder->parent ? node_path(folder, a) + 1 : "./";
}

/* The folders above a node, from the root, that were not written yet. */
static int open_folders(struct writer *w, struct node *folder, struct err *e)
{
	int rc = 0;

	if (is_open(w, folder))
		return 0;
	if (folder->parent)
		rc = open_folders(w, folder->parent, e);
	if (rc == 0)
		rc = write_header(w, folder->inode, TAR_DIR, tar_path(folder, &w->arena), NULL, e);
	if (rc == 0)
		*array_push(&w->open) = folder;
	return rc;
}

static int visit(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct writer *w = ctx;
	int rc = interrupt_check(e);

	while (w->open.n && !is_above(w->open.at[w->open.n - 1], n))
		w->open.n--;
	if (rc < 0 || !w->select(n, w->ctx))
		return rc;
	rc = open_folders(w, n->parent, e);
	if (rc == 0)
		rc = write_node(w, n, path, e);
	if (rc == 0 && n->inode->type == NODE_DIR)
		*array_push(&w->open) = n;
	return rc;
}

int tree_write_tar(const struct tree *t, tree_select *select, void *ctx, struct sink *to,
		   struct err *e)
{
	struct writer w = { .select = select, .ctx = ctx, .to = to };
	int rc = tree_walk(t, visit, &w, e);

	if (rc == 0)
		rc = tar_write_end(to, e);
	free(w.open.at);
	map_done(&w.links);
	arena_done(&w.arena);
	return rc;
}
