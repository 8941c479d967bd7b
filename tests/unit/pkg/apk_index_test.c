/* SPDX-License-Identifier: Apache-2.0 */
/* Alpine's own indexes: signatures, and what is read out of them. */
#include "base/array.h"
#include "pkg/apk/checksum.h"
#include "pkg/apk/index_text.h"
#include "pkg/apk/repository.h"
#include "pkg/apk/signed_index.h"
#include "pkg/solve.h"
#include "sys/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Real data isn't part of the source: PARE_ALPINE_DATA says where it is. */
static const char *data_folder(void)
{
	const char *dir = getenv("PARE_ALPINE_DATA");

	if (!dir || access(dir, R_OK) < 0) {
		print_message("no real Alpine data: set PARE_ALPINE_DATA to its folder\n");
		skip();
	}
	return dir;
}

static void read_data(const char *name, struct buf *to)
{
	auto_free char *path = mem_printf("%s/%s", data_folder(), name);
	struct err e;

	if (file_read(AT_FDCWD, path, 64 << 20, to, &e) < 0)
		fail_msg("%s", e.msg);
}

static struct apk_keyring *keys_of(const char *name)
{
	auto_free char *path = mem_printf("%s/keys/%s", data_folder(), name);
	const char *const files[] = { path };
	struct apk_keyring *keys;
	struct err e;

	if (apk_keyring_open(files, 1, NULL, 0, NULL, &keys, &e) < 0)
		fail_msg("%s", e.msg);
	return keys;
}

#define ALPINE_KEY(id) "alpine-devel@lists.alpinelinux.org-" id ".rsa.pub"

static int verify(const char *index, const char *key, struct err *e)
{
	auto_apk_keyring keys = keys_of(key);
	struct apk_index_parts parts;
	auto_buf bytes = BUF_EMPTY;
	auto_arena a = ARENA_EMPTY;

	read_data(index, &bytes);
	return apk_index_verify(buf_view(&bytes), "index", keys, &a, &parts, e);
}

static void test_real_signatures(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(verify("APKINDEX-v3.16-main-x86_64.tar.gz", ALPINE_KEY("6165ee59"), &e),
			 0);
	assert_int_equal(verify("APKINDEX-rsa256.tar.gz", "test-rsa256.rsa.pub", &e), 0);
	assert_int_equal(verify("APKINDEX-v3.16-main-x86_64.tar.gz", ALPINE_KEY("4a6a0840"), &e),
			 -FAIL_VERIFY);
	assert_non_null(strstr(e.msg, "the key '" ALPINE_KEY("6165ee59") "' is not trusted"));
}

/* One byte of what is signed is another one. */
static void test_changed_byte(void **state)
{
	auto_apk_keyring keys = keys_of(ALPINE_KEY("6165ee59"));
	struct apk_index_parts parts;
	auto_buf bytes = BUF_EMPTY;
	auto_arena a = ARENA_EMPTY;
	struct err e;

	(void)state;
	read_data("APKINDEX-v3.16-main-x86_64.tar.gz", &bytes);
	bytes.data[bytes.len / 2] ^= 1;
	assert_int_equal(apk_index_verify(buf_view(&bytes), "index", keys, &a, &parts, &e),
			 -FAIL_VERIFY);
	assert_non_null(strstr(e.msg, "is over other bytes"));
}

static struct index *real_index(int dir_fd)
{
	struct index_writer *w = index_writer_new();
	auto_apk_keyring keys = keys_of(ALPINE_KEY("6165ee59"));
	struct apk_index_parts parts;
	auto_buf bytes = BUF_EMPTY;
	auto_buf text = BUF_EMPTY;
	auto_arena a = ARENA_EMPTY;
	struct index *x;
	struct err e;

