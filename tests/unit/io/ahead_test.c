/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ahead in a thread: the same bytes and errors, whatever the ring's size. */
#include "io/ahead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/basic.h"

enum { BYTES = 300000 };

static const size_t ring_sizes[] = { 1, 7, 4096, 1 << 20 };

static int make_bytes(void **state)
{
	char *bytes = malloc(BYTES);

	if (!bytes)
		return -1;
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	*state = bytes;
	return 0;
}

static int free_bytes(void **state)
{
	free(*state);
	return 0;
}

static void all_bytes(void **state)
{
	const char *bytes = *state;

	for (size_t i = 0; i < 4; i++) {
		size_t len = i == 0 ? 5000 : BYTES;
		auto_source s =
			ahead_source_new(mem_source_new(view_make(bytes, len)), ring_sizes[i]);
		struct err e = { 0 };
		char part[777];
		size_t got = 0;
		size_t n;

		do {
			assert_int_equal(source_read(s, part, sizeof(part), &n, &e), 0);
			assert_memory_equal(part, bytes + got, n);
			got += n;
		} while (n);
		assert_int_equal(got, len);
	}
}

static void error_after_the_bytes(void **state)
{
	const char *bytes = *state;

	for (size_t i = 0; i < 4; i++) {
		struct source *below =
			limit_source_new(mem_source_new(view_make(bytes, BYTES)), 1000, "it");
		auto_source s = ahead_source_new(below, ring_sizes[i]);
		struct err e = { 0 };
		char part[100];

		for (size_t k = 0; k < 10; k++)
			assert_int_equal(source_read_full(s, part, sizeof(part), &e), 0);
		assert_int_equal(source_read_full(s, part, 1, &e), -FAIL_LIMIT);
		assert_int_equal(source_read_full(s, part, 1, &e), -FAIL_LIMIT);
		assert_non_null(strstr(e.msg, "it"));
	}
}

static void closed_early(void **state)
{
	const char *bytes = *state;

	for (size_t i = 0; i < 4; i++) {
		struct source *s =
			ahead_source_new(mem_source_new(view_make(bytes, BYTES)), ring_sizes[i]);
		struct err e = { 0 };
		char byte;

		if (i & 1)
			assert_int_equal(source_read_full(s, &byte, 1, &e), 0);
		source_close(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes),
		cmocka_unit_test(error_after_the_bytes),
		cmocka_unit_test(closed_early),
	};

	return cmocka_run_group_tests(tests, make_bytes, free_bytes);
}
