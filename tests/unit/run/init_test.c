/* SPDX-License-Identifier: Apache-2.0 */
/* The first process of containers, without a container around it: the programs named as arguments.
 */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static char **programs;

/* What "sh -c SCRIPT" prints as the program of an init; its status is the last line. */
static char *through(const char *before, const char *init, const char *ids, const char *script)
{
	auto_free char *line = mem_printf("%s %s %s /bin/sh sh -c '%s' 4>/dev/null; echo $?",
					  before, init, ids, script);
	char *text = mem_zalloc(4096);
	FILE *p = popen(line, "r");

	assert_non_null(p);
	assert_true(fread(text, 1, 4095, p) > 0);
	assert_int_equal(pclose(p), 0);
	return text;
}

static void says(const char *before, const char *ids, const char *script, const char *want)
{
	for (char **init = programs; *init; init++) {
		auto_free char *got = through(before, *init, ids, script);

		if (strcmp(got, want) != 0)
			fail_msg("%s: '%s', expected '%s'", *init, got, want);
	}
}

static void statuses_are_the_program_s(void **state)
{
	(void)state;
	says("", "- -", "exit 7", "7\n");
	says("", "- -", "kill -9 $$", "137\n");
	says("", "- -", "echo \"$0\"", "sh\n0\n");
}

static void signals_are_passed_on(void **state)
{
	(void)state;
	/* to the parent, which is the init; from orphans it takes the statuses */
	says("", "- -",
	     "trap \"echo got; exit 3\" USR1; (true &); kill -USR1 $PPID; sleep 5 & wait $!",
	     "got\n3\n");
}

static void a_program_that_is_not_there(void **state)
{
	(void)state;
	for (char **init = programs; *init; init++) {
		auto_free char *line = mem_printf("%s - - /no/program x 4>/dev/null 2>&1", *init);

		assert_int_equal(WEXITSTATUS(system(line)), 127);
	}
}

static void the_one_id_becomes_another(void **state)
{
	(void)state;
	if (system("unshare -r true 2>/dev/null") != 0)
		skip();
	/* who it is outside has to be 0 */
	says("unshare -r", "65532 70", "id -u; id -g", "65532\n70\n0\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_the_program_s),
		cmocka_unit_test(signals_are_passed_on),
		cmocka_unit_test(a_program_that_is_not_there),
		cmocka_unit_test(the_one_id_becomes_another),
	};

	(void)argc;
	programs = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
