/* SPDX-License-Identifier: Apache-2.0 */
/* Distances are textbook values; suggestions are typing errors as people make them. */
#include "base/array.h"
#include "base/suggest.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} cases[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "", 3 },
		{ "kitten", "sitting", 3 },
		{ "saturday", "sunday", 3 },
		{ "flaw", "lawn", 2 },
		{ "ab", "ba", 1 },
		{ "ca", "abc", 3 },
		{ "build", "biuld", 1 },
		{ "same", "same", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(suggest_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(suggest_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static void too_long_is_never_near(void **state)
{
	char word[SUGGEST_MAX_CHARS + 2];
	const char *candidates[] = { word };

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(suggest_distance(word, "a"), UINT_MAX);
	assert_null(suggest_nearest(word, candidates, 1));
	word[SUGGEST_MAX_CHARS] = '\0';
	assert_int_equal(suggest_distance(word, "a"), SUGGEST_MAX_CHARS - 1);
}

static void nearest(void **state)
{
	static const char *const verbs[] = { "build",  "lock",	  NULL, "packages",
					     "images", "inspect", "rm", "gc" };
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{ "biuld", "build" },	   { "image", "images" }, { "rn", "rm" },
		{ "package", "packages" }, { "insp", "inspect" }, { "ispnect", "inspect" },
		{ "frobnicate", NULL },	   { "x", NULL },	  { "", NULL },
		{ "push", NULL },	   { "lokc", "lock" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *meant = suggest_nearest(cases[i].word, verbs, COUNT_OF(verbs));

		if (cases[i].meant)
			assert_string_equal(meant ? meant : "(none)", cases[i].meant);
		else
			assert_null(meant);
	}
	assert_null(suggest_nearest("build", NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(too_long_is_never_near),
		cmocka_unit_test(nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
