/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removal by descriptors only. A folder that lies too deep is moved up to the top first, so that
 * neither the descriptors nor the stack run out.
 */
#include "sys/remove.h"

#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 64 };

struct removal {
	int top_fd;
	unsigned int n_moved;
	bool moved; /* something was, in this round */
};

static int empty_folder(struct removal *r, int fd, unsigned int depth, struct err *e);

/* Opens a folder and makes it readable, searchable and writable: else nothing in it can go. */
static int open_wide(int dir_fd, const char *name)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, name, O_RDONLY | flags);
	char path[40];

	if (fd >= 0) {
		(void)!fchmod(fd, 0700);
		return fd;
	}
	if (errno != EACCES)
		return -1;
	fd = openat(dir_fd, name, O_PATH | flags);
	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)!chmod(path, 0700);
	close(fd);
	return openat(dir_fd, name, O_RDONLY | flags);
}

/* Out of the deep: under a name that nobody else has there. */
static int move_up(struct removal *r, int dir_fd, const char *name, struct err *e)
{
	char new_name[32];

	do {
		snprintf(new_name, sizeof(new_name), ".deep-%u", r->n_moved++);
	} while (faccessat(r->top_fd, new_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	if (renameat(dir_fd, name, r->top_fd, new_name) < 0)
		return fail_sys(e, "move '%.200s' to remove it", name);
	r->moved = true;
	return 0;
}

static int remove_folder(struct removal *r, int dir_fd, const char *name, unsigned int depth,
			 struct err *e)
{
	auto_fd fd = open_wide(dir_fd, name);
	int rc;

	if (fd < 0)
		return fail_sys(e, "open the folder '%.200s' to remove it", name);
	if (depth == MAX_DEPTH)
		return move_up(r, dir_fd, name, e);
	rc = empty_folder(r, fd, depth + 1, e);
	if (rc < 0)
		return rc;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return fail_sys(e, "remove the folder '%.200s'", name);
	return 0;
}

static int remove_entry(struct removal *r, int dir_fd, const char *name, unsigned int depth,
			struct err *e)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "look at '%.200s'", name);
	if (S_ISDIR(st.st_mode))
		return remove_folder(r, dir_fd, name, depth, e);
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return fail_sys(e, "remove '%.200s'", name);
	return 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int empty_folder(struct removal *r, int fd, unsigned int depth, struct err *e)
{
	int list_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	struct dirent *entry;
	int rc = 0;

	if (!dir) {
		rc = fail_sys(e, "list a folder");
		if (list_fd >= 0)
			close(list_fd);
		return rc;
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (!is_dots(entry->d_name))
			rc = remove_entry(r, fd, entry->d_name, depth, e);
	closedir(dir);
	return rc;
}

int remove_all(int dir_fd, const char *name, struct err *e)
{
	struct removal r = { .top_fd = -1 };
	auto_fd fd = -1;
	struct stat st;
	int rc = 0;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "look at '%s'", name);
	if (!S_ISDIR(st.st_mode))
		return remove_entry(&r, dir_fd, name, 0, e);
	fd = open_wide(dir_fd, name);
	if (fd < 0)
		return fail_sys(e, "open the folder '%s' to remove it", name);
	r.top_fd = fd;
	do {
		r.moved = false;
		rc = empty_folder(&r, fd, 1, e);
	} while (rc == 0 && r.moved);
	if (rc == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		rc = fail_sys(e, "remove the folder '%s'", name);
	return rc < 0 ? err_context(e, "'%s'", name) : 0;
}
