/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as text, against the C library's calendar (timegm, strftime). */
#include "base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void the_c_library_agrees(void **state)
{
	(void)state;
	/* odd steps over eight millennia: every kind of year, month and hour */
	for (int64_t s = 0; s <= DATE_MAX_S; s += 86400 * 37 + 12345) {
		char expected[64], got[DATE_TEXT_BYTES], mail[64];
		time_t t = (time_t)s;
		struct tm tm;
		int64_t back = -1;

		gmtime_r(&t, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		strftime(mail, sizeof(mail), "%a, %d %b %Y %H:%M:%S UTC", &tm);
		date_format_rfc3339(s, got);
		assert_string_equal(got, expected);
		assert_true(date_parse_rfc3339(view_of(got), &back));
		assert_true(back == s);
		assert_true(date_parse_rfc2822(view_of(mail), &back));
		assert_true(back == s);
	}
}

static void edges(void **state)
{
	char text[DATE_TEXT_BYTES];
	int64_t s;

	(void)state;
	date_format_rfc3339(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	date_format_rfc3339(-5, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	date_format_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	date_format_rfc3339(DATE_MAX_S, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	assert_true(date_parse_rfc3339(view_of("2000-02-29T00:00:00Z"), &s));
	assert_true(s == 951782400);
}

static void debian_forms(void **state)
{
	int64_t s;

	(void)state;
	assert_true(date_parse_rfc2822(view_of("Sat, 21 Nov 2026 09:15:44 UTC"), &s));
	assert_true(s == 1795252544); /* date -u -d '2026-11-21 09:15:44' +%s */
	assert_true(date_parse_rfc2822(view_of("Sat, 21 Nov 2026 10:15:44 +0100"), &s));
	assert_true(s == 1795252544);
	assert_true(date_parse_rfc2822(view_of(" 21 Nov 2026  09:15:44 GMT "), &s));
	assert_true(s == 1795252544);
	assert_true(date_parse_rfc2822(view_of("Tue, 1 Dec 2026 00:00:00 Z"), &s));
	assert_true(s == 1796083200);
	assert_true(date_parse_rfc3339(view_of("2026-11-21T09:15:44.987654+00:00"), &s));
	assert_true(s == 1795252544);
	assert_true(date_parse_rfc3339(view_of("2026-11-21t04:15:44-05:00"), &s));
	assert_true(s == 1795252544);
}

static void malformed(void **state)
{
	static const char *const mail[] = {
		"",
		"Sat,",
		"Sat, 21 Nov 2026 09:15:44",
		"Sat, 21 Nov 2026 09:15 UTC",
		"Sat, 21 Now 2026 09:15:44 UTC",
		"Sat, 31 Nov 2026 09:15:44 UTC",
		"Sun, 29 Feb 2026 09:15:44 UTC",
		"Sat, 021 Nov 2026 09:15:44 UTC",
		"Sat, 21 Nov 26 09:15:44 UTC",
		"Sat, 21 Nov 1969 09:15:44 UTC",
		"Sat, 21 Nov 2026 24:15:44 UTC",
		"Sat, 21 Nov 2026 09:15:44 CET",
		"Sat, 21 Nov 2026 09:15:44 UTC x",
		"Sat, 21 Nov 2026 09:15:44x UTC",
		"Sat, 21 Nov 2026 -9:15:44 UTC",
		"Sat, 0 Nov 2026 09:15:44 UTC",
	};
	static const char *const iso[] = {
		"",
		"2026-11-21",
		"2026-11-21T09:15:44",
		"2026-13-21T09:15:44Z",
		"2026-11-31T09:15:44Z",
		"2026-11-21T09:60:44Z",
		"2026-11-21T09:15:44.Z",
		"2026-11-21T09:15:44Zx",
		"2026-11-21T09:15:44+0100",
		"2026-11-21T09:15:44+24:00",
		"10000-11-21T09:15:44Z",
		"1900-02-29T00:00:00Z",
		"2026-00-21T09:15:44Z",
		"2026-11-00T09:15:44Z",
	};
	int64_t s = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(mail) / sizeof(mail[0]); i++)
		assert_false(date_parse_rfc2822(view_of(mail[i]), &s));
	for (size_t i = 0; i < sizeof(iso) / sizeof(iso[0]); i++)
		assert_false(date_parse_rfc3339(view_of(iso[i]), &s));
	assert_true(s == 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_c_library_agrees),
		cmocka_unit_test(edges),
		cmocka_unit_test(debian_forms),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
