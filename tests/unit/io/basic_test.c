/* SPDX-License-Identifier: Apache-2.0 */
/* The plain streams and what all streams share. */
#include "base/mem.h"
#include "io/ahead.h"
#include "io/basic.h"
#include "io/pushed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A descriptor of a file that holds the text and has no name any more. */
static int file_with(const char *text)
{
	char path[] = "/tmp/pare-basic-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void assert_reads(struct source *s, const char *expected)
{
	auto_buf got = BUF_EMPTY;
	auto_sink to = buf_sink_new(&got, UINT64_MAX);
	uint64_t n;
	struct err e;

	assert_int_equal(stream_copy(s, to, &n, &e), 0);
	assert_int_equal(n, strlen(expected));
	assert_string_equal(buf_str(&got), expected);
}

static int push_text(void *ctx, struct sink *to, struct err *e)
{
	auto_sink sink = to;
	const char *text = ctx;
	int rc = 0;

	for (size_t i = 0; rc == 0 && text[i]; i++)
		rc = text[i] == '!' ? (fail)(e, FAIL_LIMIT, "an exclamation")
				    : sink_write(sink, text + i, 1, e);
	return rc == 0 ? sink_finish(sink, e) : rc;
}

static void pushed(void **state)
{
	auto_source s = NULL;
	auto_source broken = NULL;
	char whole[] = "some bytes", half[] = "word!more", word[8];
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(pushed_source_new(push_text, whole, &s, &e), 0);
	assert_reads(s, "some bytes");
	assert_int_equal(pushed_source_new(push_text, half, &broken, &e), 0);
	assert_int_equal(source_read_full(broken, word, 4, &e), 0);
	assert_memory_equal(word, "word", 4);
	assert_int_equal(source_read(broken, word, 1, &n, &e), -FAIL_LIMIT);
	assert_string_equal(e.msg, "an exclamation");
}

/* The writer ends although nobody reads: more than any pipe holds. */
static int push_for_ever(void *ctx, struct sink *to, struct err *e)
{
	static const char block[1 << 16];
	auto_sink sink = to;
	int rc = 0;

	while (rc == 0)
		rc = sink_write(sink, block, sizeof(block), e);
	*(struct err *)ctx = *e;
	return rc;
}

static void pushed_and_left(void **state)
{
	struct source *s = NULL;
	struct err seen = { 0 }, e;
	char byte;
	size_t n;

	(void)state;
	assert_int_equal(pushed_source_new(push_for_ever, &seen, &s, &e), 0);
	assert_int_equal(source_read(s, &byte, 1, &n, &e), 0);
	source_close(s);
	assert_int_equal(seen.sys, EPIPE);
}

static void limited_sink(void **state)
{
	auto_buf got = BUF_EMPTY;
	auto_sink s = limit_sink_new(buf_sink_new(&got, UINT64_MAX), 5, "answer");
	struct err e;

	(void)state;
	assert_int_equal(sink_write(s, "four", 4, &e), 0);
	assert_int_equal(sink_write(s, "5", 1, &e), 0);
	assert_int_equal(sink_write(s, "6", 1, &e), -FAIL_LIMIT);
	assert_string_equal(e.msg, "'answer' is larger than 5 bytes");
	assert_string_equal(buf_str(&got), "four5");
}

static void memory(void **state)
{
	auto_source s = mem_source_new(view_of("some bytes"));
	auto_source empty = mem_source_new(view_make(NULL, 0));
	char four[5] = "";
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(source_read(s, four, 4, &n, &e), 0);
	assert_int_equal(n, 4);
	assert_string_equal(four, "some");
	assert_reads(s, " bytes");
	assert_int_equal(source_read(s, four, 4, &n, &e), 0); /* the end stays the end */
	assert_int_equal(n, 0);
	assert_reads(empty, "");
}

static void descriptors(void **state)
{
	int fd = file_with("from a file");
	struct source *s = fd_source_new(fd, "f");
	auto_source broken = fd_source_new(open("/", O_RDONLY), "root");
	struct err e, again;
	char c;
	size_t n;

	(void)state;
	assert_reads(s, "from a file");
	source_close(s);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was taken, so it is closed */
	assert_int_equal(source_read(broken, &c, 1, &n, &e), -FAIL_IO);
	assert_string_equal(e.msg, "read 'root': Is a directory");
	assert_int_equal(source_read(broken, &c, 1, &n, &again), -FAIL_IO);
	assert_string_equal(again.msg, e.msg);
}

static void ranges(void **state)
{
	int fd = file_with("0123456789");
	auto_source a = range_source_new(fd, 2, 3, "f");
	auto_source b = range_source_new(fd, 0, 4, "f");
	auto_source none = range_source_new(fd, 10, 0, "f");
	auto_source beyond = range_source_new(fd, 8, 5, "the file");
	char text[8] = "";
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(source_read(a, text, 1, &n, &e), 0);
	assert_reads(b, "0123"); /* the other one's position is its own */
	assert_reads(a, "34");
	assert_reads(none, "");
	assert_int_equal(source_read_full(beyond, text, 5, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "'the file' ends at offset 10, 3 bytes are missing");
	close(fd);
}

static void limits(void **state)
{
	auto_source fits = limit_source_new(mem_source_new(view_of("12345")), 5, "w");
	auto_source over = limit_source_new(mem_source_new(view_of("123456")), 5, "w");
	auto_source zero = limit_source_new(mem_source_new(view_of("")), 0, "w");
	char text[9] = "";
	struct err e;
	size_t n;

	(void)state;
	assert_reads(fits, "12345");
	assert_reads(zero, "");
	assert_int_equal(source_read(over, text, 8, &n, &e), 0);
	assert_int_equal(n, 5);
	assert_string_equal(text, "12345");
	assert_int_equal(source_read(over, text, 8, &n, &e), -FAIL_LIMIT);
	assert_string_equal(e.msg, "'w' is larger than 5 bytes");
}

static void exact_reads(void **state)
{
	auto_source s = mem_source_new(view_of("abcdef"));
	char two[3] = "";
	struct err e;

	(void)state;
	assert_int_equal(source_skip(s, 3, &e), 0);
	assert_int_equal(source_read_full(s, two, 2, &e), 0);
	assert_string_equal(two, "de");
	assert_int_equal(source_read_full(s, two, 2, &e), -FAIL_FORMAT);
	assert_non_null(strstr(e.msg, "1 bytes are missing"));
}

static void digests(void **state)
{
	auto_hasher in = hasher_new(DIGEST_SHA256);
	auto_hasher out = hasher_new(DIGEST_SHA256);
	uint64_t n_in = 100, n_out = 0;
	auto_source s = digest_source_new(mem_source_new(view_of("abc")), in, &n_in);
	auto_buf kept = BUF_EMPTY;
	auto_sink to = digest_sink_new(buf_sink_new(&kept, 10), out, &n_out);
	char hex[SHA256_HEX_CHARS + 1];
	struct sha256 d;
	struct err e;

	(void)state;
	assert_int_equal(stream_copy(s, to, NULL, &e), 0);
	assert_int_equal(sink_finish(to, &e), 0);
	assert_int_equal(n_in, 103); /* it adds */
	assert_int_equal(n_out, 3);
	assert_string_equal(buf_str(&kept), "abc");
	sha256_final(in, &d);
	sha256_to_hex(&d, hex); /* FIPS 180-4's example */
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_final(out, &d);
	sha256_to_hex(&d, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void looking_ahead(void **state)
{
	auto_source s = peek_source_new(
		limit_source_new(mem_source_new(view_of("header+body")), 1000, "x"), 6);
	auto_source small = peek_source_new(mem_source_new(view_of("ab")), 6);
	struct view seen;
	struct err e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(source_peek(s, &seen, &e), 0);
		assert_true(view_is(seen, "header"));
	}
	assert_reads(s, "header+body");
	assert_int_equal(source_peek(small, &seen, &e), 0);
	assert_true(view_is(seen, "ab"));
	assert_reads(small, "ab");
}

static void sinks_report(void **state)
{
	auto_buf kept = BUF_EMPTY;
	auto_sink b = buf_sink_new(&kept, 4);
	auto_sink nowhere = null_sink_new();
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	auto_sink f = fd_sink_new(full, "out.tar");
	struct err e, again;

	(void)state;
	assert_int_equal(sink_write(b, "1234", 4, &e), 0);
	assert_int_equal(sink_write(b, "5", 1, &e), -FAIL_LIMIT);
	assert_string_equal(buf_str(&kept), "1234");
	assert_int_equal(sink_write(b, "", 0, &again), -FAIL_LIMIT); /* it sticks */
	assert_int_equal(sink_finish(b, &again), -FAIL_LIMIT);
	assert_string_equal(again.msg, e.msg);
	assert_int_equal(sink_write(f, "x", 1, &e), -FAIL_IO);
	assert_string_equal(e.msg, "write 'out.tar': No space left on device");
	assert_int_equal(e.sys, ENOSPC);
	close(full);
	assert_int_equal(sink_write(nowhere, "x", 1, &e), 0);
	assert_int_equal(sink_finish(nowhere, &e), 0);
}

static void *feed_slowly(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < 3; i++) {
		if (write(fd, "piece", 5) != 5)
			break;
		usleep(1000);
	}
	close(fd);
	return NULL;
}

/* A pipe gives less than asked for; the file is written whole. */
static void pipes_and_files(void **state)
{
	int ends[2], fd = file_with("");
	auto_sink to = fd_sink_new(fd, "copy");
	struct source *s, *copy;
	pthread_t feeder;
	struct err e;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&feeder, NULL, feed_slowly, &ends[1]), 0);
	s = fd_source_new(ends[0], "pipe");
	assert_int_equal(stream_copy(s, to, NULL, &e), 0);
	pthread_join(feeder, NULL);
	source_close(s);
	copy = range_source_new(fd, 0, 15, "copy");
	assert_reads(copy, "piecepiecepiece");
	source_close(copy);
	close(fd);
}

