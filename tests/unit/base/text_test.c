/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers, views and errors. */
#include "base/buf.h"
#include "base/err.h"
#include "base/view.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#undef fail /* cmocka's; here it is the function under test */

static void assert_view(struct view v, const char *expected)
{
	assert_int_equal(v.len, strlen(expected));
	assert_memory_equal(v.ptr, expected, v.len);
}

static void buf_grows_and_ends_with_nul(void **state)
{
	auto_buf b = BUF_EMPTY, zeros = BUF_EMPTY;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_view(&b).len, 0);
	assert_non_null(buf_view(&b).ptr);
	for (int i = 0; i < 1000; i++) {
		buf_printf(&b, "%d,", i);
		assert_int_equal(b.data[b.len], '\0');
		assert_true(b.len < b.cap);
	}
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_string_equal(b.data + b.len - 8, "998,999,");
	buf_add(&zeros, "a\0b", 3);
	buf_add_char(&zeros, '\0');
	buf_add_view(&zeros, view_of("c"));
	buf_add_str(&zeros, "");
	assert_int_equal(zeros.len, 5);
	assert_memory_equal(zeros.data, "a\0b\0c", 6);
}

static void buf_clear_and_steal(void **state)
{
	auto_buf b = BUF_EMPTY;
	char *text, *nothing;
	size_t cap;

	(void)state;
	buf_add_str(&b, "twelve bytes");
	cap = b.cap;
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, cap);
	assert_string_equal(buf_str(&b), "");
	buf_add_str(&b, "again");
	text = buf_steal(&b);
	assert_string_equal(text, "again");
	assert_null(b.data);
	nothing = buf_steal(&b);
	assert_string_equal(nothing, "");
	free(text);
	free(nothing);
}

static void view_comparison(void **state)
{
	(void)state;
	assert_true(view_eq(view_of(NULL), view_of("")));
	assert_true(view_is(view_make("abc", 2), "ab"));
	assert_false(view_is(view_make("abc", 2), "abc"));
	assert_true(view_compare(view_of("a"), view_of("ab")) < 0);
	assert_true(view_compare(view_of("b"), view_of("ab")) > 0);
	assert_int_equal(view_compare(view_of("same"), view_of("same")), 0);
	assert_true(view_compare(view_of("\xff"), view_of("a")) > 0); /* bytes, not chars */
	assert_true(view_starts(view_of("lib/x"), "lib/"));
	assert_false(view_starts(view_of("li"), "lib"));
	assert_true(view_ends(view_of("a.gz"), ".gz"));
	assert_false(view_ends(view_of("gz"), ".gz"));
}

static void view_cutting(void **state)
{
	struct view rest = view_of("a,,b"), part, word;

	(void)state;
	assert_view(view_trim(view_of(" \t x y \r\n")), "x y");
	assert_view(view_trim(view_of(" \n")), "");
	assert_true(view_split(&rest, ',', &part));
	assert_view(part, "a");
	assert_true(view_split(&rest, ',', &part));
	assert_view(part, "");
	assert_true(view_split(&rest, ',', &part));
	assert_view(part, "b");
	assert_false(view_split(&rest, ',', &part));
	rest = view_of("ends,");
	assert_true(view_split(&rest, ',', &part));
	assert_true(view_split(&rest, ',', &part));
	assert_view(part, "");
	assert_false(view_split(&rest, ',', &part));
	rest = view_of("  two\twords\n");
	assert_true(view_word(&rest, &word));
	assert_view(word, "two");
	assert_true(view_word(&rest, &word));
	assert_view(word, "words");
	assert_false(view_word(&rest, &word));
}

static void numbers(void **state)
{
	static const char *const bad[] = { "",
					   " 1",
					   "1 ",
					   "-1",
					   "+1",
					   "0x10",
					   "1.0",
					   "18446744073709551616",
					   "99999999999999999999999" };
	uint64_t n = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(view_to_u64(view_of(bad[i]), &n));
	assert_int_equal(n, 5);
	assert_true(view_to_u64(view_of("18446744073709551615"), &n));
	assert_true(n == UINT64_MAX);
	assert_true(view_to_u64(view_of("007"), &n));
	assert_int_equal(n, 7);
}

static void errors(void **state)
{
	struct err e;
	char longer[1000];

	(void)state;
	assert_int_equal(fail(&e, FAIL_FORMAT, "line %d: bad '%s'", 3, "x"), -FAIL_FORMAT);
	assert_string_equal(e.msg, "line 3: bad 'x'");
	assert_int_equal(err_context(&e, "'%s'", "file"), -FAIL_FORMAT);
	assert_string_equal(e.msg, "'file': line 3: bad 'x'");
	errno = ENOENT;
	assert_int_equal(fail_sys(&e, "open '%s'", "f"), -FAIL_NOT_FOUND);
	assert_string_equal(e.msg, "open 'f': No such file or directory");
	assert_int_equal(e.sys, ENOENT);
	errno = ENOSPC;
	assert_int_equal(fail_sys(&e, "write"), -FAIL_IO);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	fail(&e, FAIL_LIMIT, "%s", longer);
	err_context(&e, "%s", longer);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_grows_and_ends_with_nul),
		cmocka_unit_test(buf_clear_and_steal),
		cmocka_unit_test(view_comparison),
		cmocka_unit_test(view_cutting),
		cmocka_unit_test(numbers),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
