/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of whole files; FIPS 180-4 has that of "abc". */
#include "io/hash.h"

#include "base/interrupt.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static int file_with(const char *text)
{
	int fd = memfd_create("hash", MFD_CLOEXEC);

	assert_true(fd >= 0);
	/* where it stands then is its end */
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void from_an_offset(void **state)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_fd fd = file_with("xyabc");
	char hex[SHA256_HEX_CHARS + 1];
	struct sha256 got;
	uint64_t end = 0;
	struct err e;

	(void)state;
	assert_int_equal(hash_fd(fd, "file", 2, h, &end, &e), 0);
	sha256_final(h, &got);
	sha256_to_hex(&got, hex);
	assert_string_equal(hex, abc);
	assert_int_equal(end, 5);
}

static void size_and_digest_count(void **state)
{
	auto_fd fd = file_with("abc");
	auto_fd other = file_with("abd");
	auto_fd folder = open("/", O_RDONLY | O_CLOEXEC);
	struct sha256 want;

	(void)state;
	assert_true(sha256_from_hex(view_of(abc), &want));
	assert_true(hash_is(fd, 3, &want));
	assert_false(hash_is(fd, 4, &want));
	assert_false(hash_is(other, 3, &want));
	assert_false(hash_is(folder, 3, &want));
	assert_false(hash_is(-1, 3, &want));
}

static void errors_name_the_file(void **state)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_fd folder = open("/", O_RDONLY | O_CLOEXEC);
	auto_fd fd = file_with("abc");
	struct err e;

	(void)state;
	assert_int_equal(hash_fd(folder, "the file", 0, h, NULL, &e), -FAIL_IO);
	assert_string_equal(e.msg, "read 'the file': Is a directory");
	interrupt_request(SIGINT);
	assert_int_equal(hash_fd(fd, "the file", 0, h, NULL, &e), -FAIL_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_an_offset),
		cmocka_unit_test(size_and_digest_count),
		cmocka_unit_test(errors_name_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
