/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder on disk as a layer's entries: names sorted, hard links by device and inode, sockets left
 * out (no tar can hold them). What changes meanwhile is an error, never wrong bytes.
 */
#include "view/entries.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/basic.h"
#include "sys/fd.h"
#include "tree/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum {
	MAX_DEPTH = 2048, /* TREE_MAX_PATH has no room for more */
	MAX_XATTR_NAMES_BYTES = 64 << 10,
};

/* A folder that is being listed. */
struct level {
	char **names;
	size_t n, next;
	size_t path_len; /* of its own path in `path` */
};

struct dir_entries {
	struct entries base;
	int root_fd;
	const char *name;
	struct {
		struct level *at;
		size_t n, cap;
	} levels;
	struct buf path;
	int fd;		/* of the current file, or -1 */
	uint64_t left;	/* of it */
	uint64_t total; /* bytes of all files before: what a tar's offset would be */
	struct arena arena;
	struct map links; /* "dev ino" → path of the first name */
	char target[TREE_MAX_PATH + 1];
	struct tar_xattr xattrs[TAR_MAX_XATTRS];
	struct buf xattr_bytes;
};

static int open_below(int dir_fd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

	/* a kernel without it, or a filter that forbids it */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(dir_fd, path, flags | O_NOFOLLOW | O_CLOEXEC);
	return (int)fd;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *shown(const struct dir_entries *d)
{
	return d->path.len ? buf_str(&d->path) : ".";
}

static int list_folder(struct dir_entries *d, struct err *e)
{
	int fd = open_below(d->root_fd, shown(d), O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct level l = { .path_len = d->path.len };
	struct dirent *entry;
	size_t cap = 0;

	if (!dir) {
		fd_cleanup(&fd);
		return fail_sys(e, "open the folder '%.300s'", shown(d));
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*array_push_to(l.names, l.n, cap) = mem_strdup(entry->d_name);
	}
	closedir(dir);
	if (l.n)
		qsort(l.names, l.n, sizeof(*l.names), by_name);
	*array_push(&d->levels) = l;
	if (d->levels.n > MAX_DEPTH)
		return fail(e, FAIL_LIMIT, "'%.300s' lies too deep", shown(d));
	return 0;
}

static void leave_folder(struct dir_entries *d)
{
	struct level *l = &d->levels.at[--d->levels.n];

	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
}

static void add_xattr(struct dir_entries *d, const char *path, const char *name,
		      struct tar_entry *t)
{
	char *to = buf_grow(&d->xattr_bytes, TAR_MAX_XATTR_BYTES);
	ssize_t n = lgetxattr(path, name, to, TAR_MAX_XATTR_BYTES);
	size_t i = t->n_xattrs;

	if (n < 0 || i == TAR_MAX_XATTRS)
		return;
	d->xattr_bytes.len += (size_t)n;
	d->xattrs[i].name = arena_strdup(&d->arena, name);
	d->xattrs[i].value = view_make(arena_strndup(&d->arena, to, (size_t)n), (size_t)n);
	t->n_xattrs++;
	d->xattr_bytes.len = 0;
}

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct tar_xattr *)a)->name, ((const struct tar_xattr *)b)->name);
}

/* Those that a tar would carry; what can't be read is not there. */
static void get_xattrs(struct dir_entries *d, struct tar_entry *t)
{
	auto_free char *names = mem_alloc(MAX_XATTR_NAMES_BYTES);
	auto_free char *path = mem_printf("/proc/self/fd/%d/%s", d->root_fd, shown(d));
	ssize_t n = llistxattr(path, names, MAX_XATTR_NAMES_BYTES);

	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
		const char *name = names + at;

		if (strncmp(name, "user.", 5) == 0 || strcmp(name, "security.capability") == 0)
			add_xattr(d, path, name, t);
	}
	t->xattrs = d->xattrs;
	if (t->n_xattrs > 1)
		qsort(d->xattrs, t->n_xattrs, sizeof(d->xattrs[0]), compare_xattrs);
}

/* The first name of a file with several, or NULL when this one is. */
static const char *first_name(struct dir_entries *d, const struct stat *st)
{
	const char *key = arena_printf(&d->arena, "%llx %llx", (unsigned long long)st->st_dev,
				       (unsigned long long)st->st_ino);
	void **first = map_put(&d->links, view_of(key));

	if (*first)
		return *first;
	*first = arena_strdup(&d->arena, buf_str(&d->path));
	return NULL;
}

static int get_file(struct dir_entries *d, const struct stat *st, struct tar_entry *t,
		    struct err *e)
{
	struct stat opened;

