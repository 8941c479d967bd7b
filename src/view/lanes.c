/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of batches with one writer and several readers; see lanes.h. */
#include "view/lanes.h"

#include "base/mem.h"
#include "sys/thread.h"

#include <assert.h>

enum {
	BATCHES = 8,
	/* Tiny files fill a batch by their number. */
	MAX_PIECES = 256,
};

/* Bytes of one file in a batch: some of them, or all. */
struct piece {
	size_t entry, at, size;
	bool begins, ends;
	struct sha256 digest; /* where it ends */
};

struct batch {
	size_t n_pieces, used;
	struct piece pieces[MAX_PIECES];
	char bytes[VIEW_CHUNK_BYTES];
};

struct lane {
	struct lanes *lanes;
	const struct view_scanner *scanner;
	void *state;
	pthread_t thread;
	bool running;
	uint64_t n_done; /* guarded by the lock */
};

struct lanes {
	struct lane *at;
	size_t n;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	/* Guarded by the lock. */
	uint64_t n_filled;
	bool closed;
	/* The reader's. */
	struct batch *batches[BATCHES], *batch;
	bool in_file;
};

static void scan_batch(const struct lane *l, const struct batch *b)
{
	for (size_t i = 0; i < b->n_pieces; i++) {
		const struct piece *p = &b->pieces[i];

		if (p->begins)
			l->scanner->file(l->state, p->entry);
		if (p->size)
			l->scanner->bytes(l->state, b->bytes + p->at, p->size);
		if (p->ends)
			l->scanner->file_end(l->state, &p->digest);
	}
}

static const struct batch *next_filled(struct lane *l)
{
	struct lanes *all = l->lanes;
	const struct batch *b = NULL;

	pthread_mutex_lock(&all->lock);
	while (l->n_done == all->n_filled && !all->closed)
		pthread_cond_wait(&all->filled, &all->lock);
	if (l->n_done < all->n_filled)
		b = all->batches[l->n_done % BATCHES];
	pthread_mutex_unlock(&all->lock);
	return b;
}

static void *run_lane(void *arg)
{
	struct lane *l = arg;
	const struct batch *b;

	while ((b = next_filled(l))) {
		scan_batch(l, b);
		pthread_mutex_lock(&l->lanes->lock);
		l->n_done++;
		pthread_cond_signal(&l->lanes->emptied);
		pthread_mutex_unlock(&l->lanes->lock);
	}
	return NULL;
}

/* The one that the slowest lane still needs. Under the lock. */
static uint64_t slowest(const struct lanes *l)
{
	uint64_t least = l->n_filled;

	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].running && l->at[i].n_done < least)
			least = l->at[i].n_done;
	return least;
}

static void take_batch(struct lanes *l)
{
	struct batch **b = &l->batches[l->n_filled % BATCHES];

	if (!*b)
		*b = mem_alloc(sizeof(**b));
	l->batch = *b;
	l->batch->n_pieces = l->batch->used = 0;
}

/* Hands on what was gathered, and waits until there is room for more. */
static void flush(struct lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->at[i].running)
			scan_batch(&l->at[i], l->batch);
	pthread_mutex_lock(&l->lock);
	l->n_filled++;
	pthread_cond_broadcast(&l->filled);
	while (l->n_filled - slowest(l) >= BATCHES)
		pthread_cond_wait(&l->emptied, &l->lock);
	pthread_mutex_unlock(&l->lock);
	take_batch(l);
	if (l->in_file) /* its rest */
		l->batch->pieces[l->batch->n_pieces++] = (struct piece){ 0 };
}

static struct piece *piece_now(struct lanes *l)
{
	assert(l->in_file && l->batch->n_pieces);
	return &l->batch->pieces[l->batch->n_pieces - 1];
}

struct lanes *lanes_new(const struct view_scanner *scanners, size_t n, size_t layer, bool threads)
{
	struct lanes *l = mem_zalloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->filled, NULL);
	pthread_cond_init(&l->emptied, NULL);
	l->at = mem_zalloc((n + 1) * sizeof(*l->at));
	l->n = n;
	take_batch(l);
	for (size_t i = 0; i < n; i++) {
		struct lane *lane = &l->at[i];

		*lane = (struct lane){ .lanes = l, .scanner = &scanners[i] };
		lane->state = scanners[i].begin(scanners[i].ctx, layer);
		lane->running = threads && thread_start(&lane->thread, run_lane, lane);
	}
	return l;
}

void lanes_finish(struct lanes *l)
{
	if (l->closed)
		return;
	flush(l);
	pthread_mutex_lock(&l->lock);
	l->closed = true;
	pthread_cond_broadcast(&l->filled);
	pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].running)
			pthread_join(l->at[i].thread, NULL);
}

void lanes_save(const struct lanes *l, size_t i, struct buf *to)
{
	l->at[i].scanner->save(l->at[i].state, to);
}

void lanes_free(struct lanes *l, bool failed)
{
	if (!l)
		return;
	lanes_finish(l);
	for (size_t i = 0; i < l->n; i++)
		l->at[i].scanner->end(l->at[i].state, failed);
	pthread_cond_destroy(&l->filled);
	pthread_cond_destroy(&l->emptied);
	pthread_mutex_destroy(&l->lock);
	for (size_t i = 0; i < BATCHES; i++)
		free(l->batches[i]);
	free(l->at);
	free(l);
}

char *lanes_room(struct lanes *l, size_t *ret_size)
{
	/* where little is left, copying in small parts would cost more than the room */
	if (VIEW_CHUNK_BYTES - l->batch->used < VIEW_CHUNK_BYTES / 8 ||
	    l->batch->n_pieces == MAX_PIECES)
		flush(l);
	*ret_size = VIEW_CHUNK_BYTES - l->batch->used;
	return l->batch->bytes + l->batch->used;
}

void lanes_file(struct lanes *l, size_t entry)
{
	struct batch *b = l->batch;

	assert(b->n_pieces < MAX_PIECES);
	l->in_file = true;
	b->pieces[b->n_pieces++] = (struct piece){ .entry = entry, .at = b->used, .begins = true };
}

void lanes_bytes(struct lanes *l, size_t size)
{
	piece_now(l)->size += size;
	l->batch->used += size;
}

void lanes_file_end(struct lanes *l, const struct sha256 *digest)
{
	struct piece *p = piece_now(l);

	p->ends = true;
	p->digest = *digest;
	l->in_file = false;
}
