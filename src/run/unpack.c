/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree's walk has folders before what is in them. Their own modes and dates are set in the end,
 * the deepest first: else a closed folder couldn't be filled.
 */
#include "run/unpack.h"

#include "base/array.h"
#include "base/interrupt.h"
#include "io/basic.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct unpack {
	struct unpacking *u;
	int root_fd;
	int folder_fd; /* of `folder` */
	const struct node *folder;
	struct map files; /* inodes with several names, by address → the first one's node */
	struct {
		const struct node **at;
		size_t n, cap;
	} folders;
};

/* The folder's descriptor: step by step from the root, through folders only. */
static int open_folder(int root_fd, const struct node *folder, int *ret_fd, struct err *e)
{
	auto_fd parent = -1;
	int fd, rc;

	if (!folder->parent) {
		fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		rc = open_folder(root_fd, folder->parent, &parent, e);
		if (rc < 0)
			return rc;
		fd = openat(parent, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return fail_sys(e, "open the folder '%.200s'", folder->name);
	*ret_fd = fd;
	return 0;
}

static int enter(struct unpack *p, const struct node *folder, struct err *e)
{
	if (p->folder == folder)
		return 0;
	fd_cleanup(&p->folder_fd);
	p->folder_fd = -1;
	p->folder = NULL;
	if (open_folder(p->root_fd, folder, &p->folder_fd, e) < 0)
		return -(int)e->code;
	p->folder = folder;
	return 0;
}

static void set_xattrs(const struct inode *i, int fd)
{
	for (size_t n = 0; n < i->n_xattrs; n++) {
		const struct xattr *x = &i->xattrs[n];

		/* not every file system has them */
		if (strncmp(x->name, "user.", 5) == 0)
			(void)!fsetxattr(fd, x->name, x->value.ptr, x->value.len, 0);
	}
}

/* The owner first: changing it takes set-id bits away. */
static int set_attributes(const struct unpack *p, const struct inode *i, int fd, struct err *e)
{
	const struct timespec times[2] = { { .tv_sec = i->mtime_s }, { .tv_sec = i->mtime_s } };

	set_xattrs(i, fd);
	if (p->u->owners && fchown(fd, i->uid, i->gid) < 0)
		return fail_sys(e, "set the owner %u:%u", i->uid, i->gid);
	if (fchmod(fd, i->mode) < 0)
		return fail_sys(e, "set the mode %o", i->mode);
	if (futimens(fd, times) < 0)
		return fail_sys(e, "set the date");
	return 0;
}

static int make_file(struct unpack *p, const struct node *n, struct err *e)
{
	auto_source from = NULL;
	auto_sink to = NULL;
	auto_fd fd = -1;
	int rc = inode_open(n->inode, &from, e);

	if (rc < 0)
		return rc;
	fd = openat(p->folder_fd, n->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return fail_sys(e, "make the file");
	to = fd_sink_new(fd, n->name);
	rc = stream_copy(from, to, NULL, e);
	if (rc == 0)
		rc = sink_finish(to, e);
	return rc < 0 ? rc : set_attributes(p, n->inode, fd, e);
}

/* A further name of a file that is there. */
static int make_link(struct unpack *p, const struct node *n, const struct node *first,
		     struct err *e)
{
	auto_fd fd = -1;
	int rc = open_folder(p->root_fd, first->parent, &fd, e);

	if (rc < 0)
		return rc;
	if (linkat(fd, first->name, p->folder_fd, n->name, 0) < 0)
		return fail_sys(e, "link it to '%.200s'", first->name);
	return 0;
}

static int make_file_or_link(struct unpack *p, const struct node *n, struct err *e)
{
	const struct node **first;

	if (n->inode->n_links < 2)
		return make_file(p, n, e);
	first = (const struct node **)map_put(
		&p->files, view_make((const char *)&n->inode, sizeof(struct inode *)));
	if (*first)
		return make_link(p, n, *first, e);
	*first = n;
	return make_file(p, n, e);
}

static int make_symlink(struct unpack *p, const struct node *n, struct err *e)
{
	const struct inode *i = n->inode;
	const struct timespec times[2] = { { .tv_sec = i->mtime_s }, { .tv_sec = i->mtime_s } };

	if (symlinkat(i->target, p->folder_fd, n->name) < 0)
		return fail_sys(e, "make the link");
	if (p->u->owners &&
	    fchownat(p->folder_fd, n->name, i->uid, i->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_sys(e, "set the owner %u:%u", i->uid, i->gid);
	(void)!utimensat(p->folder_fd, n->name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int make_fifo(struct unpack *p, const struct node *n, struct err *e)
{
	const struct inode *i = n->inode;

	if (mkfifoat(p->folder_fd, n->name, 0600) < 0)
		return fail_sys(e, "make the pipe");
	if (p->u->owners &&
	    fchownat(p->folder_fd, n->name, i->uid, i->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_sys(e, "set the owner %u:%u", i->uid, i->gid);
	if (fchmodat(p->folder_fd, n->name, i->mode, 0) < 0)
		return fail_sys(e, "set the mode %o", i->mode);
	return 0;
}

static int make_folder(struct unpack *p, const struct node *n, struct err *e)
{
	if (mkdirat(p->folder_fd, n->name, 0700) < 0)
		return fail_sys(e, "make the folder");
	*array_push(&p->folders) = n;
	return 0;
}

static int make_node(struct unpack *p, const struct node *n, struct err *e)
{
	switch (n->inode->type) {
	case NODE_DIR:
		return make_folder(p, n, e);
	case NODE_FILE:
		return make_file_or_link(p, n, e);
	case NODE_SYMLINK:
		return make_symlink(p, n, e);
	case NODE_FIFO:
		return make_fifo(p, n, e);
	case NODE_CHAR:
	case NODE_BLOCK:
		p->u->n_devices++;
		break;
	}
	return 0;
}

static int visit(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct unpack *p = ctx;
	int rc = interrupt_check(e);

	if (rc == 0)
		rc = enter(p, n->parent, e);
	if (rc == 0)
		rc = make_node(p, n, e);
	return rc < 0 ? err_context(e, "'/%.200s'", path) : 0;
}

static int finish_folders(struct unpack *p, struct err *e)
{
	for (size_t i = p->folders.n; i-- > 0;) {
		const struct node *n = p->folders.at[i];
		auto_fd fd = -1;
		int rc = open_folder(p->root_fd, n, &fd, e);

		if (rc == 0)
			rc = set_attributes(p, n->inode, fd, e);
		if (rc < 0)
			return err_context(e, "'%.200s'", n->name);
	}
	return 0;
}

int unpack_tree(const struct tree *t, int dir_fd, struct unpacking *u, struct err *e)
{
	struct unpack p = { .u = u, .root_fd = dir_fd, .folder_fd = -1 };
	int rc;

	u->n_devices = 0;
	*array_push(&p.folders) = t->root;
	rc = tree_walk(t, visit, &p, e);
	if (rc == 0)
		rc = finish_folders(&p, e);
	fd_cleanup(&p.folder_fd);
	map_done(&p.files);
	free(p.folders.at);
	return rc;
}
