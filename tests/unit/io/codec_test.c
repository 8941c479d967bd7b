/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompression of what the real tools write: whole, in several members, cut at each tenth, with
 * garbage behind, and as bombs.
 */
#include "base/mem.h"
#include "crypto/digest.h"
#include "io/basic.h"
#include "io/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	enum codec codec;
	const char *tool;
	const char *suffix;
} tools[] = {
	{ CODEC_GZIP, "gzip -nc", "data.tar.gz" },
	{ CODEC_ZSTD, "zstd -qc", "data.tar.zst" },
	{ CODEC_XZ, "xz -c -T1", "data.tar.xz" },
	{ CODEC_BZIP2, "bzip2 -c", "a.bz2" },
	{ CODEC_LZMA, "xz -c --format=lzma", "a.tar.lzma" },
};

enum { N_TOOLS = sizeof(tools) / sizeof(tools[0]) };

/* Some 300 KB that compress neither well nor badly. */
static void make_text(struct buf *to)
{
	uint32_t x = 1;

	for (int i = 0; i < 20000; i++) {
		x = x * 1664525 + 1013904223;
		buf_printf(to, "%d %08x\n", i, x);
	}
}

/* Adds what the shell command prints for the input. */
static void through(const char *command, struct view input, struct buf *to)
{
	char path[] = "/tmp/pare-codec-XXXXXX", line[200];
	int fd = mkstemp(path);
	size_t n;
	FILE *p;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, input.ptr, input.len), input.len);
	close(fd);
	snprintf(line, sizeof(line), "(%s) < %s", command, path);
	p = popen(line, "r");
	assert_non_null(p);
	while ((n = fread(buf_grow(to, 65536), 1, 65536, p)) > 0)
		to->len += n;
	assert_int_equal(pclose(p), 0);
	unlink(path);
}

/* Reads in odd pieces. */
static int decode(enum codec c, struct view packed, struct buf *to, struct err *e)
{
	auto_source s = NULL;
	size_t n, step = 1;
	int rc = decode_source_new(c, mem_source_new(packed), "the-file", &s, e);

	assert_int_equal(rc, 0);
	do {
		rc = source_read(s, buf_grow(to, step), step, &n, e);
		if (rc < 0) {
			struct err again;

			assert_int_equal(source_read(s, buf_grow(to, 1), 1, &n, &again), rc);
			assert_string_equal(again.msg, e->msg); /* it sticks */
			return rc;
		}
		to->len += n;
		step = step * 7 % 30011;
	} while (n);
	return 0;
}

static void assert_same(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

static void the_tools_output(void **state)
{
	auto_buf text = BUF_EMPTY;

	(void)state;
	make_text(&text);
	for (size_t i = 0; i < N_TOOLS; i++) {
		auto_buf packed = BUF_EMPTY, back = BUF_EMPTY;
		struct err e;

		through(tools[i].tool, buf_view(&text), &packed);
		assert_int_equal(codec_detect(view_make(packed.data, CODEC_DETECT_BYTES)),
				 tools[i].codec);
		assert_int_equal(codec_from_suffix(view_of(tools[i].suffix)), tools[i].codec);
		assert_int_equal(decode(tools[i].codec, buf_view(&packed), &back, &e), 0);
		assert_same(&text, &back);
	}
}

static void empty_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TOOLS; i++) {
		auto_buf packed = BUF_EMPTY, back = BUF_EMPTY;
		struct err e;

		through(tools[i].tool, view_of(""), &packed);
		assert_int_equal(decode(tools[i].codec, buf_view(&packed), &back, &e), 0);
		assert_int_equal(back.len, 0);
	}
}

static void several_members(void **state)
{
	auto_buf text = BUF_EMPTY, twice = BUF_EMPTY;

	(void)state;
	make_text(&text);
	buf_add_view(&twice, buf_view(&text));
	buf_add_view(&twice, buf_view(&text));
	for (size_t i = 0; i < N_TOOLS; i++) {
		auto_buf packed = BUF_EMPTY, back = BUF_EMPTY;
		struct err e;

		if (tools[i].codec == CODEC_LZMA)
			continue;
		through(tools[i].tool, buf_view(&text), &packed);
		through(tools[i].tool, buf_view(&text), &packed);
		assert_int_equal(decode(tools[i].codec, buf_view(&packed), &back, &e), 0);
		assert_same(&twice, &back);
	}
}

