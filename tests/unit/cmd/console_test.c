/* SPDX-License-Identifier: Apache-2.0 */
/* What standard error gets, as a terminal and as a plain file. */
#include "cmd/console.h"

#include <pthread.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Work that a child does on its own standard error. */
typedef void work_fn(struct monitor *m);

static void run_child(work_fn *work, const struct globals *g)
{
	struct console *c = console_new(g);

	work(console_monitor(c));
	console_free(c);
	_exit(0);
}

/* All that is written to `fd` until its writer ends. */
static char *collect(int fd, pid_t child)
{
	static char text[65536];
	size_t n = 0;
	ssize_t got;
	int status;

	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(fd);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return text;
}

static char *on_terminal(work_fn *work, const struct globals *g)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int terminal;
	pid_t child;

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	child = forkpty(&terminal, NULL, NULL, &size);
	assert_true(child >= 0);
	if (child == 0)
		run_child(work, g);
	return collect(terminal, child);
}

static char *on_pipe(work_fn *work, const struct globals *g)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[1]);
		run_child(work, g);
	}
	close(ends[1]);
	return collect(ends[0], child);
}

static void download(struct monitor *m)
{
	uint32_t task;

	wait_ms(200);
	task = monitor_begin(m, "libc6 2.41", 4000);
	for (int i = 0; i < 4; i++) {
		monitor_advance(m, task, 1000);
		wait_ms(120);
	}
	monitor_warn(m, "the clock is slow\nby a year");
	monitor_end(m, task, 0);
}

static void a_terminal_sees_progress_that_leaves_nothing(void **state)
{
	const char *last = "\033[1A\r\033[J", *out, *end;

	(void)state;
	out = on_terminal(download, &(struct globals){ 0 });
	assert_non_null(strstr(out, "libc6 2.41"));
	assert_non_null(strstr(out, "2.0 kB of 4.0 kB"));
	assert_non_null(strstr(out, "  50%"));
	assert_non_null(
		strstr(out, "pare: \033[35mwarning:\033[0m the clock is slow\r\n  by a year\r\n"));
	/* The last thing written erases the last line. */
	end = out + strlen(out) - strlen(last);
	assert_string_equal(end, last);
}

static void download_and_print(struct monitor *m)
{
	uint32_t task = monitor_begin(m, "libc6 2.41", 4000);

	wait_ms(200);
	monitor_advance(m, task, 1000);
	monitor_end(m, task, 0);
	assert_int_equal(write(STDOUT_FILENO, "result\n", 7), 7);
	monitor_note(m, "done");
}

static void results_are_written_where_no_progress_is(void **state)
{
	const char *all = "\033[1A\r\033[Jresult\r\npare: done\r\n", *out, *end;

	(void)state;
	out = on_terminal(download_and_print, &(struct globals){ 0 });
	end = out + strlen(out) - strlen(all);
	assert_non_null(strstr(out, "libc6 2.41"));
	assert_string_equal(end, all);
}

static void a_pipe_sees_warnings_only(void **state)
{
	(void)state;
	assert_string_equal(on_pipe(download, &(struct globals){ 0 }),
			    "pare: warning: the clock is slow\n  by a year\n");
	assert_string_equal(on_pipe(download, &(struct globals){ .quiet = true }),
			    "pare: warning: the clock is slow\n  by a year\n");
}

static void verbose_says_what_is_finished(void **state)
{
	char *out = on_pipe(download, &(struct globals){ .verbose = true });

	(void)state;
	assert_non_null(strstr(out, "pare: libc6 2.41: 4.0 kB in 0."));
}

static void say_all(struct monitor *m)
{
	monitor_warn(m, "w");
	monitor_note(m, "n\033[2J");
	monitor_debug(m, "d");
}

static void levels(void **state)
{
	(void)state;
	assert_string_equal(on_pipe(say_all, &(struct globals){ 0 }),
			    "pare: warning: w\npare: n?[2J\n");
	assert_string_equal(on_pipe(say_all, &(struct globals){ .quiet = true }),
			    "pare: warning: w\n");
	assert_string_equal(on_pipe(say_all, &(struct globals){ .verbose = true }),
			    "pare: warning: w\npare: n?[2J\npare: d\n");
}

static void *one_thread(void *arg)
{
	struct monitor *m = arg;

	for (int i = 0; i < 200; i++) {
		uint32_t task = monitor_begin(m, "x", 10);

		monitor_advance(m, task, 10);
		monitor_end(m, task, 0);
	}
	monitor_note(m, "done");
	return NULL;
}

static void many_threads(struct monitor *m)
{
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, one_thread, m);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void threads_do_not_mix_their_lines(void **state)
{
	(void)state;
	assert_string_equal(on_pipe(many_threads, &(struct globals){ 0 }),
			    "pare: done\npare: done\npare: done\npare: done\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_sees_progress_that_leaves_nothing),
		cmocka_unit_test(results_are_written_where_no_progress_is),
		cmocka_unit_test(a_pipe_sees_warnings_only),
		cmocka_unit_test(verbose_says_what_is_finished),
		cmocka_unit_test(levels),
		cmocka_unit_test(threads_do_not_mix_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
