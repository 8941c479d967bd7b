/* SPDX-License-Identifier: Apache-2.0 */
/* Header values, URLs for messages, delays and the meaning of failures: no network. */
#include "net/header.h"
#include "net/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void ranges_are_read(void **state)
{
	struct content_range r;

	(void)state;
	assert_true(content_range_parse(view_of("bytes 42-1233/1234"), &r));
	assert_int_equal(r.first, 42);
	assert_int_equal(r.last, 1233);
	assert_int_equal(r.total, 1234);
	assert_true(content_range_parse(view_of(" Bytes  0-0/* "), &r));
	assert_true(r.total == HTTP_SIZE_UNKNOWN);
	assert_true(content_range_parse(
		view_of("bytes 0-18446744073709551613/18446744073709551614"), &r));
}

static void bad_ranges_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"bytes",
		"bytes ",
		"bytes 1",
		"bytes 1-",
		"bytes 1-2",
		"bytes 1-2/",
		"bytes -2/3",
		"bytes 2-1/3",
		"bytes 1-3/3",
		"bytes */1234",
		"bytes 1-2/3x",
		"bytes +1-2/3",
		"octets 1-2/3",
		"bytes 1 -2/3",
		"bytes 0-1/2/3",
		"bytes 0-99999999999999999999/*",
	};
	struct content_range r = { 7, 7, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (content_range_parse(view_of(bad[i]), &r))
			fail_msg("accepted '%s'", bad[i]);
	assert_int_equal(r.first, 7);
}

static void how_much_of_an_upload_there_is(void **state)
{
	static const char *const bad[] = { "",
					   "0",
					   "0-",
					   "-5",
					   "1-5",
					   "0-x",
					   "bytes 0-5",
					   "0-5/6",
					   "0-5, 7",
					   "0--1",
					   "0-18446744073709551615" };
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (upload_range_parse(view_of(bad[i]), &n))
			fail_msg("accepted '%s'", bad[i]);
	assert_true(n == 7);
	assert_true(upload_range_parse(view_of("0-1023"), &n) && n == 1024);
	assert_true(upload_range_parse(view_of("bytes=0-9"), &n) && n == 10);
	assert_true(upload_range_parse(view_of("0-0"), &n) && n == 0);
}

static void next_link_is(const char *value, const char *expected)
{
	struct view target = { NULL, 0 };
	bool found = link_find(view_of(value), "next", &target);

	if (found != !!expected || (found && !view_is(target, expected)))
		fail_msg("the next of '%s' is '%.*s'", value, found ? (int)target.len : 4,
			 found ? target.ptr : "none");
}

static void links_are_found_by_their_relation(void **state)
{
	(void)state;
	next_link_is("</v2/a/tags/list?last=b>; rel=\"next\"", "/v2/a/tags/list?last=b");
	next_link_is(" <?a,b;c> ;REL = Next ", "?a,b;c");
	next_link_is("</1>; rel=\"first\", </2>; rel=\"next\"", "/2");
	next_link_is("</1>; rel=prev,</2>;rel=\"last next\"", "/2");
	next_link_is("</1>; title=\"a, \\\" rel=next; b\"; rel=prev, </2>; rel=next", "/2");
	next_link_is("<>; rel=next", "");
	next_link_is("</next>; rel=prev", NULL);
	next_link_is("</1>; rel=nextish", NULL);
	next_link_is("</1>; title=\"rel=prev\"", "/1");
	next_link_is("</1>", "/1");
	next_link_is("</1; rel=next", NULL);
	next_link_is("/1; rel=next", NULL);
	next_link_is("</1>; rel=\"prev; rel=next", NULL);
	next_link_is("", NULL);
}

static void strong_tags_are_told_from_others(void **state)
{
	char longest[300];

	(void)state;
	assert_true(etag_is_strong(view_of("\"5f2-6\"")));
	assert_true(etag_is_strong(view_of("\"\"")));
	assert_false(etag_is_strong(view_of("W/\"5f2\"")));
	assert_false(etag_is_strong(view_of("\"a\"b\"")));
	assert_false(etag_is_strong(view_of("\"a\r\nX: y\"")));
	assert_false(etag_is_strong(view_of("\"")));
	assert_false(etag_is_strong(view_of("")));
	memset(longest, 'a', sizeof(longest));
	longest[0] = longest[HTTP_MAX_ETAG - 1] = '"';
	assert_true(etag_is_strong(view_make(longest, HTTP_MAX_ETAG)));
	longest[HTTP_MAX_ETAG - 1] = 'a';
	longest[HTTP_MAX_ETAG] = '"';
	assert_false(etag_is_strong(view_make(longest, HTTP_MAX_ETAG + 1)));
}

