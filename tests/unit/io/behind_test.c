/* SPDX-License-Identifier: Apache-2.0 */
/* Writing with the digest behind: file and digest hold the same bytes, whatever comes when. */
#include "io/behind.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/fd.h"
#include "sys/files.h"

enum { BYTES = 6 << 20, LATER_MS = 1100 };

static int make_bytes(void **state)
{
	char *bytes = malloc(BYTES);

	if (!bytes)
		return -1;
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	*state = bytes;
	return 0;
}

static int free_bytes(void **state)
{
	free(*state);
	return 0;
}

static int new_file(void)
{
	struct err e;
	int fd = -1;

	assert_int_equal(temp_file_open(&fd, &e), 0);
	return fd;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

static void file_holds(int fd, const char *bytes, size_t n)
{
	char *got = malloc(n + 1);

	assert_non_null(got);
	assert_int_equal(pread(fd, got, n + 1, 0), (ssize_t)n);
	assert_memory_equal(got, bytes, n);
	free(got);
}

static void digest_is_of(struct hasher *h, const char *bytes, size_t n)
{
	struct sha256 got, want;

	sha256_final(h, &got);
	sha256_of(bytes, n, &want);
	assert_true(sha256_eq(&got, &want));
}

static void add_all(struct behind *b, const char *bytes, size_t n, size_t step)
{
	struct err e;

	for (size_t at = 0; at < n; at += step)
		assert_int_equal(behind_add(b, bytes + at, n - at < step ? n - at : step, &e), 0);
}

static void same_bytes(void **state)
{
	/* below and above what a thread is started for, and in steps that fit no piece */
	static const size_t sizes[] = { 0, 1, 5000, 4 << 20, (4 << 20) + 1, BYTES };
	static const size_t steps[] = { 16 << 10, 5003, 300000, BYTES };

	for (size_t i = 0; i < 24; i++) {
		size_t n = sizes[i % 6];
		auto_hasher h = hasher_new(DIGEST_SHA256);
		auto_fd fd = new_file();
		struct behind *b =
			behind_new(fd, 0, h, i % 2 ? BEHIND_TO_DISK : BEHIND_CACHED, "'it'");
		struct err e;

		add_all(b, *state, n, steps[i / 6]);
		assert_int_equal(behind_settle(b, &e), 0);
		file_holds(fd, *state, n);
		digest_is_of(h, *state, n);
		behind_free(b);
	}
}

static void goes_on_after_a_settle_and_at_a_files_end(void **state)
{
	const char *bytes = *state;
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_fd fd = new_file();
	struct behind *b;
	struct err e;

	assert_int_equal(write(fd, bytes, 1000), 1000);
	hasher_update(h, bytes, 1000);
	b = behind_new(fd, 1000, h, BEHIND_TO_DISK, "'it'");
	add_all(b, bytes + 1000, BYTES - 2000, 16 << 10);
	assert_int_equal(behind_settle(b, &e), 0);
	file_holds(fd, bytes, BYTES - 1000);
	add_all(b, bytes + BYTES - 1000, 1000, 10);
	assert_int_equal(behind_settle(b, &e), 0);
	file_holds(fd, bytes, BYTES);
	digest_is_of(h, bytes, BYTES);
	behind_free(b);
}

static void what_trickles_in_is_seen_by_others(void **state)
{
	const struct timespec later = { LATER_MS / 1000, LATER_MS % 1000 * 1000000L };
	const char *bytes = *state;
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_fd fd = new_file();
	struct behind *b = behind_new(fd, 0, h, BEHIND_CACHED, "'it'");
	uint64_t before;

	add_all(b, bytes, BYTES - 20, BYTES - 20);
	before = size_of(fd);
	assert_true(before < BYTES - 20);
	add_all(b, bytes + BYTES - 20, 10, 10);
	assert_int_equal(size_of(fd), before);
	nanosleep(&later, NULL);
	add_all(b, bytes + BYTES - 10, 10, 10);
	assert_int_equal(size_of(fd), BYTES);
	behind_free(b);
}

static void what_is_not_settled_is_forgotten(void **state)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_fd fd = new_file();
	struct behind *b = behind_new(fd, 0, h, BEHIND_CACHED, "'it'");

	add_all(b, *state, BYTES - 20, BYTES - 20);
	behind_free(b);
	assert_true(size_of(fd) < BYTES - 20);
}

static void a_full_disk_is_told(void **state)
{
	const char *bytes = *state;
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_fd fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct behind *b = behind_new(fd, 0, h, BEHIND_CACHED, "'it'");
	struct err e;

	assert_int_equal(behind_add(b, bytes, 10, &e), -FAIL_IO);
	assert_string_equal(e.msg, "write 'it': No space left on device");
	/* large: told when a piece is full, or at the end */
	assert_int_equal(behind_add(b, bytes, BYTES, &e), -FAIL_IO);
	assert_int_equal(behind_add(b, bytes, 10, &e), 0);
	assert_int_equal(behind_settle(b, &e), -FAIL_IO);
	assert_int_equal(e.sys, ENOSPC);
	behind_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_bytes, make_bytes, free_bytes),
		cmocka_unit_test_setup_teardown(goes_on_after_a_settle_and_at_a_files_end,
						make_bytes, free_bytes),
		cmocka_unit_test_setup_teardown(what_trickles_in_is_seen_by_others, make_bytes,
						free_bytes),
		cmocka_unit_test_setup_teardown(what_is_not_settled_is_forgotten, make_bytes,
						free_bytes),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told, make_bytes, free_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