enum { AHEAD_BYTES = 65536 };

static void assert_ahead_gives(struct source *below, const struct buf *expected)
{
	auto_source s = ahead_source_new(below, AHEAD_BYTES);
	auto_buf got = BUF_EMPTY;
	size_t n, step = 1;
	struct err e;

	do {
		assert_int_equal(source_read(s, buf_grow(&got, step), step, &n, &e), 0);
		got.len += n;
		step = step * 5 % 200001;
	} while (n);
	assert_int_equal(got.len, expected->len);
	assert_memory_equal(got.data, expected->data, got.len);
}

static void reading_ahead(void **state)
{
	auto_buf data = BUF_EMPTY, little = BUF_EMPTY;
	auto_source empty = ahead_source_new(mem_source_new(view_of("")), 1);
	struct source *left;
	char c;
	struct err e;

	(void)state;
	for (int i = 0; i < 300000; i++)
		buf_printf(&data, "%d ", i);
	buf_add_str(&little, "little");
	assert_ahead_gives(mem_source_new(buf_view(&data)), &data);
	assert_ahead_gives(mem_source_new(view_make(data.data, AHEAD_BYTES)),
			   &(struct buf){ data.data, AHEAD_BYTES, 0 });
	assert_ahead_gives(mem_source_new(buf_view(&little)), &little);
	assert_reads(empty, "");
	left = ahead_source_new(mem_source_new(buf_view(&data)), AHEAD_BYTES);
	assert_int_equal(source_read_full(left, &c, 1, &e), 0);
	source_close(left); /* with most of it unread */
}

