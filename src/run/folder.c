/* SPDX-License-Identifier: Apache-2.0 */
/* A lock on the common folder keeps making and looking for stale ones apart; see folder.h. */
#include "run/folder.h"

#include "base/mem.h"
#include "base/view.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/lock.h"
#include "sys/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define ID_PREFIX "pare-"
#define LOCK_SUFFIX ".lock"

enum { ID_BYTES = 32 };

/* Beside the folder, so that it outlives what is in there while that is removed. */
static char *lock_name(const char *id)
{
	return mem_printf("%s" LOCK_SUFFIX, id);
}

/* Whether the owner is gone; *ret_lock then keeps it ours. */
static bool is_stale(int base_fd, const char *id, int *ret_lock)
{
	auto_free char *lock = lock_name(id);
	struct err ignored;

	return lock_acquire(base_fd, lock, LOCK_EXCLUSIVE, false, ret_lock, &ignored) == 0;
}

static int remove_folder(int base_fd, const char *id, struct err *e)
{
	auto_free char *lock = lock_name(id);
	int rc = remove_all(base_fd, id, e);

	if (rc == 0)
		unlinkat(base_fd, lock, 0);
	return rc;
}

static void remove_stale(const char *base, int base_fd, run_folder_stale *stale, void *ctx)
{
	int list_fd = openat(base_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		struct view name = view_of(entry->d_name);
		auto_free char *id = NULL, *path = NULL;
		auto_fd lock = -1;
		struct err ignored;

		if (!view_starts(name, ID_PREFIX))
			continue;
		if (view_ends(name, LOCK_SUFFIX))
			name.len -= strlen(LOCK_SUFFIX);
		id = mem_strndup(name.ptr, name.len);
		if (!is_stale(base_fd, id, &lock))
			continue;
		path = mem_printf("%s/%s", base, id);
		stale(path, id, ctx);
		/* what is still in use there goes the next time */
		(void)!remove_folder(base_fd, id, &ignored);
	}
	if (dir)
		closedir(dir);
}

static void make_id(char ret[ID_BYTES])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)getpid();
	snprintf(ret, ID_BYTES, ID_PREFIX "%016" PRIx64, random);
}

static int make_folder(const char *base, struct run_folder *f, struct err *e)
{
	auto_free char *lock = NULL;
	char id[ID_BYTES];
	int rc;

	make_id(id);
	lock = lock_name(id);
	rc = lock_acquire(f->base_fd, lock, LOCK_EXCLUSIVE, false, &f->lock_fd, e);
	if (rc < 0)
		return rc;
	if (mkdirat(f->base_fd, id, 0700) < 0)
		return fail_sys(e, "make the folder '%s/%s'", base, id);
	f->path = mem_printf("%s/%s", base, id);
	f->id = f->path + strlen(base) + 1;
	return dir_open_at(f->base_fd, id, 0, &f->fd, e);
}

/* Others must not get in: what lies there may be set-id. */
static int check_base(const char *base, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, "look at '%s'", base);
	if (st.st_uid != geteuid())
		return fail(e, FAIL_IO, "'%s' belongs to another user", base);
	if (st.st_mode & 077 && fchmod(fd, 0700) < 0)
		return fail_sys(e, "close '%s' to others", base);
	return 0;
}

int run_folder_open(const char *base, run_folder_stale *stale, void *ctx, struct run_folder *ret,
		    struct err *e)
{
	auto_run_folder f = RUN_FOLDER_NONE;
	auto_fd lock = -1;
	int rc = dir_open(base, 0700, &f.base_fd, e);

	if (rc == 0)
		rc = check_base(base, f.base_fd, e);
	if (rc == 0)
		rc = lock_acquire(f.base_fd, ".lock", LOCK_EXCLUSIVE, true, &lock, e);
	if (rc < 0)
		return rc;
	remove_stale(base, f.base_fd, stale, ctx);
	rc = make_folder(base, &f, e);
	if (rc < 0)
		return rc;
	*ret = f;
	f = (struct run_folder)RUN_FOLDER_NONE;
	return 0;
}

int run_folder_remove(struct run_folder *f, struct err *e)
{
	int rc = f->path ? remove_folder(f->base_fd, f->id, e) : 0;

	return rc < 0 ? err_context(e, "clean up '%s'", f->path) : 0;
}

void run_folder_done(struct run_folder *f)
{
	fd_cleanup(&f->lock_fd);
	fd_cleanup(&f->fd);
	fd_cleanup(&f->base_fd);
	free(f->path);
	*f = (struct run_folder)RUN_FOLDER_NONE;
}
