/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of running tasks, at given times. */
#include "cmd/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void lines_with_bytes_rate_and_share(void **state)
{
	struct progress p = { 0 };
	auto_buf out = BUF_EMPTY;
	uint32_t a, b;

	(void)state;
	a = progress_begin(&p, "libc6 2.41", 4000000, 1000);
	b = progress_begin(&p, "index", 0, 1900);
	assert_int_not_equal(a, 0);
	assert_int_not_equal(a, b);
	progress_find(&p, a)->done_bytes = 1000000;
	progress_find(&p, b)->done_bytes = 500;
	assert_int_equal(progress_lines(&p, 5, 79, 2000, &out), 2);
	assert_string_equal(buf_str(&out), "libc6 2.41      1.0 MB of 4.0 MB   1.0 MB/s   25%\n"
					   "index                      500 B\n");
	progress_done(&p);
}

static void where_it_is_narrow_names_count_more_than_rates(void **state)
{
	struct progress p = { 0 };
	auto_buf out = BUF_EMPTY;
	uint32_t a = progress_begin(&p, "put 0123456789ab", 4000000, 1000);

	(void)state;
	progress_find(&p, a)->done_bytes = 1000000;
	progress_lines(&p, 5, 53, 2000, &out);
	assert_string_equal(buf_str(&out),
			    "put 0123456789ab    1.0 MB of 4.0 MB   1.0 MB/s   25%\n");
	buf_clear(&out);
	progress_lines(&p, 5, 52, 2000, &out);
	assert_string_equal(buf_str(&out), "put 0123456789ab    1.0 MB of 4.0 MB   25%\n");
	buf_clear(&out);
	progress_lines(&p, 5, 39, 2000, &out);
	assert_string_equal(buf_str(&out), "put 012345678    1.0 MB of 4.0 MB   25%\n");
	progress_done(&p);
}

static void more_bytes_than_promised_are_all_of_them(void **state)
{
	struct progress p = { 0 };
	auto_buf out = BUF_EMPTY;
	uint32_t a = progress_begin(&p, "x", 10, 0);

	(void)state;
	progress_find(&p, a)->done_bytes = 2000;
	progress_lines(&p, 5, 79, 1000, &out);
	assert_non_null(strstr(buf_str(&out), "  100%\n"));
	progress_done(&p);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct progress p = { 0 };
	auto_buf out = BUF_EMPTY;

	(void)state;
	for (int i = 0; i < 5; i++)
		progress_begin(&p, "a name that is a good deal longer than the screen is wide", 9,
			       0);
	assert_int_equal(progress_lines(&p, 2, 40, 10, &out), 3);
	assert_non_null(strstr(buf_str(&out), "\nand 3 more\n"));
	for (char *line = strtok(buf_str(&out)[0] ? out.data : NULL, "\n"); line;
	     line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 40);
	progress_done(&p);
}

static void ended_tasks_go_and_unknown_ones_do_no_harm(void **state)
{
	struct progress p = { 0 };
	auto_buf out = BUF_EMPTY;
	uint32_t a = progress_begin(&p, "a\033[2J", 0, 0), b = progress_begin(&p, "b", 0, 0);

	(void)state;
	progress_find(&p, a)->done_bytes = 7;
	progress_end(&p, a);
	progress_end(&p, a);
	progress_end(&p, 999);
	assert_null(progress_find(&p, a));
	assert_non_null(progress_find(&p, b));
	assert_int_equal(p.n_finished, 1);
	assert_int_equal(p.finished_bytes, 7);
	assert_int_equal(progress_lines(&p, 5, 79, 0, &out), 1);
	progress_begin(&p, "c\033[2J", 0, 0);
	progress_lines(&p, 5, 79, 0, &out);
	assert_null(strchr(buf_str(&out), '\033'));
	progress_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_with_bytes_rate_and_share),
		cmocka_unit_test(where_it_is_narrow_names_count_more_than_rates),
		cmocka_unit_test(more_bytes_than_promised_are_all_of_them),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(ended_tasks_go_and_unknown_ones_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