	t->link = st->st_nlink > 1 ? first_name(d, st) : NULL;
	if (t->link) {
		t->type = TAR_HARDLINK;
		return 0;
	}
	d->fd = open_below(d->root_fd, buf_str(&d->path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (d->fd < 0 || fstat(d->fd, &opened) < 0)
		return fail_sys(e, "open '%.300s'", buf_str(&d->path));
	if (opened.st_ino != st->st_ino || !S_ISREG(opened.st_mode))
		return fail(e, FAIL_IO, "'%.300s' changed while it was read", buf_str(&d->path));
	t->type = TAR_FILE;
	t->size = (uint64_t)opened.st_size;
	t->offset = d->total;
	d->left = t->size;
	d->total += t->size;
	return 0;
}

static int get_link(struct dir_entries *d, struct tar_entry *t, struct err *e)
{
	ssize_t n = readlinkat(d->root_fd, buf_str(&d->path), d->target, sizeof(d->target) - 1);

	if (n < 0)
		return fail_sys(e, "read the link '%.300s'", buf_str(&d->path));
	d->target[n] = '\0';
	t->type = TAR_SYMLINK;
	t->link = d->target;
	return 0;
}

/* 1 with the entry, 0 for what no tar holds. */
static int get_entry(struct dir_entries *d, struct tar_entry *t, struct err *e)
{
	struct stat st;
	int rc = 0;

	if (fstatat(d->root_fd, shown(d), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_sys(e, "look at '%.300s'", shown(d));
	*t = (struct tar_entry){
		.path = shown(d),
		.link = "",
		.mode = st.st_mode & 07777,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mtime_s = st.st_mtime,
	};
	if (S_ISREG(st.st_mode))
		rc = get_file(d, &st, t, e);
	else if (S_ISLNK(st.st_mode))
		rc = get_link(d, t, e);
	else if (S_ISDIR(st.st_mode))
		t->type = TAR_DIR;
	else if (S_ISFIFO(st.st_mode))
		t->type = TAR_FIFO;
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		t->type = S_ISCHR(st.st_mode) ? TAR_CHAR : TAR_BLOCK;
	else
		return 0;
	t->dev_major = major(st.st_rdev);
	t->dev_minor = minor(st.st_rdev);
	t->link = t->link ? t->link : "";
	if (rc == 0 && t->type != TAR_HARDLINK)
		get_xattrs(d, t);
	if (rc == 0 && t->type == TAR_DIR)
		rc = list_folder(d, e);
	return rc < 0 ? rc : 1;
}

static int dir_next(struct entries *base, struct tar_entry *ret, struct err *e)
{
	struct dir_entries *d = (struct dir_entries *)base;
	int rc = 0;

	fd_cleanup(&d->fd);
	d->fd = -1;
	if (d->levels.n == 0)
		return get_entry(d, ret, e);
	while (rc == 0 && d->levels.n) {
		struct level *l = &d->levels.at[d->levels.n - 1];

		d->path.len = l->path_len;
		if (l->next == l->n) {
			leave_folder(d);
			continue;
		}
		if (d->path.len)
			buf_add_char(&d->path, '/');
		buf_add_str(&d->path, l->names[l->next++]);
		if (d->path.len > TREE_MAX_PATH)
			return fail(e, FAIL_LIMIT, "'%.300s…' is too long", shown(d));
		rc = get_entry(d, ret, e);
	}
	return rc;
}

static int dir_read(struct entries *base, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct dir_entries *d = (struct dir_entries *)base;
	ssize_t n = 0;

	if (size > d->left)
		size = (size_t)d->left;
	while (size && (n = read(d->fd, to, size)) < 0 && errno == EINTR)
		;
	if (n < 0)
		return fail_sys(e, "read '%.300s'", shown(d));
	if (size && n == 0)
		return fail(e, FAIL_IO, "'%.300s' became shorter while it was read", shown(d));
	d->left -= (uint64_t)n;
	*ret_n = (size_t)n;
	return 0;
}

static void dir_close(struct entries *base)
{
	struct dir_entries *d = (struct dir_entries *)base;

	while (d->levels.n)
		leave_folder(d);
	free(d->levels.at);
	fd_cleanup(&d->fd);
	buf_done(&d->path);
	buf_done(&d->xattr_bytes);
	map_done(&d->links);
	arena_done(&d->arena);
	free(d);
}

static const struct entries_ops dir_ops = { dir_next, dir_read, dir_close };

struct entries *dir_entries_new(int dir_fd, const char *name)
{
	struct dir_entries *d = mem_zalloc(sizeof(*d));

	d->base.ops = &dir_ops;
	d->root_fd = dir_fd;
	d->name = name;
	d->fd = -1;
	return &d->base;
}

int dir_entries_open_file(int dir_fd, const char *path, uint64_t offset, struct source **ret,
			  struct err *e)
{
	auto_fd fd = open_below(dir_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || lseek(fd, (off_t)offset, SEEK_SET) < 0)
		return fail_sys(e, "open '%.300s'", path);
	*ret = fd_source_new(fd_steal(&fd), path);
	return 0;
}
