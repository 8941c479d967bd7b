/* SPDX-License-Identifier: Apache-2.0 */
/* What a name stands for: attributes made from constants, and a regular file's bytes. */
#include "tree/tree.h"

#include "io/basic.h"

struct inode inode_file(const void *bytes, size_t size, uint32_t mode, const struct origin *origin)
{
	struct inode i = {
		.type = NODE_FILE,
		.mode = mode,
		.origin = origin,
		.content = { .bytes = bytes, .size = size },
	};

	sha256_of(bytes, size, &i.content.digest);
	return i;
}

struct inode inode_dir(uint32_t mode, const struct origin *origin)
{
	return (struct inode){ .type = NODE_DIR, .mode = mode, .origin = origin };
}

struct inode inode_symlink(const char *target, const struct origin *origin)
{
	return (struct inode){
		.type = NODE_SYMLINK, .mode = 0777, .target = target, .origin = origin
	};
}

bool inode_same_xattrs(const struct inode *a, const struct inode *b)
{
	if (a->n_xattrs != b->n_xattrs)
		return false;
	for (size_t i = 0; i < a->n_xattrs; i++)
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 ||
		    !view_eq(a->xattrs[i].value, b->xattrs[i].value))
			return false;
	return true;
}

int inode_open(const struct inode *i, struct source **ret, struct err *e)
{
	const struct content *c = &i->content;

	if (i->type != NODE_FILE)
		return fail(e, FAIL_CONFLICT, "only a regular file has bytes to read");
	if (c->provider)
		return c->provider->ops->open(c->provider, c->offset, c->size, ret, e);
	*ret = mem_source_new(view_make(c->bytes, (size_t)c->size));
	return 0;
}

int inode_read(const struct inode *i, uint64_t limit, struct arena *a, struct view *ret,
	       struct err *e)
{
	auto_source from = NULL;
	size_t size;
	char *bytes;
	int rc;

	if (i->content.size > limit)
		return fail(e, FAIL_LIMIT,
			    "a file of %llu bytes is larger than the %llu that are read",
			    (unsigned long long)i->content.size, (unsigned long long)limit);
	rc = inode_open(i, &from, e);
	if (rc < 0)
		return rc;
	size = (size_t)i->content.size;
	bytes = arena_alloc(a, size + 1);
	rc = source_read_full(from, bytes, size, e);
	if (rc == 0)
		*ret = view_make(bytes, size);
	return rc;
}
