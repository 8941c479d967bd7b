/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few pieces of memory in a ring: the writer fills one, writes it to the file and hands it on;
 * the thread takes them in order. Both only read a piece that was handed on, so that the lock
 * guards nothing but its number. See behind.h.
 */
#include "io/behind.h"

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/thread.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECES = 4,
	PIECE_BYTES = 256 << 10, /* larger ones are no faster, and leave the processor's cache */
	/* Less is hashed before a thread has started. */
	LARGE_BYTES = 4 << 20,
	DISK_STEP_BYTES = 2 << 20,
	/* Others see by the file's size that its writer lives (net/part.h), on a slow line, too. */
	MAX_HOLD_MS = 1000,
};

struct behind {
	int fd;
	struct hasher *hasher;
	bool to_disk;
	char *what;
	uint64_t added;
	uint64_t hashed, begun; /* offsets in the file: `begun` is on its way to the disk */

	bool threaded;
	pthread_t thread;
	char *ring;
	size_t filling, filled; /* the writer's piece, and how much is in it */
	uint64_t held_since_ms; /* its first byte */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by the lock. */
	size_t sizes[PIECES];
	size_t first, handed; /* pieces that wait for the thread, or that it is at */
	bool stop;
};

struct behind *behind_new(int fd, uint64_t at, struct hasher *h, enum behind_disk disk,
			  const char *what)
{
	struct behind *b = mem_zalloc(sizeof(*b));

	b->fd = fd;
	b->hasher = h;
	b->to_disk = disk == BEHIND_TO_DISK;
	b->what = mem_strdup(what);
	b->hashed = b->begun = at;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	return b;
}

/* Written bytes into the digest, and on their way to the disk. */
static void digest(struct behind *b, const char *bytes, size_t n)
{
	hasher_update(b->hasher, bytes, n);
	b->hashed += n;
	if (!b->to_disk || b->hashed - b->begun < DISK_STEP_BYTES)
		return;
	/* a file system that can't is waited for by fsync(2), which says what is wrong, too */
	(void)sync_file_range(b->fd, (off_t)b->begun, (off_t)(b->hashed - b->begun),
			      SYNC_FILE_RANGE_WRITE);
	b->begun = b->hashed;
}

static int write_out(struct behind *b, const char *bytes, size_t n, struct err *e)
{
	return fd_write_all(b->fd, bytes, n) < 0 ? fail_sys(e, "write %s", b->what) : 0;
}

/* ---- the thread -------------------------------------------------------------------------- */

static void *run(void *arg)
{
	struct behind *b = arg;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		size_t at = b->first;

		while (!b->handed && !b->stop)
			pthread_cond_wait(&b->changed, &b->lock);
		if (!b->handed)
			break;
		pthread_mutex_unlock(&b->lock);
		digest(b, b->ring + at * PIECE_BYTES, b->sizes[at]);
		pthread_mutex_lock(&b->lock);
		b->first = (at + 1) % PIECES;
		b->handed--;
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

static void start(struct behind *b)
{
	b->ring = mem_alloc((size_t)PIECES * PIECE_BYTES);
	b->threaded = thread_start(&b->thread, run, b);
}

/* ---- the writer -------------------------------------------------------------------------- */

/* Until at most `n` pieces are with the thread. */
static void wait_for(struct behind *b, size_t n)
{
	while (b->handed > n)
		pthread_cond_wait(&b->changed, &b->lock);
}

static void hand_on(struct behind *b, size_t n)
{
	pthread_mutex_lock(&b->lock);
	wait_for(b, PIECES - 2); /* this one, and the next to fill */
	b->sizes[b->filling] = n;
	b->handed++;
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
	b->filling = (b->filling + 1) % PIECES;
}

static int flush(struct behind *b, struct err *e)
{
	size_t n = b->filled;

	b->filled = 0;
	if (n == 0)
		return 0;
	if (write_out(b, b->ring + b->filling * PIECE_BYTES, n, e) < 0)
		return -(int)e->code;
	hand_on(b, n);
	return 0;
}

static int gather(struct behind *b, const char *bytes, size_t n, struct err *e)
{
	while (n) {
		size_t room = PIECE_BYTES - b->filled;
		size_t part = n < room ? n : room;

		if (b->filled == 0)
			b->held_since_ms = clock_monotonic_ms();
		memcpy(b->ring + b->filling * PIECE_BYTES + b->filled, bytes, part);
		b->filled += part;
		bytes += part;
		n -= part;
		if (b->filled == PIECE_BYTES && flush(b, e) < 0)
			return -(int)e->code;
	}
	return b->filled && clock_monotonic_ms() - b->held_since_ms >= MAX_HOLD_MS ? flush(b, e)
										   : 0;
}

int behind_add(struct behind *b, const void *bytes, size_t n, struct err *e)
{
	b->added += n;
	if (b->added > LARGE_BYTES && !b->ring)
		start(b);
	if (b->threaded)
		return gather(b, bytes, n, e);
	if (write_out(b, bytes, n, e) < 0)
		return -(int)e->code;
	digest(b, bytes, n);
	return 0;
}

int behind_settle(struct behind *b, struct err *e)
{
	int rc = flush(b, e);

	pthread_mutex_lock(&b->lock);
	wait_for(b, 0);
	pthread_mutex_unlock(&b->lock);
	return rc;
}

void behind_free(struct behind *b)
{
	if (!b)
		return;
	if (b->threaded) {
		pthread_mutex_lock(&b->lock);
		b->stop = true;
		pthread_cond_signal(&b->changed);
		pthread_mutex_unlock(&b->lock);
		pthread_join(b->thread, NULL);
	}
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	free(b->ring);
	free(b->what);
	free(b);
}