static void shown_is(const char *url, const char *expected)
{
	char *shown = url_shown(url);

	assert_string_equal(shown, expected);
	free(shown);
}

static void passwords_are_not_shown(void **state)
{
	(void)state;
	shown_is("https://me:secret@example.org/a@b", "https://example.org/a@b");
	shown_is("https://me:p@ss@example.org", "https://example.org");
	shown_is("https://token@example.org?x=@", "https://example.org?x=@");
	shown_is("http://example.org/pool", "http://example.org/pool");
	shown_is("file:///srv/a@b", "file:///srv/a@b");
	shown_is("me:secret@example.org/x", "example.org/x");
	shown_is("http://e/\x1b[31m\n", "http://e/?[31m?");
}

static void long_urls_are_shortened(void **state)
{
	char url[2000] = "http://u:p@example.org/";
	char *shown;

	(void)state;
	memset(url + strlen(url), 'x', 1500);
	shown = url_shown(url);
	assert_true(strlen(shown) <= HTTP_MAX_SHOWN_URL + 10);
	assert_non_null(strstr(shown, "http://example.org/xxx"));
	assert_non_null(strstr(shown, "..."));
	free(shown);
}

static void delays_double_within_bounds(void **state)
{
	(void)state;
	assert_int_equal(retry_delay_ms(500, 1, 0), 250);
	assert_int_equal(retry_delay_ms(500, 1, 250), 500);
	assert_int_equal(retry_delay_ms(500, 1, 251), 250);
	assert_int_equal(retry_delay_ms(500, 2, 0), 500);
	assert_int_equal(retry_delay_ms(500, 4, 0), 2000);
	for (uint32_t random = 0; random < 100000; random += 777) {
		assert_in_range(retry_delay_ms(500, 3, random), 1000, 2000);
		assert_in_range(retry_delay_ms(500, 4000000000u, random), RETRY_MAX_DELAY_MS / 2,
				RETRY_MAX_DELAY_MS);
	}
	assert_int_equal(retry_delay_ms(0, 3, 17), 0);
}

static void statuses_are_sorted(void **state)
{
	static const struct {
		long status;
		enum fail_code code;
		bool again;
	} cases[] = {
		{ 404, FAIL_NOT_FOUND, false }, { 410, FAIL_NOT_FOUND, false },
		{ 401, FAIL_AUTH, false },	{ 403, FAIL_AUTH, false },
		{ 407, FAIL_AUTH, false },	{ 408, FAIL_NET, true },
		{ 429, FAIL_NET, true },	{ 500, FAIL_NET, true },
		{ 503, FAIL_NET, true },	{ 400, FAIL_NET, false },
		{ 304, FAIL_NET, false },	{ 206, FAIL_NET, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reason r;

		reason_of_status(cases[i].status, &r);
		assert_int_equal(r.code, cases[i].code);
		assert_int_equal(r.again, cases[i].again);
	}
}

static void header_lines_are_split(void **state)
{
	struct view name, value;

	(void)state;
	assert_true(header_split(view_of("ETag:  \"x:y\" \r\n"), &name, &value));
	assert_true(header_is(name, "etag"));
	assert_true(view_is(value, "\"x:y\""));
	assert_false(header_split(view_of("no colon"), &name, &value));
	assert_false(header_split(view_of(": empty"), &name, &value));
	assert_false(header_split(view_of(""), &name, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(bad_ranges_are_refused),
		cmocka_unit_test(how_much_of_an_upload_there_is),
		cmocka_unit_test(links_are_found_by_their_relation),
		cmocka_unit_test(strong_tags_are_told_from_others),
		cmocka_unit_test(passwords_are_not_shown),
		cmocka_unit_test(long_urls_are_shortened),
		cmocka_unit_test(delays_double_within_bounds),
		cmocka_unit_test(statuses_are_sorted),
		cmocka_unit_test(header_lines_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
