/* SPDX-License-Identifier: Apache-2.0 */
/* The sources that only hand bytes on: memory, files, limits, digests, a look ahead. */
#include "base/mem.h"
#include "io/basic.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static size_t smaller(size_t a, uint64_t b)
{
	return a < b ? a : (size_t)b;
}

struct mem_source {
	struct source base;
	struct view left;
};

static int mem_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct mem_source *m = (struct mem_source *)s;
	size_t n = smaller(size, m->left.len);

	(void)e;
	if (n)
		memcpy(to, m->left.ptr, n);
	m->left = view_make(m->left.ptr + n, m->left.len - n);
	*ret_n = n;
	return 0;
}

static void mem_close(struct source *s)
{
	free(s);
}

struct source *mem_source_new(struct view bytes)
{
	static const struct source_ops ops = { mem_read, mem_close };
	struct mem_source *m = mem_alloc(sizeof(*m));

	source_init(&m->base, &ops);
	m->left = bytes.ptr ? bytes : view_of("");
	return &m->base;
}

struct fd_source {
	struct source base;
	int fd;
	char *name;
};

static int fd_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct fd_source *f = (struct fd_source *)s;
	ssize_t n;

	do
		n = read(f->fd, to, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_sys(e, "read '%s'", f->name);
	*ret_n = (size_t)n;
	return 0;
}

static void fd_close(struct source *s)
{
	struct fd_source *f = (struct fd_source *)s;

	close(f->fd);
	free(f->name);
	free(f);
}

struct source *fd_source_new(int fd, const char *name)
{
	static const struct source_ops ops = { fd_read, fd_close };
	struct fd_source *f = mem_alloc(sizeof(*f));

	source_init(&f->base, &ops);
	f->fd = fd;
	f->name = mem_strdup(name);
	return &f->base;
}

struct range_source {
	struct source base;
	int fd;
	uint64_t offset, left;
	char *name;
};

static int range_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct range_source *r = (struct range_source *)s;
	size_t want = smaller(size, r->left);
	ssize_t n = 0;

	if (want)
		do
			n = pread(r->fd, to, want, (off_t)r->offset);
		while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_sys(e, "read '%s' at offset %llu", r->name,
				(unsigned long long)r->offset);
	if (n == 0 && want)
		return fail(e, FAIL_FORMAT, "'%s' ends at offset %llu, %llu bytes are missing",
			    r->name, (unsigned long long)r->offset, (unsigned long long)r->left);
	r->offset += (uint64_t)n;
	r->left -= (uint64_t)n;
	*ret_n = (size_t)n;
	return 0;
}

static void range_close(struct source *s)
{
	struct range_source *r = (struct range_source *)s;

	free(r->name);
	free(r);
}

struct source *range_source_new(int fd, uint64_t offset, uint64_t size, const char *name)
{
	static const struct source_ops ops = { range_read, range_close };
	struct range_source *r = mem_alloc(sizeof(*r));

	source_init(&r->base, &ops);
	r->fd = fd;
	r->offset = offset;
	r->left = size;
	r->name = mem_strdup(name);
	return &r->base;
}

struct limit_source {
	struct source base;
	struct source *below;
	uint64_t max, left;
	char *what;
};

static int limit_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct limit_source *l = (struct limit_source *)s;
	char probe;
	int rc;

	if (l->left) {
		rc = source_read(l->below, to, smaller(size, l->left), ret_n, e);
		if (rc == 0)
			l->left -= *ret_n;
		return rc;
	}
	rc = source_read(l->below, &probe, 1, ret_n, e);
	if (rc == 0 && *ret_n)
		return fail(e, FAIL_LIMIT, "'%s' is larger than %llu bytes", l->what,
			    (unsigned long long)l->max);
	return rc;
}

static void limit_close(struct source *s)
{
	struct limit_source *l = (struct limit_source *)s;

	source_close(l->below);
	free(l->what);
	free(l);
}

struct source *limit_source_new(struct source *below, uint64_t max_bytes, const char *what)
{
	static const struct source_ops ops = { limit_read, limit_close };
	struct limit_source *l = mem_alloc(sizeof(*l));

