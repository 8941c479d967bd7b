/* SPDX-License-Identifier: Apache-2.0 */
/* What a memo of hashes remembers, and when it reads again; the kernel counts what is read. */
#include "build/host_hash.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES = 1 << 20 };

struct fixture {
	char path[32];
	struct host_memo memo;
};

static void fill(const char *path, int byte)
{
	auto_free char *bytes = mem_alloc(FILE_BYTES);
	FILE *f = fopen(path, "wb");

	memset(bytes, byte, FILE_BYTES);
	assert_int_equal(fwrite(bytes, 1, FILE_BYTES, f), FILE_BYTES);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));
	int fd;

	strcpy(f->path, "/tmp/pare-hash-XXXXXX");
	fd = mkstemp(f->path);
	if (fd < 0)
		return -1;
	close(fd);
	fill(f->path, 'a');
	f->memo.now_s = INT64_MAX; /* everything is old */
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	host_memo_done(&f->memo);
	free(f);
	return 0;
}

/* What this process has read so far; skips the test where the kernel doesn't say. */
static unsigned long long bytes_read(void)
{
	unsigned long long n = 0;
	FILE *f = fopen("/proc/self/io", "r");

	if (!f || fscanf(f, "rchar: %llu", &n) != 1)
		skip();
	fclose(f);
	return n;
}

/* Whether hashing read the file. */
static bool reads(struct fixture *f, struct host_memo *m, const char *hex)
{
	unsigned long long before = bytes_read();
	char got[SHA256_HEX_CHARS + 1];
	struct sha256 digest;
	struct stat seen;
	struct err e;

	assert_int_equal(host_hash(m, f->path, &seen, &digest, &e), 0);
	assert_int_equal(seen.st_size, FILE_BYTES);
	sha256_to_hex(&digest, got);
	assert_string_equal(got, hex);
	return bytes_read() - before >= FILE_BYTES;
}

/* head -c 1048576 /dev/zero | tr '\0' a | sha256sum; the same with b */
#define OF_A "9bc1b2a288b26af7257a36277ae3816a7d4f16e89c1e7e77d0a5c48bad62b360"
#define OF_B "e56ec8dc1862be6c09c53620cbc0f00f639de2a51c882745fbbc4e144714b3c2"

static void a_file_is_read_once(void **state)
{
	struct fixture *f = *state;

	assert_true(reads(f, &f->memo, OF_A));
	assert_false(reads(f, &f->memo, OF_A));
	assert_true(reads(f, NULL, OF_A));
	host_memo_forget_young(&f->memo);
	assert_false(reads(f, &f->memo, OF_A));
}

static void a_changed_file_is_read_again(void **state)
{
	struct fixture *f = *state;

	assert_true(reads(f, &f->memo, OF_A));
	usleep(20000); /* a step of the kernel's clock */
	fill(f->path, 'b');
	assert_true(reads(f, &f->memo, OF_B));
	assert_false(reads(f, &f->memo, OF_B));
}

static void a_young_file_is_read_again_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct stat seen;

	assert_int_equal(stat(f->path, &seen), 0);
	f->memo.now_s = seen.st_ctim.tv_sec + 1;
	assert_true(reads(f, &f->memo, OF_A));
	assert_false(reads(f, &f->memo, OF_A));
	host_memo_forget_young(&f->memo);
	assert_true(reads(f, &f->memo, OF_A));
	f->memo.now_s = seen.st_ctim.tv_sec + 3;
	host_memo_forget_young(&f->memo);
	assert_false(reads(f, &f->memo, OF_A));
}

static void a_file_is_hashed_ahead(void **state)
{
	struct fixture *f = *state;
	struct workers *w = workers_new(1);

	host_memo_begin(&f->memo, w, f->path);
	workers_wait_idle(w);
	assert_false(reads(f, &f->memo, OF_A));
	host_memo_begin(&f->memo, w, f->path); /* nobody asks */
	host_memo_done(&f->memo);
	workers_free(w);
}

static void a_file_that_changes_after_it_was_hashed_ahead_is_read_again(void **state)
{
	struct fixture *f = *state;
	struct workers *w = workers_new(1);

	host_memo_begin(&f->memo, w, f->path);
	workers_wait_idle(w);
	usleep(20000); /* a step of the kernel's clock */
	fill(f->path, 'b');
	assert_true(reads(f, &f->memo, OF_B));
	workers_free(w);
}

static void what_cannot_be_hashed_ahead_is_told_when_asked_for(void **state)
{
	struct fixture *f = *state;
	struct workers *w = workers_new(1);
	struct sha256 digest;
	struct stat seen;
	struct err e;

	host_memo_begin(&f->memo, w, "/nonexistent");
	assert_true(reads(f, &f->memo, OF_A)); /* another file has nothing to do with it */
	assert_int_equal(host_hash(&f->memo, "/nonexistent", &seen, &digest, &e), -FAIL_NOT_FOUND);
	host_memo_done(&f->memo);
	workers_free(w);
}

static void what_is_no_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct sha256 digest;
	struct stat seen;
	struct err e;

	assert_int_equal(host_hash(&f->memo, "/tmp", &seen, &digest, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "'/tmp' is no regular file");
	assert_int_equal(host_hash(&f->memo, "/nonexistent", &seen, &digest, &e), -FAIL_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_once),
		TEST(a_changed_file_is_read_again),
		TEST(a_young_file_is_read_again_at_the_end),
		TEST(a_file_is_hashed_ahead),
		TEST(a_file_that_changes_after_it_was_hashed_ahead_is_read_again),
		TEST(what_cannot_be_hashed_ahead_is_told_when_asked_for),
		TEST(what_is_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
