/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that appear complete or not at all, and the removal of what killed writers left behind.
 * Where the file system can, a file has no name while it is written, and nothing is left. Elsewhere
 * it has a temporary one, and its writer holds a lock on it for as long as it lives; who gets that
 * lock knows that the writer is gone.
 */
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { PATH_TEXT_BYTES = 256, FD_PATH_BYTES = 32, TEMP_TRIES = 16 };

/* The folder's path, for messages only. */
static const char *path_of(int dir_fd, char text[PATH_TEXT_BYTES])
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
	n = dir_fd == AT_FDCWD ? -1 : readlink(link, text, PATH_TEXT_BYTES - 1);
	if (n < 0)
		return ".";
	text[n] = '\0';
	return text;
}

static void make_temp_name(char ret[FILE_TEMP_NAME_BYTES])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)(uintptr_t)ret; /* O_EXCL still keeps names apart */
	snprintf(ret, FILE_TEMP_NAME_BYTES, FILE_TEMP_PREFIX "%ld-%016" PRIx64, (long)getpid(),
		 random);
}

/* False when it lost a name: remove_stale_temps() of another process was quicker than the lock. */
static bool claim(int fd, nlink_t names)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return false;
	return fstat(fd, &st) == 0 && st.st_nlink >= names;
}

/* By what linkat(2) takes for a descriptor, when AT_EMPTY_PATH needs a privilege. */
static void path_of_fd(int fd, char ret[FD_PATH_BYTES])
{
	snprintf(ret, FD_PATH_BYTES, "/proc/self/fd/%d", fd);
}

/* A file that can get a name later, or -1: not every file system has these, nor every root /proc.
 */
static int open_nameless(int dir_fd, mode_t mode)
{
	auto_fd fd = openat(dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
	char path[FD_PATH_BYTES];

	if (fd < 0)
		return -1;
	path_of_fd(fd, path);
	return access(path, F_OK) == 0 && claim(fd, 0) ? fd_steal(&fd) : -1;
}

int atomic_file_open(struct atomic_file *f, int dir_fd, mode_t mode, struct err *e)
{
	char where[PATH_TEXT_BYTES];

	*f = (struct atomic_file)ATOMIC_FILE_NONE;
	f->dir_fd = dir_fd;
	f->fd = open_nameless(dir_fd, mode);
	if (f->fd >= 0)
		return 0;
	for (int i = 0; i < TEMP_TRIES; i++) {
		auto_fd fd = -1;

		make_temp_name(f->temp);
		fd = openat(dir_fd, f->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd < 0)
			return fail_sys(e, "make a file in '%s'", path_of(dir_fd, where));
		if (!claim(fd, 1))
			continue;
		f->fd = fd_steal(&fd);
		return 0;
	}
	errno = EEXIST;
	return fail_sys(e, "make a file in '%s'", path_of(dir_fd, where));
}

static int rename_keeping(const struct atomic_file *f, const char *name)
{
	if (renameat2(f->dir_fd, f->temp, f->dir_fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS) { /* not on every file system */
		if (linkat(f->dir_fd, f->temp, f->dir_fd, name, 0) == 0 || errno == EEXIST)
			return unlinkat(f->dir_fd, f->temp, 0);
		return -1;
	}
	if (errno == EEXIST)
		return unlinkat(f->dir_fd, f->temp, 0);
	return -1;
}

static int rename_over(const struct atomic_file *f, const char *name)
{
	return renameat(f->dir_fd, f->temp, f->dir_fd, name);
}

/* linkat(2) replaces nothing, so that a file which takes another's place gets two names in turn. */
static int give_name(struct atomic_file *f, const char *name, enum atomic_commit how)
{
	char path[FD_PATH_BYTES];

	path_of_fd(f->fd, path);
	if (linkat(AT_FDCWD, path, f->dir_fd, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno == EEXIST && how == ATOMIC_KEEP_EXISTING)
		return 0;
	for (int i = 0; errno == EEXIST && i < TEMP_TRIES; i++) {
		make_temp_name(f->temp);
		if (linkat(AT_FDCWD, path, f->dir_fd, f->temp, AT_SYMLINK_FOLLOW) == 0)
			return rename_over(f, name);
		f->temp[0] = '\0';
	}
	return -1;
}

static int sync_folder(int dir_fd)
{
	auto_fd here = dir_fd == AT_FDCWD ? open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = fsync(here >= 0 ? here : dir_fd);

	/* some file systems can't, and then keep their own order */
	return rc < 0 && errno == EINVAL ? 0 : rc;
}

/* What root may replace by mistake, and nobody means to: /dev/null. */
static bool is_device(const struct atomic_file *f, const char *name)
{
	struct stat st;

	return fstatat(f->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISFIFO(st.st_mode) ||
		S_ISSOCK(st.st_mode));
}

int atomic_file_commit(struct atomic_file *f, const char *name, enum atomic_commit how,
		       struct err *e)
{
	int rc;

	if (how != ATOMIC_KEEP_EXISTING && is_device(f, name))
		return fail(e, FAIL_CONFLICT,
			    "'%s' is a device, pipe or socket, which no file is put in place of",
			    name);
	if (how != ATOMIC_REPLACE_CACHED && fsync(f->fd) < 0)
		return fail_sys(e, "write '%s' to the disk", name);
	if (f->temp[0] == '\0')
		rc = give_name(f, name, how);
	else if (how == ATOMIC_KEEP_EXISTING)
		rc = rename_keeping(f, name);
	else
		rc = rename_over(f, name);
	if (rc < 0)
		return fail_sys(e, "put '%s' in its place", name);
	fd_cleanup(&f->fd);
	f->fd = -1;
	if (how != ATOMIC_REPLACE_CACHED && sync_folder(f->dir_fd) < 0)
		return fail_sys(e, "write the folder of '%s' to the disk", name);
	return 0;
}

void atomic_file_done(struct atomic_file *f)
{
	int kept = errno;

	if (f->fd >= 0) {
		if (f->temp[0])
			unlinkat(f->dir_fd, f->temp, 0);
		close(f->fd);
		f->fd = -1;
	}
	errno = kept;
}

/* 1 when removed, 0 when its writer lives or it is no file of ours. */
static int remove_if_stale(int dir_fd, const char *name)
{
	auto_fd fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	return unlinkat(dir_fd, name, 0) == 0;
}

int remove_stale_temps(int dir_fd, size_t *ret_n, struct err *e)
{
	auto_fd fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir dir = fd < 0 ? NULL : fdopendir(fd);
	char where[PATH_TEXT_BYTES];
	struct dirent *entry;
	size_t n = 0;

	if (!dir)
		return fail_sys(e, "list the folder '%s'", path_of(dir_fd, where));
	fd_steal(&fd);
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, FILE_TEMP_PREFIX, strlen(FILE_TEMP_PREFIX)) == 0 &&
		    remove_if_stale(dir_fd, entry->d_name))
			n++;
	if (errno)
		return fail_sys(e, "list the folder '%s'", path_of(dir_fd, where));
	if (ret_n)
		*ret_n = n;
	return 0;
}
