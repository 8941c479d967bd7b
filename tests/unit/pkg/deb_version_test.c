/* SPDX-License-Identifier: Apache-2.0 */
/* Version order against a file of pairs, and against the dpkg of the host where there is one. */
#include "base/mem.h"
#include "base/view.h"
#include "pkg/deb/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char sign_of(const char *a, const char *b)
{
	int order = deb_version_compare(view_of(a), view_of(b));

	return order < 0 ? '<' : order > 0 ? '>' : '=';
}

static char mirrored(char sign)
{
	return sign == '<' ? '>' : sign == '>' ? '<' : '=';
}

/* Does dpkg agree? Exit statuses other than 0 and 1 are failures of the test. */
static bool dpkg_says(const char *a, const char *op, const char *b)
{
	char *argv[] = { mem_strdup("dpkg"), mem_strdup("--compare-versions"),
			 mem_strdup(a),	     mem_strdup(op),
			 mem_strdup(b),	     NULL };
	int status;
	pid_t pid;

	assert_int_equal(posix_spawnp(&pid, "dpkg", NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 0;
}

static void for_each_pair(void (*see)(const char *a, char sign, const char *b))
{
	FILE *f = fopen(PARE_TEST_DATA "/deb-versions.txt", "r");
	char line[512], a[256], b[256], sign;
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%255s %c %255s", a, &sign, b), 3);
		see(a, sign, b);
		n++;
	}
	fclose(f);
	assert_true(n >= 100);
}

static void see_order(const char *a, char sign, const char *b)
{
	struct err e;

	if (sign_of(a, b) != sign || sign_of(b, a) != mirrored(sign))
		fail_msg("%s %c %s, not %c", a, sign, b, sign_of(a, b));
	assert_int_equal(deb_version_check(view_of(a), &e), 0);
	assert_int_equal(deb_version_check(view_of(b), &e), 0);
}

static void test_order(void **state)
{
	(void)state;
	for_each_pair(see_order);
}

static void see_dpkg(const char *a, char sign, const char *b)
{
	if (!dpkg_says(a, sign == '<' ? "lt" : sign == '>' ? "gt" : "eq", b))
		fail_msg("dpkg does not say %s %c %s", a, sign, b);
}

static void test_dpkg_agrees(void **state)
{
	(void)state;
	if (system("dpkg --version >/dev/null 2>&1") != 0) {
		print_message("no dpkg on this host to compare with\n");
		skip();
	}
	for_each_pair(see_dpkg);
}

static void test_check(void **state)
{
	static const struct {
		const char *version, *why;
	} bad[] = {
		{ "", "is empty" },
		{ "x:1", "epoch" },
		{ "-1:1", "epoch" },
		{ "99999999999:1", "epoch" },
		{ ":1", "epoch" },
		{ "1:", "nothing but an epoch" },
		{ "-1", "nothing but an epoch or revision" },
		{ "a1", "start with a digit" },
		{ "1-", "empty revision" },
		{ "1 2", "character" },
		{ "1_2", "character" },
		{ "1/2", "character" },
		{ "1\n", "character" },
		{ "1-1:2", "epoch" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(deb_version_check(view_of(bad[i].version), &e), -FAIL_FORMAT);
		if (!strstr(e.msg, bad[i].why))
			fail_msg("'%s' gives: %s", bad[i].version, e.msg);
	}
	assert_int_equal(deb_version_check(view_make("1\0002", 3), &e), -FAIL_FORMAT);
	assert_int_equal(deb_version_check(view_of("1:2:3-4"), &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_dpkg_agrees),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
