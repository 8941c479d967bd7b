/* SPDX-License-Identifier: Apache-2.0 */
/* Repositories that Debian's own tools made: good ones, and each kind of bad one. */
#include "pkg/deb/repository.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/files.h"

#include <cmocka.h>

enum { HOUR_S = 60 * 60, DAY_S = 24 * HOUR_S };

struct state {
	char dir[64];
	struct monitor monitor;
	int warnings;
	char last_warning[512];
	struct http *http;
	struct deb_context ctx;
};

static void on_say(struct monitor *m, enum monitor_level level, const char *text)
{
	struct state *s = (struct state *)((char *)m - offsetof(struct state, monitor));

	if (level == MONITOR_WARN) {
		s->warnings++;
		snprintf(s->last_warning, sizeof(s->last_warning), "%s", text);
	}
}

static uint32_t on_begin(struct monitor *m, const char *what, uint64_t total)
{
	(void)m;
	(void)what;
	(void)total;
	return 1;
}

static void on_advance(struct monitor *m, uint32_t task, uint64_t bytes)
{
	(void)m;
	(void)task;
	(void)bytes;
}

static void on_end(struct monitor *m, uint32_t task, int failed)
{
	(void)m;
	(void)task;
	(void)failed;
}

static const struct monitor_ops monitor_ops = { on_say, on_begin, on_advance, on_end, NULL };

/* ---- helpers ---- */

static void shell(const struct state *s, const char *script)
{
	char command[512];

	snprintf(command, sizeof(command), "cd '%s' && %s", s->dir, script);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static int open_line(struct state *s, const char *line, const char *arch,
		     struct deb_repository **ret, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct deb_source source;

	if (deb_source_parse(view_of(line), s->dir, &a, &source, e) < 0)
		fail_msg("%s", e->msg);
	return deb_repository_open(&s->ctx, &source, &arch, 1, ret, e);
}

static int open_archive(struct state *s, const char *archive, struct deb_repository **ret,
			struct err *e)
{
	char line[256];

	snprintf(line, sizeof(line), "deb [signed-by=archive.gpg] file://%s/%s stable main", s->dir,
		 archive);
	return open_line(s, line, "amd64", ret, e);
}

static struct deb_repository *must_open(struct state *s, const char *archive)
{
	struct deb_repository *r = NULL;
	struct err e = { 0 };

	if (open_archive(s, archive, &r, &e) < 0)
		fail_msg("%s: %s", archive, e.msg);
	return r;
}

static size_t count_files(const struct state *s, const char *dir)
{
	char path[128];
	struct dirent *d;
	size_t n = 0;
	DIR *open;

	snprintf(path, sizeof(path), "%s/cache/%s", s->dir, dir);
	open = opendir(path);
	while (open && (d = readdir(open)))
		n += d->d_name[0] != '.' || strncmp(d->d_name, ".tmp", 4) == 0;
	if (open)
		closedir(open);
	return n;
}

static void check_refused(struct state *s, const char *archive, enum fail_code code,
			  const char *why)
{
	struct deb_repository *r = NULL;
	struct err e = { 0 };
	int rc = open_archive(s, archive, &r, &e);

	if (rc != -(int)code || !strstr(e.msg, why))
		fail_msg("%s: expected %d '%s', got %d '%s'", archive, -(int)code, why, rc, e.msg);
	assert_null(r);
}

static bool find(const struct index *x, const char *name, const char *version, struct package *ret)
{
	const uint32_t *ids;
	size_t n = index_named(x, view_of(name), &ids);

	for (size_t i = 0; i < n; i++) {
		if (index_package(x, ids[i], ret) && view_is(ret->version, version))
			return true;
	}
	return false;
}

/* ---- tests ---- */

static void check_hello(const struct state *s, const struct index *x)
{
	auto_buf deb = BUF_EMPTY;
	char path[160];
	struct sha256 digest;
	struct package p;
	struct err e = { 0 };
	const uint32_t *ids;

	assert_true(find(x, "hello", "1.0-1", &p));
	assert_true(view_is(p.arch, "amd64"));
	assert_true(view_is(p.source, "hello-src"));
	assert_true(view_is(p.filename, "pool/main/hello_1.0-1_amd64.deb"));
	assert_true(view_is(p.depends, "libx (>= 1),\n libc6 | libc"));
	assert_true(view_is(p.pre_depends, "dpkg (>= 1.15)"));
	assert_true(view_is(p.provides, "greeter (= 1), world:any, farewell"));
	assert_true(view_is(p.conflicts, "bye"));
	assert_true(view_is(p.breaks, "older (<< 1)"));
	assert_true(view_is(p.replaces, "older"));
	assert_int_equal(p.installed_bytes, 7 * 1024);
	assert_int_equal(p.multi_arch, MULTI_ARCH_FOREIGN);
	assert_int_equal(p.priority, PRIORITY_REQUIRED);
	assert_true(p.essential);
	assert_int_equal(index_providing(x, view_of("greeter"), &ids), 1);
	assert_int_equal(index_providing(x, view_of("world"), &ids), 1);
	assert_int_equal(index_providing(x, view_of("farewell"), &ids), 1);

	/* The file itself is the second source. */
	snprintf(path, sizeof(path), "%s/base/%.*s", s->dir, VIEW_ARG(p.filename));
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &deb, &e), 0);
	sha256_of(deb.data, deb.len, &digest);
	assert_true(sha256_eq(&digest, &p.digest));
	assert_int_equal(p.size_bytes, deb.len);

	assert_true(find(x, "hello", "1.1-1", &p));
	assert_true(view_is(p.source, "hello"));
	assert_false(p.essential);
	assert_int_equal(p.multi_arch, MULTI_ARCH_NO);
}

