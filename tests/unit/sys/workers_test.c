/* SPDX-License-Identifier: Apache-2.0 */
/* The thread workers and child processes. */
#include "sys/clock.h"
#include "sys/process.h"
#include "sys/workers.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void add_one(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void all_work_is_done(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 3; threads++) {
		struct workers *p = workers_new(threads);
		atomic_int n = 0;

		assert_int_equal(workers_threads(p), threads);
		for (int i = 0; i < 1000; i++)
			workers_submit(p, add_one, &n);
		workers_wait_idle(p);
		assert_int_equal(n, 1000);
		assert_int_equal(workers_pending(p), 0);
		for (int i = 0; i < 100; i++)
			workers_submit(p, add_one, &n);
		workers_free(p); /* waits too */
		assert_int_equal(n, 1100);
	}
}

static void number_of_threads(void **state)
{
	auto_workers p = workers_new(0);
	FILE *nproc = popen("nproc", "r");
	unsigned expected;

	(void)state;
	assert_int_equal(fscanf(nproc, "%u", &expected), 1);
	pclose(nproc);
	assert_int_equal(usable_cpus(), expected);
	assert_int_equal(workers_threads(p),
			 expected < WORKERS_MAX_THREADS ? expected : WORKERS_MAX_THREADS);
}

struct gate {
	pthread_mutex_t lock;
	atomic_bool reached;
};

static void pass(void *arg)
{
	struct gate *g = arg;

	g->reached = true;
	pthread_mutex_lock(&g->lock);
	pthread_mutex_unlock(&g->lock);
}

/* A group's wait ends although the other group's work can't. */
static void groups_wait_for_themselves(void **state)
{
	auto_workers p = workers_new(2);
	struct work_group stuck = { 0 }, quick = { 0 };
	struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER };
	atomic_int n = 0;

	(void)state;
	pthread_mutex_lock(&g.lock);
	for (int i = 0; i < 4; i++) /* more than there are threads */
		work_group_submit(p, &stuck, pass, &g);
	for (int i = 0; i < 10; i++)
		work_group_submit(p, &quick, add_one, &n);
	work_group_wait(p, &quick);
	assert_int_equal(n, 10);
	assert_int_equal(workers_pending(p), 4);
	pthread_mutex_unlock(&g.lock);
	work_group_wait(p, &stuck);
	assert_int_equal(workers_pending(p), 0);
}

/* A thread that waits can do queued work of a group, and leaves what another one is at. */
static void others_may_help_a_group(void **state)
{
	auto_workers p = workers_new(1);
	struct work_group stuck = { 0 }, queued = { 0 };
	struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER };
	atomic_int n = 0;

	(void)state;
	pthread_mutex_lock(&g.lock);
	work_group_submit(p, &stuck, pass, &g);
	while (!g.reached)
		usleep(100);
	work_group_submit(p, &queued, add_one, &n);
	work_group_submit(p, &queued, add_one, &n);
	assert_false(work_group_help(p, &stuck));
	assert_true(work_group_help(p, &queued));
	assert_int_equal(n, 1);
	assert_true(work_group_help(p, &queued));
	assert_false(work_group_help(p, &queued));
	assert_int_equal(n, 2);
	pthread_mutex_unlock(&g.lock);
}

struct nest {
	struct workers *workers;
	int depth;
	atomic_int *leaves;
};

static void grow(void *arg)
{
	struct nest *n = arg;
	struct nest below = { n->workers, n->depth - 1, n->leaves };
	struct work_group g = { 0 };

	if (n->depth == 0) {
		atomic_fetch_add(n->leaves, 1);
		return;
	}
	for (int i = 0; i < 3; i++)
		work_group_submit(n->workers, &g, grow, &below);
	work_group_wait(n->workers, &g);
}

