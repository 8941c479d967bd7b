/* SPDX-License-Identifier: Apache-2.0 */
/* Dependency fields: what they are parsed into, and what is wrong with bad ones. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "pkg/deb/depends.h"
#include "pkg/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The clauses as text again, one a line, spelled in full. */
static void rewrite(const struct clause *clauses, size_t n, struct buf *to)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < clauses[i].n; k++) {
			if (k)
				buf_add_str(to, " | ");
			deb_world.write_atom(&clauses[i].atoms[k], to);
		}
		buf_add_char(to, '\n');
	}
}

static void test_fields(void **state)
{
	static const struct {
		const char *field, *expected;
	} cases[] = {
		{ "", "" },
		{ " ", "" },
		{ "libc6", "libc6\n" },
		{ "libc6 (>= 2.36), zlib1g", "libc6 (>= 2.36)\nzlib1g\n" },
		{ "a1(<<1),a2(<=1),a3(=1),a4(>=1),a5(>>1)",
		  "a1 (<< 1)\na2 (<= 1)\na3 (= 1)\na4 (>= 1)\na5 (>> 1)\n" },
		{ "a1 (< 1), a2 (> 1)", "a1 (<= 1)\na2 (>= 1)\n" },
		{ "a|b | c (= 1)", "a | b | c (= 1)\n" },
		{ "python3:any (>= 3.5~)", "python3:any (>= 3.5~)\n" },
		{ "gcc:arm64", "gcc:arm64\n" },
		{ "a,\n b,\n\tc\n", "a\nb\nc\n" },
		{ "a, , b,", "a\nb\n" },
		{ ",a", "a\n" },
		{ "libstdc++6", "libstdc++6\n" },
		{ "a ( >= 1:2-3+b1 )", "a (>= 1:2-3+b1)\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		auto_buf text = BUF_EMPTY;
		struct clause *clauses;
		struct err e;
		size_t n;

		assert_int_equal(
			deb_depends_parse(view_of(cases[i].field), "Depends", &a, &clauses, &n, &e),
			0);
		rewrite(clauses, n, &text);
		assert_string_equal(buf_str(&text), cases[i].expected);
	}
}

static void test_bad_fields(void **state)
{
	static const struct {
		const char *field, *why;
	} cases[] = {
		{ "a (1)", "Depends: byte 4: expected one of << <= = >= >>, found '1)'" },
		{ "a (>= )", "Depends: byte 7: expected a version, found ')'" },
		{ "a (>= 1", "Depends: byte 8: expected ')', found ''" },
		{ "a (>= 1 2)", "Depends: byte 9: expected ')', found '2)'" },
		{ "a b", "Depends: byte 3: expected ',' or '|', found 'b'" },
		{ "a |", "Depends: byte 4: expected a package name, found ''" },
		{ "a | | b", "Depends: byte 5: expected a package name, found '| b'" },
		{ "| a", "Depends: byte 1: expected a package name, found '| a'" },
		{ "a:", "Depends: byte 3: expected an architecture, found ''" },
		{ "a [amd64]", "Depends: byte 3: expected no list of architectures or profiles in "
			       "a binary package, found '[amd64]'" },
		{ "a <!nocheck>", "Depends: byte 3: expected no list of architectures or profiles "
				  "in a binary package, found '<!nocheck>'" },
		{ "${misc:Depends}", "Depends: byte 1: expected a package name, found "
				     "'${misc:Depends}'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct clause *clauses;
		struct err e;
		size_t n;

		assert_int_equal(
			deb_depends_parse(view_of(cases[i].field), "Depends", &a, &clauses, &n, &e),
			-FAIL_FORMAT);
		assert_string_equal(e.msg, cases[i].why);
	}
}

static void test_limits(void **state)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf text = BUF_EMPTY;
	struct clause *clauses;
	struct err e;
	size_t n;

	(void)state;
	for (int i = 0; i <= DEB_MAX_ALTERNATIVES; i++)
		buf_add_str(&text, i ? "|a" : "a");
	assert_int_equal(deb_depends_parse(buf_view(&text), "Depends", &a, &clauses, &n, &e),
			 -FAIL_LIMIT);
	buf_clear(&text);
	for (int i = 0; i <= DEB_MAX_CLAUSES; i++)
		buf_add_str(&text, "a,");
	assert_int_equal(deb_depends_parse(buf_view(&text), "Depends", &a, &clauses, &n, &e),
			 -FAIL_LIMIT);
}

static void test_package(void **state)
{
	struct package p = { .name = view_of("x"),
			     .version = view_of("1"),
			     .pre_depends = view_of("dpkg"),
			     .depends = view_of("a | b, c"),
			     .conflicts = view_of("d (<< 1)"),
			     .breaks = view_of("e"),
			     .provides = view_of("f, g (= 2)") };
	auto_arena a = ARENA_EMPTY;
	auto_buf text = BUF_EMPTY;
	struct dependencies d;
	struct err e;

	(void)state;
	assert_int_equal(deb_world.parse_dependencies(&p, &a, &d, &e), 0);
	rewrite(d.needs, d.n_needs, &text);
	assert_string_equal(buf_str(&text), "dpkg\na | b\nc\n");
	assert_int_equal(d.n_refuses, 2);
	assert_true(view_is(d.refuses[1].name, "e"));
	assert_int_equal(d.n_provides, 2);
	assert_int_equal(d.provides[1].relation, RELATION_EQUAL);

	p.provides = view_of("g (>= 2)");
	assert_int_equal(deb_world.parse_dependencies(&p, &a, &d, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "package 'x' 1: Provides: 'g' in other than one version");
	p.conflicts = view_of("a | b");
	assert_int_equal(deb_world.parse_dependencies(&p, &a, &d, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "package 'x' 1: Conflicts or Breaks: alternatives for 'a'");
}

static void test_wishes(void **state)
{
	static const struct {
		const char *wish, *expected;
	} cases[] = {
		{ "curl", "curl" },
		{ " curl ", "curl" },
		{ "curl=8.14.1-2", "curl (= 8.14.1-2)" },
		{ "curl = 8.14.1-2", "curl (= 8.14.1-2)" },
		{ "curl~8.14", "curl (~ 8.14)" },
		{ "curl<9", "curl (<< 9)" },
		{ "curl<<9", "curl (<< 9)" },
		{ "curl<=9", "curl (<= 9)" },
		{ "curl>9", "curl (>> 9)" },
		{ "curl>=1:9~rc1", "curl (>= 1:9~rc1)" },
		{ "curl:arm64", "curl:arm64" },
		{ "g++-12", "g++-12" },
		{ "Curl", "error: 'Curl' is no package name" },
		{ "c", "error: 'c' is no package name" },
		{ "curl:", "error: 'curl:' is no package name" },
		{ "", "error: '' is no package name" },
		{ "=1", "error: '=1' is no package name" },
		{ "curl wget", "error: 'curl wget' is no package name" },
		{ "curl=", "error: 'curl=': version '' is empty" },
		{ "curl=x", "error: 'curl=x': version 'x' does not start with a digit" },
		{ "curl==1", "error: 'curl==1': version '=1' does not start with a digit" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_buf text = BUF_EMPTY;
		struct atom atom;
		struct err e;

		if (deb_world.parse_wish(view_of(cases[i].wish), &atom, &e) < 0)
			buf_printf(&text, "error: %s", e.msg);
		else
			deb_world.write_atom(&atom, &text);
		assert_string_equal(buf_str(&text), cases[i].expected);
	}
}

static void test_like(void **state)
{
	static const struct {
		const char *version, *bound;
		bool fits;
	} cases[] = {
		{ "3.13.5-2", "3.13", true },	    { "3.13.5-2", "3.1", false },
		{ "3.13.5-2", "3.13.5", true },	    { "3.13.5-2", "3.13.5-2", true },
		{ "3.13.5-2", "3.13.5-21", false }, { "1:3.13", "3", true },
		{ "1:3.13", "1:3", true },	    { "1:3.13", "1", false },
		{ "2:3.13", "1:3", false },	    { "3.13~rc1", "3.13", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (deb_world.version_fits(view_of(cases[i].version), RELATION_LIKE,
					   view_of(cases[i].bound)) != cases[i].fits)
			fail_msg("%s ~ %s", cases[i].version, cases[i].bound);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_package),
		cmocka_unit_test(test_wishes), cmocka_unit_test(test_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
