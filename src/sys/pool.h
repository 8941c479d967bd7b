/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of threads that run small pieces of work in the order of submission. Users of one
 * pool wait for their own group only, and a waiting thread runs its group's queued work itself:
 * work on the pool may therefore submit more work and wait for it without a deadlock.
 * All asynchronous signals are blocked in the threads, so that they reach the main one.
 */
#pragma once

#include <stddef.h>

enum { POOL_MAX_THREADS = 64 }; /* more only cost memory: the work is a few hundred MB at most */

struct pool;

typedef void pool_fn(void *arg);

/* Zero-initialised by its user; must outlive its work. */
struct pool_group {
	size_t pending; /* queued or running; guarded by the pool's lock */
};

/* CPUs that this process may run on; at least 1. */
unsigned usable_cpus(void);

/* 0 threads: usable_cpus(). Always at least one thread. */
struct pool *pool_new(unsigned n_threads) __attribute__((returns_nonnull));
/* Waits for all work, then ends the threads. NULL is fine. */
void pool_free(struct pool *p) __asm__("pare_pool_free"); /* libsolv has a pool_free, too */
unsigned pool_threads(const struct pool *p);
/* Work that is queued or running at this moment: a hint for how much more to prepare. */
size_t pool_pending(struct pool *p);

void pool_submit(struct pool *p, pool_fn *fn, void *arg);
/* Until no work is queued or running. Not from within the pool's own work. */
void pool_wait_idle(struct pool *p);

void pool_group_submit(struct pool *p, struct pool_group *g, pool_fn *fn, void *arg);
/* Until the group's work is done; may be called from within the pool's work. */
void pool_group_wait(struct pool *p, struct pool_group *g);

static inline void pool_cleanup(struct pool **p)
{
	pool_free(*p);
}

#define auto_pool __attribute__((cleanup(pool_cleanup))) struct pool *
