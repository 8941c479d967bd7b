/* SPDX-License-Identifier: Apache-2.0 */
/* Files fetched in parallel: resuming, checking, falling back, sharing, and bad luck with disks. */
#include "net/http.h"

#include "server.h"
#include "sys/files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 300000, N_MANY = 30, N_TINY = 200 };

static struct server s;
static struct buf body;
static struct sha256 digest;

/* A monitor that counts. */
struct counts {
	struct monitor m;
	uint32_t begun, ended, failed;
	uint64_t total, advanced;
	char what[64];
};

static void count_say(struct monitor *m, enum monitor_level level, const char *text)
{
	(void)m;
	(void)level;
	(void)text;
}

static uint32_t count_begin(struct monitor *m, const char *what, uint64_t total)
{
	struct counts *c = (struct counts *)m;

	c->total += total;
	snprintf(c->what, sizeof(c->what), "%s", what);
	return ++c->begun;
}

static void count_advance(struct monitor *m, uint32_t task, uint64_t bytes)
{
	(void)task;
	((struct counts *)m)->advanced += bytes;
}

static void count_end(struct monitor *m, uint32_t task, int failed)
{
	struct counts *c = (struct counts *)m;

	(void)task;
	c->ended++;
	c->failed += failed != 0;
}

static const struct monitor_ops count_ops = { count_say, count_begin, count_advance, count_end,
					      NULL };

static int set_up(void **state)
{
	(void)state;
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	server_start(&s, false);
	server_put(&s, "a", SIZE, &body);
	sha256_of(body.data, body.len, &digest);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_stop(&s);
	buf_done(&body);
	return 0;
}

static struct http_file wanted(const char *const *urls, size_t n_urls, const char *name)
{
	return (struct http_file){ .urls = urls,
				   .n_urls = n_urls,
				   .what = name,
				   .dir_fd = s.out_fd,
				   .name = name,
				   .size_bytes = SIZE,
				   .digest = digest };
}

static int get(const char *const *urls, size_t n_urls, const char *name, struct err *e)
{
	struct http_file f = wanted(urls, n_urls, name);
	struct http *h = quick_http(NULL);
	int rc = http_get_files(h, &f, 1, NULL, NULL, e);

	http_free(h);
	return rc;
}

