/* SPDX-License-Identifier: Apache-2.0 */
/* What json.h promises: limits, positions of errors, forgiving accessors, deterministic writing. */
#include "fmt/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text)
{
	struct json_doc *d = NULL;
	struct err e;

	assert_int_equal(json_parse(view_of(text), "doc", &d, &e), 0);
	return d;
}

static void assert_fails(const char *text, enum fail_code code, const char *where)
{
	struct json_doc *d = NULL;
	struct err e = { 0 };

	assert_int_equal(json_parse(view_of(text), "doc", &d, &e), -(int)code);
	assert_int_equal(e.code, code);
	assert_null(d);
	if (!strstr(e.msg, where))
		fail_msg("'%s' is not in '%s'", where, e.msg);
}

static void test_accessors(void **state)
{
	auto_json d = parse("{\"s\":\"x\",\"n\":7,\"neg\":-1,\"real\":1.5,\"t\":true,"
			    "\"a\":[1,\"two\"],\"nul\":\"a\\u0000b\",\"null\":null}");
	const struct json *o = json_root(d);
	uint64_t n = 99;

	(void)state;
	assert_true(json_is_object(o));
	assert_string_equal(json_str(json_get(o, "s")), "x");
	assert_true(json_u64(json_get(o, "n"), &n));
	assert_int_equal(n, 7);
	assert_false(json_u64(json_get(o, "neg"), &n));
	assert_false(json_u64(json_get(o, "real"), &n));
	assert_false(json_u64(json_get(o, "s"), &n));
	assert_int_equal(n, 7);
	assert_true(json_bool(json_get(o, "t"), false));
	assert_true(json_bool(json_get(o, "n"), true));
	assert_null(json_str(json_get(o, "nul")));
	assert_null(json_str(json_get(o, "n")));
	assert_true(json_is_null(json_get(o, "null")));
	assert_true(json_is_null(json_get(o, "absent")));
	assert_int_equal(json_length(json_get(o, "a")), 2);
	assert_string_equal(json_str(json_at(json_get(o, "a"), 1)), "two");
	assert_null(json_at(json_get(o, "a"), 2));
	assert_null(json_get(json_get(json_get(o, "s"), "deep"), "deeper"));
	assert_int_equal(json_length(NULL), 0);
}

static void test_members_in_order(void **state)
{
	auto_json d = parse("{\"z\":1,\"a\":2,\"m\":3}");
	const struct json *v;
	const char *key;
	char seen[8] = "";
	void *at = NULL;

	(void)state;
	while (json_next(json_root(d), &at, &key, &v))
		strcat(seen, key);
	assert_string_equal(seen, "zam");
	at = NULL;
	assert_false(json_next(NULL, &at, &key, &v));
}

static void test_bad_text(void **state)
{
	(void)state;
	assert_fails("", FAIL_FORMAT, "doc: line 1");
	assert_fails("{\n \"a\": tru }", FAIL_FORMAT, "line 2, column");
	assert_fails("{\"a\":1,\"a\":2}", FAIL_FORMAT, "duplicate");
	assert_fails("{} {}", FAIL_FORMAT, "line 1");
	assert_fails("\"\xff\"", FAIL_FORMAT, "0xff");
	assert_fails("\"open", FAIL_FORMAT, "line 1");
	assert_fails("\"open\\", FAIL_FORMAT, "line 1");
	assert_fails("[99999999999999999999]", FAIL_FORMAT, "integer");
	assert_fails("[\x1b]", FAIL_FORMAT, "'?'");
}

static void test_limits(void **state)
{
	auto_buf b = BUF_EMPTY;
	auto_json d = NULL;

	(void)state;
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_add_char(&b, '[');
	buf_add_str(&b, "\"[[[[\"");
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_add_char(&b, ']');
	d = parse(buf_str(&b));
	assert_true(json_is_array(json_root(d)));
	buf_clear(&b);
	for (int i = 0; i <= JSON_MAX_DEPTH; i++)
		buf_add_char(&b, '[');
	assert_fails(buf_str(&b), FAIL_LIMIT, "line 1, column 65");
	buf_clear(&b);
	buf_add_str(&b, "[[]");
	for (int i = 0; i < JSON_MAX_CONTAINERS; i++)
		buf_add_str(&b, ",[]");
	buf_add_str(&b, "]");
	assert_fails(buf_str(&b), FAIL_LIMIT, "262144");
}

static void write_sample(struct json_writer *w)
{
	json_open_object(w);
	json_member_string(w, "name", "a\"\\\n\x01<&>\x7f");
	json_member_string(w, "absent", NULL);
	json_key(w, "null");
	json_put_string(w, NULL);
	json_key(w, "list");
	json_open_array(w);
	json_put_u64(w, UINT64_MAX);
	json_put_i64(w, INT64_MIN);
	json_put_bool(w, false);
	json_open_object(w);
	json_close_object(w);
	json_close_array(w);
	json_key(w, "empty");
	json_open_array(w);
	json_close_array(w);
	json_close_object(w);
}

static void test_write_one_line(void **state)
{
	auto_buf b = BUF_EMPTY;
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &b, 0);
	write_sample(&w);
	assert_string_equal(buf_str(&b),
			    "{\"name\":\"a\\\"\\\\\\n\\u0001<&>\x7f\",\"null\":null,\"list\":"
			    "[18446744073709551615,-9223372036854775808,false,{}],\"empty\":[]}");
}

static void test_write_indented(void **state)
{
	auto_buf b = BUF_EMPTY;
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &b, 2);
	json_open_object(&w);
	json_member_u64(&w, "n", 1);
	json_key(&w, "list");
	json_open_array(&w);
	json_put_string(&w, "x");
	json_put_bool(&w, true);
	json_close_array(&w);
	json_close_object(&w);
	assert_string_equal(buf_str(&b),
			    "{\n  \"n\": 1,\n  \"list\": [\n    \"x\",\n    true\n  ]\n}\n");
}

static void test_write_bad_utf8(void **state)
{
	static const char in[] = "\xc3\xa9\xff\xc0\xaf\xed\xa0\x80\xf0\x9f\x90\xb3\xe2\x82";
	auto_buf b = BUF_EMPTY;
	struct json_writer w;
	auto_json d = NULL;

	(void)state;
	json_writer_init(&w, &b, 0);
	json_put_string(&w, in);
	assert_string_equal(buf_str(&b), "\"\xc3\xa9"
					 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
					 "\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x90\xb3"
					 "\xef\xbf\xbd\xef\xbf\xbd\"");
	d = parse(buf_str(&b));
	assert_non_null(json_str(json_root(d)));
}

static void test_write_what_was_read(void **state)
{
	static const char text[] =
		"{\"z\":[1,-2,1.5,true,false,null],\"a\":{\"nul\":\"a\\u0000b\"}}";
	auto_json d = parse(text);
	auto_buf b = BUF_EMPTY;
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &b, 0);
	json_put_value(&w, json_root(d));
	assert_string_equal(buf_str(&b), text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accessors),      cmocka_unit_test(test_members_in_order),
		cmocka_unit_test(test_bad_text),       cmocka_unit_test(test_limits),
		cmocka_unit_test(test_write_one_line), cmocka_unit_test(test_write_indented),
		cmocka_unit_test(test_write_bad_utf8), cmocka_unit_test(test_write_what_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
