/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of threads that run small pieces of work in the order of submission. Users of one
 * set wait for their own group only, and a waiting thread runs its group's queued work itself:
 * work may therefore submit more work and wait for it without a deadlock.
 * All asynchronous signals are blocked in the threads, so that they reach the main one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { WORKERS_MAX_THREADS = 64 }; /* more only cost memory: the work is a few hundred MB at most */

struct workers;

typedef void work_fn(void *arg);

/* Zero-initialised by its user; must outlive its work. */
struct work_group {
	size_t pending; /* queued or running; guarded by the set's lock */
};

/* CPUs that this process may run on; at least 1. */
unsigned usable_cpus(void);

/* 0 threads: usable_cpus(). Always at least one thread. */
struct workers *workers_new(unsigned n_threads) __attribute__((returns_nonnull));
/* Waits for all work, then ends the threads. NULL is fine. */
void workers_free(struct workers *p);
unsigned workers_threads(const struct workers *p);
/* Work that is queued or running at this moment: a hint for how much more to prepare. */
size_t workers_pending(struct workers *p);

void workers_submit(struct workers *p, work_fn *fn, void *arg);
/* Until no work is queued or running. Not from within the work itself. */
void workers_wait_idle(struct workers *p);

void work_group_submit(struct workers *p, struct work_group *g, work_fn *fn, void *arg);
/* The group's work that is queued or running at this moment. */
size_t work_group_pending(struct workers *p, const struct work_group *g);
/* Runs one queued piece of the group's work in this thread; false when none is queued. */
bool work_group_help(struct workers *p, struct work_group *g);
/* Until the group's work is done; may be called from within work. */
void work_group_wait(struct workers *p, struct work_group *g);

static inline void workers_cleanup(struct workers **p)
{
	workers_free(*p);
}

#define auto_workers __attribute__((cleanup(workers_cleanup))) struct workers *
