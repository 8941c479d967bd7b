/* SPDX-License-Identifier: Apache-2.0 */
/* From a tar's entry to an inode, and its bytes into the spool. */
#include "tree/tar_node.h"

#include "base/interrupt.h"
#include "base/mem.h"

enum { READ_BYTES = 64 << 10 };

static enum node_type node_type_of(enum tar_type type)
{
	static const enum node_type types[] = {
		[TAR_FILE] = NODE_FILE, [TAR_HARDLINK] = NODE_FILE, [TAR_SYMLINK] = NODE_SYMLINK,
		[TAR_CHAR] = NODE_CHAR, [TAR_BLOCK] = NODE_BLOCK,   [TAR_DIR] = NODE_DIR,
		[TAR_FIFO] = NODE_FIFO,
	};

	return types[type];
}

struct inode tar_node_inode(const struct tar_entry *t, const struct origin *origin,
			    struct xattr *xattrs)
{
	struct inode i = {
		.type = node_type_of(t->type),
		.mode = t->mode,
		.uid = (uint32_t)t->uid,
		.gid = (uint32_t)t->gid,
		.mtime_s = t->mtime_s,
		.dev_major = t->dev_major,
		.dev_minor = t->dev_minor,
		.target = t->link,
		.xattrs = xattrs,
		.origin = origin,
	};

	for (; xattrs && i.n_xattrs < t->n_xattrs && i.n_xattrs < TREE_MAX_XATTRS; i.n_xattrs++)
		xattrs[i.n_xattrs] =
			(struct xattr){ t->xattrs[i.n_xattrs].name, t->xattrs[i.n_xattrs].value };
	return i;
}

static int copy_content(struct tar_reader *tar, struct spool *spool, const char *name, char *room,
			struct err *e)
{
	size_t n;

	do {
		int rc = tar_reader_read(tar, room, READ_BYTES, &n, e);

		if (rc < 0)
			return rc;
		rc = spool_write(spool, room, n, e);
		if (rc < 0)
			return err_context(e, "%s", name);
		rc = interrupt_check(e);
		if (rc < 0)
			return rc;
	} while (n);
	return 0;
}

int tar_node_content(struct tar_reader *tar, const struct tar_entry *t, struct spool *spool,
		     const char *name, struct content *ret, struct err *e)
{
	auto_free char *room = mem_alloc(READ_BYTES);
	int rc = spool_check_room(spool, t->size, e);

	if (rc < 0)
		return err_context(e, "%s: '%.200s'", name, t->path);
	rc = copy_content(tar, spool, name, room, e);

	if (rc < 0)
		spool_drop(spool);
	else
		spool_end(spool, ret);
	return rc;
}
