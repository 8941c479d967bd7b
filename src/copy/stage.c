/* SPDX-License-Identifier: Apache-2.0 */
/* The folder in the cache in which blobs lie between two places; see private.h. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "copy/private.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/lock.h"
#include "sys/remove.h"

enum { STALE_S = 7 * 24 * 3600 }; /* nobody will go on with it */

/* What was cut off long ago and never taken up again. */
static void tidy(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct err ignored;

	while (d && (entry = readdir(d))) {
		struct stat st;
		auto_fd lock = -1;

		if (entry->d_name[0] == '.' || view_ends(view_of(entry->d_name), ".lock") ||
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    clock_now_s() - st.st_mtime < STALE_S)
			continue;
		auto_free char *name = mem_printf("%s.lock", entry->d_name);

		if (lock_acquire(folder, name, LOCK_EXCLUSIVE, false, &lock, &ignored) == 0)
			(void)remove_all(folder, entry->d_name, &ignored);
	}
}

int copy_open_stage(struct copy *c, struct err *e)
{
	const char *folder = arena_printf(c->arena, "%s/copy", c->o->cache_path);
	struct place to = { .kind = PLACE_OCI };
	struct target_options o = { 0 };
	char hex[SHA256_HEX_CHARS + 1];
	int rc;

	if (c->stage)
		return 0;
	sha256_to_hex(&c->root.digest, hex);
	rc = dir_open(folder, 0700, &c->stage_folder, e);
	if (rc < 0)
		return rc;
	tidy(c->stage_folder);
	rc = lock_acquire(c->stage_folder, arena_printf(c->arena, "%s.lock", hex), LOCK_EXCLUSIVE,
			  true, &c->stage_lock, e);
	if (rc < 0)
		return rc;
	c->stage_path = arena_printf(c->arena, "%s/%s", folder, hex);
	to.path = c->stage_path;
	return place_target_open(&to, &o, &c->stage, e);
}

void copy_close_stage(struct copy *c, bool done)
{
	struct err ignored;

	place_target_close(c->stage);
	if (done && c->stage) {
		(void)remove_all(c->stage_folder, strrchr(c->stage_path, '/') + 1, &ignored);
	}
	c->stage = NULL;
	fd_cleanup(&c->stage_lock);
	fd_cleanup(&c->stage_folder);
}