static void good(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = must_open(s, "good");
	auto_buf inrelease = BUF_EMPTY;
	struct sha256 digest;
	struct err e = { 0 };
	char path[128];

	assert_string_equal(r->suite, "stable");
	assert_string_equal(r->codename, "testing-toy");
	assert_string_equal(r->origin, "Test");
	assert_string_equal(r->uri, r->base_url);
	assert_false(r->security);
	assert_int_equal(strlen(r->signer), 40);
	assert_true(r->date_s <= s->ctx.now_s && r->date_s > s->ctx.now_s - HOUR_S);
	snprintf(path, sizeof(path), "%s/good/dists/stable/InRelease", s->dir);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &inrelease, &e), 0);
	sha256_of(inrelease.data, inrelease.len, &digest);
	assert_true(sha256_eq(&digest, &r->inrelease));
	assert_int_equal(r->n_indexes, 1);
	assert_string_equal(r->indexes[0].component, "main");
	assert_int_equal(index_count(r->indexes[0].index), 4);
	check_hello(s, r->indexes[0].index);
	deb_repository_close(r);
	assert_int_equal(s->warnings, 0);
}

static void every_compression(void **state)
{
	static const char *const archives[] = { "only-gz", "only-xz", "only-zst", "only-plain",
						"by-hash" };
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(archives) / sizeof(archives[0]); i++) {
		struct deb_repository *r = must_open(s, archives[i]);

		check_hello(s, r->indexes[0].index);
		deb_repository_close(r);
		/* The same text has the same index, whatever it came in. */
		assert_int_equal(count_files(s, "indexes"), 1);
		shell(s, "rm cache/indexes/*");
	}
}