	read_data("APKINDEX-v3.16-main-x86_64.tar.gz", &bytes);
	if (apk_index_verify(buf_view(&bytes), "v3.16", keys, &a, &parts, &e) < 0 ||
	    apk_index_text(parts.body, "v3.16", &text, &e) < 0 ||
	    apk_index_read(buf_view(&text), "v3.16", "x86_64", "x86_64", w, &e) < 0 ||
	    index_writer_save(w, dir_fd, "index", &e) < 0 ||
	    index_open(dir_fd, "index", &x, &e) < 0)
		fail_msg("%s", e.msg);
	index_writer_free(w);
	return x;
}

/* Numbers are those that grep(1) finds in the text. */
static void test_real_index(void **state)
{
	char dir[] = "/tmp/pare-apk-XXXXXX";
	struct solve_wish wishes[] = { { "nginx", NULL },
				       { "cmd:curl", NULL },
				       { "busybox", NULL } };
	struct solve_index in = { .name = "main" };
	struct solve_request q = { .world = &apk_world,
				   .indexes = &in,
				   .n_indexes = 1,
				   .arch = "x86_64",
				   .wishes = wishes,
				   .n_wishes = 3,
				   .depends = SOLVE_FULL };
	auto_solve_result r = NULL;
	/* Those of profiles/alpine, but for alpine-release, which came with 3.17. */
	static const char *const profiles[] = { "busybox",    "ca-certificates-bundle",
						"libcrypto3", "libgcc",
						"libssl3",    "libstdc++",
						"musl",	      "tzdata" };
	const uint32_t *ids;
	struct package p;
	struct err e;
	int dir_fd;
	size_t found = 0;

	(void)state;
	data_folder();
	assert_non_null(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	in.index = real_index(dir_fd);
	assert_int_equal(index_count(in.index), 4929);
	for (size_t i = 0; i < COUNT_OF(profiles); i++)
		assert_int_equal(index_named(in.index, view_of(profiles[i]), &ids), 1);
	assert_int_equal(index_named(in.index, view_of("musl"), &ids), 1);
	assert_true(index_package(in.index, ids[0], &p));
	assert_true(view_starts(p.version, "1.2.3-r"));
	assert_true(view_starts(p.provides, "so:libc.musl-x86_64.so.1=1"));
	if (solve(&q, &r, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < r->n_packages; i++)
		found += view_is(r->packages[i].package.name, "pcre") ||
			 view_is(r->packages[i].package.name, "curl") ||
			 view_is(r->packages[i].package.name, "musl");
	assert_int_equal(found, 3);
	index_close((struct index *)(uintptr_t)in.index);
	unlinkat(dir_fd, "index", 0);
	close(dir_fd);
	rmdir(dir);
}

static void test_checksums(void **state)
{
	static const char *const bad[] = { "",
					   "Q1",
					   "Q1/hQ3eH2AguTwJVGOz+keypXhXK",
					   "Q3/hQ3eH2AguTwJVGOz+keypXhXKY=",
					   "Q1/hQ3eH2Ag?TwJVGOz+keypXhXKY=",
					   "X1ab",
					   "Q2/hQ3eH2AguTwJVGOz+keypXhXKY=" };
	static const char good[] = "Q1yY8lhMF1VhgegJgkcXfqaNabDJw=";
	static const uint8_t digest[] = { 0xc9, 0x8f, 0x25, 0x84, 0xc1, 0x75, 0x56,
					  0x18, 0x1e, 0x80, 0x98, 0x24, 0x71, 0x77,
					  0xea, 0x68, 0xd6, 0x9b, 0x0c, 0x9c };
	struct apk_checksum sum;
	auto_buf text = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(apk_checksum_parse(view_of(bad[i]), &sum));
	assert_true(apk_checksum_parse(view_of(good), &sum));
	assert_memory_equal(sum.bytes, digest, sizeof(digest));
	apk_checksum_write(view_make((const char *)sum.bytes, sizeof(digest)), &text);
	assert_string_equal(buf_str(&text), good);
	assert_true(
		apk_checksum_parse(view_of("X1c98f2584c17556181e8098247177ea68d69b0c9c"), &sum));
	assert_memory_equal(sum.bytes, digest, sizeof(digest));
}

static void test_bad_text(void **state)
{
#define START "C:Q1yY8lhMF1VhgegJgkcXfqaNabDJw=\nP:a\n"
	static const struct {
		const char *text, *msg;
	} bad[] = {
		{ "P:a\nV:1\nS:1\n", "x: line 1: package 'a': no checksum in C: ''" },
		{ START "S:1\n", "x: line 1: package 'a': no version in V: ''" },
		{ START "V:1/x\nS:1\n", "x: line 1: package 'a': no version in V: '1/x'" },
		{ START "V:1\n", "x: line 1: package 'a': no size in S: ''" },
		{ START "V:1\nS:-1\n", "x: line 1: package 'a': no size in S: '-1'" },
		{ START "V:1\nS:1\n\nC:Q1yY8lhMF1VhgegJgkcXfqaNabDJw=\nP:../b\nV:1\nS:1\n",
		  "x: line 6: package '../b': no name in P: '../b'" },
		{ "nonsense\n", "x: line 1: expected a letter and ':'" },
		{ START "V:1\nS:1\nk:many\n", "x: line 1: package 'a': no priority in k: 'many'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct index_writer *w = index_writer_new();
		struct err e = { 0 };

		assert_int_equal(
			apk_index_read(view_of(bad[i].text), "x", "x86_64", "x86_64", w, &e),
			-FAIL_FORMAT);
		assert_string_equal(e.msg, bad[i].msg);
		index_writer_free(w);
	}
}

static void test_sources(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct apk_context ctx = { .mirror = "http://m/alpine", .base_dir = "/recipes" };
	struct apk_source s;
	const char *url;
	struct err e;

	(void)state;
	assert_int_equal(apk_source_parse(view_of("@edge https://h/edge/main/"), &a, &s, &e), 0);
	assert_string_equal(s.tag, "edge");
	assert_string_equal(s.uri, "https://h/edge/main");
	assert_int_equal(apk_source_parse(view_of("@ https://h/"), &a, &s, &e), -FAIL_FORMAT);
	assert_int_equal(s.form, APK_SOURCE_V2);
	assert_int_equal(apk_source_parse(view_of("v3 @t https://h/ main extra"), &a, &s, &e), 0);
	assert_int_equal(s.form, APK_SOURCE_V3);
	assert_true(view_is(s.components, "main extra"));
	assert_string_equal(apk_source_write(&s, view_of("main"), &a), "v3 @t https://h/main");
	assert_int_equal(apk_source_parse(view_of("https://h/x.adb"), &a, &s, &e), 0);
	assert_int_equal(s.form, APK_SOURCE_NDX);
	assert_string_equal(apk_source_write(&s, view_of(""), &a), "ndx https://h/x.adb");
	assert_int_equal(apk_source_parse(view_of("ndx https://h/x y"), &a, &s, &e), -FAIL_FORMAT);
	assert_int_equal(apk_source_parse(view_of("v3 @t"), &a, &s, &e), -FAIL_FORMAT);
	assert_int_equal(apk_uri_resolve(&ctx, "alpine:v3.20/main", "x86_64/a", &a, &url, &e), 0);
	assert_string_equal(url, "http://m/alpine/v3.20/main/x86_64/a");
	assert_int_equal(apk_uri_resolve(&ctx, "packages", "x86_64/a", &a, &url, &e), 0);
	assert_string_equal(url, "file:///recipes/packages/x86_64/a");
	ctx.mirror = NULL;
	assert_int_equal(apk_uri_resolve(&ctx, "alpine:v3.20/main", "x", &a, &url, &e),
			 -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "set PARE_ALPINE_MIRROR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_signatures), cmocka_unit_test(test_changed_byte),
		cmocka_unit_test(test_real_index),	cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_bad_text),	cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
