/* SPDX-License-Identifier: Apache-2.0 */
/* See tar_lists.h. */
#include "tar_lists.h"

#include "base/array.h"
#include "base/buf.h"
#include "io/basic.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* In a folder of its own; what the command prints. The test fails with the command. */
char *tar_run(const char *script)
{
	auto_buf out = BUF_EMPTY;
	FILE *p = popen(script, "r");
	size_t n;

	assert_non_null(p);
	do {
		char *to = buf_grow(&out, 4096);

		n = fread(to, 1, 4096, p);
		out.len += n;
	} while (n);
	assert_int_equal(pclose(p), 0);
	return buf_steal(&out);
}

void tar_load(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	do {
		char *to = buf_grow(ret, 65536);

		n = fread(to, 1, 65536, f);
		ret->len += n;
	} while (n);
	fclose(f);
}

void tar_save(const char *path, const struct buf *bytes)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes->data, 1, bytes->len, f), bytes->len);
	assert_int_equal(fclose(f), 0);
}

int tar_enter_folder(void **state)
{
	char *folder = mem_strdup("/tmp/pare-tar-test-XXXXXX");

	*state = mkdtemp(folder);
	return !*state || chdir(folder) != 0;
}

int tar_leave_folder(void **state)
{
	auto_free char *rm = mem_printf("rm -rf '%s'", (char *)*state);
	int rc = chdir("/") != 0 || system(rm) != 0;

	free(*state);
	return rc;
}

/* "f 0644 1:2 @mtime name [> link] [{xattr=value}] [=content]", a line per entry. */
static void describe(const struct tar_entry *t, struct buf *to)
{
	buf_printf(to, "%c %04o %" PRIu64 ":%" PRIu64 " @%" PRId64 " %s", "fhlcbdp"[t->type],
		   t -> mode, t -> uid, t -> gid, t -> mtime_s, t -> path);
	if (t->link[0])
		buf_printf(to, " > %s", t->link);
	if (t->type == TAR_CHAR || t->type == TAR_BLOCK)
		buf_printf(to, " %u,%u", t->dev_major, t->dev_minor);
	for (size_t i = 0; i < t->n_xattrs; i++)
		buf_printf(to, " {%s=%.*s}", t->xattrs[i].name, VIEW_ARG(t->xattrs[i].value));
}

static int list_entries(struct tar_reader *r, struct buf *to, struct err *e)
{
	struct tar_entry t;
	int rc;

	while ((rc = tar_reader_next(r, &t, e)) == 1) {
		uint64_t total = 0;
		char bytes[33];
		size_t n;

		describe(&t, to);
		if (t.type == TAR_FILE && t.size < 100)
			buf_add_str(to, " =");
		do {
			rc = tar_reader_read(r, bytes, sizeof(bytes), &n, e);
			if (rc < 0)
				return rc;
			if (t.size < 100)
				buf_add(to, bytes, n);
			total += n;
		} while (n);
		assert_int_equal(total, t.size);
		if (t.size >= 100)
			buf_printf(to, " +%" PRIu64, t.size);
		buf_add_char(to, '\n');
	}
	return rc;
}

void tar_list(struct source *from, struct buf *to)
{
	struct tar_reader *r;
	struct err e = { 0 };

	assert_int_equal(tar_reader_new(from, "t", &r, &e), 0);
	if (list_entries(r, to, &e) < 0)
		buf_printf(to, "%d: %s\n", (int)e.code, e.msg);
	else
		assert_int_equal(tar_reader_next(r, &(struct tar_entry){ 0 }, &e), 0);
	tar_reader_free(r);
}

void assert_tar_lists(struct view bytes, const char *expected)
{
	auto_buf got = BUF_EMPTY;

	tar_list(mem_source_new(bytes), &got);
	assert_string_equal(buf_str(&got), expected);
}

void assert_tar_file_lists(const char *path, const char *expected)
{
	auto_buf bytes = BUF_EMPTY;

	tar_load(path, &bytes);
	assert_tar_lists(buf_view(&bytes), expected);
}

void tar_add(struct buf *to, struct tar_entry t, const char *content)
{
	struct sink *s = buf_sink_new(to, 64 << 20);
	struct err e = { 0 };

	if (content)
		t.size = strlen(content);
	if (tar_write_header(s, &t, &e) < 0)
		fail_msg("%s", e.msg);
	if (content) {
		assert_int_equal(sink_write(s, content, t.size, &e), 0);
		assert_int_equal(tar_write_padding(s, t.size, &e), 0);
	}
	sink_close(s);
}

void tar_end(struct buf *to)
{
	struct sink *s = buf_sink_new(to, 64 << 20);
	struct err e = { 0 };

	assert_int_equal(tar_write_end(s, &e), 0);
	sink_close(s);
}

char *tar_repeat(const char *unit, size_t len)
{
	auto_buf b = BUF_EMPTY;

	while (b.len < len)
		buf_add_str(&b, unit);
	b.data[b.len = len] = '\0';
	return buf_steal(&b);
}
