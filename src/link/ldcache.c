/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads /etc/ld.so.cache: the format "glibc-ld.so.cache1.1", alone or behind the one from before
 * glibc 2.2. A cache that isn't whole counts as none, as for the loader.
 */
#include "base/checked.h"
#include "link/private.h"

#include <string.h>

enum {
	OLD_HEAD_BYTES = 16, /* "ld.so-1.7.0", padding, number of libraries */
	OLD_ENTRY_BYTES = 12,
	OLD_ALIGN = 8,
	HEAD_BYTES = 48,
	ENTRY_BYTES = 24,
	ENDIAN_BIG = 3,
};

struct cache {
	struct view bytes; /* from the new format's header on */
	bool big_endian;
	uint32_t n;
};

static uint64_t number(const struct cache *c, size_t at, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		size_t from = at + (c->big_endian ? i : n - 1 - i);

		value = value << 8 | (unsigned char)c->bytes.ptr[from];
	}
	return value;
}

static bool skip_old(struct view *bytes)
{
	struct cache old = { .bytes = *bytes };
	uint64_t skip;

	if (!view_starts(*bytes, "ld.so-1.7.0"))
		return true;
	if (bytes->len < OLD_HEAD_BYTES)
		return false;
	skip = OLD_HEAD_BYTES + number(&old, 12, 4) * OLD_ENTRY_BYTES;
	skip = (skip + OLD_ALIGN - 1) / OLD_ALIGN * OLD_ALIGN;
	if (skip > bytes->len)
		return false;
	*bytes = view_make(bytes->ptr + skip, bytes->len - (size_t)skip);
	return true;
}

/* The machine's byte order is in the header only since glibc 2.33: before, the count tells. */
static bool open_cache(struct view bytes, struct cache *ret)
{
	struct cache c = { .bytes = bytes };

	if (!skip_old(&c.bytes) || c.bytes.len < HEAD_BYTES ||
	    !view_starts(c.bytes, "glibc-ld.so.cache1.1"))
		return false;
	c.big_endian = (c.bytes.ptr[28] & 3) == ENDIAN_BIG;
	if ((c.bytes.ptr[28] & 3) == 0)
		c.big_endian = number(&c, 20, 4) > (c.bytes.len - HEAD_BYTES) / ENTRY_BYTES;
	c.n = (uint32_t)number(&c, 20, 4);
	if (c.n > (c.bytes.len - HEAD_BYTES) / ENTRY_BYTES)
		return false;
	*ret = c;
	return true;
}

static const char *text_at(const struct cache *c, uint64_t offset)
{
	if (offset >= c->bytes.len ||
	    !memchr(c->bytes.ptr + offset, '\0', c->bytes.len - (size_t)offset))
		return NULL;
	return c->bytes.ptr + offset;
}

static void add_entry(struct link *l, const struct cache *c, size_t at)
{
	const char *key = text_at(c, number(c, at + 4, 4));
	const char *path = text_at(c, number(c, at + 8, 4));
	struct ldcache_entry *made, *first;
	void **slot;

	if (!key || !path)
		return;
	made = arena_new(&l->arena, struct ldcache_entry);
	made->path = path;
	made->hwcaps = number(c, at + 16, 8) != 0;
	slot = map_put(&l->ldcache, view_of(key));
	first = *slot;
	if (first)
		first->last->next = made;
	else
		*slot = first = made;
	first->last = made;
}

static int read_cache(struct link *l, struct err *e)
{
	const struct node *n = tree_find(l->tree, "etc/ld.so.cache", true);
	struct view bytes;
	struct cache c;

	if (!n || n->inode->type != NODE_FILE || n->inode->content.size > LINK_MAX_LDCACHE_BYTES)
		return 0;
	if (inode_read(n->inode, LINK_MAX_LDCACHE_BYTES, &l->arena, &bytes, e) < 0)
		return err_context(e, "read '/etc/ld.so.cache'");
	if (!open_cache(bytes, &c))
		return 0;
	for (uint32_t i = 0; i < c.n; i++)
		add_entry(l, &c, HEAD_BYTES + (size_t)i * ENTRY_BYTES);
	return 0;
}

int ldcache_find(struct link *l, const char *name, const struct ldcache_entry **ret, struct err *e)
{
	if (!l->ldcache_read && read_cache(l, e) < 0)
		return -(int)e->code;
	l->ldcache_read = true;
	*ret = map_get(&l->ldcache, view_of(name));
	return 0;
}
