/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the indexes goes: images come and go in registries and archives that nobody can ask, so
 * what was not used for long counts as not needed. It can be made again.
 */
#include "view/cache_tidy.h"

#include "crypto/digest.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "view/cache.h"
#include "view/layer_index.h"
#include "view/tree_index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct tidying {
	int dir_fd;
	uint64_t version;
	int64_t now_s, unused_s;
	bool dry_run;
	struct cache_tidied *result;
};

/* "DIGEST.VERSION", as view_cache_write() names them. */
static bool is_index(const char *name, uint64_t *ret_version)
{
	const char *dot = strchr(name, '.');
	struct sha256 digest;

	return dot && sha256_from_hex(view_make(name, (size_t)(dot - name)), &digest) &&
	       view_to_u64(view_of(dot + 1), ret_version);
}

static int tidy_file(struct tidying *t, const char *name, struct err *e)
{
	uint64_t version;
	struct stat st;

	if (!is_index(name, &version))
		return 0;
	if (fstatat(t->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "look at the index '%s'", name);
	if (version >= t->version && t->now_s - st.st_mtime < t->unused_s) {
		t->result->n_kept++;
		t->result->kept_bytes += (uint64_t)st.st_size;
		return 0;
	}
	if (!t->dry_run && unlinkat(t->dir_fd, name, 0) < 0 && errno != ENOENT)
		return fail_sys(e, "remove the index '%s'", name);
	t->result->n_removed++;
	t->result->removed_bytes += (uint64_t)st.st_size;
	return 0;
}

static int tidy_folder(int cache_fd, const char *folder, struct tidying *t, struct err *e)
{
	auto_fd fd = openat(cache_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	struct err ignored;
	DIR *dir;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "list the indexes in '%s'", folder);
	dir = fdopendir(fd);
	if (!dir)
		return fail_sys(e, "list the indexes in '%s'", folder);
	t->dir_fd = fd_steal(&fd);
	while (rc == 0 && (errno = 0, (entry = readdir(dir)) != NULL))
		rc = tidy_file(t, entry->d_name, e);
	if (rc == 0 && errno)
		rc = fail_sys(e, "list the indexes in '%s'", folder);
	if (!t->dry_run)
		(void)remove_stale_temps(t->dir_fd, NULL, &ignored);
	closedir(dir);
	return rc;
}

int view_cache_tidy(int cache_fd, int64_t unused_s, bool dry_run, struct cache_tidied *ret,
		    struct err *e)
{
	struct cache_tidied result = { 0 };
	struct tidying t = {
		.now_s = time(NULL),
		.unused_s = unused_s,
		.dry_run = dry_run,
		.result = &result,
	};
	int rc;

	t.version = LAYER_INDEX_VERSION;
	rc = tidy_folder(cache_fd, CACHE_LAYERS, &t, e);
	t.version = TREE_INDEX_VERSION;
	if (rc == 0)
		rc = tidy_folder(cache_fd, CACHE_TREES, &t, e);
	if (rc == 0)
		*ret = result;
	return rc;
}
