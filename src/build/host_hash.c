/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and remembers; see host_hash.h. */
#include "build/host_hash.h"

#include "base/mem.h"
#include "io/hash.h"
#include "sys/fd.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIME_STEP_S = 2 }; /* FAT's; others are much finer */

struct known {
	struct stat seen;
	struct sha256 digest;
	bool forgotten;
};

struct host_ahead {
	struct workers *workers;
	struct work_group group;
	char *path;
	struct stat seen;
	struct sha256 digest;
	int rc;
};

static void ahead_free(struct host_ahead *ahead)
{
	work_group_wait(ahead->workers, &ahead->group);
	free(ahead->path);
	free(ahead);
}

void host_memo_done(struct host_memo *m)
{
	if (m->ahead)
		ahead_free(m->ahead);
	m->ahead = NULL;
	map_done(&m->files);
	arena_done(&m->arena);
}

void host_memo_forget_young(struct host_memo *m)
{
	for (size_t i = 0; i < m->files.n; i++) {
		struct known *k = m->files.at[i].value;

		k->forgotten = k->seen.st_ctim.tv_sec >= m->now_s - TIME_STEP_S;
	}
}

int host_open_regular(const char *path, int *ret_fd, struct stat *ret, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail_sys(e, "open '%s'", path);
	if (fstat(fd, ret) < 0)
		return fail_sys(e, "look at '%s'", path);
	if (!S_ISREG(ret->st_mode))
		return fail(e, FAIL_FORMAT, "'%s' is no regular file", path);
	*ret_fd = fd_steal(&fd);
	return 0;
}

bool host_same_state(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int host_changed(const char *path, struct err *e)
{
	return fail(e, FAIL_IO,
		    "'%s' changed while it was being read; build again when it is still", path);
}

/* The digest of what the file is all the while; `seen` is how it was opened. */
static int hash_still(int fd, const char *path, const struct stat *seen, struct sha256 *ret,
		      struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	struct stat after;
	int rc = hash_fd(fd, path, 0, h, NULL, e);

	if (rc < 0)
		return rc;
	sha256_final(h, ret);
	if (fstat(fd, &after) < 0)
		return fail_sys(e, "look at '%s'", path);
	return host_same_state(seen, &after) ? 0 : host_changed(path, e);
}

static void remember(struct host_memo *m, const char *path, const struct stat *seen,
		     const struct sha256 *digest)
{
	struct known *k = map_get(&m->files, view_of(path));

	if (!k) {
		k = arena_new(&m->arena, struct known);
		*map_put(&m->files, view_of(arena_strdup(&m->arena, path))) = k;
	}
	*k = (struct known){ *seen, *digest, false };
}

static void hash_ahead(void *arg)
{
	struct host_ahead *ahead = arg;
	auto_fd fd = -1;
	struct err ignored;

	ahead->rc = host_open_regular(ahead->path, &fd, &ahead->seen, &ignored);
	if (ahead->rc == 0)
		ahead->rc = hash_still(fd, ahead->path, &ahead->seen, &ahead->digest, &ignored);
}

void host_memo_begin(struct host_memo *m, struct workers *w, const char *path)
{
	assert(!m->ahead);
	m->ahead = mem_zalloc(sizeof(*m->ahead));
	m->ahead->workers = w;
	m->ahead->path = mem_strdup(path);
	work_group_submit(w, &m->ahead->group, hash_ahead, m->ahead);
}

/* Waits for the hash under way if it is of this file. */
static void take_ahead(struct host_memo *m, const char *path)
{
	struct host_ahead *ahead = m->ahead;

	if (!ahead || strcmp(ahead->path, path) != 0)
		return;
	work_group_wait(ahead->workers, &ahead->group);
	if (ahead->rc == 0)
		remember(m, path, &ahead->seen, &ahead->digest);
	m->ahead = NULL;
	ahead_free(ahead);
}

int host_hash(struct host_memo *m, const char *path, struct stat *ret_seen, struct sha256 *ret,
	      struct err *e)
{
	const struct known *k;
	auto_fd fd = -1;
	int rc = host_open_regular(path, &fd, ret_seen, e);

	if (rc < 0)
		return rc;
	if (m)
		take_ahead(m, path);
	k = m ? map_get(&m->files, view_of(path)) : NULL;
	if (k && !k->forgotten && host_same_state(&k->seen, ret_seen)) {
		*ret = k->digest;
		return 0;
	}
	rc = hash_still(fd, path, ret_seen, ret, e);
	if (rc == 0 && m)
		remember(m, path, ret_seen, ret);
	return rc;
}
