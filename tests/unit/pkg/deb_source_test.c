/* SPDX-License-Identifier: Apache-2.0 */
/* Package sources in apt's one-line form: what is taken from them, and what is refused. */
#include "pkg/deb/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void full_line(void **state)
{
	struct deb_source s;
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };
	const char *line =
		"  deb [ signed-by=/k/a.gpg,b.gpg arch=amd64,arm64\tcheck-valid-until=no ] "
		"https://example.org:8080/debian// trixie-updates main updates/contrib ";

	(void)state;
	assert_int_equal(deb_source_parse(view_of(line), "/etc/pare", &a, &s, &e), 0);
	assert_string_equal(s.uri, "https://example.org:8080/debian");
	assert_string_equal(s.suite, "trixie-updates");
	assert_false(s.exact);
	assert_int_equal(s.n_components, 2);
	assert_string_equal(s.components[0], "main");
	assert_string_equal(s.components[1], "updates/contrib");
	assert_int_equal(s.n_signed_by, 2);
	assert_string_equal(s.signed_by[0], "/k/a.gpg");
	assert_string_equal(s.signed_by[1], "/etc/pare/b.gpg");
	assert_true(deb_source_has_arch(&s, "arm64"));
	assert_false(deb_source_has_arch(&s, "riscv64"));
	assert_false(s.check_valid_until);
}

static void plain_lines(void **state)
{
	static const struct {
		const char *line, *uri, *suite;
		size_t components;
	} cases[] = {
		{ "deb debian: trixie main", "debian:", "trixie", 1 },
		{ "deb debian-security: trixie-security main contrib",
		  "debian-security:", "trixie-security", 2 },
		{ "deb file:///srv/debian/ sid main", "file:///srv/debian", "sid", 1 },
		{ "deb file:/// sid main", "file:///", "sid", 1 },
		{ "deb http://h/ ./", "http://h", "./", 0 },
		{ "deb http://h ./amd64/", "http://h", "amd64/", 0 },
		{ "deb http://h stable/x/", "http://h", "stable/x/", 0 },
		{ "deb [] http://[::1]:80/d bookworm/updates main", "http://[::1]:80/d",
		  "bookworm/updates", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct deb_source s;
		struct err e = { 0 };

		if (deb_source_parse(view_of(cases[i].line), NULL, &a, &s, &e) < 0)
			print_message("%s\n", e.msg);
		assert_int_equal(e.code, 0);
		assert_string_equal(s.uri, cases[i].uri);
		assert_string_equal(s.suite, cases[i].suite);
		assert_int_equal(s.n_components, cases[i].components);
		assert_int_equal(s.exact, cases[i].components == 0);
		assert_true(s.check_valid_until);
		assert_true(deb_source_has_arch(&s, "amd64"));
	}
}

static void refused(void **state)
{
	static const struct {
		const char *line, *why;
		enum fail_code code;
	} cases[] = {
		{ "", "empty", FAIL_FORMAT },
		{ "debian: trixie main", "found 'debian:'", FAIL_FORMAT },
		{ "deb-src debian: trixie main", "'deb-src'", FAIL_UNSUPPORTED },
		{ "deb", "no URI", FAIL_FORMAT },
		{ "deb debian:", "no suite", FAIL_FORMAT },
		{ "deb debian: trixie", "no component after the suite 'trixie'", FAIL_FORMAT },
		{ "deb debian: ./ main", "no components", FAIL_FORMAT },
		{ "deb debian:x trixie main", "expected http://", FAIL_FORMAT },
		{ "deb ftp://h/d trixie main", "expected http://", FAIL_FORMAT },
		{ "deb file://h/d trixie main", "expected http://", FAIL_FORMAT },
		{ "deb http:///d trixie main", "no host", FAIL_FORMAT },
		{ "deb http://h/d?x trixie main", "offset 10", FAIL_FORMAT },
		{ "deb http://u:p@h/d trixie main", "user or password", FAIL_FORMAT },
		{ "deb http://h/d ../../x main", "can't be a suite", FAIL_FORMAT },
		{ "deb http://h/d /x/ ", "can't be a suite", FAIL_FORMAT },
		{ "deb http://h/d a//b main", "can't be a suite", FAIL_FORMAT },
		{ "deb http://h/d $(ARCH)/", "can't be a suite", FAIL_FORMAT },
		{ "deb http://h/d trixie ../main", "can't be a component", FAIL_FORMAT },
		{ "deb http://h/d trixie main/", "can't be a component", FAIL_FORMAT },
		{ "deb [arch=amd64 debian: trixie main", "no ']'", FAIL_FORMAT },
		{ "deb [arch] debian: trixie main", "has no '='", FAIL_FORMAT },
		{ "deb [arch=] debian: trixie main", "'' after 'arch='", FAIL_FORMAT },
		{ "deb [arch=a/b] debian: trixie main", "'a/b' after 'arch='", FAIL_FORMAT },
		{ "deb [arch+=amd64] debian: trixie main", "unknown option 'arch+'", FAIL_FORMAT },
		{ "deb [lang=en] debian: trixie main", "unknown option 'lang'", FAIL_FORMAT },
		{ "deb [signed-by=x.gpg] debian: trixie main", "absolute path", FAIL_FORMAT },
		{ "deb [trusted=yes] debian: trixie main", "--allow-unsigned", FAIL_UNSUPPORTED },
		{ "deb [allow-insecure=yes] debian: a main", "--allow-unsigned", FAIL_UNSUPPORTED },
		{ "deb [check-valid-until=maybe] debian: a main", "'maybe'", FAIL_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct deb_source s = { .uri = "untouched" };
		struct err e = { 0 };

		assert_int_equal(deb_source_parse(view_of(cases[i].line), NULL, &a, &s, &e),
				 -(int)cases[i].code);
		if (!strstr(e.msg, cases[i].why))
			fail_msg("'%s': expected '%s' in '%s'", cases[i].line, cases[i].why, e.msg);
		assert_string_equal(s.uri, "untouched");
	}
}

static void limits(void **state)
{
	char line[DEB_SOURCE_MAX_BYTES + 2];
	auto_arena a = ARENA_EMPTY;
	struct deb_source s;
	struct err e = { 0 };
	int n;

	(void)state;
	memset(line, ' ', sizeof(line));
	assert_int_equal(deb_source_parse(view_make(line, sizeof(line)), NULL, &a, &s, &e),
			 -FAIL_LIMIT);
	n = snprintf(line, sizeof(line), "deb debian: sid");
	for (int i = 0; i <= DEB_SOURCE_MAX_WORDS; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " c%d", i);
	assert_int_equal(deb_source_parse(view_of(line), NULL, &a, &s, &e), -FAIL_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_line),
		cmocka_unit_test(plain_lines),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
