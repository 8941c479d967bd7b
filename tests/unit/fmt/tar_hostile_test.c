/* SPDX-License-Identifier: Apache-2.0 */
/* Tars that are cut, damaged, of another format, or say more than they hold. */
#include "tar_lists.h"

#include "base/array.h"
#include "base/buf.h"
#include "io/basic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void an_empty_archive_has_no_entries(void **state)
{
	auto_buf tar = BUF_EMPTY;

	(void)state;
	assert_tar_lists(view_of(""), "");
	tar_end(&tar);
	assert_tar_lists(buf_view(&tar), "");
}

/* As Go's reader: the end may lack, and the last padding, but not the end of a file or header. */
static void truncation_is_an_error_with_its_place(void **state)
{
	auto_buf tar = BUF_EMPTY;
	auto_free char *content = tar_repeat("x", 1000);

	(void)state;
	tar_add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "f" }, content);
	assert_tar_lists(view_make(tar.data, 1536), "f 0000 0:0 @0 f +1000\n");
	for (size_t len = 1512; len < 1536; len++)
		assert_tar_lists(view_make(tar.data, len), "f 0000 0:0 @0 f +1000\n");
	for (size_t len = 1511; len > 73; len -= 73) {
		auto_buf got = BUF_EMPTY;

		tar_list(mem_source_new(view_make(tar.data, len)), &got);
		assert_non_null(strstr(buf_str(&got), "4: t: offset "));
	}
	tar_add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "g" }, content);
	for (size_t len = 1537; len < 2048; len += 73) {
		auto_buf got = BUF_EMPTY;

		tar_list(mem_source_new(view_make(tar.data, len)), &got);
		if (!strstr(buf_str(&got), "\n4: t: offset 1536: "))
			fail_msg("%s", buf_str(&got));
	}
}

static void other_bytes_are_not_a_tar(void **state)
{
	auto_free char *text = tar_repeat("not a tar, just text. ", 2000);
	auto_buf got = BUF_EMPTY;

	(void)state;
	tar_list(mem_source_new(view_of(text)), &got);
	assert_string_equal(buf_str(&got), "4: t: offset 0: Unrecognized archive format\n");
}

static void a_broken_checksum_is_an_error(void **state)
{
	auto_buf tar = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	tar_add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "f" }, "x");
	tar_add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "g" }, "x");
	tar_end(&tar);
	tar.data[1024] = 'h';
	tar_list(mem_source_new(buf_view(&tar)), &got);
	assert_non_null(strstr(buf_str(&got), "\n4: t: offset 1024: "));
}

static void sparse_files_are_refused(void **state)
{
	static const char *const formats[] = { "gnu", "pax --sparse-version=0.0",
					       "pax --sparse-version=0.1",
					       "pax --sparse-version=1.0" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		auto_free char *cmd = mem_printf(
			"rm -f s t.tar; truncate -s 1M s && printf x >> s && tar -cSf t.tar --format=%s s",
			formats[i]);
		auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

		free(tar_run(cmd));
		tar_load("t.tar", &bytes);
		tar_list(mem_source_new(buf_view(&bytes)), &got);
		assert_non_null(strstr(buf_str(&got), "11: t: offset "));
		assert_non_null(strstr(buf_str(&got), "'s' is a sparse file"));
	}
}

/* Nothing but a hole: an archive of 1 KiB that would give 2 GiB of zeros. */
static void a_hole_is_not_expanded(void **state)
{
	auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	free(tar_run("truncate -s 2G s && tar -cSf t.tar --format=gnu -b2 s"));
	tar_load("t.tar", &bytes);
	tar_list(mem_source_new(buf_view(&bytes)), &got);
	assert_string_equal(strstr(buf_str(&got), "11: "),
			    "11: t: offset 0: 's' is a sparse file\n");
}

/* A declared size is only believed as far as bytes come. */
static void huge_sizes_take_no_memory(void **state)
{
	auto_buf tar = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	tar_add(&tar,
		(struct tar_entry){ .type = TAR_FILE, .path = "f", .size = TAR_MAX_FILE_BYTES },
		NULL);
	buf_add(&tar, "x", 1);
	tar_list(mem_source_new(buf_view(&tar)), &got);
	assert_non_null(strstr(buf_str(&got), "4: t: offset "));
}

static void long_paths_and_many_xattrs_are_refused(void **state)
{
	(void)state;
	free(tar_run(
		"python3 -c 'import tarfile\n"
		"def w(n, name, h):\n"
		"  with tarfile.open(n,\"w\",format=tarfile.PAX_FORMAT) as t:\n"
		"    i=tarfile.TarInfo(name); i.pax_headers=h; t.addfile(i)\n"
		"w(\"path.tar\", \"p\"*4097, {})\n"
		"w(\"ok.tar\", \"x\", {\"SCHILY.xattr.a%d\" % i: \"v\" for i in range(64)})\n"
		"w(\"many.tar\", \"x\", {\"SCHILY.xattr.a%d\" % i: \"v\" for i in range(65)})\n"
		"w(\"big.tar\", \"x\", {\"SCHILY.xattr.a\": \"v\" * 65537})\n'"));
	for (const char *const *f =
		     (const char *const[]){ "path.tar", "many.tar", "big.tar", NULL };
	     *f; f++) {
		auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

		tar_load(*f, &bytes);
		tar_list(mem_source_new(buf_view(&bytes)), &got);
		if (strncmp(buf_str(&got), "5: t: offset ", 13) != 0)
			fail_msg("%s: %s", *f, buf_str(&got));
	}
	{
		auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

		tar_load("ok.tar", &bytes);
		tar_list(mem_source_new(buf_view(&bytes)), &got);
		assert_non_null(strstr(buf_str(&got), "{a63=v}"));
	}
}

/* Unlike libarchive itself, which would keep all of it. */
static void endless_headers_are_refused(void **state)
{
	auto_buf tar = BUF_EMPTY, got = BUF_EMPTY;
	const struct tar_xattr x = { "user.a", { "1", 1 } };

	(void)state;
	for (int i = 0; i < 6000; i++) {
		tar_add(&tar,
			(struct tar_entry){
				.type = TAR_FILE, .path = "f", .xattrs = &x, .n_xattrs = 1 },
			NULL);
		tar.len -= 512;
	}
	tar_list(mem_source_new(buf_view(&tar)), &got);
	assert_true(strstr(buf_str(&got), "5: t: ") || strstr(buf_str(&got), "4: t: "));
}

static int broken_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)to;
	(void)size;
	(void)ret_n;
	return (fail)(e, FAIL_VERIFY, "digest differs");
}

static void broken_close(struct source *s)
{
	free(s);
}

static void the_sources_error_comes_through(void **state)
{
	static const struct source_ops ops = { broken_read, broken_close };
	struct source *s = mem_alloc(sizeof(*s));
	auto_buf got = BUF_EMPTY;

	(void)state;
	source_init(s, &ops);
	tar_list(s, &got);
	assert_string_equal(buf_str(&got), "8: t: digest differs\n");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, tar_enter_folder, tar_leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(an_empty_archive_has_no_entries),
		IN_FOLDER(truncation_is_an_error_with_its_place),
		IN_FOLDER(other_bytes_are_not_a_tar),
		IN_FOLDER(a_broken_checksum_is_an_error),
		IN_FOLDER(sparse_files_are_refused),
		IN_FOLDER(a_hole_is_not_expanded),
		IN_FOLDER(huge_sizes_take_no_memory),
		IN_FOLDER(long_paths_and_many_xattrs_are_refused),
		IN_FOLDER(endless_headers_are_refused),
		IN_FOLDER(the_sources_error_comes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
