/* SPDX-License-Identifier: Apache-2.0 */
/* The thread workers: one queue, one lock; see workers.h for what waiting means. */
#include "sys/workers.h"

#include "base/mem.h"
#include "sys/thread.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct task {
	struct task *next;
	work_fn *fn;
	void *arg;
	struct work_group *group; /* or NULL */
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t work;	 /* a task was queued, or the end */
	pthread_cond_t finished; /* a task ended */
	struct task *first, **last;
	size_t pending; /* queued or running */
	bool ending;
	unsigned n_threads;
	pthread_t threads[WORKERS_MAX_THREADS];
};

unsigned usable_cpus(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than a cpu_set_t has bits */
	return n > 0 ? (unsigned)n : 1;
}

/* Cuts the first queued task of the group (any task if NULL) out of the queue, or yields NULL. */
static struct task *take(struct workers *p, const struct work_group *group)
{
	for (struct task **at = &p->first; *at; at = &(*at)->next) {
		struct task *t = *at;

		if (group && t->group != group)
			continue;
		*at = t->next;
		if (p->last == &t->next)
			p->last = at;
		return t;
	}
	return NULL;
}

/* Called and left with the lock held; the task runs without it. */
static void run(struct workers *p, struct task *t)
{
	pthread_mutex_unlock(&p->lock);
	t->fn(t->arg);
	pthread_mutex_lock(&p->lock);
	p->pending--;
	if (t->group)
		t->group->pending--;
	pthread_cond_broadcast(&p->finished);
	free(t);
}

static void *work(void *arg)
{
	struct workers *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct task *t = take(p, NULL);

		if (t)
			run(p, t);
		else if (p->ending)
			break;
		else
			pthread_cond_wait(&p->work, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct workers *workers_new(unsigned n_threads)
{
	struct workers *p = mem_zalloc(sizeof(*p));

	if (n_threads == 0)
		n_threads = usable_cpus();
	if (n_threads > WORKERS_MAX_THREADS)
		n_threads = WORKERS_MAX_THREADS;
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->finished, NULL);
	while (p->n_threads < n_threads && thread_start(&p->threads[p->n_threads], work, p))
		p->n_threads++;
	return p;
}

void workers_free(struct workers *p)
{
	if (!p)
		return;
	workers_wait_idle(p);
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->finished);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

unsigned workers_threads(const struct workers *p)
{
	return p->n_threads;
}

size_t workers_pending(struct workers *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->pending;
	pthread_mutex_unlock(&p->lock);
	return n;
}

size_t work_group_pending(struct workers *p, const struct work_group *g)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = g->pending;
	pthread_mutex_unlock(&p->lock);
	return n;
}

void work_group_submit(struct workers *p, struct work_group *g, work_fn *fn, void *arg)
{
	struct task *t = mem_alloc(sizeof(*t));

	*t = (struct task){ .fn = fn, .arg = arg, .group = g };
	pthread_mutex_lock(&p->lock);
	assert(!p->ending);
	*p->last = t;
	p->last = &t->next;
	p->pending++;
	if (g)
		g->pending++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void workers_submit(struct workers *p, work_fn *fn, void *arg)
{
	work_group_submit(p, NULL, fn, arg);
}

/* With NULL for the group: until nothing at all is pending. */
static void wait_for(struct workers *p, struct work_group *g)
{
	const size_t *pending = g ? &g->pending : &p->pending;

	pthread_mutex_lock(&p->lock);
	while (*pending) {
		struct task *t = take(p, g);

		if (t)
			run(p, t);
		else
			pthread_cond_wait(&p->finished, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
}

bool work_group_help(struct workers *p, struct work_group *g)
{
	struct task *t;

	pthread_mutex_lock(&p->lock);
	t = take(p, g);
	if (t)
		run(p, t);
	pthread_mutex_unlock(&p->lock);
	return t != NULL;
}

void work_group_wait(struct workers *p, struct work_group *g)
{
	wait_for(p, g);
}

void workers_wait_idle(struct workers *p)
{
	wait_for(p, NULL);
}
