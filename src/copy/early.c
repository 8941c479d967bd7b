/* SPDX-License-Identifier: Apache-2.0 */
/* See early.h. */
#include "copy/early.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "place/source.h"
#include "sys/workers.h"

enum { THREADS = 4, SHORT_DIGITS = 12 };

struct copy_early {
	struct place_source *from;
	const struct place *to;
	size_t n_to;
	struct place_target **targets; /* those that are registries */
	size_t n;
	struct monitor *monitor;
	struct workers *workers;
	pthread_mutex_t lock;
	struct err first; /* failure */
	bool waited;
};

struct job {
	struct copy_early *x;
	struct descriptor d;
	size_t target;
};

static int send(struct job *j, struct err *e)
{
	struct copy_early *x = j->x;
	char hex[SHA256_HEX_CHARS + 1];
	struct blob_file file;
	uint32_t task;
	bool has;
	int rc = place_target_has(x->targets[j->target], &j->d, &has, e);

	if (rc < 0 || has)
		return rc;
	if (!place_source_file(x->from, &j->d, &file))
		return 0; /* the copy will say what is wrong */
	sha256_to_hex(&j->d.digest, hex);
	auto_free char *what = mem_printf("put %.*s", SHORT_DIGITS, hex);

	task = monitor_begin(x->monitor, what, j->d.size);
	rc = place_target_put(x->targets[j->target], &j->d, &file, x->monitor, task, e);
	monitor_end(x->monitor, task, rc < 0);
	close(file.fd);
	return rc;
}

static void run_job(void *arg)
{
	auto_free struct job *j = arg;
	struct copy_early *x = j->x;
	struct err e;
	bool go;

	pthread_mutex_lock(&x->lock);
	go = x->first.code == FAIL_NONE;
	pthread_mutex_unlock(&x->lock);
	if (!go || send(j, &e) == 0)
		return;
	pthread_mutex_lock(&x->lock);
	if (x->first.code == FAIL_NONE)
		x->first = e;
	pthread_mutex_unlock(&x->lock);
}

int copy_early_open(struct store *from, const struct place *to, size_t n, struct monitor *m,
		    struct copy_early **ret, struct err *e)
{
	struct copy_early *x = mem_zalloc(sizeof(*x));
	struct target_options none = { 0 };
	int rc = 0;

	x->from = place_source_of_store(from);
	x->to = to;
	x->n_to = n;
	x->monitor = m;
	x->targets = mem_resize(NULL, n + 1, sizeof(*x->targets));
	pthread_mutex_init(&x->lock, NULL);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (to[i].kind != PLACE_REGISTRY)
			continue;
		rc = place_target_open(&to[i], &none, &x->targets[x->n], e);
		x->n += rc == 0;
	}
	x->workers = x->n ? workers_new(THREADS) : NULL;
	if (rc < 0)
		copy_early_close(x);
	else
		*ret = x;
	return rc;
}

void copy_early_send(struct copy_early *x, const struct descriptor *d)
{
	for (size_t i = 0; i < x->n; i++) {
		struct job *j = mem_zalloc(sizeof(*j));

		*j = (struct job){ x, *d, i };
		workers_submit(x->workers, run_job, j);
	}
}

int copy_early_wait(struct copy_early *x, struct err *e)
{
	x->waited = true;
	if (x->workers)
		workers_wait_idle(x->workers);
	if (x->first.code == FAIL_NONE)
		return 0;
	*e = x->first;
	return -(int)e->code;
}

void copy_early_close(struct copy_early *x)
{
	for (size_t i = 0; !x->waited && i < x->n_to; i++)
		if (x->to[i].kind == PLACE_REGISTRY && x->to[i].registry)
			registry_stop(x->to[i].registry);
	workers_free(x->workers);
	for (size_t i = 0; i < x->n; i++)
		place_target_close(x->targets[i]);
	place_source_close(x->from);
	pthread_mutex_destroy(&x->lock);
	free(x->targets);
	free(x);
}
