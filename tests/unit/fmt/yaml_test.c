/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML reader: values, places, and what it refuses. */
#include "base/buf.h"
#include "fmt/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct yaml_node *parse(struct arena *a, const char *text)
{
	const struct yaml_node *root = NULL;
	struct err e = { 0 };

	if (yaml_parse(view_of(text), "x.yaml", a, &root, &e) < 0)
		fail_msg("%s", e.msg);
	return root;
}

static void assert_place(const struct yaml_node *n, uint32_t line, uint32_t column)
{
	assert_non_null(n);
	assert_int_equal(n->line, line);
	assert_int_equal(n->column, column);
}

static void test_values_know_their_places(void **state)
{
	auto_arena a = ARENA_EMPTY;
	const struct yaml_node *root = parse(&a, "# comment\n"
						 "one: 1\n"
						 "list:\n"
						 "  - plain\n"
						 "  - \"quoted\\n\"\n"
						 "  - |\n"
						 "    a\n"
						 "    b\n"
						 "flow: {x: [p, 'q']}\n"
						 "none:\n");
	const struct yaml_node *list = yaml_get(root, "list");
	const struct yaml_node *x = yaml_get(yaml_get(root, "flow"), "x");

	(void)state;
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->n, 4);
	assert_string_equal(root->entries[2].key->text, "flow");
	assert_string_equal(yaml_get(root, "one")->text, "1");
	assert_true(yaml_get(root, "one")->plain);
	assert_place(yaml_get(root, "one"), 2, 6);
	assert_int_equal(list->kind, YAML_SEQUENCE);
	assert_int_equal(list->n, 3);
	assert_string_equal(list->items[0]->text, "plain");
	assert_string_equal(list->items[1]->text, "quoted\n");
	assert_false(list->items[1]->plain);
	assert_place(list->items[1], 5, 5);
	assert_string_equal(list->items[2]->text, "a\nb\n");
	assert_string_equal(x->items[1]->text, "q");
	assert_true(yaml_is_null(yaml_get(root, "none")));
	assert_int_equal(yaml_get(root, "none")->line, 10);
	assert_null(yaml_get(root, "other"));
	assert_null(yaml_get(list, "one"));
}

static void test_nothing_is_no_document(void **state)
{
	auto_arena a = ARENA_EMPTY;

	(void)state;
	assert_null(parse(&a, ""));
	assert_null(parse(&a, "# only a comment\n"));
	assert_null(parse(&a, "---\n"));
}

static void test_quoted_null_is_text(void **state)
{
	auto_arena a = ARENA_EMPTY;

	(void)state;
	assert_true(yaml_is_null(parse(&a, "~")));
	assert_true(yaml_is_null(parse(&a, "null")));
	assert_false(yaml_is_null(parse(&a, "'null'")));
	assert_false(yaml_is_null(parse(&a, "''")));
	assert_string_equal(yaml_kind_name(parse(&a, "[]")), "a list");
}

static void test_aliases_share_their_node(void **state)
{
	auto_arena a = ARENA_EMPTY;
	const struct yaml_node *root = parse(&a, "a: &x [1, 2]\nb: *x\n");

	(void)state;
	assert_ptr_equal(yaml_get(root, "a"), yaml_get(root, "b"));
	assert_int_equal(root->weight, 1 + 2 + 3 + 3);
}

static void assert_refused(struct view text, enum fail_code code, const char *message)
{
	auto_arena a = ARENA_EMPTY;
	const struct yaml_node *root = NULL;
	struct err e = { 0 };

	assert_int_equal(yaml_parse(text, "x.yaml", &a, &root, &e), -(int)code);
	assert_null(root);
	if (!strstr(e.msg, message))
		fail_msg("'%s' has no '%s'", e.msg, message);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "a: 1\nb: 2\na: 3\n", "x.yaml:3:1: key 'a' is there twice, first on line 1" },
		{ "a: {b: 1, 'b': 2}\n", "x.yaml:1:11: key 'b' is there twice" },
		{ "a: !!str 1\n", "have no meaning here" },
		{ "--- a\n--- b\n", "x.yaml:2:1: a second document" },
		{ "[1, 2]: x\n", "a key must be text, not a list" },
		{ "a: *x\n", "x.yaml:1:4: an alias of an anchor that isn't there" },
		{ "a: &x [*x]\n", "x.yaml:1:8: an alias inside of what it stands for" },
		{ "a: \"x\\0y\"\n", "a NUL character" },
		{ "a: [1, 2\n", "x.yaml:2:1: " },
		{ "ok: 1\na: \xff\n", "x.yaml:2:4: byte 0xff" },
		{ "a: \xed\xa0\x80\n", "x.yaml:1:4: byte 0xed" },
		{ "a: \xc0\x80\n", "byte 0xc0" },
		{ "a: \x01\n", "byte 0x01" },
		{ "\ta: 1\n", "x.yaml:1:" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(view_of(cases[i].text), FAIL_FORMAT, cases[i].message);
	assert_refused(view_make("a: \0", 4), FAIL_FORMAT, "byte 0x00");
}

static void test_limits(void **state)
{
	auto_buf text = BUF_EMPTY;

	(void)state;
	for (int i = 0; i < 33; i++)
		buf_add_char(&text, '[');
	assert_refused(buf_view(&text), FAIL_LIMIT, "x.yaml:1:33: nested deeper than 32");

	buf_clear(&text);
	buf_add_str(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 20; i++)
		buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
			   i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	assert_refused(buf_view(&text), FAIL_LIMIT, "more than 100000 values");

	buf_clear(&text);
	memset(buf_grow(&text, YAML_MAX_BYTES + 1), '#', YAML_MAX_BYTES + 1);
	text.len = YAML_MAX_BYTES + 1;
	assert_refused(buf_view(&text), FAIL_LIMIT, "1 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_know_their_places),
		cmocka_unit_test(test_nothing_is_no_document),
		cmocka_unit_test(test_quoted_null_is_text),
		cmocka_unit_test(test_aliases_share_their_node),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
