/* SPDX-License-Identifier: Apache-2.0 */
/* Values and blocks of apk 3's files, byte by byte. */
#include "fmt/adb.h"
#include "fmt/adb_file.h"
#include "io/basic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define VALUES(bytes) view_make(bytes, sizeof(bytes) - 1)

static void test_values(void **state)
{
	/* At 8: a text, at 12: four bytes, at 16: eight, at 24: the object with them. */
	static const char bytes[] =
		"\0\0\0\0\x18\0\0\xe0"
		"\3abc"
		"\x78\x56\x34\x92"
		"\1\0\0\0\2\0\0\0"
		"\7\0\0\0\x08\0\0\x80\x0c\0\0\x20\x10\0\0\x30\5\0\0\x10\0\0\0\0\x18"
		"\0\0\xd0";
	struct adb_slots root, again;
	struct adb db;
	struct err e;

	(void)state;
	assert_int_equal(adb_open(VALUES(bytes), &db, &e), 0);
	root = adb_root(&db);
	assert_int_equal(root.n, 6);
	assert_true(view_is(adb_blob(&root, 1), "abc"));
	assert_int_equal(adb_number(&root, 2), 0x92345678);
	assert_int_equal(adb_number(&root, 3), UINT64_C(0x200000001));
	assert_int_equal(adb_number(&root, 4), 5);
	assert_null(adb_blob(&root, 5).ptr);
	assert_int_equal(adb_number(&root, 7), 0);
	again = adb_get(&root, 6);
	assert_int_equal(again.n, 6);
	assert_int_equal(adb_check(&db, &e), 0);
	assert_null(adb_blob(&root, 4).ptr);
	assert_int_equal(adb_check(&db, &e), -FAIL_FORMAT);
	assert_non_null(strstr(e.msg, "a value of type 1 where a text was expected"));
	assert_int_equal(adb_number(&root, 4), 0);
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *bytes, *msg;
		size_t len;
	} bad[] = {
		{ "\0\0\0\0\x08\0\0\xe0", "an object of 4 bytes at offset 8", 8 },
		{ "\0\0\0\0\x08\0\0\xe0\0\0\0\0", "no slot for its size", 12 },
		{ "\0\0\0\0\x08\0\0\xe0\3\0\0\0\0\0\0\0", "an object of 12 bytes at offset 8", 16 },
		{ "\0\0\0\0\x08\0\0\xe0\xff\xff\xff\xff", "an object of 17179869180 bytes", 12 },
		{ "\0\0\0\0\xff\xff\xff\xef\1\0\0\0", "at offset 268435455", 12 },
		{ "\0\0\0\0\5\0\0\x10", "where an object or array was expected", 8 },
		{ "\0\0\0\0\x08\0\0\xe0\2\0\0\0\x10\0\0\x80\4abc", "a text of 4 bytes at offset 17",
		  20 },
		{ "\0\0\0\0\x08\0\0\xe0\2\0\0\0\x0f\0\0\xa0", "a text of 4 bytes at offset 15",
		  16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct adb_slots root;
		struct adb db;
		struct err e;

		assert_int_equal(adb_open(view_make(bad[i].bytes, bad[i].len), &db, &e), 0);
		root = adb_root(&db);
		(void)adb_blob(&root, 1);
		assert_int_equal(adb_check(&db, &e), -FAIL_FORMAT);
		if (!strstr(e.msg, bad[i].msg))
			fail_msg("%zu: %s", i, e.msg);
	}
}

/* An array of the same long text over and over says more than its block holds. */
static void test_shared_values(void **state)
{
	enum { TEXT = 1 << 20, N = 1 << 12 };
	auto_buf bytes = BUF_EMPTY;
	struct adb_slots root;
	struct adb db;
	struct err e;
	uint32_t i;

	(void)state;
	buf_add(&bytes, "\0\0\0\0\x08\0\0\xd0", 8);
	buf_add(&bytes, "\1\x10\0\0", 4); /* N + 1 */
	for (i = 0; i < N; i++)
		buf_add(&bytes, "\x0c\x40\0\xa0", 4); /* at 12 + 4 * N */
	buf_add(&bytes, "\0\0\x10\0", 4);
	memset(buf_grow(&bytes, TEXT), 'x', TEXT);
	bytes.len += TEXT;
	assert_int_equal(adb_open(buf_view(&bytes), &db, &e), 0);
	root = adb_root(&db);
	for (i = 1; i <= N && adb_blob(&root, i).len == TEXT; i++)
		;
	assert_in_range(i, 64, 128); /* 64 MiB, and 16 times the block */
	assert_int_equal(adb_check(&db, &e), -FAIL_LIMIT);
}

static int read_all(struct view bytes, size_t *ret_blocks, struct err *e)
{
	auto_adb_file f = NULL;
	struct adb_block block;
	int rc = adb_file_open(mem_source_new(bytes), "x", ADB_SCHEMA_PACKAGE, 1 << 20, &f, e);

	*ret_blocks = 0;
	while (rc == 0 && (rc = adb_file_next(f, &block, e)) == 1) {
		auto_buf to = BUF_EMPTY;

		rc = adb_file_read_block(f, 1 << 20, &to, e);
		assert_true(rc < 0 || to.len == block.size);
		++*ret_blocks;
	}
	return rc;
}

#define HEAD "ADB.pckg\x0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void test_blocks(void **state)
{
	static const char good[] = HEAD "\x05\0\0\x40s\0\0\0"
					"\2\0\0\xc0\0\0\0\0\x12\0\0\0\0\0\0\0dd\0\0\0\0\0\0";
	static const struct {
		const char *bytes, *msg;
		size_t len;
	} bad[] = {
		{ "ADB.pckg", "has no blocks", 8 },
		{ "ADB.indx", "holds an index of apk 3, where a package was expected", 8 },
		{ "ADB.pckg\3\0\0\0", "is shorter than its own header", 12 },
		{ "ADB.pckg\4\0\0", "is cut off in its header", 11 },
		{ "ADB.pckg\0\0\0\xc0\0\0\0\0", "is cut off in its header", 16 },
		{ "ADB.pckg\0\0\0\xc0\0\0\0\0\x0f\0\0\0\0\0\0\0", "shorter than its own header",
		  24 },
		{ "ADB.pckg\0\0\0\xc0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
		  "larger than any file", 24 },
		{ "ADB.pckg\3\0\0\xc0\0\0\0\0\x10\0\0\0\0\0\0\0", "of a type that isn't known",
		  24 },
		{ "ADB.pckg\x10\0\0\0abc", "a block is cut off: 9 bytes are missing", 15 },
		{ "ADB.pckg\5\0\0\x80x\0\0\0", "comes before the one that says", 16 },
		{ HEAD "\4\0\0\0", "is a second one", 28 },
		{ "ADBc\3\1", "codec 3", 6 },
	};
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(read_all(VALUES(good), &n, &e), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(read_all(view_make(bad[i].bytes, bad[i].len), &n, &e) < 0);
		if (!strstr(e.msg, bad[i].msg))
			fail_msg("%zu: %s", i, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_shared_values),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