	source_init(&l->base, &ops);
	l->below = below;
	l->max = l->left = max_bytes;
	l->what = mem_strdup(what);
	return &l->base;
}

struct digest_source {
	struct source base;
	struct source *below;
	struct hasher *hasher;
	uint64_t *count;
};

static int digest_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct digest_source *d = (struct digest_source *)s;
	int rc = source_read(d->below, to, size, ret_n, e);

	if (rc < 0)
		return rc;
	if (d->hasher && *ret_n)
		hasher_update(d->hasher, to, *ret_n);
	if (d->count)
		*d->count += *ret_n;
	return 0;
}

static void digest_close(struct source *s)
{
	struct digest_source *d = (struct digest_source *)s;

	source_close(d->below);
	free(d);
}

struct source *digest_source_new(struct source *below, struct hasher *hasher, uint64_t *count)
{
	static const struct source_ops ops = { digest_read, digest_close };
	struct digest_source *d = mem_alloc(sizeof(*d));

	source_init(&d->base, &ops);
	d->below = below;
	d->hasher = hasher;
	d->count = count;
	return &d->base;
}

struct monitor_source {
	struct source base;
	struct source *below;
	struct monitor *monitor;
	uint32_t task;
};

static int monitor_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct monitor_source *m = (struct monitor_source *)s;
	int rc = source_read(m->below, to, size, ret_n, e);

	if (rc == 0)
		monitor_advance(m->monitor, m->task, *ret_n);
	return rc;
}

static void monitor_close(struct source *s)
{
	struct monitor_source *m = (struct monitor_source *)s;

	source_close(m->below);
	monitor_end(m->monitor, m->task, s->failed.code != FAIL_NONE);
	free(m);
}

struct source *monitor_source_new(struct source *below, struct monitor *monitor, uint32_t task)
{
	static const struct source_ops ops = { monitor_read, monitor_close };
	struct monitor_source *m = mem_alloc(sizeof(*m));

	source_init(&m->base, &ops);
	m->below = below;
	m->monitor = monitor;
	m->task = task;
	return &m->base;
}

struct peek_source {
	struct source base;
	struct source *below;
	size_t size, n, at; /* bytes wanted, bytes held, bytes handed out */
	bool held;
	char bytes[];
};

static int peek_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct peek_source *p = (struct peek_source *)s;
	size_t n = smaller(size, p->n - p->at);

	if (n == 0)
		return source_read(p->below, to, size, ret_n, e);
	memcpy(to, p->bytes + p->at, n);
	p->at += n;
	*ret_n = n;
	return 0;
}

static void peek_close(struct source *s)
{
	struct peek_source *p = (struct peek_source *)s;

	source_close(p->below);
	free(p);
}

static const struct source_ops peek_ops = { peek_read, peek_close };

struct source *peek_source_new(struct source *below, size_t size)
{
	struct peek_source *p = mem_zalloc(sizeof(*p) + size);

	source_init(&p->base, &peek_ops);
	p->below = below;
	p->size = size;
	return &p->base;
}

int source_peek(struct source *peek, struct view *ret, struct err *e)
{
	struct peek_source *p = (struct peek_source *)peek;

	assert(peek->ops == &peek_ops && p->at == 0);
	while (!p->held) {
		size_t n;
		int rc = source_read(p->below, p->bytes + p->n, p->size - p->n, &n, e);

		if (rc < 0)
			return rc;
		p->n += n;
		p->held = n == 0 || p->n == p->size;
	}
	*ret = view_make(p->bytes, p->n);
	return 0;
}

/* ---- another's source ------------------------------------------------------------------- */

struct borrowed {
	struct source s;
	struct source *below;
};

static int borrowed_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	return source_read(((struct borrowed *)s)->below, to, size, ret_n, e);
}

static void borrowed_close(struct source *s)
{
	free(s);
}

static const struct source_ops borrowed_ops = { .read = borrowed_read, .close = borrowed_close };

struct source *source_borrow(struct source *below)
{
	struct borrowed *b = mem_alloc(sizeof(*b));

	source_init(&b->s, &borrowed_ops);
	b->below = below;
	return &b->s;
}
