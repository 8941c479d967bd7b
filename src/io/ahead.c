/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring between two threads. One side only fills the free part, the other only drains the full
 * one, so that bytes are copied without the lock; it guards the counters.
 */
#include "io/ahead.h"

#include "base/mem.h"
#include "sys/thread.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 4 };

struct ahead {
	struct source source;
	struct source *below;
	pthread_t thread;
	bool running; /* no thread could be had: reads go straight through */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *ring;
	size_t size, part;
	/* Guarded by the lock. */
	size_t start, used;
	bool ended, stop;
	struct err failed;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Waits for room; false when the reader is gone. *ret_at and *ret_n say where it is: up to a part
 * of the ring, for decoders take twice as long when asked for a few bytes at a time.
 */
static bool wait_for_room(struct ahead *a, size_t *ret_at, size_t *ret_n)
{
	bool go_on;

	pthread_mutex_lock(&a->lock);
	while (a->size - a->used < a->part && !a->stop)
		pthread_cond_wait(&a->changed, &a->lock);
	*ret_at = (a->start + a->used) % a->size;
	*ret_n = least(least(a->size - a->used, a->size - *ret_at), a->part - *ret_at % a->part);
	go_on = !a->stop;
	pthread_mutex_unlock(&a->lock);
	return go_on;
}

static void *fill(void *arg)
{
	struct ahead *a = arg;
	struct err e = { 0 };
	size_t at, n = 1;
	int rc = 0;

	while (rc == 0 && n && wait_for_room(a, &at, &n)) {
		rc = source_read(a->below, a->ring + at, n, &n, &e);
		pthread_mutex_lock(&a->lock);
		if (rc == 0)
			a->used += n;
		else
			a->failed = e;
		a->ended = rc == 0 && n == 0;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

static int ahead_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct ahead *a = (struct ahead *)s;
	size_t at, n;

	if (!a->running)
		return source_read(a->below, to, size, ret_n, e);
	pthread_mutex_lock(&a->lock);
	while (a->used == 0 && !a->ended && !a->failed.code)
		pthread_cond_wait(&a->changed, &a->lock);
	at = a->start;
	n = least(least(size, a->used), a->size - at);
	pthread_mutex_unlock(&a->lock);
	/* What arrived before an error is still handed out. */
	if (n == 0 && a->failed.code) {
		*e = a->failed;
		return -(int)e->code;
	}
	memcpy(to, a->ring + at, n);
	pthread_mutex_lock(&a->lock);
	a->start = (at + n) % a->size;
	a->used -= n;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
	*ret_n = n;
	return 0;
}

static void ahead_close(struct source *s)
{
	struct ahead *a = (struct ahead *)s;

	if (a->running) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	source_close(a->below);
	free(a->ring);
	free(a);
}

static const struct source_ops ahead_ops = { ahead_read, ahead_close };

struct source *ahead_source_new(struct source *below, size_t size)
{
	struct ahead *a = mem_zalloc(sizeof(*a));

	source_init(&a->source, &ahead_ops);
	a->below = below;
	a->size = size;
	a->part = (size + PARTS - 1) / PARTS;
	a->ring = mem_alloc(size);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	a->running = thread_start(&a->thread, fill, a);
	return &a->source;
}