static void errors_come_through_in_order(void **state)
{
	auto_buf data = BUF_EMPTY;
	auto_source s = NULL;
	uint64_t n = 0;
	char bytes[1000];
	size_t got;
	struct err e;
	int rc;

	(void)state;
	while (data.len < 500000)
		buf_add_str(&data, "0123456789");
	s = ahead_source_new(limit_source_new(mem_source_new(buf_view(&data)), 400001, "w"), 777);
	while ((rc = source_read(s, bytes, sizeof(bytes), &got, &e)) == 0)
		n += got;
	assert_int_equal(rc, -FAIL_LIMIT);
	assert_string_equal(e.msg, "'w' is larger than 400001 bytes");
	assert_int_equal(n, 400001); /* all that was good before it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),	   cmocka_unit_test(pushed),
		cmocka_unit_test(pushed_and_left), cmocka_unit_test(limited_sink),
		cmocka_unit_test(descriptors),	   cmocka_unit_test(ranges),
		cmocka_unit_test(limits),	   cmocka_unit_test(exact_reads),
		cmocka_unit_test(digests),	   cmocka_unit_test(looking_ahead),
		cmocka_unit_test(sinks_report),	   cmocka_unit_test(pipes_and_files),
		cmocka_unit_test(reading_ahead),   cmocka_unit_test(errors_come_through_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
