/* SPDX-License-Identifier: Apache-2.0 */
/* Package data into a listing and a spool, through a tree that only holds this package. */
#include "pkg/unpack.h"

#include "base/array.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/hash.h"
#include "sys/fd.h"
#include "tree/tar_in.h"

#include <fcntl.h>
#include <string.h>

static const struct origin nobody = { .kind = ORIGIN_PACKAGE, .name = "" };

struct listing {
	struct pkg_contents *c;
	struct map first; /* inodes with several names, by address → path of the first */
};

/* The inode as the contents keep it, with its bytes behind their own provider. */
static struct inode adopt(struct pkg_contents *c, const struct inode *from)
{
	struct arena *a = &c->arena;
	struct xattr *xattrs = arena_array(a, from->n_xattrs + 1, sizeof(*xattrs));
	struct inode inode = *from;

	for (size_t i = 0; i < from->n_xattrs; i++) {
		struct view value = from->xattrs[i].value;

		xattrs[i].name = arena_strdup(a, from->xattrs[i].name);
		xattrs[i].value = view_make(arena_view(a, value), value.len);
	}
	inode.xattrs = xattrs;
	inode.target = from->target ? arena_strdup(a, from->target) : NULL;
	inode.origin = NULL;
	inode.n_links = 0;
	if (from->content.provider)
		c->spooled = from->content.provider;
	inode.content.provider = &c->provider;
	return inode;
}

static int list_node(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct listing *l = ctx;
	struct pkg_contents *c = l->c;
	struct pkg_file *file;

	if (c->n_files == PKG_MAX_FILES)
		return fail(e, FAIL_LIMIT, "holds more than %d files", PKG_MAX_FILES);
	file = array_push_to(c->files, c->n_files, c->cap_files);
	*file = (struct pkg_file){ .path = arena_strdup(&c->arena, path) };
	file->inode = adopt(c, n->inode);
	if (file->inode.mtime_s > c->newest_s)
		c->newest_s = file->inode.mtime_s;
	if (n->inode->type == NODE_FILE && n->inode->n_links > 1) {
		const void *key = &n->inode;
		void **first = map_put(&l->first, view_make(key, sizeof(n->inode)));

		file->hardlink = *first;
		if (!*first)
			*first = arena_strdup(&c->arena, path);
	}
	return 0;
}

static int list(struct pkg_contents *c, const struct tree *t, struct err *e)
{
	struct listing l = { .c = c, .first = MAP_EMPTY };
	int rc = tree_walk(t, list_node, &l, e);

	map_done(&l.first);
	return rc;
}

/* Of a package that is listed already only where its bytes are now is news. */
static int find_provider(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct pkg_contents *c = ctx;

	(void)path;
	(void)e;
	if (n->inode->content.provider)
		c->spooled = n->inode->content.provider;
	return 0;
}

int pkg_unpack_data(struct pkg_contents *c, struct source *tar, uint64_t max_bytes, struct err *e)
{
	struct tar_in in = { .name = "data.tar", .origin = &nobody };
	bool listed = c->n_files > 0;
	struct tree t;
	int rc = spool_new(c->spool_dir_fd, max_bytes, &c->spool, e);

	if (rc < 0)
		return rc;
	tree_init(&t, &nobody);
	rc = tree_read_tar(&t, tar, &in, c->spool, e);
	if (rc == 0 && !listed)
		rc = list(c, &t, e);
	else if (rc == 0)
		rc = tree_walk(&t, find_provider, c, e);
	tree_done(&t);
	if (rc == -FAIL_CONFLICT) { /* with itself */
		e->code = FAIL_FORMAT;
		rc = -FAIL_FORMAT;
	}
	if (rc < 0) {
		spool_free(c->spool);
		c->spool = NULL;
	}
	return rc;
}

static int keep_control(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct pkg_contents *c = ctx;
	struct pkg_control *member;

	if (n->inode->type != NODE_FILE)
		return 0;
	if (c->n_control == PKG_MAX_CONTROL_MEMBERS)
		return fail(e, FAIL_LIMIT, "has more than %d control members",
			    PKG_MAX_CONTROL_MEMBERS);
	member = array_push_to(c->control, c->n_control, c->cap_control);
	*member = (struct pkg_control){ .name = arena_strdup(&c->arena, n->name) };
	if (inode_read(n->inode, PKG_MAX_CONTROL_BYTES, &c->arena, &member->text, e) < 0)
		return err_context(e, "control member '%s'", path);
	return 0;
}

int pkg_unpack_control(struct pkg_contents *c, struct source *tar, struct err *e)
{
	struct tar_in in = { .name = "control.tar", .origin = &nobody };
	auto_spool spool = NULL;
	struct tree t;
	int rc;

	if (c->n_control)
		return 0;
	rc = spool_new(c->spool_dir_fd, PKG_MAX_CONTROL_BYTES, &spool, e);
	if (rc < 0)
		return rc;
	tree_init(&t, &nobody);
	rc = tree_read_tar(&t, tar, &in, spool, e);
	if (rc == 0)
		rc = tree_walk(&t, keep_control, c, e);
	tree_done(&t);
	return rc;
}

/* The open file has the digest that the lock says. */
static int check_digest(struct pkg_contents *c, int fd, uint64_t *ret_size, struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	struct sha256 got;
	int rc = hash_fd(fd, c->package_path, 0, h, ret_size, e);

	if (rc < 0)
		return rc;
	sha256_final(h, &got);
	c->damaged = !sha256_eq(&got, &c->digest);
	return c->damaged ? fail(e, FAIL_VERIFY, "is damaged: its SHA-256 is another one") : 0;
}

uint64_t pkg_max_unpacked(uint64_t size)
{
	if (size > (PKG_MAX_DATA_BYTES - PKG_FREE_DATA_BYTES) / PKG_MAX_RATIO)
		return PKG_MAX_DATA_BYTES;
	return PKG_FREE_DATA_BYTES + size * PKG_MAX_RATIO;
}

int pkg_open_checked(struct pkg_contents *c, int *ret_fd, uint64_t *ret_size, struct err *e)
{
	auto_fd fd = open(c->package_path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return fail_sys(e, "open the package");
	rc = check_digest(c, fd, ret_size, e);
	if (rc == 0)
		*ret_fd = fd_steal(&fd);
	return rc;
}
