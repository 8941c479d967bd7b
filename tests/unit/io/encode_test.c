/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compression: the real tools read it, the bytes don't depend on threads or on how they were
 * written, and an error of the sink below comes through.
 */
#include "base/mem.h"
#include "io/basic.h"
#include "io/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const enum codec codecs[] = { CODEC_GZIP, CODEC_ZSTD };
static const char *const readers[] = { "gzip -dc", "zstd -dc" };
static const size_t chunk_bytes[] = { ENCODE_GZIP_CHUNK_BYTES, ENCODE_ZSTD_CHUNK_BYTES };

/* Cheap to compress, different everywhere. */
static void make_data(struct buf *to, size_t len)
{
	uint32_t x = 7;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			x = x * 1664525 + 1013904223;
		buf_add_char(to, (char)(x >> 24));
	}
}

static int encode(enum codec c, int level, struct workers *workers, struct view data, size_t step,
		  struct buf *to, struct err *e)
{
	auto_sink s = NULL;
	int rc = encode_sink_new(c, level, workers, buf_sink_new(to, UINT64_MAX), &s, e);

	for (size_t at = 0; rc == 0 && at < data.len; at += step)
		rc = sink_write(s, data.ptr + at, data.len - at < step ? data.len - at : step, e);
	return rc < 0 ? rc : sink_finish(s, e);
}

/* What the shell command makes of the bytes. */
static void through(const char *command, const struct buf *input, struct buf *to)
{
	char path[] = "/tmp/pare-encode-XXXXXX", line[200];
	int fd = mkstemp(path);
	size_t n;
	FILE *p;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, input->data, input->len), input->len);
	close(fd);
	snprintf(line, sizeof(line), "%s < %s", command, path);
	p = popen(line, "r");
	assert_non_null(p);
	while ((n = fread(buf_grow(to, 65536), 1, 65536, p)) > 0)
		to->len += n;
	assert_int_equal(pclose(p), 0);
	unlink(path);
}

static void assert_same(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->len, b->len);
	if (a->len)
		assert_memory_equal(a->data, b->data, a->len);
}

static void the_tools_read_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const size_t sizes[] = { 0,
					 1,
					 chunk_bytes[i] - 1,
					 chunk_bytes[i],
					 chunk_bytes[i] + 1,
					 2 * chunk_bytes[i] };

		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			auto_buf data = BUF_EMPTY, packed = BUF_EMPTY, back = BUF_EMPTY;
			struct err e;

			make_data(&data, sizes[k]);
			assert_int_equal(encode(codecs[i], ENCODE_LEVEL_DEFAULT, NULL,
						buf_view(&data), 100000, &packed, &e),
					 0);
			assert_true(packed.len > 0);
			through(readers[i], &packed, &back);
			assert_same(&data, &back);
		}
	}
}

static void python_reads_it(void **state)
{
	auto_buf data = BUF_EMPTY, packed = BUF_EMPTY, back = BUF_EMPTY;
	struct err e;

	(void)state;
	make_data(&data, 2500000);
	assert_int_equal(encode(CODEC_GZIP, 1, NULL, buf_view(&data), 9999, &packed, &e), 0);
	through("python3 -c 'import gzip,sys; "
		"sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))'",
		&packed, &back);
	assert_same(&data, &back);
}

/* RFC 1952 2.3: no flags, no time, unknown operating system. */
static void header_says_nothing(void **state)
{
	auto_buf packed = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_int_equal(encode(CODEC_GZIP, 6, NULL, view_of("abc"), 3, &packed, &e), 0);
	assert_memory_equal(packed.data, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
}

static void threads_change_nothing(void **state)
{
	auto_buf data = BUF_EMPTY;

	(void)state;
	make_data(&data, 17u << 20);
	for (size_t i = 0; i < 2; i++) {
		auto_buf serial = BUF_EMPTY;
		struct err e;

		assert_int_equal(encode(codecs[i], 1, NULL, buf_view(&data), data.len, &serial, &e),
				 0);
		for (unsigned threads = 1; threads <= 4; threads += 1) {
			auto_workers workers = workers_new(threads);
			auto_buf parallel = BUF_EMPTY;

			assert_int_equal(encode(codecs[i], 1, workers, buf_view(&data),
						threads * 77777, &parallel, &e),
					 0);
			assert_same(&serial, &parallel);
		}
	}
}

struct job {
	struct workers *workers;
	const struct buf *data;
	struct buf packed;
	int rc;
};

static void encode_in_pool(void *arg)
{
	struct job *j = arg;
	struct err e;

	j->rc = encode(CODEC_GZIP, 1, j->workers, buf_view(j->data), 500000, &j->packed, &e);
}

/* More encoders than threads, each of them work of the workers that it uses. */
static void encoders_within_the_pool(void **state)
{
	auto_buf data = BUF_EMPTY, expected = BUF_EMPTY;
	auto_workers workers = workers_new(2);
	struct work_group all = { 0 };
	struct job jobs[6] = { 0 };
	struct err e;

	(void)state;
	make_data(&data, 3500000);
	assert_int_equal(encode(CODEC_GZIP, 1, NULL, buf_view(&data), 1000, &expected, &e), 0);
	for (size_t i = 0; i < 6; i++) {
		jobs[i] = (struct job){ .workers = workers, .data = &data };
		work_group_submit(workers, &all, encode_in_pool, &jobs[i]);
	}
	work_group_wait(workers, &all);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(jobs[i].rc, 0);
		assert_same(&expected, &jobs[i].packed);
		buf_done(&jobs[i].packed);
	}
}

