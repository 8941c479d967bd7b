/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads, whole writes, opening and making folders. */
#include "sys/files.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A read this large still fits behind the end: that of a file whose size was known. */
enum { MIN_ROOM_BYTES = 512 };

static int read_up_to(int fd, uint64_t limit, struct buf *to, const char *path, struct err *e)
{
	enum { STEP_BYTES = 64 << 10 };
	size_t start = to->len;

	for (;;) {
		bool tight = to->cap < to->len + MIN_ROOM_BYTES;
		char *at = buf_grow(to, tight ? STEP_BYTES : 0);
		ssize_t n = read(fd, at, to->cap - to->len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_sys(e, "read '%s'", path);
		if (n == 0)
			return 0;
		to->len += (size_t)n;
		if (to->len - start > limit)
			return fail(e, FAIL_LIMIT, "'%s' is larger than %llu bytes", path,
				    (unsigned long long)limit);
	}
}

int file_open_regular(int dir_fd, const char *path, int flags, int *ret_fd, struct err *e)
{
	auto_fd fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	struct stat st;

	if (fd < 0 && errno != ENXIO)
		return fail_sys(e, "open '%s'", path);
	/* ENXIO: a socket, or a device that isn't there */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fail(e, FAIL_FORMAT, "'%s' is no regular file", path);
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int open_to_read(int dir_fd, const char *path, int *ret_fd, struct err *e)
{
	if (dir_fd != AT_FDCWD)
		return file_open_regular(dir_fd, path, 0, ret_fd, e);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *ret_fd < 0 ? fail_sys(e, "open '%s'", path) : 0;
}

int file_read(int dir_fd, const char *path, uint64_t limit, struct buf *ret, struct err *e)
{
	size_t start = ret->len;
	auto_fd fd = -1;
	struct stat st;
	int rc = open_to_read(dir_fd, path, &fd, e);

	if (rc < 0)
		return rc;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if ((uint64_t)st.st_size > limit)
			return fail(e, FAIL_LIMIT, "'%s' is larger than %llu bytes", path,
				    (unsigned long long)limit);
		buf_grow(ret, (size_t)st.st_size + MIN_ROOM_BYTES);
	}
	rc = read_up_to(fd, limit, ret, path, e);
	if (rc < 0)
		ret->len = start;
	buf_grow(ret, 0); /* ends it with a NUL */
	return rc;
}

int fd_write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_file(int dir_fd, const char *name, struct view bytes, mode_t mode,
		      enum atomic_commit how, struct err *e)
{
	auto_atomic_file f = ATOMIC_FILE_NONE;
	int rc = atomic_file_open(&f, dir_fd, mode, e);

	if (rc < 0)
		return err_context(e, "write '%s'", name);
	if (fd_write_all(f.fd, bytes.ptr, bytes.len) < 0)
		return fail_sys(e, "write '%s'", name);
	return atomic_file_commit(&f, name, how, e);
}

int file_write_atomic(int dir_fd, const char *name, const void *bytes, size_t len, mode_t mode,
		      struct err *e)
{
	return write_file(dir_fd, name, view_make(bytes, len), mode, ATOMIC_REPLACE, e);
}

int file_write_cached(int dir_fd, const char *name, const void *bytes, size_t len, mode_t mode,
		      struct err *e)
{
	return write_file(dir_fd, name, view_make(bytes, len), mode, ATOMIC_REPLACE_CACHED, e);
}

static int make_dir(int dir_fd, const char *path, mode_t mode, struct err *e)
{
	struct stat st;
	int why;

	if (mkdirat(dir_fd, path, mode) == 0 || errno == EEXIST)
		return 0;
	why = errno;
	/* a read-only file system may say so before it says that the folder exists */
	if (fstatat(dir_fd, path, &st, 0) == 0)
		return 0;
	errno = why;
	return fail_sys(e, "make the folder '%s'", path);
}

static int make_dirs(int dir_fd, const char *path, mode_t mode, struct err *e)
{
	auto_free char *part = mem_strdup(path);

	for (size_t i = 1; part[i]; i++) {
		int rc;

		if (part[i] != '/' || part[i - 1] == '/')
			continue;
		part[i] = '\0';
		rc = make_dir(dir_fd, part, mode, e);
		part[i] = '/';
		if (rc < 0)
			return rc;
	}
	return make_dir(dir_fd, path, mode, e);
}

int dir_open_at(int dir_fd, const char *path, mode_t create_mode, int *ret_fd, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	auto_fd fd = openat(dir_fd, path, flags);

	if (fd < 0 && errno == ENOENT && create_mode) {
		int rc = make_dirs(dir_fd, path, create_mode, e);

		if (rc < 0)
			return rc;
		fd = openat(dir_fd, path, flags);
	}
	if (fd < 0)
		return fail_sys(e, "open the folder '%s'", path);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int dir_open(const char *path, mode_t create_mode, int *ret_fd, struct err *e)
{
	return dir_open_at(AT_FDCWD, path, create_mode, ret_fd, e);
}
