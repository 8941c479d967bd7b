/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaying a layer. What belongs to it is known by its origin: every inode that it brings, and
 * every folder made on the way to one, has it. Only a second name for a lower layer's file doesn't
 * show it; such nodes are remembered. What was hidden once is remembered, too, so that a layer of
 * nothing but markers costs no more than the tree has nodes.
 */
#include "tree/apply.h"

#include "base/buf.h"
#include "base/interrupt.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "tree/path.h"
#include "tree/tar_in.h"
#include "tree/tar_node.h"

struct layering {
	struct tree *t;
	const char *name;
	const struct origin *origin;
	size_t n_entries;
	bool removed;	    /* the current entry took something away */
	struct map linked;  /* names of this layer for files of lower ones */
	struct map cleared; /* folders below which nothing of lower layers is left */
	struct buf path, link;
};

/* Sets of nodes: a node stays where it is, so its address, kept in the arena, can be the key. */
static void add_to(struct layering *ap, struct map *set, struct node *n)
{
	struct node **key = arena_new(&ap->t->arena, struct node *);

	*key = n;
	*map_put(set, view_make((const char *)key, sizeof(struct node *))) = n;
}

static bool is_in(const struct map *set, const struct node *n)
{
	return set->n && map_find(set, view_make((const char *)&n, sizeof(n))) != NULL;
}

static bool is_own(const struct layering *ap, const struct node *n)
{
	return n->inode->origin == ap->origin || is_in(&ap->linked, n);
}

/* ---- names ------------------------------------------------------------------------------- */

/* The tar's name without '/' at either end, '.' and empty parts; "" is the root. */
static int clean_name(const char *name, struct buf *ret, struct err *e)
{
	struct view left = view_of(name), part;

	buf_clear(ret);
	buf_add(ret, "", 0);
	while (view_split(&left, '/', &part)) {
		if (part.len == 0 || view_is(part, "."))
			continue;
		if (view_is(part, ".."))
			return fail(e, FAIL_FORMAT, "'%.200s' has a '..' in it", name);
		if (ret->len)
			buf_add_char(ret, '/');
		buf_add_view(ret, part);
	}
	return 0;
}

static struct view clean_view(const struct buf *b)
{
	return view_make(buf_str(b), b->len);
}

/* Where the folder is, links followed; NULL when it isn't there. */
static struct node *find_folder(const struct layering *ap, struct view path)
{
	struct lookup l = { .root = ap->t->root };
	struct node *found;

	if (path_lookup(&l, l.root, path, true, &found) != LOOKUP_FOUND)
		return NULL;
	return found->inode->type == NODE_DIR ? found : NULL;
}

static struct node *find_node(const struct layering *ap, struct view path)
{
	struct view folder_path, name;
	struct node *folder;

	path_split(path, &folder_path, &name);
	folder = find_folder(ap, folder_path);
	return folder && name.len ? path_child(folder, name) : folder;
}

/* ---- whiteouts --------------------------------------------------------------------------- */

static bool hide(struct layering *ap, struct node *n);

/* Whether something of this layer stays in the folder, or it was cleared before. */
static bool hide_children(struct layering *ap, struct node *folder)
{
	bool stays = false;

	if (is_in(&ap->cleared, folder))
		return true;
	for (size_t i = 0; i < folder->children.n; i++) {
		struct node *child = folder->children.at[i].value;

		if (child && hide(ap, child))
			stays = true;
	}
	add_to(ap, &ap->cleared, folder);
	return stays;
}

/* Takes the lower layers' part of a node away; true when this layer's part stays. */
static bool hide(struct layering *ap, struct node *n)
{
	bool stays = n->inode->type == NODE_DIR && hide_children(ap, n);

	if (is_own(ap, n))
		return true;
	ap->removed = true;
	if (!stays) {
		tree_remove(ap->t, n);
		return false;
	}
	/* a lower folder that only holds what this layer put below it is one that it implies */
	n->inode->mode = 0755;
	n->inode->uid = n->inode->gid = 0;
	n->inode->n_xattrs = 0;
	n->inode->origin = ap->origin;
	return true;
}

static int apply_whiteout(struct layering *ap, struct view folder_path, struct view name,
			  struct err *e)
{
	struct node *folder, *n;

	name = view_make(name.ptr + strlen(WHITEOUT_PREFIX), name.len - strlen(WHITEOUT_PREFIX));
	if (name.len == 0 || view_is(name, ".") || view_is(name, ".."))
		return fail(e, FAIL_FORMAT, "'%.200s' is a whiteout of no name",
			    buf_str(&ap->path));
	folder = find_folder(ap, folder_path);
	n = folder ? path_child(folder, name) : NULL;
	if (n)
		hide(ap, n);
	return 0;
}

