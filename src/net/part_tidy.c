/* SPDX-License-Identifier: Apache-2.0 */
/* Removing partial files that have no future; see http.h. */
#include "base/mem.h"
#include "base/view.h"
#include "net/http.h"
#include "sys/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define SUFFIX ".part"

enum { MAX_AGE_S = 7 * 24 * 60 * 60 };

static bool has_no_future(int dir_fd, const char *name, const struct stat *part)
{
	auto_free char *finished = mem_strndup(name, strlen(name) - strlen(SUFFIX));
	struct stat st;

	return part->st_mtime < time(NULL) - MAX_AGE_S ||
	       (fstatat(dir_fd, finished, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode));
}

static void look_at(int dir_fd, const char *name)
{
	auto_fd fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat here, there;

	if (fd < 0 || fstat(fd, &here) < 0 || !S_ISREG(here.st_mode) ||
	    !has_no_future(dir_fd, name, &here))
		return;
	/* its writer holds the lock, and gives the file another name before letting go */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    fstatat(dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    here.st_ino == there.st_ino && here.st_dev == there.st_dev)
		(void)unlinkat(dir_fd, name, 0);
}

void http_tidy(int dir_fd)
{
	auto_fd fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return;
	fd_steal(&fd);
	while ((entry = readdir(dir)) != NULL)
		if (view_ends(view_of(entry->d_name), SUFFIX))
			look_at(dir_fd, entry->d_name);
}
