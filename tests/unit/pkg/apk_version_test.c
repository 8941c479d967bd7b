/* SPDX-License-Identifier: Apache-2.0 */
/* Alpine's version order against a file of pairs, and the file against another implementation. */
#include "base/mem.h"
#include "pkg/apk/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS PARE_TEST_DATA "/apk-versions.txt"

enum { MIN_COMPARISONS = 150 };

static void check_order(const char *a, char sign, const char *b)
{
	int there = apk_version_compare(view_of(a), view_of(b));
	int back = apk_version_compare(view_of(b), view_of(a));
	char found = there < 0 ? '<' : there > 0 ? '>' : '=';

	if (found != sign || (there < 0) != (back > 0) || (there > 0) != (back < 0))
		fail_msg("%s %c %s, not %c", a, sign, b, found);
}

static void check_line(const char *line, size_t *n)
{
	char a[256], sign[8], b[256];
	struct err e;

	if (line[0] == '!') {
		assert_int_equal(sscanf(line, "!%255s", a), 1);
		if (apk_version_check(view_of(a), &e) == 0)
			fail_msg("'%s' passes for a version", a);
		return;
	}
	assert_int_equal(sscanf(line, "%255s %7s %255s", a, sign, b), 3);
	assert_int_equal(apk_version_check(view_of(a), &e), 0);
	assert_int_equal(apk_version_check(view_of(b), &e), 0);
	++*n;
	if (!strchr(sign, '~'))
		check_order(a, sign[0], b);
	else if (apk_version_begins(view_of(a), view_of(b)) != (sign[0] == '~'))
		fail_msg("%s %s %s doesn't hold", a, sign, b);
}

static void test_pairs(void **state)
{
	FILE *f = fopen(PAIRS, "r");
	char line[600];
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (line[0] != '#')
			check_line(line, &n);
	fclose(f);
	assert_true(n >= MIN_COMPARISONS);
}

static void test_second_source(void **state)
{
	(void)state;
	if (system("python3 -c '' 2>/dev/null") != 0) {
		print_message("no python3 to compare with\n");
		skip();
	}
	assert_int_equal(system("python3 " PARE_TEST_TOOLS "/apk_version.py " PAIRS), 0);
}

static void test_message(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(apk_version_check(view_of("1.2_foo3"), &e), -FAIL_FORMAT);
	assert_string_equal(e.msg,
			    "'1.2_foo3' is no version from byte 4 on: expected '.' and digits, a "
			    "letter, '_' and a suffix, '~' and a hash, or '-r' and digits");
	assert_int_equal(apk_version_check(view_of(""), &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "'' is no version from byte 1 on: expected a digit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_second_source),
		cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