/* 1 when the entry is about what isn't there, and has been dealt with. */
static int apply_marker(struct layering *ap, struct err *e)
{
	struct view left = clean_view(&ap->path), folder_path, name, part;
	struct node *folder;

	path_split(left, &folder_path, &name);
	for (left = folder_path; view_split(&left, '/', &part);) {
		if (view_starts(part, WHITEOUT_META_PREFIX))
			return 1;
		if (view_starts(part, WHITEOUT_PREFIX))
			return fail(e, FAIL_FORMAT, "'%.200s' lies below a whiteout",
				    buf_str(&ap->path));
	}
	if (!view_starts(name, WHITEOUT_PREFIX))
		return 0;
	if (view_is(name, WHITEOUT_OPAQUE)) {
		folder = find_folder(ap, folder_path);
		if (folder)
			hide_children(ap, folder);
		return 1;
	}
	if (view_starts(name, WHITEOUT_META_PREFIX))
		return 1;
	return apply_whiteout(ap, folder_path, name, e) < 0 ? -(int)e->code : 1;
}

/* ---- files, folders, links --------------------------------------------------------------- */

/* What is no folder and lies on the way to ap->path makes room, if a lower layer brought it. */
static int clear_way(struct layering *ap, struct view folder_path, struct err *e)
{
	for (size_t end = 1; end <= folder_path.len; end++) {
		struct view prefix = view_make(folder_path.ptr, end);
		struct lookup l = { .root = ap->t->root };
		enum lookup_status status;
		struct node *n;

		if (end < folder_path.len && folder_path.ptr[end] != '/')
			continue;
		status = path_lookup(&l, l.root, prefix, true, &n);
		if (status == LOOKUP_MISSING || (status == LOOKUP_FOUND && //
						 n->inode->type == NODE_DIR))
			continue;
		if (status != LOOKUP_FOUND && status != LOOKUP_NOT_FOLDER)
			return path_fail(status, buf_str(&ap->path), e);
		n = find_node(ap, prefix);
		if (!n || is_own(ap, n))
			return fail(e, FAIL_FORMAT, "a parent of '%.200s' is not a folder",
				    buf_str(&ap->path));
		tree_remove(ap->t, n);
	}
	return 0;
}

/* Removes what a node of `type` can't be put over. */
static int make_room(struct layering *ap, enum node_type type, struct err *e)
{
	struct lookup l = { .root = ap->t->root };
	struct view folder_path, name;
	enum lookup_status status;
	struct node *folder, *old;

	path_split(clean_view(&ap->path), &folder_path, &name);
	if (name.len == 0)
		return type == NODE_DIR ? 0 : fail(e, FAIL_FORMAT, "the root is no folder");
	status = path_lookup(&l, l.root, folder_path, true, &folder);
	if (status == LOOKUP_FOUND && folder->inode->type != NODE_DIR)
		status = LOOKUP_NOT_FOLDER;
	if (status == LOOKUP_NOT_FOLDER)
		return clear_way(ap, folder_path, e);
	if (status != LOOKUP_FOUND)
		return 0; /* made, or refused, by who puts the node */
	old = path_child(folder, name);
	if (old && (type != NODE_DIR || old->inode->type != NODE_DIR))
		tree_remove(ap->t, old);
	return 0;
}

static const char *put_path(const struct layering *ap)
{
	return ap->path.len ? buf_str(&ap->path) : "/";
}

static int put_entry(struct layering *ap, const struct tar_entry *t, const struct content *content,
		     struct node **ret, struct err *e)
{
	struct xattr xattrs[TREE_MAX_XATTRS];
	struct inode i = tar_node_inode(t, ap->origin, xattrs);
	int rc = make_room(ap, i.type, e);

	i.content = *content;
	return rc < 0 ? rc : tree_put(ap->t, put_path(ap), &i, ret, e);
}

static int put_hardlink(struct layering *ap, const struct tar_entry *t, struct err *e)
{
	int rc = clean_name(t->link, &ap->link, e);
	struct node *to;
	struct inode copy;

	if (rc < 0)
		return err_context(e, "'%.100s'", t->path);
	to = find_node(ap, clean_view(&ap->link));
	if (!to || to->inode->type == NODE_DIR)
		return fail(e, FAIL_FORMAT,
			    "'%.200s' is a hard link to '%.100s', which is no file before it",
			    t->path, t->link);
	if (to == find_node(ap, clean_view(&ap->path)))
		return 0;
	if (to->inode->type != NODE_FILE) {
		/* a tree links files only: the others' second name is a copy */
		copy = *to->inode;
		copy.origin = ap->origin;
		rc = make_room(ap, copy.type, e);
		return rc < 0 ? rc : tree_put(ap->t, put_path(ap), &copy, NULL, e);
	}
	rc = make_room(ap, NODE_FILE, e);
	if (rc == 0)
		rc = tree_link(ap->t, put_path(ap), to, e);
	if (rc == 0 && to->inode->origin != ap->origin)
		add_to(ap, &ap->linked, find_node(ap, clean_view(&ap->path)));
	return rc;
}

