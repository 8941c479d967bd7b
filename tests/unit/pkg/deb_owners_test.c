/* SPDX-License-Identifier: Apache-2.0 */
/* The table of which package has a file: made of Contents texts, and searched. */
#include "base/buf.h"
#include "base/mem.h"
#include "io/basic.h"
#include "pkg/deb/owners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char contents[] =
	"bin                                     admin/base-files\n"
	"usr/bin/python3                         python/python3-minimal\n"
	"usr/bin/with blank in it                utils/blank\n"
	"usr/share/doc/x/libz.so.1               doc/x\n"
	"usr/lib/x86_64-linux-gnu/libz.so.1      libs/zlib1g\n"
	"usr/lib/x86_64-linux-gnu/libz.so        libdevel/zlib1g-dev\n"
	"usr/lib/x86_64-linux-gnu/deep/libz.so.1 libs/deep\n"
	"usr/lib/aarch64-linux-gnu/libz.so.1     libs/other\n"
	"lib/x86_64-linux-gnu/libc.so.6          libs/libc6\n"
	"usr/lib/libplain.so.2                   libs/libplain2\n"
	"usr/lib/x86_64-linux-gnu/libjpeg.so.62  libs/libjpeg62,libs/libjpeg62-turbo\n"
	"usr/lib/x86_64-linux-gnu/libssl.so.3    libs/libssl3t64,contrib/libs/libssl-other\n"
	"usr/lib/x86_64-linux-gnu/libfoo_Bar2.so.1 debug/afoo-dbg,libs/libfoo-bar2-1\n"
	"usr/lib/x86_64-linux-gnu/libsolo        libs/nothing\n"
	"usr/lib/x86_64-linux-gnu/libend.so.9    libs/libend9";

static struct deb_owners *make(const char *text, struct err *e)
{
	struct deb_owners *o = NULL;
	auto_buf table = BUF_EMPTY;
	int rc = owners_make(mem_source_new(view_of(text)), "c", "x86_64-linux-gnu", &table, e);

	if (rc == 0)
		assert_int_equal(owners_open_table(&table, &o, e), 0);
	return o;
}

static void sonames_lead_to_packages(void **state)
{
	static const char *const cases[][2] = {
		{ "libz.so.1", "zlib1g" },
		{ "libc.so.6", "libc6" },
		{ "libplain.so.2", "libplain2" },
		{ "libjpeg.so.62", "libjpeg62" },
		{ "libssl.so.3", "libssl3t64" },
		{ "libfoo_Bar2.so.1", "libfoo-bar2-1" },
		{ "libend.so.9", "libend9" },
		{ "python3", "python3-minimal" },
		{ "with blank in it", "blank" },
		{ "libz.so", "zlib1g-dev" },
		{ "libsolo", NULL },
		{ "libz.so.11", NULL },
		{ "libz", NULL },
		{ "", NULL },
		{ "bin", NULL },
		{ "zzz", NULL },
	};
	struct err e = { 0 };
	auto_owners o = make(contents, &e);

	(void)state;
	assert_non_null(o);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct deb_owner found;
		bool is = deb_owners_of_soname(o, cases[i][0], &found);

		if (is != !!cases[i][1] || (is && !view_is(found.package, cases[i][1])))
			fail_msg("'%s' is in '%.*s'", cases[i][0], is ? (int)found.package.len : 0,
				 is ? found.package.ptr : "");
	}
}

static const char modules[] =
	"usr/lib/python3/dist-packages/yaml/__init__.py             python/python3-yaml\n"
	"usr/lib/python3/dist-packages/yaml/deep/er/__init__.py     python/python3-yaml\n"
	"usr/lib/python3/dist-packages/six.py                       python/python3-six\n"
	"usr/lib/python3/dist-packages/apt_pkg.cpython-313-x86_64-linux-gnu.so python/python3-apt\n"
	"usr/lib/python3/dist-packages/google/protobuf/__init__.py  python/python3-protobuf\n"
	"usr/lib/python3/dist-packages/two/__init__.py   misc/a-tool,python/python3-two,python/zz\n"
	"usr/lib/python3/dist-packages/stubs/__init__.pyi           python/python3-stubs\n"
	"usr/lib/python3/dist-packages/PIL-11.egg-info/PKG-INFO     python/python3-pil\n"
	"usr/lib/python3/dist-packages/__init__.py                  python/python3-wrong\n"
	"usr/lib/python3/dist-packages/plain/other.py               python/python3-plain\n"
	"usr/lib/python3/dist-packages/data.txt                     python/python3-data\n"
	"usr/lib/python3.13/json/__init__.py          python/libpython3.13-minimal\n"
	"usr/share/app/yaml/__init__.py               misc/app\n";

