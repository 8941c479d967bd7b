/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside a tree. Links are followed by recursion, which TREE_MAX_LINKS bounds; a node's own
 * path is bounded when the node is made, so that whoever walks the tree may recurse too.
 */
#include "tree/path.h"

static bool is_dots(struct view part)
{
	return view_is(part, ".") || view_is(part, "..");
}

static int check_part(struct view part, const char *path, struct err *e)
{
	if (part.len == 0)
		return fail(e, FAIL_FORMAT, "path '%.200s' has an empty component", path);
	if (is_dots(part))
		return fail(e, FAIL_FORMAT, "path '%.200s' has a '%.*s' component", path,
			    VIEW_ARG(part));
	if (part.len > TREE_MAX_NAME)
		return fail(e, FAIL_FORMAT, "path '%.200s' has a name of more than %d bytes", path,
			    TREE_MAX_NAME);
	return 0;
}

int path_check(const char *path, struct view *ret_rest, struct err *e)
{
	size_t len = strnlen(path, TREE_MAX_PATH);
	struct view rest = view_make(path, len), part;

	if (len == 0)
		return fail(e, FAIL_FORMAT, "empty path");
	if (len == TREE_MAX_PATH)
		return fail(e, FAIL_FORMAT, "path '%.200s…' is longer than %d bytes", path,
			    TREE_MAX_PATH - 1);
	if (view_is(rest, "."))
		rest.len = 0;
	else if (view_starts(rest, "/"))
		rest = view_make(path + 1, len - 1);
	else if (view_starts(rest, "./"))
		rest = view_make(path + 2, len - 2);
	if (view_ends(rest, "/"))
		rest.len--;
	else if (rest.len == 0) {
		*ret_rest = rest;
		return 0;
	}
	for (struct view left = rest; view_split(&left, '/', &part);) {
		int rc = check_part(part, path, e);

		if (rc < 0)
			return rc;
	}
	*ret_rest = rest;
	return 0;
}

void path_split(struct view path, struct view *ret_folder, struct view *ret_name)
{
	const char *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
	size_t cut = slash ? (size_t)(slash - path.ptr) : 0;
	size_t skip = slash ? cut + 1 : 0;

	*ret_folder = view_make(path.ptr, cut);
	*ret_name = view_make(path.ptr + skip, path.len - skip);
}

int path_fail(enum lookup_status status, const char *path, struct err *e)
{
	switch (status) {
	case LOOKUP_FOUND:
		break;
	case LOOKUP_MISSING:
		return fail(e, FAIL_NOT_FOUND, "'%.200s' is not there", path);
	case LOOKUP_NOT_FOLDER:
		return fail(e, FAIL_CONFLICT, "a parent of '%.200s' is not a folder", path);
	case LOOKUP_LOOP:
		return fail(e, FAIL_FORMAT, "more than %d links on the way to '%.200s'",
			    TREE_MAX_LINKS, path);
	case LOOKUP_REFUSED:
		return fail(e, FAIL_FORMAT, "'%.200s' leads through a link", path);
	case LOOKUP_TOO_LONG:
		return fail(e, FAIL_FORMAT, "'%.200s' leads to a path of more than %d bytes", path,
			    TREE_MAX_PATH - 1);
	case LOOKUP_FULL:
		return fail(e, FAIL_LIMIT,
			    "'%.200s': the files and folders up to here take more than %u MiB of "
			    "memory, without their contents",
			    path, TREE_MAX_BYTES >> 20);
	}
	return 0;
}

struct node *path_child(const struct node *folder, struct view name)
{
	return map_get(&folder->children, name);
}

enum lookup_status path_add_child(struct arena *a, struct node *folder, struct view name,
				  struct node **ret)
{
	struct node *n;

	if (folder->path_bytes + 1 + name.len >= TREE_MAX_PATH)
		return LOOKUP_TOO_LONG;
	if (a->bytes > TREE_MAX_BYTES)
		return LOOKUP_FULL;
	n = arena_new(a, struct node);
	n->name = arena_view(a, name);
	n->parent = folder;
	n->path_bytes = folder->path_bytes + 1 + (uint32_t)name.len;
	*map_put(&folder->children, view_make(n->name, name.len)) = n;
	*ret = n;
	return LOOKUP_FOUND;
}

static enum lookup_status make_folder(struct lookup *l, struct node *in, struct view name,
				      struct node **ret)
{
	enum lookup_status status;
	struct node *n;

	if (!l->like)
		return LOOKUP_MISSING;
	if (name.len > TREE_MAX_NAME)
		return LOOKUP_TOO_LONG;
	status = path_add_child(l->arena, in, name, &n);
	if (status != LOOKUP_FOUND)
		return status;
	n->inode = arena_new(l->arena, struct inode);
	*n->inode = inode_dir(0755, l->like->origin);
	n->inode->mtime_s = l->like->mtime_s;
	n->inode->n_links = 1;
	*ret = n;
	return LOOKUP_FOUND;
}

static enum lookup_status follow(struct lookup *l, struct node *from, struct node *link,
				 struct node **ret)
{
	const char *target = link->inode->target;

	if (l->refused && map_find(l->refused, view_make((const char *)&link, sizeof(link))))
		return LOOKUP_REFUSED;
	if (l->n_links++ == TREE_MAX_LINKS)
		return LOOKUP_LOOP;
	if (l->passed)
		l->passed(link, l->passed_ctx);
	return path_lookup(l, target[0] == '/' ? l->root : from, view_of(target), true, ret);
}

/* The next component, its slashes eaten on both sides. */
static bool next_part(struct view *rest, struct view *ret)
{
	const char *at = rest->ptr, *end = rest->ptr + rest->len, *from;

	while (at < end && *at == '/')
		at++;
	from = at;
	while (at < end && *at != '/')
		at++;
	*ret = view_make(from, (size_t)(at - from));
	while (at < end && *at == '/')
		at++;
	*rest = view_make(at, (size_t)(end - at));
	return ret->len > 0;
}

enum lookup_status path_lookup(struct lookup *l, struct node *at, struct view path,
			       bool follow_last, struct node **ret)
{
	struct view part;

	while (next_part(&path, &part)) {
		bool through = follow_last || path.len > 0;
		enum lookup_status status = LOOKUP_FOUND;
		struct node *child;

		if (at->inode->type != NODE_DIR)
			return LOOKUP_NOT_FOLDER;
		if (is_dots(part)) {
			if (part.len == 2 && at->parent)
				at = at->parent;
			continue;
		}
		child = path_child(at, part);
		if (!child)
			status = make_folder(l, at, part, &child);
		else if (child->inode->type == NODE_SYMLINK && through)
			status = follow(l, at, child, &child);
		if (status != LOOKUP_FOUND)
			return status;
		at = child;
	}
	*ret = at;
	return LOOKUP_FOUND;
}
