/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the cache goes: nobody can be asked which images, recipes and locks there still are, so
 * what was not used for long counts as not needed. It can be fetched or made again, and is all
 * named by a digest. The rest isn't here: releases/ remembers which index of an archive was the
 * newest, so that nobody is given an older one, and what is under way has owners who clear it.
 */
#include "view/cache_tidy.h"

#include "base/array.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "view/cache.h"
#include "view/kept_reads.h"
#include "view/kept_scans.h"
#include "view/layer_index.h"
#include "view/tree_index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct cached_kind {
	const char *folder;
	uint64_t version; /* what is older can't be used any more; 0: names have none */
};

static const struct cached_kind kinds[] = {
	{ CACHE_LAYERS, LAYER_INDEX_VERSION },
	{ CACHE_TREES, TREE_INDEX_VERSION },
	{ CACHE_SCANS, KEPT_SCAN_VERSION },
	{ CACHE_READS, KEPT_READS_VERSION },
	{ "packages", 0 },
	{ "listings", 0 },
	{ "apk", 0 },
	{ "indexes", 0 },
	{ "layers", 0 },
	{ "images", 0 },
	{ "places", 0 },
	{ "uploads", 0 },
};

struct tidying {
	int dir_fd;
	const struct cached_kind *kind;
	int64_t now_s, unused_s;
	bool dry_run;
	struct cache_tidied *result;
};

/* DIGEST, and behind that what only its writer knows; not a partial file, which has an owner. */
static bool is_cached(const char *name)
{
	size_t digits = strspn(name, "0123456789abcdef");

	return digits == SHA256_HEX_CHARS && !view_ends(view_of(name), ".part") &&
	       !view_ends(view_of(name), ".lock");
}

/* "DIGEST.VERSION", as view_cache_write() names them. */
static bool is_outdated(const struct cached_kind *kind, const char *name)
{
	const char *dot = strrchr(name, '.');
	uint64_t version;

	return kind->version && dot && view_to_u64(view_of(dot + 1), &version) &&
	       version < kind->version;
}

/* Reading sets the one, by the day on most file systems; writing, and view/ by hand, the other. */
static int64_t last_use_s(const struct stat *st)
{
	return st->st_atime > st->st_mtime ? st->st_atime : st->st_mtime;
}

static int tidy_file(struct tidying *t, const char *name, struct err *e)
{
	struct stat st;

	if (!is_cached(name))
		return 0;
	if (fstatat(t->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "look at '%s' in the cache", name);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!is_outdated(t->kind, name) && t->now_s - last_use_s(&st) < t->unused_s) {
		t->result->n_kept++;
		t->result->kept_bytes += (uint64_t)st.st_size;
		return 0;
	}
	if (!t->dry_run && unlinkat(t->dir_fd, name, 0) < 0 && errno != ENOENT)
		return fail_sys(e, "remove '%s' from the cache", name);
	t->result->n_removed++;
	t->result->removed_bytes += (uint64_t)st.st_size;
	return 0;
}

static int tidy_folder(int cache_fd, struct tidying *t, struct err *e)
{
	const char *folder = t->kind->folder;
	auto_fd fd = openat(cache_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	struct err ignored;
	DIR *dir;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "list '%s' in the cache", folder);
	dir = fdopendir(fd);
	if (!dir)
		return fail_sys(e, "list '%s' in the cache", folder);
	t->dir_fd = fd_steal(&fd);
	while (rc == 0 && (errno = 0, (entry = readdir(dir)) != NULL))
		rc = tidy_file(t, entry->d_name, e);
	if (rc == 0 && errno)
		rc = fail_sys(e, "list '%s' in the cache", folder);
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
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT_OF(kinds); i++) {
		t.kind = &kinds[i];
		rc = tidy_folder(cache_fd, &t, e);
	}
	if (rc == 0)
		*ret = result;
	return rc;
}
