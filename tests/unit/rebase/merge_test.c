/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three-way merge of configs, by merge_cases.json: what a Dockerfile's build on the new base
 * would have made of each.
 */
#include "rebase/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fmt/json.h"
#include "io/stream.h"
#include "sys/files.h"

#include <fcntl.h>

static const char *text_of(const struct json *v, struct arena *a)
{
	auto_buf text = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &text, 0);
	json_put_value(&w, v);
	return arena_view(a, buf_view(&text));
}

static void read_config(const struct json *v, struct arena *a, struct image_config *ret)
{
	const char *text =
		arena_printf(a,
			     "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":%s,"
			     "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
			     text_of(v, a));
	struct err e;

	assert_int_equal(image_config_read(view_of(text), "case", a, ret, &e), 0);
}

static void run_case(const struct json *x, struct arena *a)
{
	const char *name = json_str(json_get(x, "name"));
	struct image_config old, image, fresh, merged;
	auto_buf text = BUF_EMPTY;
	auto_json doc = NULL;
	const char *got;
	struct err e;

	read_config(json_get(x, "old"), a, &old);
	read_config(json_get(x, "image"), a, &image);
	read_config(json_get(x, "new"), a, &fresh);
	rebase_merge(&old, &image, &fresh, a, &merged);
	image_config_write(&merged, &text);
	assert_int_equal(json_parse(buf_view(&text), "merged", &doc, &e), 0);
	got = text_of(json_get(json_root(doc), "config"), a);
	if (strcmp(got, text_of(json_get(x, "expect"), a)) != 0)
		print_error("%s\n", name);
	assert_string_equal(got, text_of(json_get(x, "expect"), a));
}

static void test_cases(void **state)
{
	auto_buf text = BUF_EMPTY;
	auto_arena a = ARENA_EMPTY;
	auto_json doc = NULL;
	struct err e;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, CASES, 1 << 20, &text, &e), 0);
	assert_int_equal(json_parse(buf_view(&text), CASES, &doc, &e), 0);
	assert_true(json_length(json_root(doc)) > 10);
	for (size_t i = 0; i < json_length(json_root(doc)); i++)
		run_case(json_at(json_root(doc), i), &a);
}

/* A hostile value: a long list of which every item begins like the old one. */
static void test_long_path(void **state)
{
	auto_buf list = BUF_EMPTY, old = BUF_EMPTY;
	auto_arena a = ARENA_EMPTY;
	struct image_config configs[3] = { 0 }, merged;
	const char *env[3];

	(void)state;
	buf_add_str(&list, "PATH=");
	buf_add_str(&old, "PATH=");
	for (int i = 0; i < 1 << 20; i++) {
		buf_add_str(&list, "a:");
		if (i % 2)
			buf_add_str(&old, "a:");
	}
	buf_add_str(&old, "b");
	env[0] = buf_str(&old);
	env[1] = buf_str(&list);
	env[2] = "PATH=/new";
	for (size_t i = 0; i < 3; i++)
		configs[i].env = (struct strings){ &env[i], 1, 1 };
	rebase_merge(&configs[0], &configs[1], &configs[2], &a, &merged);
	assert_int_equal(merged.env.n, 1);
	assert_string_equal(merged.env.at[0], env[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
