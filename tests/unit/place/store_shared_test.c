/* SPDX-License-Identifier: Apache-2.0 */
/* The store in bad company: many processes at once, killed writers, full and read-only disks. */
#include "place/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

enum { N_PROCESSES = 16, N_ROUNDS = 8, EXIT_SKIPPED = 77 };

/* Runs in a child: every process makes its own image, one that all share, and names for them. */
static int put_and_tag(const char *path, int who)
{
	struct store *s;
	struct err e = { 0 };

	if (store_open(path, &s, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	for (int i = 0; i < N_ROUNDS; i++) {
		auto_free char *name = mem_printf("p%d:r%d", who, i);
		auto_free char *text = mem_printf("%d-%d", who, i);
		struct descriptor own = put_image(s, "amd64", text);
		struct descriptor common = put_image(s, "amd64", "common");
		struct gc_result gc;

		if (store_tag(s, name, &own, &e) || store_tag(s, "common", &common, &e) ||
		    (i % 4 == 0 && store_gc(s, 3600, false, &gc, &e))) {
			fprintf(stderr, "%s\n", e.msg);
			return 1;
		}
	}
	store_close(s);
	return 0;
}

static void test_sixteen_at_once(void **state)
{
	auto_free char *path = mem_printf("%s/new/store", (char *)*state);
	auto_arena a = ARENA_EMPTY;
	struct store_entry *list;
	struct store *s;
	struct gc_result gc;
	struct err e;
	size_t n;

	for (int i = 0; i < N_PROCESSES; i++) {
		if (fork() == 0)
			_exit(put_and_tag(path, i));
	}
	for (int i = 0; i < N_PROCESSES; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	s = open_store(*state, "new/store");
	assert_int_equal(store_list(s, &a, &list, &n, &e), 0);
	assert_int_equal(n, N_PROCESSES * N_ROUNDS + 1);
	assert_int_equal(store_gc(s, 0, false, &gc, &e), 0);
	assert_int_equal(gc.n_blobs, 0);
	assert_int_equal(gc.n_kept, 3 * (N_PROCESSES * N_ROUNDS + 1));
	assert_string_equal(
		output_of("cd %s/blobs/sha256 && for f in *; do echo \"$f  $f\"; done | "
			  "sha256sum --quiet -c && ls -A | grep -vc '^[0-9a-f]*$' || :",
			  path),
		"0");
	store_close(s);
}

static void test_writer_killed(void **state)
{
	struct store *s = open_store(*state, "s");
	struct gc_result gc;
	int ready[2], status;
	char byte, there[16];
	struct err e;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct blob_writer *w;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (blob_writer_new(s, &w, &e) || sink_write(blob_writer_sink(w), "half", 4, &e) ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	/* where the file system has files without a name, there is none to see */
	snprintf(there, sizeof(there), "%s",
		 output_of("ls -A %s/s/blobs/sha256 | wc -l", (char *)*state));
	assert_true(strcmp(there, "0") == 0 || strcmp(there, "1") == 0);
	assert_int_equal(store_gc(s, 0, false, &gc, &e), 0); /* its writer lives: it stays */
	assert_string_equal(output_of("ls -A %s/s/blobs/sha256 | wc -l", (char *)*state), there);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(store_gc(s, 0, true, &gc, &e), 0);
	assert_string_equal(output_of("ls -A %s/s/blobs/sha256 | wc -l", (char *)*state), there);
	assert_int_equal(store_gc(s, 0, false, &gc, &e), 0);
	assert_string_equal(output_of("ls -A %s/s/blobs/sha256 | wc -l", (char *)*state), "0");
	assert_int_equal(gc.n_blobs, 0);
	close(ready[0]);
	close(ready[1]);
	store_close(s);
}

/* A mount namespace of its own: with CAP_SYS_ADMIN at once, else through a user namespace. */
static int private_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return 0;
}

/* Runs `body` in a child that may mount; the test is skipped where that isn't allowed. */
static void in_child(int (*body)(const char *dir), const char *dir)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(private_mounts() ? EXIT_SKIPPED : body(dir));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED) {
		print_message("skipped: no mount namespaces here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

#define CHECK(condition)                                                                    \
	do {                                                                                \
		if (!(condition)) {                                                         \
			fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, e.msg); \
			return 1;                                                           \
		}                                                                           \
	} while (0)

static int fill_disk(const char *dir)
{
	static const char chunk[64 << 10];
	struct blob_writer *w;
	struct descriptor d, got;
	auto_arena a = ARENA_EMPTY;
	struct store *s;
	struct err e = { 0 };
	uint64_t size;
	int r = 0;

	if (mount("none", dir, "tmpfs", 0, "size=512k"))
		return EXIT_SKIPPED;
	s = open_store(dir, "s");
	d = put_image(s, "amd64", "x");
	CHECK(store_tag(s, "x", &d, &e) == 0);
	CHECK(blob_writer_new(s, &w, &e) == 0);
	for (int i = 0; i < 16 && !r; i++)
		r = sink_write(blob_writer_sink(w), chunk, sizeof(chunk), &e);
	CHECK(r == -FAIL_IO && e.sys == ENOSPC);
	CHECK(strstr(e.msg, "write to the store") && strstr(e.msg, "No space left"));
	CHECK(blob_writer_commit(w, &d.digest, &size, &e) == -FAIL_IO);
	/* while the disk is full, names can't change, and the old ones stay */
	CHECK(store_tag(s, "y", &(struct descriptor){ .media_type = "x" }, &e) != 0);
	CHECK(store_resolve(s, "x", &a, &got, &e) == 0);
	blob_writer_free(w);
	d = put_image(s, "amd64", "there is room again");
	CHECK(store_tag(s, "y", &d, &e) == 0);
	store_close(s);
	return 0;
}

static void test_full_disk(void **state)
{
	in_child(fill_disk, *state);
}

static int use_read_only(const char *dir)
{
	auto_arena a = ARENA_EMPTY;
	struct descriptor d, got;
	struct gc_result gc;
	struct sha256 digest;
	struct view text;
	struct store *s;
	struct err e = { 0 };

	if (mount("none", dir, "tmpfs", 0, "size=1m"))
		return EXIT_SKIPPED;
	s = open_store(dir, "s");
	d = put_image(s, "amd64", "x");
	CHECK(store_tag(s, "x", &d, &e) == 0);
	store_close(s);
	if (mount("none", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"))
		return EXIT_SKIPPED;
	s = open_store(dir, "s");
	CHECK(store_resolve(s, "x", &a, &got, &e) == 0);
	CHECK(store_has_blob(s, &d.digest, d.size));
	CHECK(store_read_blob(s, &d.digest, 4096, &a, &text, &e) == 0);
	CHECK(store_put_blob(s, "new", 3, &digest, &e) == -FAIL_IO);
	CHECK(strstr(e.msg, "Read-only file system") && strstr(e.msg, "/s'"));
	CHECK(store_tag(s, "y", &d, &e) == -FAIL_IO);
	CHECK(strstr(e.msg, "Read-only file system"));
	CHECK(store_gc(s, 0, false, &gc, &e) == -FAIL_IO);
	CHECK(strstr(e.msg, "Read-only file system"));
	store_close(s);
	return 0;
}

static void test_read_only(void **state)
{
	in_child(use_read_only, *state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_sixteen_at_once),
		TEST(test_writer_killed),
		TEST(test_full_disk),
		TEST(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