static void modules_lead_to_packages(void **state)
{
	static const char *const cases[][2] = {
		{ "yaml", "python3-yaml" },
		{ "six", "python3-six" },
		{ "apt_pkg", "python3-apt" },
		{ "google.protobuf", "python3-protobuf" },
		{ "two", "python3-two" },
		{ "google", NULL },
		{ "yaml.deep", NULL },
		{ "stubs", NULL },
		{ "PIL-11", NULL },
		{ "__init__", NULL },
		{ "", NULL },
		{ "plain", NULL },
		{ "plain.other", NULL },
		{ "data", NULL },
		{ "json", NULL },
	};
	struct deb_owner found;
	struct err e = { 0 };
	auto_owners o = make(modules, &e);

	(void)state;
	assert_non_null(o);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is = deb_owners_of_module(o, cases[i][0], &found);

		if (is != !!cases[i][1] || (is && !view_is(found.package, cases[i][1])))
			fail_msg("'%s' is in '%.*s'", cases[i][0], is ? (int)found.package.len : 0,
				 is ? found.package.ptr : "");
	}
	assert_false(deb_owners_of_soname(o, "yaml", &found));
}

static void all_owners_are_told(void **state)
{
	struct deb_owner found[4];
	struct err e = { 0 };
	auto_owners o = make(contents, &e);

	(void)state;
	assert_int_equal(deb_owners_named(o, view_of("libjpeg.so.62"), found, 4), 2);
	assert_true(view_is(found[0].package, "libjpeg62"));
	assert_true(view_is(found[1].package, "libjpeg62-turbo"));
	assert_true(view_is(found[1].path, "usr/lib/x86_64-linux-gnu/libjpeg.so.62"));
	assert_true(view_is(found[1].section, "libs"));
	assert_int_equal(deb_owners_named(o, view_of("libjpeg.so.62"), found, 1), 1);
	/* the folder of another architecture, and one that no loader searches */
	assert_int_equal(deb_owners_named(o, view_of("libz.so.1"), found, 4), 1);
}

/* Every one of many names is found, and none between them. */
static void binary_search_finds_every_line(void **state)
{
	auto_buf text = BUF_EMPTY;
	struct err e = { 0 };
	struct deb_owner found[2];

	(void)state;
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "usr/lib/libn%d.so.%d libs/pkg%d\n", i * 7919 % 2000, i % 9, i);
	{
		auto_owners o = make(buf_str(&text), &e);

		for (int i = 0; i < 2000; i++) {
			auto_free char *name = mem_printf("libn%d.so.%d", i * 7919 % 2000, i % 9);
			auto_free char *package = mem_printf("pkg%d", i);
			auto_free char *not = mem_printf("%s0", name);

			assert_int_equal(deb_owners_named(o, view_of(name), found, 2), 1);
			assert_true(view_is(found[0].package, package));
			assert_int_equal(deb_owners_named(o, view_of(not ), found, 2), 0);
		}
	}
}

static void bad_contents_name_the_line(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_null(make("usr/bin/a x/a\nusr/bin/b\n", &e));
	assert_int_equal(e.code, FAIL_FORMAT);
	assert_string_equal(e.msg, "c: line 2: expected a path and packages");
	{
		auto_buf text = BUF_EMPTY;

		for (int i = 0; i < 60000; i++)
			buf_add_char(&text, 'a');
		assert_null(make(buf_str(&text), &e));
		assert_int_equal(e.code, FAIL_FORMAT); /* it ends without packages */
		for (int i = 0; i < 300000; i++)
			buf_add_char(&text, 'a');
		assert_null(make(buf_str(&text), &e));
		assert_int_equal(e.code, FAIL_LIMIT);
	}
}

static void damaged_tables_are_refused(void **state)
{
	static const char *const tables[] = {
		"",
		"pare owners\n",
		"pare owners\na\tusr/bin/a\tx\ty\n",
		"other\n\177end 0\n",
		"pare owners\na\tusr/bin/a\tx\ty\n\177end 1",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct deb_owners *o = NULL;
		auto_buf table = BUF_EMPTY;
		struct err e = { 0 };

		buf_add_str(&table, tables[i]);
		assert_int_equal(owners_open_table(&table, &o, &e), -FAIL_FORMAT);
		assert_null(o);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sonames_lead_to_packages),
		cmocka_unit_test(modules_lead_to_packages),
		cmocka_unit_test(all_owners_are_told),
		cmocka_unit_test(binary_search_finds_every_line),
		cmocka_unit_test(bad_contents_name_the_line),
		cmocka_unit_test(damaged_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