static void cut_off(void **state)
{
	auto_buf text = BUF_EMPTY;

	(void)state;
	make_text(&text);
	for (size_t i = 0; i < N_TOOLS; i++) {
		auto_buf packed = BUF_EMPTY;

		through(tools[i].tool, buf_view(&text), &packed);
		for (size_t tenth = 0; tenth <= 10; tenth++) {
			size_t len = tenth < 10 ? packed.len * tenth / 10 : packed.len - 1;
			auto_free char *offset = mem_printf("offset %zu", len);
			auto_buf back = BUF_EMPTY;
			struct err e;

			assert_int_equal(
				decode(tools[i].codec, view_make(packed.data, len), &back, &e),
				-FAIL_FORMAT);
			assert_non_null(strstr(e.msg, "cut off"));
			assert_non_null(strstr(e.msg, offset));
			assert_non_null(strstr(e.msg, "'the-file'"));
			assert_true(back.len <= text.len);
			if (back.len)
				assert_memory_equal(back.data, text.data, back.len);
		}
	}
}

static void garbage_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TOOLS; i++) {
		static const char *const garbage[] = { "x", "this is not compressed", "\n" };

		for (size_t g = 0; g < 4; g++) {
			auto_buf packed = BUF_EMPTY, back = BUF_EMPTY;
			struct err e;

			through(tools[i].tool, view_of("content"), &packed);
			if (g < 3)
				buf_add_str(&packed, garbage[g]);
			else
				buf_add(&packed, "\0\0\0\0\0\0\0", 7);
			assert_int_equal(decode(tools[i].codec, buf_view(&packed), &back, &e),
					 -FAIL_FORMAT);
			assert_non_null(strstr(e.msg, "offset"));
		}
	}
}

/* One changed bit is noticed, wherever a check value covers it. */
static void damage(void **state)
{
	auto_buf text = BUF_EMPTY;

	(void)state;
	make_text(&text);
	for (size_t i = 0; i < N_TOOLS; i++) {
		auto_buf packed = BUF_EMPTY;

		if (tools[i].codec == CODEC_LZMA) /* has no check value */
			continue;
		through(tools[i].tool, buf_view(&text), &packed);
		for (size_t at = packed.len / 4; at < packed.len; at += packed.len / 4) {
			auto_buf back = BUF_EMPTY;
			struct err e;

			packed.data[at] ^= 0x10;
			assert_int_equal(decode(tools[i].codec, buf_view(&packed), &back, &e),
					 -FAIL_FORMAT);
			packed.data[at] ^= 0x10;
		}
	}
}

/* Each byte of CRC and length (RFC 1952, 2.3.1), of the last member and of one before it. */
static void gzip_trailers(void **state)
{
	auto_buf text = BUF_EMPTY, first = BUF_EMPTY;

	(void)state;
	make_text(&text);
	through("gzip -c", buf_view(&text), &first);
	for (size_t members = 1; members <= 2; members++) {
		auto_buf packed = BUF_EMPTY, whole = BUF_EMPTY;
		struct err e;

		for (size_t i = 0; i < members; i++)
			buf_add(&packed, first.data, first.len);
		assert_int_equal(decode(CODEC_GZIP, buf_view(&packed), &whole, &e), 0);
		assert_int_equal(whole.len, members * text.len);
		for (size_t back = 1; back <= 8; back++) {
			auto_buf got = BUF_EMPTY;

			packed.data[first.len - back] ^= 1;
			assert_int_equal(decode(CODEC_GZIP, buf_view(&packed), &got, &e),
					 -FAIL_FORMAT);
			assert_non_null(strstr(e.msg, back <= 4 ? "length" : "data check"));
			packed.data[first.len - back] ^= 1;
		}
	}
}