static void work_may_wait_for_work(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++) {
		auto_workers p = workers_new(threads);
		atomic_int leaves = 0;
		struct nest root = { p, 6, &leaves };
		struct work_group g = { 0 };

		work_group_submit(p, &g, grow, &root);
		work_group_wait(p, &g);
		assert_int_equal(leaves, 729);
	}
}

static void look_at_signals(void *arg)
{
	sigset_t *set = arg;

	pthread_sigmask(SIG_SETMASK, NULL, set);
}

static void threads_leave_signals_alone(void **state)
{
	struct workers *p = workers_new(1);
	sigset_t inside, here;

	(void)state;
	sigemptyset(&inside);
	workers_submit(p, look_at_signals, &inside);
	while (workers_pending(p)) /* waiting would run it in this thread */
		usleep(100);
	workers_free(p);
	assert_true(sigismember(&inside, SIGINT));
	assert_true(sigismember(&inside, SIGTERM));
	assert_false(sigismember(&inside, SIGSEGV));
	pthread_sigmask(SIG_SETMASK, NULL, &here);
	assert_false(sigismember(&here, SIGINT));
}

static void clocks(void **state)
{
	uint64_t before = clock_monotonic_ms();

	(void)state;
	assert_true(llabs((long long)clock_now_s() - (long long)time(NULL)) <= 1);
	usleep(20000);
	assert_true(clock_monotonic_ms() - before >= 20);
}

static void captured_output(void **state)
{
	const char *const argv[] = { "sh", "-c", "cat; echo out; echo err >&2; exit 3", NULL };
	auto_buf out = BUF_EMPTY, errors = BUF_EMPTY;
	struct process p = { .argv = argv, .out = &out, .errors = &errors, .limit = 100 };
	struct err e;
	int status;

	(void)state;
	assert_int_equal(process_run(&p, &status, &e), 0);
	assert_int_equal(status, 3);
	assert_string_equal(buf_str(&out), "out\n");
	assert_string_equal(buf_str(&errors), "err\n");
}

static void ends_of_children(void **state)
{
	const char *const killed[] = { "sh", "-c", "kill -9 $$", NULL };
	const char *const missing[] = { "no-such-program-anywhere", NULL };
	const char *const endless[] = { "yes", NULL };
	auto_buf out = BUF_EMPTY;
	struct process p = { .argv = killed };
	struct err e;
	int status = -1;

	(void)state;
	assert_int_equal(process_run(&p, &status, &e), 0);
	assert_int_equal(status, 128 + 9);
	p.argv = missing;
	assert_int_equal(process_run(&p, &status, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "'no-such-program-anywhere'"));
	p = (struct process){ .argv = endless, .out = &out, .limit = 100000 };
	assert_int_equal(process_run(&p, &status, &e), -FAIL_LIMIT);
	assert_string_equal(e.msg, "'yes' writes more than 100000 bytes");
}

/* Much on both at once: neither blocks the other. */
static void both_outputs(void **state)
{
	const char *const argv[] = { "sh", "-c",
				     "head -c 300000 /dev/zero >&2; head -c 400000 /dev/zero",
				     NULL };
	auto_buf out = BUF_EMPTY, errors = BUF_EMPTY;
	struct process p = { .argv = argv, .out = &out, .errors = &errors, .limit = 1 << 20 };
	struct err e;
	int status;

	(void)state;
	assert_int_equal(process_run(&p, &status, &e), 0);
	assert_int_equal(status, 0);
	assert_int_equal(out.len, 400000);
	assert_int_equal(errors.len, 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_work_is_done),
		cmocka_unit_test(number_of_threads),
		cmocka_unit_test(groups_wait_for_themselves),
		cmocka_unit_test(others_may_help_a_group),
		cmocka_unit_test(work_may_wait_for_work),
		cmocka_unit_test(threads_leave_signals_alone),
		cmocka_unit_test(clocks),
		cmocka_unit_test(captured_output),
		cmocka_unit_test(ends_of_children),
		cmocka_unit_test(both_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
