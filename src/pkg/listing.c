/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary form of a package's listing, as it lies in the cache: little-endian numbers and
 * counted strings, after the digest of the package that it lists, and
 * closed by the SHA-256 of all before it. It is a cache: whatever is odd about
 * one makes it unusable, and the package is decoded again.
 */
#include "base/array.h"
#include "base/buf.h"
#include "pkg/contents.h"

#include <endian.h>
#include <string.h>

static const char magic[8] = { 'p', 'a', 'r', 'e', 'l', 's', 't', PKG_LISTING_VERSION };

static void put_u64(struct buf *to, uint64_t value)
{
	uint64_t le = htole64(value);

	buf_add(to, &le, sizeof(le));
}

static void put_view(struct buf *to, struct view v)
{
	put_u64(to, v.ptr ? v.len + 1 : 0);
	buf_add_view(to, v);
}

static void put_string(struct buf *to, const char *s)
{
	put_view(to, (struct view){ s, s ? strlen(s) : 0 });
}

static void put_inode(struct buf *to, const struct inode *i)
{
	put_u64(to, i->type);
	put_u64(to, i->mode);
	put_u64(to, i->uid);
	put_u64(to, i->gid);
	put_u64(to, (uint64_t)i->mtime_s);
	put_string(to, i->target);
	put_u64(to, i->content.offset);
	put_u64(to, i->content.size);
	buf_add(to, i->content.digest.bytes, SHA256_BYTES);
	put_u64(to, i->n_xattrs);
	for (size_t x = 0; x < i->n_xattrs; x++) {
		put_string(to, i->xattrs[x].name);
		put_view(to, i->xattrs[x].value);
	}
}

void pkg_listing_write(const struct pkg_contents *c, struct buf *to)
{
	struct sha256 sum;
	size_t start = to->len;

	buf_add(to, magic, sizeof(magic));
	buf_add(to, c->digest.bytes, SHA256_BYTES);
	put_u64(to, (uint64_t)c->newest_s);
	put_u64(to, c->n_control);
	for (size_t i = 0; i < c->n_control; i++) {
		put_string(to, c->control[i].name);
		put_view(to, c->control[i].text);
	}
	put_u64(to, c->n_files);
	for (size_t i = 0; i < c->n_files; i++) {
		put_string(to, c->files[i].path);
		put_string(to, c->files[i].hardlink);
		put_inode(to, &c->files[i].inode);
	}
	sha256_of(to->data + start, to->len - start, &sum);
	buf_add(to, sum.bytes, sizeof(sum.bytes));
}

/* A cursor that runs dry instead of over: after the first short read all others are short. */
struct cursor {
	struct view left;
	struct arena *arena;
	bool bad;
};

static const char *take(struct cursor *at, uint64_t len)
{
	const char *p = at->left.ptr;

	if (at->bad || len > at->left.len) {
		at->bad = true;
		return NULL;
	}
	at->left.ptr += len;
	at->left.len -= (size_t)len;
	return p;
}

static uint64_t take_u64(struct cursor *at)
{
	const char *p = take(at, sizeof(uint64_t));
	uint64_t le = 0;

	if (p)
		memcpy(&le, p, sizeof(le));
	return le64toh(le);
}

/* A count of items that take at least one byte each, so it can't be more than what is left. */
static size_t take_count(struct cursor *at, uint64_t limit)
{
	uint64_t n = take_u64(at);

	if (n > limit || n > at->left.len)
		at->bad = true;
	return at->bad ? 0 : (size_t)n;
}

static struct view take_view(struct cursor *at)
{
	uint64_t len = take_u64(at);
	const char *p;

	if (len == 0)
		return (struct view){ NULL, 0 };
	p = take(at, len - 1);
	if (!p)
		return (struct view){ NULL, 0 };
	return view_make(arena_strndup(at->arena, p, (size_t)len - 1), (size_t)len - 1);
}

static void take_inode(struct cursor *at, struct inode *ret)
{
	struct xattr *xattrs;
	const char *digest;

	ret->type = (enum node_type)take_u64(at);
	ret->mode = (uint32_t)take_u64(at);
	ret->uid = (uint32_t)take_u64(at);
	ret->gid = (uint32_t)take_u64(at);
	ret->mtime_s = (int64_t)take_u64(at);
	ret->target = take_view(at).ptr;
	ret->content.offset = take_u64(at);
	ret->content.size = take_u64(at);
	digest = take(at, SHA256_BYTES);
	if (digest)
		memcpy(ret->content.digest.bytes, digest, SHA256_BYTES);
	ret->n_xattrs = take_count(at, TREE_MAX_XATTRS);
	if (ret->n_xattrs == 0)
		return;
	xattrs = arena_array(at->arena, ret->n_xattrs, sizeof(*xattrs));
	for (size_t i = 0; i < ret->n_xattrs; i++) {
		xattrs[i].name = take_view(at).ptr;
		xattrs[i].value = take_view(at);
		at->bad |= !xattrs[i].name;
	}
	ret->xattrs = xattrs;
}

static void take_all(struct cursor *at, struct pkg_contents *c)
{
	size_t n;

	c->newest_s = (int64_t)take_u64(at);
	n = take_count(at, PKG_MAX_CONTROL_MEMBERS);
	for (size_t i = 0; i < n && !at->bad; i++) {
		struct pkg_control *member =
			array_push_to(c->control, c->n_control, c->cap_control);

		member->name = take_view(at).ptr;
		member->text = take_view(at);
		at->bad |= !member->name;
	}
	n = take_count(at, PKG_MAX_FILES);
	for (size_t i = 0; i < n && !at->bad; i++) {
		struct pkg_file *file = array_push_to(c->files, c->n_files, c->cap_files);

		*file = (struct pkg_file){ .path = take_view(at).ptr };
		file->hardlink = take_view(at).ptr;
		take_inode(at, &file->inode);
		file->inode.content.provider = &c->provider;
		at->bad |= !file->path || (file->inode.type == NODE_SYMLINK && !file->inode.target);
	}
	at->bad |= at->left.len != 0;
}

int pkg_listing_read(struct view bytes, struct pkg_contents *c, struct err *e)
{
	struct cursor at = { .arena = &c->arena };
	const char *digest;
	struct sha256 sum;

	if (bytes.len < sizeof(magic) + SHA256_BYTES ||
	    memcmp(bytes.ptr, magic, sizeof(magic)) != 0)
		return fail(e, FAIL_FORMAT, "not a package listing of this version");
	at.left = view_make(bytes.ptr, bytes.len - SHA256_BYTES);
	sha256_of(at.left.ptr, at.left.len, &sum);
	if (memcmp(sum.bytes, bytes.ptr + at.left.len, SHA256_BYTES) != 0)
		return fail(e, FAIL_FORMAT, "a package listing whose checksum does not hold");
	take(&at, sizeof(magic));
	digest = take(&at, SHA256_BYTES);
	if (!digest || memcmp(digest, c->digest.bytes, SHA256_BYTES) != 0)
		return fail(e, FAIL_FORMAT, "a listing of another package");
	take_all(&at, c);
	if (at.bad) {
		c->n_files = c->n_control = 0;
		return fail(e, FAIL_FORMAT, "a package listing that ends in the middle");
	}
	return 0;
}
