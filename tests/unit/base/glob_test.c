/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns as pare.yaml(5) explains them, and every short pattern and path compared with a matcher
 * that tries everything.
 */
#include "base/array.h"
#include "base/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool match;
	} cases[] = {
		{ "usr/share/doc", "usr/share/doc", true },
		{ "/usr/share/doc", "usr/share/doc", true },
		{ "usr/share/doc", "/usr/share/doc", true },
		{ "usr/share/doc", "usr/share/docs", false },
		{ "usr/share/doc", "usr/share/doc/x", false },
		{ "usr/*/doc", "usr/share/doc", true },
		{ "usr/*", "usr/share/doc", false },
		{ "usr/**", "usr/share/doc", true },
		{ "usr/**", "usr", false },
		{ "usr/**/doc", "usr/doc", true },
		{ "usr/**/doc", "usr/a/b/c/doc", true },
		{ "usr/**/doc", "usr/adoc", false },
		{ "**/doc", "doc", true },
		{ "**/doc", "a/b/doc", true },
		{ "**doc", "a/bdoc", true },
		{ "**", "", true },
		{ "**", "a/b", true },
		{ "*", "", true },
		{ "*", "a/b", false },
		{ "?", "/a", true },
		{ "a?c", "a/c", false },
		{ "lib*.so.?", "libc.so.6", true },
		{ "lib*.so.?", "libc.so.10", false },
		{ "a**/b", "a/b", true },
		{ "a**/b", "ax/y/b", true },
		{ "a**/b", "ab", false },
		{ "[a]", "[a]", true },
		{ "[a]", "a", false },
		{ "*a*b*c", "xxaxxbxxbxxc", true },
		{ "*a*b*c", "xxaxxbxxbxxcx", false },
		{ "a**b", "a/x/y/b", true },
		{ "**/a/**/b", "x/a/y/a/z/b", true },
		{ "**/a/**/b", "x/a/y/a/z/bc", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (glob_match(cases[i].pattern, cases[i].path) != cases[i].match)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].path);
}

/* The definition, by trying every way; `start`: the pattern so far ends at a slash or is empty. */
static bool matches(const char *p, const char *s, bool start)
{
	size_t stars = strspn(p, "*");

	if (!*p)
		return !*s;
	if (stars >= 2 && p[stars] == '/' && start) {
		/* Whole components only, or none. */
		if (matches(p + stars + 1, s, true))
			return true;
		for (const char *c = s; *c; c++)
			if (*c == '/' && matches(p + stars + 1, c + 1, true))
				return true;
		return false;
	}
	if (stars >= 1)
		return matches(p + stars, s, false) ||
		       (*s && (stars >= 2 || *s != '/') && matches(p, s + 1, false));
	if (!*s || (*p == '?' ? *s == '/' : *p != *s))
		return false;
	return matches(p + 1, s + 1, *p == '/');
}

/* The n-th word over an alphabet, of up to `max` letters; false when there are no more. */
static bool word(size_t n, const char *alphabet, size_t max, char *ret)
{
	size_t letters = strlen(alphabet), len = 0;

	for (; n; n = (n - 1) / letters) {
		if (len == max)
			return false;
		ret[len++] = alphabet[(n - 1) % letters];
	}
	ret[len] = '\0';
	return true;
}

static void every_short_one(void **state)
{
	char pattern[8], path[8];
	size_t matched = 0;

	(void)state;
	for (size_t i = 0; word(i, "a/*?", 6, pattern); i++) {
		if (*pattern == '/')
			continue; /* leading slashes don't count */
		for (size_t k = 0; word(k, "ab/", 4, path); k++) {
			bool expected = matches(pattern, path, true);

			if (*path == '/')
				continue;
			if (glob_match(pattern, path) != expected)
				fail_msg("'%s' and '%s'", pattern, path);
			matched += expected;
		}
	}
	assert_true(matched > 10000);
}

/* Exponential matchers need ages for this. */
static void hostile_patterns_cost_little(void **state)
{
	char path[4001], pattern[2001];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i + 1 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[sizeof(pattern) - 1] = '\0';
	assert_true(glob_match(pattern, path));
	path[sizeof(path) - 2] = 'b';
	assert_false(glob_match(pattern, path));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(every_short_one),
		cmocka_unit_test(hostile_patterns_cost_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
