/* SPDX-License-Identifier: Apache-2.0 */
/* Widths as Unicode's tables give them, sizes as coreutils' --si rounds them, hostile names. */
#include "base/array.h"
#include "report/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void widths(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "\xc3\xa4", 1 },
		{ "\xe6\x97\xa5", 2 },
		{ "e\xcc\x81", 1 },
		{ "\xf0\x9f\x98\x80", 2 },
		{ "\xff\xfe", 2 },
		{ "a\xe6\x97", 3 },
		{ "\xe2\x80\xa6", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(text_width(view_of(cases[i].text)), cases[i].width);
}

static void heads_never_split_a_character(void **state)
{
	struct view v = view_of("a\xe6\x97\xa5z");

	(void)state;
	assert_int_equal(text_head(v, 0).len, 0);
	assert_int_equal(text_head(v, 1).len, 1);
	assert_int_equal(text_head(v, 2).len, 1);
	assert_int_equal(text_head(v, 3).len, 4);
	assert_int_equal(text_head(v, 99).len, 5);
}

static void expect_safe(const char *in, const char *out)
{
	auto_buf b = BUF_EMPTY;

	text_add_safe(&b, view_of(in));
	assert_string_equal(buf_str(&b), out);
}

static void hostile_names_become_harmless(void **state)
{
	(void)state;
	expect_safe("plain \xc3\xa4\xe6\x97\xa5", "plain \xc3\xa4\xe6\x97\xa5");
	expect_safe("\033[31mred", "?[31mred");
	expect_safe("a\nb\tc\rd\x7f", "a?b?c?d?");
	expect_safe("\xc2\x9b"
		    "31m",
		    "?31m"); /* C1's CSI */
	expect_safe("\xe2\x80\xae"
		    "gpj.exe",
		    "?gpj.exe");	    /* right-to-left override */
	expect_safe("\xff\xc0\xaf", "???"); /* no UTF-8, and overlong */
	expect_safe("\xed\xa0\x80", "???"); /* half of a surrogate pair */
	expect_safe("\xe6\x97", "??");	    /* cut off */
}

static void expect_size(uint64_t bytes, const char *text)
{
	auto_buf b = BUF_EMPTY;

	buf_add_size(&b, bytes);
	assert_string_equal(buf_str(&b), text);
}

static void sizes(void **state)
{
	(void)state;
	expect_size(0, "0 B");
	expect_size(999, "999 B");
	expect_size(1000, "1.0 kB");
	expect_size(1234, "1.2 kB");
	expect_size(9949, "9.9 kB");
	expect_size(9950, "10 kB");
	expect_size(999499, "999 kB");
	expect_size(999500, "1.0 MB");
	expect_size(15000000, "15 MB");
	expect_size(2500000000, "2.5 GB");
	expect_size(UINT64_MAX, "18 EB");
}

static void expect_duration(uint64_t ms, const char *text)
{
	auto_buf b = BUF_EMPTY;

	text_add_duration(&b, ms);
	assert_string_equal(buf_str(&b), text);
}

static void durations(void **state)
{
	(void)state;
	expect_duration(0, "0.0 s");
	expect_duration(1540, "1.5 s");
	expect_duration(59999, "59.9 s");
	expect_duration(70000, "1 m 10 s");
	expect_duration(3600000ULL * 2 + 60000 * 5, "2 h 5 m");
	expect_duration(86400000ULL * 3, "3 d 0 h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(heads_never_split_a_character),
		cmocka_unit_test(hostile_names_become_harmless),
		cmocka_unit_test(sizes),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