static void errors_below_come_through(void **state)
{
	auto_buf data = BUF_EMPTY;

	(void)state;
	make_data(&data, 5u << 20);
	for (unsigned threads = 0; threads <= 2; threads++) {
		auto_workers workers = threads ? workers_new(threads) : NULL;
		auto_buf to = BUF_EMPTY;
		auto_sink s = NULL;
		struct err e, again;
		int rc;

		assert_int_equal(
			encode_sink_new(CODEC_GZIP, 1, workers, buf_sink_new(&to, 100000), &s, &e),
			0);
		rc = sink_write(s, data.data, data.len, &e);
		if (rc == 0)
			rc = sink_finish(s, &e);
		assert_int_equal(rc, -FAIL_LIMIT);
		assert_int_equal(sink_finish(s, &again), -FAIL_LIMIT);
		assert_string_equal(again.msg, e.msg);
	}
}

/* Closing without finishing, with chunks under way, leaks and hangs nothing. */
static void abandoned(void **state)
{
	auto_buf data = BUF_EMPTY, to = BUF_EMPTY;
	auto_workers workers = workers_new(2);
	struct sink *s;
	struct err e;

	(void)state;
	make_data(&data, (2u << 20) + 5);
	assert_int_equal(
		encode_sink_new(CODEC_GZIP, 1, workers, buf_sink_new(&to, UINT64_MAX), &s, &e), 0);
	assert_int_equal(sink_write(s, data.data, data.len, &e), 0);
	sink_close(s);
	workers_wait_idle(workers);
}

static void levels(void **state)
{
	auto_buf data = BUF_EMPTY, fast = BUF_EMPTY, small = BUF_EMPTY, usual = BUF_EMPTY,
		 six = BUF_EMPTY, nothing = BUF_EMPTY;
	struct err e;

	(void)state;
	for (int i = 0; i < 30000; i++)
		buf_printf(&data, "line %d of %d\n", i * i % 1009, i % 77);
	assert_int_equal(encode(CODEC_GZIP, 1, NULL, buf_view(&data), 4096, &fast, &e), 0);
	assert_int_equal(encode(CODEC_GZIP, 12, NULL, buf_view(&data), 4096, &small, &e), 0);
	assert_true(small.len < fast.len);
	assert_int_equal(encode(CODEC_GZIP, 6, NULL, buf_view(&data), 4096, &six, &e), 0);
	assert_int_equal(encode(CODEC_GZIP, -1, NULL, buf_view(&data), 4096, &usual, &e), 0);
	assert_same(&six, &usual);

	assert_int_equal(encode(CODEC_GZIP, 13, NULL, view_of("x"), 1, &nothing, &e), -FAIL_USAGE);
	assert_string_equal(e.msg, "gzip has no level 13, only 1 to 12");
	assert_int_equal(encode(CODEC_ZSTD, 0, NULL, view_of("x"), 1, &nothing, &e), -FAIL_USAGE);
	assert_int_equal(encode(CODEC_XZ, 6, NULL, view_of("x"), 1, &nothing, &e),
			 -FAIL_UNSUPPORTED);
	assert_int_equal(nothing.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tools_read_it),
		cmocka_unit_test(python_reads_it),
		cmocka_unit_test(header_says_nothing),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(encoders_within_the_pool),
		cmocka_unit_test(errors_below_come_through),
		cmocka_unit_test(abandoned),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