static void components_and_architectures(void **state)
{
	static const char *const archs[] = { "amd64", "arm64" };
	struct state *s = *state;
	struct deb_repository *r = NULL;
	auto_arena a = ARENA_EMPTY;
	struct deb_source source;
	struct package p;
	struct err e = { 0 };
	char line[256];

	snprintf(line, sizeof(line),
		 "deb [signed-by=archive.gpg] file://%s/security testing-toy main updates/contrib",
		 s->dir);
	assert_int_equal(deb_source_parse(view_of(line), s->dir, &a, &source, &e), 0);
	if (deb_repository_open(&s->ctx, &source, archs, 2, &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(r->security);
	assert_int_equal(r->n_indexes, 4);
	assert_string_equal(r->indexes[1].component, "contrib");
	assert_string_equal(r->indexes[1].arch, "amd64");
	assert_true(find(r->indexes[1].index, "extra", "4", &p));
	assert_string_equal(r->indexes[2].arch, "arm64");
	assert_true(find(r->indexes[2].index, "hello", "1.0-1", &p));
	assert_true(view_is(p.arch, "arm64"));
	assert_int_equal(index_count(r->indexes[3].index), 0);
	deb_repository_close(r);
}

static void what_is_not_there(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = NULL;
	struct err e = { 0 };
	char line[256];

	snprintf(line, sizeof(line), "deb [signed-by=archive.gpg] file://%s/good stable nix",
		 s->dir);
	assert_int_equal(open_line(s, line, "amd64", &r, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "no component 'nix'; it has main, contrib"));
	snprintf(line, sizeof(line), "deb [signed-by=archive.gpg] file://%s/good stable main",
		 s->dir);
	assert_int_equal(open_line(s, line, "riscv64", &r, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "no architecture 'riscv64'; it has amd64, arm64"));
	snprintf(line, sizeof(line),
		 "deb [signed-by=archive.gpg arch=arm64] file://%s/good stable main", s->dir);
	assert_int_equal(open_line(s, line, "amd64", &r, &e), 0);
	assert_int_equal(r->n_indexes, 0);
	deb_repository_close(r);
	check_refused(s, "nowhere", FAIL_NOT_FOUND, "nowhere");
}

static void separate_all_and_flat(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = must_open(s, "separate-all");
	struct package p;
	struct err e = { 0 };
	char line[256];

	assert_int_equal(r->n_indexes, 2);
	assert_true(find(r->indexes[0].index, "libx", "2", &p));
	assert_false(find(r->indexes[0].index, "docs", "3", &p));
	assert_true(find(r->indexes[1].index, "docs", "3", &p));
	assert_string_equal(r->indexes[1].arch, "amd64");
	deb_repository_close(r);

	snprintf(line, sizeof(line), "deb [signed-by=archive.gpg] file://%s flat/", s->dir);
	if (open_line(s, line, "amd64", &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(find(r->indexes[0].index, "docs", "3", &p));
	assert_true(view_is(p.filename, "docs_3_all.deb"));
	deb_repository_close(r);
}

/* Nothing may be left in the cache. */
static void bad_signatures(void **state)
{
	struct state *s = *state;

	check_refused(s, "stranger", FAIL_VERIFY, "unknown key");
	check_refused(s, "tampered", FAIL_VERIFY, "bad signature");
	check_refused(s, "unsigned", FAIL_VERIFY, "neither an InRelease nor a Release.gpg");
	check_refused(s, "expired", FAIL_VERIFY, "was valid until");
	check_refused(s, "future", FAIL_VERIFY, "from the future");
	check_refused(s, "no-digests", FAIL_FORMAT, "no SHA256");
	assert_int_equal(count_files(s, "releases"), 0);
	assert_int_equal(count_files(s, "indexes"), 0);
}

static void wrong_suite(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = NULL;
	struct err e = { 0 };
	char line[256];

	snprintf(line, sizeof(line), "deb [signed-by=archive.gpg] file://%s/good unstable main",
		 s->dir);
	assert_int_equal(open_line(s, line, "amd64", &r, &e), -FAIL_VERIFY);
	assert_non_null(strstr(e.msg, "asked for the suite 'unstable', but this is 'testing-toy'"));
}

static void bad_lists(void **state)
{
	static const char *const forms[] = { "gz", "xz", "zst" };
	static const char *const faults[] = { "flipped", "short", "long" };
	struct state *s = *state;

	for (size_t i = 0; i < 9; i++) {
		char archive[32];

		snprintf(archive, sizeof(archive), "%s-%s", faults[i / 3], forms[i % 3]);
		check_refused(s, archive, FAIL_VERIFY, "Packages");
	}
	check_refused(s, "unsafe-name", FAIL_FORMAT, "unsafe 'Filename'");
	check_refused(s, "no-sha256", FAIL_FORMAT, "line 1: stanza without 'SHA256'");
	check_refused(s, "no-size", FAIL_FORMAT, "no number in 'Size'");
	assert_int_equal(count_files(s, "releases"), 0);
	assert_int_equal(count_files(s, "indexes"), 0);
}

static void rollback(void **state)
{
	struct state *s = *state;

	shell(s, "ln -sfn older moving");
	deb_repository_close(must_open(s, "moving"));
	shell(s, "ln -sfn good moving");
	deb_repository_close(must_open(s, "moving"));
	shell(s, "ln -sfn older moving");
	check_refused(s, "moving", FAIL_VERIFY, "is older than the one seen before");
	shell(s, "ln -sfn good moving");
	deb_repository_close(must_open(s, "moving"));
	/* Elsewhere the older one was never newer. */
	deb_repository_close(must_open(s, "older"));
}

static void unsigned_allowed(void **state)
{
	struct state *s = *state;
	struct deb_repository *r;

	s->ctx.allow_unsigned = true;
	r = must_open(s, "unsigned");
	assert_null(r->signer);
	assert_int_equal(s->warnings, 1);
	assert_non_null(strstr(s->last_warning, "unsigned/dists/stable is used without a valid"));
	deb_repository_close(r);
	r = must_open(s, "stranger");
	assert_null(r->signer);
	assert_int_equal(s->warnings, 2);
	deb_repository_close(r);
	r = must_open(s, "good");
	assert_non_null(r->signer);
	assert_int_equal(s->warnings, 2);
	deb_repository_close(r);
	/* Everything else still holds. */
	shell(s, "rm cache/indexes/*");
	check_refused(s, "expired", FAIL_VERIFY, "was valid until");
	check_refused(s, "flipped-gz", FAIL_VERIFY, "Packages");
}

static void valid_until_not_checked(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = NULL;
	struct err e = { 0 };
	char line[256];

	snprintf(line, sizeof(line),
		 "deb [signed-by=archive.gpg check-valid-until=no] file://%s/expired stable main",
		 s->dir);
	if (open_line(s, line, "amd64", &r, &e) < 0)
		fail_msg("%s", e.msg);
	deb_repository_close(r);
}

static void offline(void **state)
{
	struct state *s = *state;
	struct deb_repository *r;

	s->ctx.offline = true;
	check_refused(s, "good", FAIL_NOT_FOUND, "not in the cache, and this is offline");
	s->ctx.offline = false;
	shell(s, "cp -r good soon-gone");
	deb_repository_close(must_open(s, "soon-gone"));
	s->ctx.offline = true;
	shell(s, "rm -r soon-gone");
	r = must_open(s, "soon-gone");
	assert_non_null(r->signer);
	check_hello(s, r->indexes[0].index);
	deb_repository_close(r);
	shell(s, "rm cache/indexes/*");
	check_refused(s, "soon-gone", FAIL_NOT_FOUND, "index of stable main amd64");
}

static void damaged_cache(void **state)
{
	struct state *s = *state;
	struct deb_repository *r;

	deb_repository_close(must_open(s, "good"));
	shell(s,
	      "for f in cache/indexes/*; do printf XXXX | dd of=$f bs=1 seek=200 conv=notrunc status=none; done");
	r = must_open(s, "good");
	check_hello(s, r->indexes[0].index);
	deb_repository_close(r);
	shell(s, "for f in cache/indexes/*; do : > $f; done");
	r = must_open(s, "good");
	check_hello(s, r->indexes[0].index);
	deb_repository_close(r);
	/* A memory that can't be read refuses nothing. */
	shell(s, "for f in cache/releases/*; do echo x > $f; done");
	deb_repository_close(must_open(s, "good"));
}

static void several_processes(void **state)
{
	enum { PROCESSES = 6 };
	struct state *s = *state;
	pid_t pids[PROCESSES];
	struct deb_repository *r = NULL;

	for (size_t i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct err e = { 0 };
			struct package p;

			_exit(open_archive(s, "only-xz", &r, &e) < 0 ||
			      !find(r->indexes[0].index, "hello", "1.1-1", &p));
		}
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_files(s, "indexes"), 1);
	assert_int_equal(count_files(s, "releases"), 1);
}

static void default_keyring(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = NULL;
	struct err e = { 0 };
	char line[256], path[128];
	const char *files[1] = { path };

	snprintf(line, sizeof(line), "deb file://%s/good stable main", s->dir);
	assert_true(open_line(s, line, "amd64", &r, &e) < 0);
	snprintf(path, sizeof(path), "%s/archive.gpg", s->dir);
	deb_context_done(&s->ctx);
	s->ctx.keyrings = files;
	s->ctx.n_keyrings = 1;
	if (open_line(s, line, "amd64", &r, &e) < 0)
		fail_msg("%s", e.msg);
	deb_repository_close(r);
}

static void symbolic_uri(void **state)
{
	struct state *s = *state;
	struct deb_repository *r = NULL;
	struct err e = { 0 };
	char url[128];

	snprintf(url, sizeof(url), "file://%s/good", s->dir);
	s->ctx.mirrors.debian = url;
	if (open_line(s, "deb [signed-by=archive.gpg] debian: stable main", "amd64", &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(r->uri, "debian:");
	assert_string_equal(r->base_url, url);
	deb_repository_close(r);
}

/* ---- set-up: the archives once, a cache for each test ---- */

static char all_archives[64];

static int make_archives(void **state)
{
	char command[256];

	(void)state;
	snprintf(all_archives, sizeof(all_archives), "/tmp/pare-archives-XXXXXX");
	if (!mkdtemp(all_archives))
		return -1;
	snprintf(command, sizeof(command), "'%s/../deb_archive.sh' '%s'", PARE_TEST_DATA,
		 all_archives);
	return system(command);
}

static int remove_archives(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", all_archives);
	return system(command);
}

static int setup(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	struct http_options options = { 0 };
	char cache[128];
	struct err e = { 0 };

	if (!s)
		return -1;
	memcpy(s->dir, all_archives, sizeof(s->dir));
	s->http = http_new(&options);
	snprintf(cache, sizeof(cache), "%s/cache", s->dir);
	s->monitor.ops = &monitor_ops;
	s->ctx = (struct deb_context){
		.http = s->http,
		.monitor = &s->monitor,
		.now_s = time(NULL),
	};
	*state = s;
	return dir_open(cache, 0755, &s->ctx.cache_fd, &e);
}

static int teardown(void **state)
{
	struct state *s = *state;
	char command[128];
	int rc;

	deb_context_done(&s->ctx);
	http_free(s->http);
	close(s->ctx.cache_fd);
	snprintf(command, sizeof(command), "rm -rf '%s/cache'", s->dir);
	rc = system(command);
	free(s);
	return rc;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good),
		TEST(every_compression),
		TEST(components_and_architectures),
		TEST(what_is_not_there),
		TEST(separate_all_and_flat),
		TEST(bad_signatures),
		TEST(wrong_suite),
		TEST(bad_lists),
		TEST(rollback),
		TEST(unsigned_allowed),
		TEST(valid_until_not_checked),
		TEST(offline),
		TEST(damaged_cache),
		TEST(several_processes),
		TEST(default_keyring),
		TEST(symbolic_uri),
	};

	return cmocka_run_group_tests(tests, make_archives, remove_archives);
}
