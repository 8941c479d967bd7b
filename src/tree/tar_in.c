/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking into a tree. A tar may bring links and write through the tree's own ones, but not
 * through those that it brought: else its names would not say where its files end up.
 */
#include "tree/tar_in.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "tree/path.h"
#include "tree/tar_node.h"

struct unpack {
	struct tree *t;
	const struct tar_in *in;
	struct spool *spool;
	struct tar_reader *tar;
	struct map own; /* files and links that this tar brought: address of the node → itself */
	struct buf path;
	struct buf link;
};

/* The tar's name for an entry, below the prefix. */
static int full_path(const struct unpack *u, const char *name, struct buf *ret, struct err *e)
{
	struct view rest;
	int rc;

	if (name[0] == '/')
		return fail(e, FAIL_FORMAT, "'%.200s' is an absolute name", name);
	rc = path_check(name, &rest, e);
	if (rc < 0)
		return rc;
	buf_clear(ret);
	buf_add_str(ret, u->in->prefix ? u->in->prefix : "/");
	if (rest.len && ret->data[ret->len - 1] != '/')
		buf_add_char(ret, '/');
	buf_add_view(ret, rest);
	return 0;
}

static void remember(struct unpack *u, struct node *n)
{
	/* Nodes stay where they are, so their address can be the key; it is kept in the arena. */
	struct node **key = arena_new(&u->t->arena, struct node *);

	*key = n;
	*map_put(&u->own, view_make((const char *)key, sizeof(struct node *))) = n;
}

static bool is_own(const struct map *own, const struct node *n)
{
	return map_find(own, view_make((const char *)&n, sizeof(n))) != NULL;
}

/* FAIL_FORMAT when the way to the path's folder leads through a link of this tar. */
static int check_way(struct unpack *u, const char *path, const char *name, struct err *e)
{
	struct lookup l = { .root = u->t->root, .refused = &u->own };
	struct view rest, folder, last;
	struct node *unused;
	int rc = path_check(path, &rest, e);

	if (rc < 0)
		return rc;
	path_split(rest, &folder, &last);
	if (path_lookup(&l, u->t->root, folder, true, &unused) == LOOKUP_REFUSED)
		return fail(e, FAIL_FORMAT, "'%.200s' leads through a link of the same archive",
			    name);
	return 0;
}

static int put_entry(struct unpack *u, const struct tar_entry *t, const struct content *content,
		     struct err *e)
{
	struct xattr xattrs[TREE_MAX_XATTRS];
	struct inode i = tar_node_inode(t, u->in->origin, xattrs);
	struct node *n;
	int rc;

	i.content = *content;
	rc = tree_put(u->t, buf_str(&u->path), &i, &n, e);
	if (rc == 0 && (i.type == NODE_FILE || i.type == NODE_SYMLINK))
		remember(u, n);
	return rc;
}

static int put_hardlink(struct unpack *u, const struct tar_entry *t, struct err *e)
{
	struct node *to, *n;
	int rc = full_path(u, t->link, &u->link, e);

	if (rc == 0)
		rc = check_way(u, buf_str(&u->link), t->link, e);
	if (rc < 0)
		return err_context(e, "'%.100s'", t->path);
	to = tree_find(u->t, buf_str(&u->link), false);
	if (!to || !is_own(&u->own, to))
		return fail(e, FAIL_FORMAT,
			    "'%.200s' is a hard link to '%.100s', which is no earlier "
			    "file of the archive",
			    t->path, t->link);
	/* GNU tar links symlinks too; in a tree they are copies. */
	if (to->inode->type == NODE_SYMLINK)
		rc = tree_put(u->t, buf_str(&u->path), to->inode, &n, e);
	else
		rc = tree_link(u->t, buf_str(&u->path), to, e);
	if (rc == 0)
		remember(u, tree_find(u->t, buf_str(&u->path), false));
	return rc;
}

static int check_entry(struct unpack *u, const struct tar_entry *t, struct err *e)
{
	int rc = full_path(u, t->path, &u->path, e);

	if (rc == 0)
		rc = check_way(u, buf_str(&u->path), t->path, e);
	if (rc == 0 && (t->type == TAR_CHAR || t->type == TAR_BLOCK) && !u->in->devices)
		rc = fail(e, FAIL_FORMAT, "'%.200s' is a device", t->path);
	return rc;
}

static int unpack_entry(struct unpack *u, const struct tar_entry *t, struct err *e)
{
	struct content content = { 0 };
	int rc = check_entry(u, t, e);

	if (rc < 0)
		return err_context(e, "%s", u->in->name);
	if (t->type == TAR_FILE)
		rc = tar_node_content(u->tar, t, u->spool, u->in->name, &content, e);
	if (rc < 0)
		return rc;
	if (t->type == TAR_HARDLINK)
		rc = put_hardlink(u, t, e);
	else
		rc = put_entry(u, t, &content, e);
	return rc < 0 ? err_context(e, "%s", u->in->name) : 0;
}

static int unpack_all(struct unpack *u, struct err *e)
{
	struct tar_entry t;
	size_t n = 0;
	int rc;

	while ((rc = tar_reader_next(u->tar, &t, e)) == 1) {
		if (n++ == TREE_MAX_TAR_ENTRIES)
			return fail(e, FAIL_LIMIT, "%s: more than %d entries", u->in->name,
				    TREE_MAX_TAR_ENTRIES);
		rc = unpack_entry(u, &t, e);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int tree_read_tar(struct tree *t, struct source *tar, const struct tar_in *in, struct spool *spool,
		  struct err *e)
{
	struct unpack *u = mem_zalloc(sizeof(*u));
	int rc;

	u->t = t;
	u->in = in;
	u->spool = spool;
	rc = tar_reader_new(source_borrow(tar), in->name, &u->tar, e);
	if (rc == 0)
		rc = unpack_all(u, e);
	tar_reader_free(u->tar);
	map_done(&u->own);
	buf_done(&u->path);
	buf_done(&u->link);
	free(u);
	return rc;
}
