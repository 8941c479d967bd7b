/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, drawn by hand. */
#include "base/array.h"
#include "report/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct table_column columns[] = {
	{ "NAME", false },
	{ "SIZE", true },
	{ "NOTE", false },
};

static void expect(size_t max_columns, bool color, const char *wanted)
{
	static const char *const rows[][3] = {
		{ "libc6", "12 MB", "the C library" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", "1 B", NULL },
		{ "a\033b", NULL, "x  " },
	};
	struct table_style style = { .max_columns = max_columns, .color = color };
	auto_buf out = BUF_EMPTY;
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		table_add_row(&t, rows[i]);
	table_write(&t, &style, &out);
	assert_string_equal(buf_str(&out), wanted);
}

static void aligned_without_spaces_at_the_end(void **state)
{
	(void)state;
	expect(0, false,
	       "NAME    SIZE  NOTE\n"
	       "libc6  12 MB  the C library\n"
	       "\xe6\x97\xa5\xe6\x9c\xac     1 B\n"
	       "a?b           x\n");
}

static void the_last_column_is_cut_at_the_edge(void **state)
{
	(void)state;
	expect(20, false,
	       "NAME    SIZE  NOTE\n"
	       "libc6  12 MB  the C\xe2\x80\xa6\n"
	       "\xe6\x97\xa5\xe6\x9c\xac     1 B\n"
	       "a?b           x\n");
}

static void the_last_column_goes_on_below_itself(void **state)
{
	static const char *const rows[][3] = {
		{ "a", "1", "one two three four five six" },
		{ "b", "2", "/a/path/without/any/blank" },
		{ "c", "3", "short" },
	};
	struct table_style style = { .max_columns = 28, .wrap = true };
	auto_buf out = BUF_EMPTY, narrow = BUF_EMPTY;
	auto_table t;

	(void)state;
	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		table_add_row(&t, rows[i]);
	table_write(&t, &style, &out);
	assert_string_equal(buf_str(&out), "NAME  SIZE  NOTE\n"
					   "a        1  one two three\n"
					   "            four five six\n"
					   "b        2  /a/path/without/\n"
					   "            any/blank\n"
					   "c        3  short\n");
	style.max_columns = 20;
	table_write(&t, &style, &narrow);
	assert_non_null(strstr(buf_str(&narrow), "one two three four five six\n"));
}

static void a_turned_table_has_a_column_for_each_row(void **state)
{
	static const char *const rows[][3] = { { "a", "1", NULL }, { "bcd", "22", "x" } };
	struct table_style style = { 0 };
	struct table_column names[COUNT_OF(rows) + 1];
	auto_buf out = BUF_EMPTY;
	auto_table t;
	auto_table turned;

	(void)state;
	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		table_add_row(&t, rows[i]);
	assert_int_equal(table_width(&t), 4 + 2 + 4 + 2 + 4);
	table_turn(&t, names, &turned);
	table_write(&turned, &style, &out);
	assert_string_equal(buf_str(&out), "NAME  a  bcd\n"
					   "SIZE  1   22\n"
					   "NOTE       x\n");
}

static void titles_stand_out_with_colors(void **state)
{
	struct table_style style = { .color = true };
	auto_buf out = BUF_EMPTY;
	auto_table t;

	(void)state;
	table_init(&t, columns, COUNT_OF(columns));
	table_write(&t, &style, &out);
	assert_string_equal(buf_str(&out), "\033[1mNAME  SIZE  NOTE\033[0m\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligned_without_spaces_at_the_end),
		cmocka_unit_test(the_last_column_is_cut_at_the_edge),
		cmocka_unit_test(the_last_column_goes_on_below_itself),
		cmocka_unit_test(a_turned_table_has_a_column_for_each_row),
		cmocka_unit_test(titles_stand_out_with_colors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