struct layering *layering_new(struct tree *t, const char *name, const struct origin *origin)
{
	struct layering *ap = mem_zalloc(sizeof(*ap));

	ap->t = t;
	ap->name = name;
	ap->origin = origin;
	return ap;
}

void layering_free(struct layering *ap)
{
	if (!ap)
		return;
	map_done(&ap->linked);
	map_done(&ap->cleared);
	buf_done(&ap->path);
	buf_done(&ap->link);
	free(ap);
}

int layering_mark(struct layering *ap, const struct tar_entry *t, struct layered *ret,
		  struct err *e)
{
	int rc = 0;

	ap->removed = false;
	if (ap->n_entries++ == TREE_MAX_TAR_ENTRIES)
		rc = fail(e, FAIL_LIMIT, "more than %d entries", TREE_MAX_TAR_ENTRIES);
	if (rc == 0)
		rc = clean_name(t->path, &ap->path, e);
	if (rc == 0)
		rc = apply_marker(ap, e);
	if (rc < 0)
		return err_context(e, "%s", ap->name);
	*ret = (struct layered){ ap->removed ? LAYER_REMOVES : LAYER_REMOVES_NOTHING, NULL };
	return rc;
}

static bool same_xattrs(const struct inode *old, const struct tar_entry *t)
{
	if (old->n_xattrs != t->n_xattrs)
		return false;
	for (size_t i = 0; i < old->n_xattrs; i++)
		if (strcmp(old->xattrs[i].name, t->xattrs[i].name) != 0 ||
		    !view_eq(old->xattrs[i].value, t->xattrs[i].value))
			return false;
	return true;
}

static enum layer_change change_of(const struct layering *ap, const struct tar_entry *t,
				   const struct content *content)
{
	const struct node *n = find_node(ap, clean_view(&ap->path));
	struct inode now = tar_node_inode(t, ap->origin, NULL);
	const struct inode *old = n ? n->inode : NULL;

	if (!old || is_own(ap, n) || old->origin->kind != ORIGIN_LAYER)
		return LAYER_ADDS;
	if (t->type == TAR_HARDLINK || old->type != now.type ||
	    (now.type == NODE_SYMLINK && strcmp(old->target, t->link) != 0) ||
	    (now.type == NODE_FILE && !sha256_eq(&old->content.digest, &content->digest)))
		return LAYER_REPLACES;
	if (now.type != NODE_SYMLINK && old->mode != now.mode)
		return LAYER_ATTRIBUTES;
	if (old->uid != now.uid || old->gid != now.gid || !same_xattrs(old, t))
		return LAYER_ATTRIBUTES;
	/* a folder's date changes with what is in it */
	return now.type != NODE_DIR && old->mtime_s != now.mtime_s ? LAYER_ATTRIBUTES
								   : LAYER_REPEATS;
}

int layering_put(struct layering *ap, const struct tar_entry *t, const struct content *content,
		 struct layered *ret, struct err *e)
{
	struct node *n = NULL;
	int rc;

	if (ret)
		*ret = (struct layered){ change_of(ap, t, content), NULL };
	rc = t->type == TAR_HARDLINK ? put_hardlink(ap, t, e) : put_entry(ap, t, content, &n, e);
	if (rc < 0)
		return err_context(e, "%s", ap->name);
	if (ret)
		ret->inode = n ? n->inode : NULL;
	return 0;
}

static int apply_entry(struct layering *ap, struct tar_reader *tar, const struct tar_entry *t,
		       struct spool *spool, struct err *e)
{
	struct content content = { 0 };
	struct layered unused;
	int rc = layering_mark(ap, t, &unused, e);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (t->type == TAR_FILE)
		rc = tar_node_content(tar, t, spool, ap->name, &content, e);
	return rc < 0 ? rc : layering_put(ap, t, &content, NULL, e);
}

static int apply_all(struct layering *ap, struct tar_reader *tar, struct spool *spool,
		     struct err *e)
{
	struct tar_entry t;
	int rc;

	while ((rc = tar_reader_next(tar, &t, e)) == 1) {
		rc = interrupt_check(e);
		if (rc == 0)
			rc = apply_entry(ap, tar, &t, spool, e);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int tree_apply_layer(struct tree *t, struct source *tar, const char *name,
		     const struct origin *origin, struct spool *spool, struct err *e)
{
	struct layering *ap = layering_new(t, name, origin);
	struct tar_reader *reader = NULL;
	int rc = tar_reader_new(source_borrow(tar), name, &reader, e);

	if (rc == 0)
		rc = apply_all(ap, reader, spool, e);
	tar_reader_free(reader);
	layering_free(ap);
	return rc;
}
