/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool. Small files gather in a buffer before they are written; who opens one that still
 * lies there has it written first.
 */
#include "tree/spool.h"

#include "base/mem.h"
#include "io/basic.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { GATHER_BYTES = 256 << 10, NAME_TRIES = 100 };

struct spool {
	struct content_provider provider;
	int fd;
	uint64_t max_bytes;
	uint64_t start;	       /* of the file that is being added */
	uint64_t size;	       /* of all */
	struct hasher *hasher; /* of the file that is being added */
	pthread_mutex_t mutex; /* for what follows */
	uint64_t written;      /* the gathered bytes lie from here on */
	size_t n_gathered;
	char gathered[GATHER_BYTES];
};

static int write_at(int fd, const char *bytes, size_t size, uint64_t offset, struct err *e)
{
	while (size) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail_sys(e, "write a temporary file");
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* With the mutex held. */
static int flush(struct spool *s, struct err *e)
{
	int rc = write_at(s->fd, s->gathered, s->n_gathered, s->written, e);

	if (rc == 0) {
		s->written += s->n_gathered;
		s->n_gathered = 0;
	}
	return rc;
}

static int spool_open(struct content_provider *p, uint64_t offset, uint64_t size,
		      struct source **ret, struct err *e)
{
	struct spool *s = (struct spool *)p;
	int rc = 0;

	pthread_mutex_lock(&s->mutex);
	if (offset + size > s->written)
		rc = flush(s, e);
	pthread_mutex_unlock(&s->mutex);
	if (rc == 0)
		*ret = range_source_new(s->fd, offset, size, "temporary file");
	return rc;
}

static const struct content_provider_ops spool_ops = { .open = spool_open };

/* For filesystems without O_TMPFILE: a name that is gone at once. */
static int open_named(int dir_fd)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		char name[64];
		int fd;

		snprintf(name, sizeof(name), ".spool-%ld-%d", (long)getpid(), i);
		fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			unlinkat(dir_fd, name, 0);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int spool_new(int dir_fd, uint64_t max_bytes, struct spool **ret, struct err *e)
{
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct spool *s;

	if (fd < 0 &&
	    (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL))
		fd = open_named(dir_fd);
	if (fd < 0)
		return fail_sys(e, "make a temporary file");
	s = mem_zalloc(sizeof(*s));
	s->provider.ops = &spool_ops;
	s->fd = fd;
	s->max_bytes = max_bytes;
	s->hasher = hasher_new(DIGEST_SHA256);
	pthread_mutex_init(&s->mutex, NULL);
	*ret = s;
	return 0;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	close(s->fd);
	hasher_free(s->hasher);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

/* With the mutex held. */
static int gather(struct spool *s, const char *bytes, size_t size, struct err *e)
{
	int rc = 0;

	if (size > GATHER_BYTES - s->n_gathered)
		rc = flush(s, e);
	if (rc < 0)
		return rc;
	if (size > GATHER_BYTES) {
		rc = write_at(s->fd, bytes, size, s->written, e);
		s->written += rc == 0 ? size : 0;
		return rc;
	}
	memcpy(s->gathered + s->n_gathered, bytes, size);
	s->n_gathered += size;
	return 0;
}

int spool_check_room(const struct spool *s, uint64_t size, struct err *e)
{
	if (size <= s->max_bytes - s->size)
		return 0;
	return fail(e, FAIL_LIMIT, "unpacked files take more than %llu bytes",
		    (unsigned long long)s->max_bytes);
}

int spool_write(struct spool *s, const void *bytes, size_t size, struct err *e)
{
	int rc;

	if (size == 0)
		return 0;
	rc = spool_check_room(s, size, e);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->mutex);
	rc = gather(s, bytes, size, e);
	pthread_mutex_unlock(&s->mutex);
	if (rc < 0)
		return rc;
	hasher_update(s->hasher, bytes, size);
	s->size += size;
	return 0;
}

void spool_end(struct spool *s, struct content *ret)
{
	*ret = (struct content){
		.provider = &s->provider,
		.offset = s->start,
		.size = s->size - s->start,
	};
	sha256_final(s->hasher, &ret->digest);
	s->start = s->size;
}

void spool_drop(struct spool *s)
{
	struct content unused;

	spool_end(s, &unused);
}
