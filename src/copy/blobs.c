/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every blob into every target that lacks it, many at a time: few large ones, so that each has a
 * fair share of the line, and more small ones, which only wait for answers.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "copy/private.h"
#include "place/store.h"
#include "sys/fd.h"
#include "sys/workers.h"

enum {
	LARGE_BYTES = 4 << 20,
	LARGE_THREADS = 6,
	SMALL_THREADS = 24,
	SHORT_DIGITS = 12,
};

struct moving {
	struct copy *c;
	pthread_mutex_t lock;
	struct err first; /* failure */
	struct copy_result *result;
	uint32_t total; /* the monitor's task for all */
};

struct job {
	struct moving *all;
	const struct descriptor *d;
	char hex[SHA256_HEX_CHARS + 1];
	bool lacks[COPY_MAX_TARGETS];
	bool at_hand; /* `file` is open */
	struct blob_file file;
};

static bool has_failed(struct moving *all)
{
	bool failed;

	pthread_mutex_lock(&all->lock);
	failed = all->first.code != FAIL_NONE;
	pthread_mutex_unlock(&all->lock);
	return failed || interrupt_signal();
}

static int find_lacking(struct job *j, size_t *ret_n, struct err *e)
{
	struct copy *c = j->all->c;

	*ret_n = 0;
	for (size_t i = 0; i < c->n_targets; i++) {
		bool has;
		int rc = place_target_has(c->targets[i], j->d, &has, e);

		if (rc < 0)
			return rc;
		j->lacks[i] = !has;
		*ret_n += !has;
	}
	return 0;
}

static int open_in(struct job *j, int folder, struct err *e)
{
	j->file.offset = 0;
	j->file.fd = openat(folder, j->hex, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	j->at_hand = j->file.fd >= 0;
	return j->at_hand ? 0 : fail_sys(e, "open blob '%s'", j->hex);
}

/* Straight into a target that is a layout, else into the stage. */
static int fetch(struct job *j, struct err *e)
{
	struct copy *c = j->all->c;
	auto_free char *what = mem_printf("get %.*s", SHORT_DIGITS, j->hex);
	int folder = -1, rc;

	for (size_t i = 0; folder < 0 && i < c->n_targets; i++) {
		if (!j->lacks[i])
			continue;
		folder = place_target_folder(c->targets[i]);
		j->lacks[i] = folder < 0;
	}
	if (folder < 0)
		folder = place_target_folder(c->stage);
	rc = place_source_fetch(c->source, j->d, what, folder, j->hex, e);
	return rc < 0 ? rc : open_in(j, folder, e);
}

static int send(struct job *j, struct place_target *to, struct err *e)
{
	struct monitor *m = j->all->c->o->monitor;
	auto_free char *what = mem_printf("put %.*s", SHORT_DIGITS, j->hex);
	uint32_t task = monitor_begin(m, what, j->d->size);
	int rc = place_target_put(to, j->d, &j->file, m, task, e);

	monitor_end(m, task, rc < 0);
	return rc;
}

/* Made by a conversion, or left there by a copy that was cut off. */
static int find_staged(struct job *j, struct err *e)
{
	struct place_target *stage = j->all->c->stage;
	bool there = false;
	int rc = stage ? place_target_has(stage, j->d, &there, e) : 0;

	return rc == 0 && there ? open_in(j, place_target_folder(stage), e) : rc;
}

static int move(struct job *j, size_t *ret_n, struct err *e)
{
	struct copy *c = j->all->c;
	int rc = find_lacking(j, ret_n, e);

	if (rc < 0 || *ret_n == 0)
		return rc;
	rc = find_staged(j, e);
	if (rc == 0 && !j->at_hand)
		j->at_hand = place_source_file(c->source, j->d, &j->file);
	if (rc == 0 && !j->at_hand)
		rc = fetch(j, e);
	for (size_t i = 0; rc == 0 && i < c->n_targets; i++)
		if (j->lacks[i])
			rc = send(j, c->targets[i], e);
	if (j->at_hand)
		close(j->file.fd);
	return rc;
}

/* One blob that can't be had, and the others are in vain. */
static void stop_others(const struct copy *c)
{
	if (c->from_place && c->from_place->registry)
		registry_stop(c->from_place->registry);
	for (size_t i = 0; i < c->n_targets; i++)
		if (c->to_places[i].registry)
			registry_stop(c->to_places[i].registry);
}

static void account(struct job *j, size_t n_lacking, int rc, const struct err *e)
{
	struct moving *all = j->all;
	bool first;

	pthread_mutex_lock(&all->lock);
	first = rc < 0 && all->first.code == FAIL_NONE;
	if (first)
		all->first = *e;
	if (rc == 0 && n_lacking) {
		all->result->n_sent++;
		all->result->sent_bytes += j->d->size;
	}
	pthread_mutex_unlock(&all->lock);
	if (first)
		stop_others(all->c);
	monitor_advance(all->c->o->monitor, all->total, j->d->size);
}

static void run_job(void *arg)
{
	struct job *j = arg;
	size_t n = 0;
	struct err e;
	int rc;

	if (has_failed(j->all))
		return;
	rc = move(j, &n, &e);
	account(j, n, rc, &e);
}

static int by_size(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return (x->d->size < y->d->size) - (x->d->size > y->d->size);
}

static struct workers *pool(size_t n_jobs, unsigned max)
{
	return n_jobs ? workers_new(n_jobs < max ? (unsigned)n_jobs : max) : NULL;
}

static void run_all(struct job *jobs, size_t n)
{
	struct workers *large, *small;
	size_t n_large = 0;

	qsort(jobs, n, sizeof(*jobs), by_size);
	while (n_large < n && jobs[n_large].d->size >= LARGE_BYTES)
		n_large++;
	large = pool(n_large, LARGE_THREADS);
	small = pool(n - n_large, SMALL_THREADS);
	for (size_t i = 0; i < n; i++)
		workers_submit(i < n_large ? large : small, run_job, &jobs[i]);
	workers_free(large);
	workers_free(small);
}

int copy_blobs(struct copy *c, struct copy_result *ret, struct err *e)
{
	struct moving all = { .c = c, .result = ret };
	struct job *jobs = mem_resize(NULL, c->n_blobs + 1, sizeof(*jobs));

	memset(jobs, 0, (c->n_blobs + 1) * sizeof(*jobs));
	pthread_mutex_init(&all.lock, NULL);
	for (size_t i = 0; i < c->n_blobs; i++) {
		jobs[i].all = &all;
		jobs[i].d = &c->blobs[i];
		sha256_to_hex(&c->blobs[i].digest, jobs[i].hex);
		ret->bytes += c->blobs[i].size;
	}
	ret->n_blobs = c->n_blobs;
	all.total = monitor_begin(c->o->monitor, "total", ret->bytes);
	monitor_gather(c->o->monitor, all.total);
	run_all(jobs, c->n_blobs);
	monitor_end(c->o->monitor, all.total, all.first.code != FAIL_NONE);
	free(jobs);
	pthread_mutex_destroy(&all.lock);
	if (interrupt_check(e) < 0)
		return -(int)e->code;
	if (all.first.code == FAIL_NONE)
		return 0;
	*e = all.first;
	return -(int)e->code;
}
