/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/ld.so.cache, which libc-bin's trigger has ldconfig make: for the loader, and for Python's
 * ctypes, which finds libraries through it. Without libc-bin there's nobody to make one, and the
 * loader finds what is in its default folders.
 */
#include "build/effects/ldcache.h"

#include "base/buf.h"
#include "build/rules.h"

/* Somebody who says where libraries are wants them found. */
static bool recipe_has_conf(const struct build *b)
{
	const struct node *n = tree_find(&b->tree, "etc/ld.so.conf", true);

	return n && n->inode->origin->kind == ORIGIN_RECIPE;
}

/* The base's own, when packages add libraries to it: dpkg's trigger makes it anew. */
static bool is_outdated(const struct build *b, const struct node *cache)
{
	return cache->inode->origin->kind == ORIGIN_LAYER && b->n_packages > 0;
}

int rule_ldcache(struct build *b, struct err *e)
{
	static const struct origin origin = { .kind = ORIGIN_RULE, .name = "ldconfig" };
	auto_buf cache = BUF_EMPTY;
	struct view bytes;
	const struct node *there = tree_find(&b->tree, "etc/ld.so.cache", false);
	struct inode file;
	int rc;

	if (there ? !is_outdated(b, there)
		  : !build_find_package(b, "libc-bin") && !recipe_has_conf(b))
		return 0;
	rc = ldcache_make(&b->tree, b->arch->debian, &cache, e);
	if (rc < 0)
		return err_context(e, "compute /etc/ld.so.cache");
	bytes = view_make(arena_view(&b->tree.arena, buf_view(&cache)), cache.len);
	file = build_file(b, bytes, &origin);
	return tree_put(&b->tree, "etc/ld.so.cache", &file, NULL, e);
}
