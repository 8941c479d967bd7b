/* SPDX-License-Identifier: Apache-2.0 */
/* Partial files: locks, keeping, hashing again, and their way to the final name; see part.h. */
#include "net/part.h"

#include "base/mem.h"
#include "io/hash.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { OPEN_TRIES = 100 };

struct part_name {
	char text[PART_MAX_NAME + 1];
};

static int name_of(const struct http_file *f, struct part_name *ret, struct err *e)
{
	int n = snprintf(ret->text, sizeof(ret->text), "%s.part", f->name);

	if (n < 0 || (size_t)n >= sizeof(ret->text) || strchr(f->name, '/'))
		return fail(e, FAIL_LIMIT, "'%s' is no name for a file to be fetched", f->name);
	return 0;
}

/* Whether the finished file is there and right. One that isn't is as good as none. */
static bool is_finished(const struct http_file *f)
{
	auto_fd fd = openat(f->dir_fd, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && hash_is(fd, f->size_bytes, &f->digest);
}

/* Whether `fd` is still what the name stands for, and not a file that became NAME meanwhile. */
static bool is_current(const struct http_file *f, const char *name, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 &&
	       fstatat(f->dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

enum claim { CLAIMED, CLAIM_BUSY, CLAIM_STALE, CLAIM_NO_LOCKS };

static enum claim claim(const struct http_file *f, const char *name, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? CLAIM_BUSY : CLAIM_NO_LOCKS;
	return is_current(f, name, fd) ? CLAIMED : CLAIM_STALE;
}

/* Reads in what an earlier run left behind. */
static int take_over(struct part *p, const char *name, struct err *e)
{
	struct stat st;

	if (fstat(p->fd, &st) < 0)
		return fail_sys(e, "look at '%s'", name);
	if ((uint64_t)st.st_size > p->f->size_bytes)
		return part_restart(p, e);
	if (hash_fd(p->fd, name, 0, p->hasher, &p->size, e) < 0)
		return -(int)e->code;
	if (lseek(p->fd, (off_t)p->size, SEEK_SET) < 0)
		return fail_sys(e, "seek in '%s'", name);
	return 0;
}

static void begin(struct part *p, const struct http_file *f, int fd)
{
	p->f = f;
	p->fd = fd;
	p->own = false;
	p->size = 0;
	p->hasher = hasher_new(DIGEST_SHA256);
}

/* The file under its lock is ours: anything left to fetch? */
static int settle(struct part *p, const char *name, enum part_state *ret, struct err *e)
{
	if (is_finished(p->f)) {
		part_remove(p);
		*ret = PART_FINISHED;
		return 0;
	}
	if (take_over(p, name, e) < 0) {
		part_close(p);
		return -(int)e->code;
	}
	*ret = PART_READY;
	return 0;
}

int part_open(struct part *p, const struct http_file *f, enum part_state *ret, struct err *e)
{
	struct part_name name;

	if (name_of(f, &name, e) < 0)
		return -(int)e->code;
	for (int i = 0; i < OPEN_TRIES; i++) {
		auto_fd fd = openat(f->dir_fd, name.text,
				    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);

		if (fd < 0)
			return fail_sys(e, "make '%s'", name.text);
		switch (claim(f, name.text, fd)) {
		case CLAIMED:
			begin(p, f, fd_steal(&fd));
			return settle(p, name.text, ret, e);
		case CLAIM_BUSY:
			*ret = PART_BUSY;
			return 0;
		case CLAIM_NO_LOCKS:
			*ret = PART_READY;
			return part_open_own(p, f, e);
		case CLAIM_STALE:
			break;
		}
	}
	*ret = PART_BUSY; /* others come and go all the time */
	return 0;
}

int part_open_own(struct part *p, const struct http_file *f, struct err *e)
{
	int rc = atomic_file_open(&p->temp, f->dir_fd, 0644, e);

	if (rc < 0)
		return rc;
	begin(p, f, p->temp.fd);
	p->own = true;
	return 0;
}

uint64_t part_size_of_other(const struct http_file *f)
{
	struct part_name name;
	struct err ignored;
	struct stat st;

	if (name_of(f, &name, &ignored) < 0 ||
	    fstatat(f->dir_fd, name.text, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

int part_add(struct part *p, const void *bytes, size_t n, struct err *e)
{
	if (!p->behind) {
		auto_free char *what = mem_printf("'%s.part'", p->f->name);

		p->behind = behind_new(p->fd, p->size, p->hasher,
				       p->f->cached ? BEHIND_CACHED : BEHIND_TO_DISK, what);
	}
	p->size += n;
	return behind_add(p->behind, bytes, n, e);
}

int part_settle(struct part *p, struct err *e)
{
	return p->behind ? behind_settle(p->behind, e) : 0;
}

int part_restart(struct part *p, struct err *e)
{
	behind_free(steal(p->behind));
	if (ftruncate(p->fd, 0) < 0 || lseek(p->fd, 0, SEEK_SET) < 0)
		return fail_sys(e, "empty '%s.part'", p->f->name);
	hasher_free(p->hasher);
	p->hasher = hasher_new(DIGEST_SHA256);
	p->size = 0;
	return 0;
}

void part_digest(struct part *p, struct sha256 *ret)
{
	sha256_final(p->hasher, ret);
}

static int commit_shared(struct part *p, struct err *e)
{
	const bool wait = !p->f->cached;
	struct part_name name;

	if (name_of(p->f, &name, e) < 0)
		return -(int)e->code;
	if (wait && fsync(p->fd) < 0)
		return fail_sys(e, "write '%s' to the disk", name.text);
	if (renameat(p->f->dir_fd, name.text, p->f->dir_fd, p->f->name) < 0)
		return fail_sys(e, "rename '%s' to '%s'", name.text, p->f->name);
	/* some file systems can't sync a folder, and then keep their own order */
	if (wait && fsync(p->f->dir_fd) < 0 && errno != EINVAL && errno != EBADF)
		return fail_sys(e, "write the folder of '%s' to the disk", p->f->name);
	return 0;
}

int part_commit(struct part *p, struct err *e)
{
	int rc;

	if (p->own) {
		rc = atomic_file_commit(&p->temp, p->f->name,
					p->f->cached ? ATOMIC_REPLACE_CACHED : ATOMIC_REPLACE, e);
		if (rc == 0)
			p->fd = -1;
	} else {
		rc = commit_shared(p, e);
	}
	if (rc == 0)
		part_close(p);
	return rc;
}

static void remove_name(const struct part *p)
{
	struct part_name name;
	struct err ignored;

	if (name_of(p->f, &name, &ignored) == 0 && is_current(p->f, name.text, p->fd))
		unlinkat(p->f->dir_fd, name.text, 0);
}

void part_remove(struct part *p)
{
	if (p->fd >= 0 && !p->own)
		remove_name(p);
	part_close(p);
}

void part_close(struct part *p)
{
	struct err ignored;
	struct stat st;

	if (!p->own) /* what it holds is kept for the next run */
		(void)part_settle(p, &ignored);
	behind_free(steal(p->behind));
	if (p->own) {
		atomic_file_done(&p->temp);
	} else if (p->fd >= 0) {
		if (fstat(p->fd, &st) == 0 && st.st_size == 0)
			remove_name(p);
		close(p->fd);
	}
	p->fd = -1;
	p->own = false;
	hasher_free(p->hasher);
	p->hasher = NULL;
}
