/* SPDX-License-Identifier: Apache-2.0 */
/* The sinks that only hand bytes on: memory, files, digests, nothing. */
#include "base/checked.h"
#include "base/mem.h"
#include "io/basic.h"
#include "sys/files.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static int nothing_to_finish(struct sink *s, struct err *e)
{
	(void)s;
	(void)e;
	return 0;
}

static void free_only(struct sink *s)
{
	free(s);
}

struct buf_sink {
	struct sink base;
	struct buf *to;
	uint64_t limit;
};

static int buf_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	struct buf_sink *b = (struct buf_sink *)s;
	uint64_t total;

	if (!checked_add(b->to->len, size, &total) || total > b->limit)
		return fail(e, FAIL_LIMIT, "more than the %llu bytes that may be kept in memory",
			    (unsigned long long)b->limit);
	buf_add(b->to, bytes, size);
	return 0;
}

struct sink *buf_sink_new(struct buf *to, uint64_t limit)
{
	static const struct sink_ops ops = { buf_write, nothing_to_finish, free_only };
	struct buf_sink *b = mem_alloc(sizeof(*b));

	sink_init(&b->base, &ops);
	b->to = to;
	b->limit = limit;
	return &b->base;
}

struct fd_sink {
	struct sink base;
	int fd;
	char *name;
};

static int fd_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	struct fd_sink *f = (struct fd_sink *)s;

	return fd_write_all(f->fd, bytes, size) < 0 ? fail_sys(e, "write '%s'", f->name) : 0;
}

static void fd_close(struct sink *s)
{
	struct fd_sink *f = (struct fd_sink *)s;

	free(f->name);
	free(f);
}

struct sink *fd_sink_new(int fd, const char *name)
{
	static const struct sink_ops ops = { fd_write, nothing_to_finish, fd_close };
	struct fd_sink *f = mem_alloc(sizeof(*f));

	sink_init(&f->base, &ops);
	f->fd = fd;
	f->name = mem_strdup(name);
	return &f->base;
}

struct digest_sink {
	struct sink base;
	struct sink *below;
	struct hasher *hasher;
	uint64_t *count;
};

static int digest_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	struct digest_sink *d = (struct digest_sink *)s;

	if (d->hasher)
		hasher_update(d->hasher, bytes, size);
	if (d->count)
		*d->count += size;
	return sink_write(d->below, bytes, size, e);
}

static int digest_finish(struct sink *s, struct err *e)
{
	return sink_finish(((struct digest_sink *)s)->below, e);
}

static void digest_close(struct sink *s)
{
	sink_close(((struct digest_sink *)s)->below);
	free(s);
}

struct sink *digest_sink_new(struct sink *below, struct hasher *hasher, uint64_t *count)
{
	static const struct sink_ops ops = { digest_write, digest_finish, digest_close };
	struct digest_sink *d = mem_alloc(sizeof(*d));

	sink_init(&d->base, &ops);
	d->below = below;
	d->hasher = hasher;
	d->count = count;
	return &d->base;
}

struct limit_sink {
	struct sink base;
	struct sink *below;
	uint64_t max_bytes, left;
	char *what;
};

static int limit_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	struct limit_sink *l = (struct limit_sink *)s;

	if (size > l->left)
		return fail(e, FAIL_LIMIT, "'%s' is larger than %" PRIu64 " bytes", l->what,
			    l->max_bytes);
	l->left -= size;
	return sink_write(l->below, bytes, size, e);
}

static int limit_finish(struct sink *s, struct err *e)
{
	return sink_finish(((struct limit_sink *)s)->below, e);
}

static void limit_close(struct sink *s)
{
	struct limit_sink *l = (struct limit_sink *)s;

	sink_close(l->below);
	free(l->what);
	free(l);
}

struct sink *limit_sink_new(struct sink *below, uint64_t max_bytes, const char *what)
{
	static const struct sink_ops ops = { limit_write, limit_finish, limit_close };
	struct limit_sink *l = mem_alloc(sizeof(*l));

	sink_init(&l->base, &ops);
	l->below = below;
	l->max_bytes = l->left = max_bytes;
	l->what = mem_strdup(what);
	return &l->base;
}

struct monitor_sink {
	struct sink base;
	struct sink *below;
	struct monitor *monitor;
	uint32_t task;
};

static int monitor_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	struct monitor_sink *m = (struct monitor_sink *)s;

	monitor_advance(m->monitor, m->task, size);
	return sink_write(m->below, bytes, size, e);
}

static int monitor_finish(struct sink *s, struct err *e)
{
	return sink_finish(((struct monitor_sink *)s)->below, e);
}

static void monitor_close(struct sink *s)
{
	sink_close(((struct monitor_sink *)s)->below);
	free(s);
}

struct sink *monitor_sink_new(struct sink *below, struct monitor *monitor, uint32_t task)
{
	static const struct sink_ops ops = { monitor_write, monitor_finish, monitor_close };
	struct monitor_sink *m = mem_alloc(sizeof(*m));

	sink_init(&m->base, &ops);
	m->below = below;
	m->monitor = monitor;
	m->task = task;
	return &m->base;
}

static int null_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	(void)s;
	(void)bytes;
	(void)size;
	(void)e;
	return 0;
}

struct sink *null_sink_new(void)
{
	static const struct sink_ops ops = { null_write, nothing_to_finish, free_only };
	struct sink *s = mem_alloc(sizeof(*s));

	sink_init(s, &ops);
	return s;
}
