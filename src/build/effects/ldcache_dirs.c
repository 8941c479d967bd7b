/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which folders ldconfig searches: ld.so.conf with its includes, then those that are built in, in
 * this order and each once (by what the path leads to: the first of its names is the one used).
 */
#include "base/array.h"
#include "build/effects/ldcache_parts.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HWCAPS_FOLDER "glibc-hwcaps"

static const struct node *find_folder(const struct tree *t, const char *path)
{
	const struct node *n = tree_find(t, path, true);

	return n && n->inode->type == NODE_DIR ? n : NULL;
}

static bool is_known(const struct ld_dirs *d, const struct node *n)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->at[i].node == n)
			return true;
	}
	return false;
}

/* 1 when it was added, 0 when it is there already. */
static int add_one(struct ld_dirs *d, const char *path, const struct node *n, const char *hwcaps,
		   struct err *e)
{
	if (is_known(d, n))
		return 0;
	if (d->n == LDCACHE_MAX_DIRS)
		return fail(e, FAIL_LIMIT, "ld.so.conf names more than %d folders",
			    LDCACHE_MAX_DIRS);
	*array_push(d) = (struct ld_dir){ .path = path, .node = n, .hwcaps = hwcaps };
	return 1;
}

static int add_hwcap(struct ld_dirs *d, const char *folder, const struct node *child, struct err *e)
{
	const char *path = arena_printf(d->arena, "%s/%s", folder, child->name);
	const struct node *n = find_folder(d->tree, path);
	int rc;

	if (child->name[0] == '.' || child->inode->type == NODE_FILE || strchr(child->name, ':'))
		return 0;
	if (!n)
		return 0;
	map_put(&d->hwcaps, view_of(child->name));
	rc = add_one(d, path, n, child->name, e);
	return rc < 0 ? rc : 0;
}

static int add_hwcaps(struct ld_dirs *d, const char *path, struct err *e)
{
	const char *folder = arena_printf(d->arena, "%s/" HWCAPS_FOLDER, path);
	const struct node *n = find_folder(d->tree, folder);
	auto_free struct node **children = NULL;
	size_t n_children;
	int rc = 0;

	if (!n)
		return 0;
	children = node_children(n, &n_children);
	/* ldconfig's order is the file system's; here a folder comes before a link to it. */
	for (size_t i = 0; rc == 0 && i < 2 * n_children; i++) {
		const struct node *child = children[i % n_children];

		if ((child->inode->type == NODE_DIR) == (i < n_children))
			rc = add_hwcap(d, folder, child, e);
	}
	return rc;
}

static int add_dir(struct ld_dirs *d, struct view path, struct err *e)
{
	const struct node *n;
	const char *copy;
	int rc;

	path = view_trim(path);
	while (view_ends(path, "/"))
		path.len--;
	if (path.len == 0 || path.ptr[0] != '/')
		return 0;
	copy = arena_view(d->arena, path);
	n = find_folder(d->tree, copy);
	if (!n)
		return 0;
	rc = add_one(d, copy, n, NULL, e);
	return rc == 1 ? add_hwcaps(d, copy, e) : rc;
}

static int read_conf(struct ld_dirs *d, const char *path, unsigned depth, struct err *e);

/* All files that fit, in byte order; wildcards only in the last part of the path. */
static int include(struct ld_dirs *d, const char *from, struct view pattern, unsigned depth,
		   struct err *e)
{
	const char *dir_end = strrchr(from, '/');
	const char *all = arena_view(d->arena, pattern);
	auto_free struct node **children = NULL;
	const struct node *folder;
	const char *name, *dir;
	size_t n = 0;
	int rc = 0;

	if (all[0] != '/')
		all = arena_printf(d->arena, "%.*s/%s", (int)(dir_end - from), from, all);
	name = strrchr(all, '/') + 1;
	dir = arena_strndup(d->arena, all, (size_t)(name - all));
	folder = find_folder(d->tree, dir);
	if (!folder)
		return 0;
	children = node_children(folder, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (fnmatch(name, children[i]->name, FNM_PERIOD) == 0)
			rc = read_conf(d, arena_printf(d->arena, "%s%s", dir, children[i]->name),
				       depth + 1, e);
	}
	return rc;
}

static int read_line(struct ld_dirs *d, const char *path, struct view line, unsigned depth,
		     struct err *e)
{
	struct view words, word;
	const char *comment;
	int rc = 0;

	line.len = strnlen(line.ptr, line.len); /* as C strings end */
	comment = memchr(line.ptr, '#', line.len);
	if (comment)
		line.len = (size_t)(comment - line.ptr);
	line = view_trim(line);
	words = line;
	if (!view_word(&words, &word))
		return 0;
	if (view_is(word, "hwcap"))
		return 0; /* glibc ignores it, too */
	if (!view_is(word, "include"))
		return add_dir(d, line, e);
	while (rc == 0 && view_word(&words, &word))
		rc = include(d, path, word, depth, e);
	return rc;
}

static int read_conf(struct ld_dirs *d, const char *path, unsigned depth, struct err *e)
{
	const struct node *n = tree_find(d->tree, path, true);
	struct view text, line;
	int rc = 0;

	if (!n || n->inode->type != NODE_FILE)
		return 0;
	if (depth > LDCACHE_MAX_CONF_DEPTH || d->n_conf_files++ == LDCACHE_MAX_CONF_FILES)
		return fail(e, FAIL_LIMIT, "'%s': too many includes from /etc/ld.so.conf", path);
	if (inode_read(n->inode, LDCACHE_MAX_CONF_BYTES, d->arena, &text, e) < 0)
		return err_context(e, "read '%s'", path);
	while (rc == 0 && view_split(&text, '\n', &line))
		rc = read_line(d, path, line, depth, e);
	return rc;
}

int ld_dirs_find(struct ld_dirs *d, struct err *e)
{
	const char *const built_in[] = {
		arena_printf(d->arena, "/lib/%s", d->arch->tuple),
		arena_printf(d->arena, "/usr/lib/%s", d->arch->tuple),
		"/lib",
		"/usr/lib",
	};
	int rc = read_conf(d, "/etc/ld.so.conf", 0, e);

	for (size_t i = 0; rc == 0 && i < COUNT_OF(built_in); i++)
		rc = add_dir(d, view_of(built_in[i]), e);
	return rc;
}

void ld_dirs_done(struct ld_dirs *d)
{
	free(d->at);
	d->at = NULL;
	map_done(&d->hwcaps);
}