static bool is_there(const char *name)
{
	return faccessat(s.out_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_nothing_left(const char *name)
{
	assert_false(is_there(name));
	assert_false(is_there(arena_printf(&s.arena, "%s.part", name)));
}

static void assert_right(const char *name)
{
	struct buf got = BUF_EMPTY;
	struct err e;

	if (file_read(s.out_fd, name, SIZE, &got, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(got.len, SIZE);
	assert_memory_equal(got.data, body.data, SIZE);
	buf_done(&got);
	assert_false(is_there(arena_printf(&s.arena, "%s.part", name)));
}

static void put_part(const char *name, const void *bytes, size_t n)
{
	struct err e;

	assert_int_equal(file_write_atomic(s.out_fd, arena_printf(&s.arena, "%s.part", name), bytes,
					   n, 0644, &e),
			 0);
}

static void arrives(const char *name, const char *url)
{
	struct err e;

	if (get(&url, 1, name, &e) != 0)
		fail_msg("%s", e.msg);
	assert_right(name);
}

static void fails(const char *name, const char *url, enum fail_code code, const char *text)
{
	struct err e = { 0 };

	assert_int_equal(get(&url, 1, name, &e), -(int)code);
	if (!strstr(e.msg, text))
		fail_msg("'%s' is not in: %s", text, e.msg);
	assert_false(is_there(name));
}

static int count_done(const struct http_file *f, void *ctx, struct err *e)
{
	(void)e;
	assert_true(is_there(f->name));
	++*(size_t *)ctx;
	return 0;
}

static void many_arrive(void **state)
{
	struct http_file files[N_MANY];
	const char *urls[N_MANY];
	struct counts c = { .m = { &count_ops } };
	struct http *h = quick_http(&c.m);
	size_t n_done = 0;
	struct err e;

	(void)state;
	for (size_t i = 0; i < N_MANY; i++) {
		urls[i] = server_url(&s, i % 3 ? "/~noetag/a" : "/~cut:7777:1/~etag:%zu/a", i);
		files[i] = wanted(&urls[i], 1, arena_printf(&s.arena, "many-%zu", i));
	}
	if (http_get_files(h, files, N_MANY, count_done, &n_done, &e) != 0)
		fail_msg("%s", e.msg);
	http_free(h);
	assert_int_equal(n_done, N_MANY);
	for (size_t i = 0; i < N_MANY; i++)
		assert_right(files[i].name);
	assert_int_equal(c.begun, N_MANY);
	assert_int_equal(c.ended, N_MANY);
	assert_int_equal(c.failed, 0);
	assert_int_equal(c.total, (uint64_t)N_MANY * SIZE);
	assert_int_equal(c.advanced, (uint64_t)N_MANY * SIZE);
}

static int64_t clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Local files end in the very round that they begin in: waiting then took a second for each eight.
 */
static void nothing_waits_while_there_is_more_to_begin(void **state)
{
	const char *url = arena_printf(&s.arena, "file:///proc/self/fd/%d/tiny", s.out_fd);
	struct http *h = quick_http(NULL);
	struct http_file files[N_TINY];
	int64_t begun_s = clock_s();
	struct err e;

	(void)state;
	assert_int_equal(file_write_cached(s.out_fd, "tiny", body.data, 9, 0644, &e), 0);
	for (size_t i = 0; i < N_TINY; i++) {
		files[i] = wanted(&url, 1, arena_printf(&s.arena, "tiny-%zu", i));
		files[i].size_bytes = 9;
		files[i].cached = true;
		sha256_of(body.data, 9, &files[i].digest);
	}
	if (http_get_files(h, files, N_TINY, NULL, NULL, &e) != 0)
		fail_msg("%s", e.msg);
	http_free(h);
	for (size_t i = 0; i < N_TINY; i++)
		assert_true(is_there(files[i].name));
	assert_true(clock_s() - begun_s < N_TINY / HTTP_MAX_PARALLEL / 2);
}

static void cuts_are_resumed(void **state)
{
	(void)state;
	arrives("cut", server_url(&s, "/~cut:100000:1/~chunked/a"));
	assert_int_equal(server_log_lines(&s, "/~cut:100000:1/~chunked/a", "\"bytes=100000-\""), 1);
	arrives("cut-norange", server_url(&s, "/~cut:100000:2/~norange/a"));
	arrives("short-length", server_url(&s, "/~nolength/~cut:200000:1/a"));
	arrives("slow", server_url(&s, "/~drip:60000:150/a"));
	put_part("416", body.data, 1000);
	arrives("416", server_url(&s, "/~status:416:1/a"));
	assert_int_equal(server_log_lines(&s, "/~status:416:1/a", "\"range\": null"), 1);
}

static void kept_parts_are_resumed(void **state)
{
	(void)state;
	put_part("kept", body.data, 123456);
	arrives("kept", server_url(&s, "/~delay:1/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:1/a", ""), 1);
	assert_int_equal(server_log_lines(&s, "/~delay:1/a", "\"bytes=123456-\""), 1);
	put_part("all-kept", body.data, SIZE);
	arrives("all-kept", server_url(&s, "/~delay:2/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:2/a", ""), 0);
}

static void wrong_kept_parts_are_replaced(void **state)
{
	struct buf wrong = BUF_EMPTY;

	(void)state;
	buf_add(&wrong, body.data, SIZE);
	wrong.data[1000] ^= 1;
	put_part("kept-wrong", wrong.data, 5000);
	arrives("kept-wrong", server_url(&s, "/~delay:3/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:3/a", "\"bytes=5000-\""), 1);
	assert_int_equal(server_log_lines(&s, "/~delay:3/a", "\"range\": null"), 1);
	put_part("all-wrong", wrong.data, SIZE);
	arrives("all-wrong", server_url(&s, "/~delay:4/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:4/a", "\"range\": null"), 1);
	buf_add(&wrong, "more", 4);
	put_part("too-long", wrong.data, wrong.len);
	arrives("too-long", server_url(&s, "/~delay:5/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:5/a", "\"range\": null"), 1);
	buf_done(&wrong);
}

static void a_finished_file_is_not_fetched(void **state)
{
	(void)state;
	arrives("finished", server_url(&s, "/~delay:6/a"));
	arrives("finished", server_url(&s, "/~delay:6/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:6/a", ""), 1);
	put_part("finished", body.data, 10);
	arrives("finished", server_url(&s, "/~delay:6/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:6/a", ""), 1);
}

static void wrong_content_is_refused(void **state)
{
	char hex[SHA256_HEX_CHARS + 1];

	(void)state;
	sha256_to_hex(&digest, hex);
	fails("wrong", server_url(&s, "/~wrong/a"), FAIL_VERIFY,
	      arena_printf(&s.arena, "/~wrong/a': wrong content: expected SHA-256 %s, got ", hex));
	assert_nothing_left("wrong");
	assert_int_equal(server_log_lines(&s, "/~wrong/a", ""), 1);
	put_part("wrong", body.data, 1000);
	fails("wrong", server_url(&s, "/~wrong/~delay:1/a"), FAIL_VERIFY, "wrong content");
	assert_nothing_left("wrong");
	assert_int_equal(server_log_lines(&s, "/~wrong/~delay:1/a", ""), 2);
}

static void wrong_sizes_are_refused(void **state)
{
	(void)state;
	fails("size", server_url(&s, "/~length:7/a"), FAIL_VERIFY, "it is 300007 bytes long there");
	fails("size", server_url(&s, "/~length:-7/a"), FAIL_VERIFY, "299993 bytes long there");
	fails("size", server_url(&s, "/~endless/a"), FAIL_VERIFY, "more than the expected 300000");
	put_part("size", body.data, 1000);
	fails("size", server_url(&s, "/~shortrange/a"), FAIL_VERIFY, "299999 bytes long there");
	assert_nothing_left("size");
}

static void partial_files_survive_a_failure(void **state)
{
	struct stat st;

	(void)state;
	fails("survivor", server_url(&s, "/~cut:90000/a"), FAIL_NET, "after 5 tries");
	assert_int_equal(fstatat(s.out_fd, "survivor.part", &st, 0), 0);
	assert_int_equal(st.st_size, 90000);
	arrives("survivor", server_url(&s, "/~delay:7/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:7/a", "\"bytes=90000-\""), 1);
	fails("nothing-came", server_url(&s, "/missing"), FAIL_NOT_FOUND, "404");
	assert_nothing_left("nothing-came");
}

static void other_addresses_are_tried(void **state)
{
	const char *urls[] = { server_url(&s, "/missing"), server_url(&s, "/~wrong/~etag:1/a"),
			       server_url(&s, "/~cut:50000/a"), server_url(&s, "/~delay:8/a") };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(get(urls, 4, "fallback", &e), 0);
	assert_right("fallback");
	assert_int_equal(server_log_lines(&s, "/~delay:8/a", "\"bytes=50000-\""), 1);
	assert_int_equal(get(urls, 3, "fallback-2", &e), -FAIL_VERIFY);
	assert_non_null(strstr(e.msg, "/~wrong/~etag:1/a': wrong content"));
	assert_non_null(strstr(e.msg, "(2 other addresses failed too)"));
	assert_nothing_left("fallback-2");
	urls[1] = server_url(&s, "/~status:403/a");
	assert_int_equal(get(urls, 2, "fallback-3", &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "(1 other address failed too)"));
	assert_int_equal(get(urls, 0, "fallback-4", &e), -FAIL_NET);
}

/* (fail): cmocka has a macro of that name. */
static int refuse_third(const struct http_file *f, void *ctx, struct err *e)
{
	if (++*(int *)ctx == 3)
		return (fail)(e, FAIL_FORMAT, "no more of '%s'", f->name);
	return 0;
}

static void the_callers_failure_ends_all(void **state)
{
	struct http_file files[N_MANY];
	const char *url = server_url(&s, "/~delay:20/~etag:ends/a");
	struct http *h = quick_http(NULL);
	struct err e = { 0 };
	int n = 0;

	(void)state;
	for (size_t i = 0; i < N_MANY; i++)
		files[i] = wanted(&url, 1, arena_printf(&s.arena, "ended-%zu", i));
	assert_int_equal(http_get_files(h, files, N_MANY, refuse_third, &n, &e), -FAIL_FORMAT);
	assert_non_null(strstr(e.msg, "no more of 'ended-"));
	assert_int_equal(n, 3);
	assert_true(server_log_lines(&s, "/~etag:ends/", "") < N_MANY);
	http_free(h);
}

/* Fetches in a child; its exit status is the error's code. */
static pid_t get_in_child(const char *url, const char *name)
{
	pid_t pid = fork();
	struct err e = { 0 };

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(get(&url, 1, name, &e) < 0 ? (int)e.code : 0);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void processes_share_one_transfer(void **state)
{
	const char *url = server_url(&s, "/~drip:50000:50/a");
	pid_t pids[8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pids); i++)
		pids[i] = get_in_child(url, "shared");
	for (size_t i = 0; i < COUNT_OF(pids); i++)
		assert_int_equal(status_of(pids[i]), 0);
	assert_right("shared");
	assert_int_equal(server_log_lines(&s, "/~drip:50000:50/a", ""), 1);
}

static void twice_in_one_call_is_fetched_once(void **state)
{
	const char *url = server_url(&s, "/~delay:9/a");
	struct http_file files[2] = { wanted(&url, 1, "same"), wanted(&url, 1, "same") };
	struct http *h = quick_http(NULL);
	size_t n_done = 0;
	struct err e;

	(void)state;
	assert_int_equal(http_get_files(h, files, 2, count_done, &n_done, &e), 0);
	http_free(h);
	assert_int_equal(n_done, 2);
	assert_right("same");
	assert_int_equal(server_log_lines(&s, "/~delay:9/a", ""), 1);
}

static void a_stuck_process_holds_up_nobody(void **state)
{
	int fd = openat(s.out_fd, "stuck.part", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	const char *url = server_url(&s, "/~delay:10/a");
	struct err e;

	(void)state;
	assert_int_equal(write(fd, "junk", 4), 4);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	if (get(&url, 1, "stuck", &e) != 0)
		fail_msg("%s", e.msg);
	assert_true(is_there("stuck.part"));
	close(fd);
	unlinkat(s.out_fd, "stuck.part", 0);
	assert_right("stuck");
}

static void a_killed_process_leaves_its_part(void **state)
{
	pid_t pid = get_in_child(server_url(&s, "/~drip:20000:100/a"), "killed");
	struct stat st = { 0 };

	(void)state;
	for (int i = 0; i < 500 && st.st_size < 40000; i++) {
		usleep(10000);
		if (fstatat(s.out_fd, "killed.part", &st, 0) < 0)
			st.st_size = 0;
	}
	kill(pid, SIGKILL);
	assert_int_equal(status_of(pid), 128 + SIGKILL);
	assert_in_range(st.st_size, 40000, SIZE - 1);
	assert_false(is_there("killed"));
	arrives("killed", server_url(&s, "/~delay:11/a"));
	assert_int_equal(server_log_lines(&s, "/~delay:11/a", "\"bytes="), 1);
}

static void a_full_disk_leaves_nothing(void **state)
{
	pid_t pid = fork();
	struct err e = { 0 };

	(void)state;
	if (pid == 0) {
		const char *url = server_url(&s, "/a");
		struct rlimit limit = { 100000, 100000 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		if (get(&url, 1, "full", &e) == -FAIL_IO && strstr(e.msg, "write 'full.part': "))
			_exit(0);
		_exit(1);
	}
	assert_int_equal(status_of(pid), 0);
	assert_nothing_left("full");
}

static void a_read_only_folder_is_named(void **state)
{
	pid_t pid = fork();
	struct err e = { 0 };

	(void)state;
	if (pid == 0) {
		const char *url = server_url(&s, "/~delay:12/a");

		if (fchmod(s.out_fd, 0555) < 0 || (geteuid() == 0 && seteuid(65534) < 0))
			_exit(2);
		if (get(&url, 1, "locked", &e) == -FAIL_IO && strstr(e.msg, "make 'locked.part': "))
			_exit(0);
		_exit(1);
	}
	assert_int_equal(status_of(pid), 0);
	assert_int_equal(fchmod(s.out_fd, 0755), 0);
	assert_nothing_left("locked");
	assert_int_equal(server_log_lines(&s, "/~delay:12/a", ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_arrive),
		cmocka_unit_test(nothing_waits_while_there_is_more_to_begin),
		cmocka_unit_test(cuts_are_resumed),
		cmocka_unit_test(kept_parts_are_resumed),
		cmocka_unit_test(wrong_kept_parts_are_replaced),
		cmocka_unit_test(a_finished_file_is_not_fetched),
		cmocka_unit_test(wrong_content_is_refused),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(partial_files_survive_a_failure),
		cmocka_unit_test(other_addresses_are_tried),
		cmocka_unit_test(the_callers_failure_ends_all),
		cmocka_unit_test(processes_share_one_transfer),
		cmocka_unit_test(twice_in_one_call_is_fetched_once),
		cmocka_unit_test(a_stuck_process_holds_up_nobody),
		cmocka_unit_test(a_killed_process_leaves_its_part),
		cmocka_unit_test(a_full_disk_leaves_nothing),
		cmocka_unit_test(a_read_only_folder_is_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