static void bombs_meet_the_limit(void **state)
{
	static const char *const bombs[] = { "head -c 8M /dev/zero | gzip -9",
					     "head -c 8M /dev/zero | zstd -q -19",
					     "head -c 8M /dev/zero | xz -1",
					     "head -c 8M /dev/zero | bzip2 -1",
					     "head -c 8M /dev/zero | xz -1 --format=lzma" };

	(void)state;
	for (size_t i = 0; i < N_TOOLS; i++) {
		auto_buf packed = BUF_EMPTY;
		auto_source s = NULL;
		auto_sink nowhere = null_sink_new();
		uint64_t out = 0;
		struct err e;

		through(bombs[i], view_of(""), &packed);
		assert_true(packed.len < 1 << 20);
		assert_int_equal(decode_source_new(tools[i].codec,
						   mem_source_new(buf_view(&packed)), "bomb", &s,
						   &e),
				 0);
		s = limit_source_new(digest_source_new(s, NULL, &out), 1 << 20, "data.tar");
		assert_int_equal(stream_copy(s, nowhere, NULL, &e), -FAIL_LIMIT);
		assert_string_equal(e.msg, "'data.tar' is larger than 1048576 bytes");
		assert_true(out <= (1 << 20) + 1);
	}
}

static void memory_has_a_limit(void **state)
{
	auto_buf xz = BUF_EMPTY, zstd = BUF_EMPTY, back = BUF_EMPTY;
	struct err e;

	(void)state;
	through("xz -c --lzma2=dict=256MiB", view_of("small"), &xz);
	assert_int_equal(decode(CODEC_XZ, buf_view(&xz), &back, &e), -FAIL_LIMIT);
	assert_non_null(strstr(e.msg, "memory"));
	through("head -c 1M /dev/zero | zstd -qc --long=28", view_of(""), &zstd);
	assert_int_equal(decode(CODEC_ZSTD, buf_view(&zstd), &back, &e), -FAIL_LIMIT);
	assert_non_null(strstr(e.msg, "emory"));
	assert_int_equal(back.len, 0);
}

static void detection(void **state)
{
	static const char skippable[] = "\x53\x2a\x4d\x18\0\0\0\0";

	(void)state;
	assert_int_equal(codec_detect(view_of("")), CODEC_PLAIN);
	assert_int_equal(codec_detect(view_of("\x1f")), CODEC_PLAIN);
	assert_int_equal(codec_detect(view_of("\x1f\x8b")), CODEC_GZIP);
	assert_int_equal(codec_detect(view_of("BZhx")), CODEC_PLAIN);
	assert_int_equal(codec_detect(view_of("]abcdefghijklmnopq")), CODEC_PLAIN);
	assert_int_equal(codec_detect(view_of("./usr/share/doc")), CODEC_PLAIN);
	assert_int_equal(codec_detect(view_make(skippable, 8)), CODEC_ZSTD);
	assert_int_equal(codec_from_suffix(view_of("Packages")), CODEC_PLAIN);
	assert_int_equal(codec_from_suffix(view_of("gz")), CODEC_PLAIN);
	assert_string_equal(codec_name(CODEC_BZIP2), "bzip2");
}

static void plain_is_itself(void **state)
{
	struct source *below = mem_source_new(view_of("as is"));
	auto_source s = NULL;
	struct err e;

	(void)state;
	assert_int_equal(decode_source_new(CODEC_PLAIN, below, "x", &s, &e), 0);
	assert_ptr_equal(s, below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tools_output),   cmocka_unit_test(empty_content),
		cmocka_unit_test(several_members),    cmocka_unit_test(cut_off),
		cmocka_unit_test(garbage_behind),     cmocka_unit_test(damage),
		cmocka_unit_test(gzip_trailers),      cmocka_unit_test(bombs_meet_the_limit),
		cmocka_unit_test(memory_has_a_limit), cmocka_unit_test(detection),
		cmocka_unit_test(plain_is_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
