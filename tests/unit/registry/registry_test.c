/* SPDX-License-Identifier: Apache-2.0 */
/* The registry client's pure parts: names, challenges, realms, registries.conf, credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/base64.h"
#include "registry/challenge.h"
#include "registry/conf.h"
#include "registry/credentials.h"
#include "registry/private.h"
#include "registry/reference.h"

#include <cmocka.h>

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static void test_references(void **state)
{
	static const struct {
		const char *text, *host, *name, *target;
	} good[] = {
		{ "debian", "docker.io", "library/debian", "latest" },
		{ "docker.io/debian:12", "docker.io", "library/debian", "12" },
		{ "index.docker.io/a/b", "docker.io", "a/b", "latest" },
		{ "team/app:1", "docker.io", "team/app", "1" },
		{ "localhost/app", "localhost", "app", "latest" },
		{ "r.example:5000/a/b_c/d__e-f:V1.2", "r.example:5000", "a/b_c/d__e-f", "V1.2" },
		{ "[::1]:5000/a", "[::1]:5000", "a", "latest" },
		{ "r.example/a:x@sha256:" HEX, "r.example", "a", "sha256:" HEX },
	};
	auto_arena a = ARENA_EMPTY;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct reference r;

		assert_int_equal(reference_parse(good[i].text, &a, &r, &e), 0);
		assert_string_equal(r.host, good[i].host);
		assert_string_equal(r.name, good[i].name);
		assert_string_equal(reference_target(&r, &a), good[i].target);
	}
}

static void test_bad_references(void **state)
{
	static const char *const bad[] = {
		"",
		"A/B/c",
		"a//b",
		"a/",
		"r.example/",
		"a:",
		"a:-x",
		"a b",
		"a@sha256:1",
		"a@md5:" HEX,
		"a@sha256:"
		"44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A",
		"r.example:0/a",
		"r.example:99999/a",
		"[::1/a",
		"a?b=c",
		"a/../b",
	};
	auto_arena a = ARENA_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct reference r;
		struct err e = { 0 };

		if (reference_parse(bad[i], &a, &r, &e) != -FAIL_USAGE || !*e.msg)
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void test_challenges(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct challenge c = { 0 };

	(void)state;
	challenge_parse(view_of("Basic realm=\"x\", Bearer realm=\"https://t.example/t\\\"k\" , "
				"service=reg,scope=\"repository:a/b:pull,push\", error=\"e\""),
			&a, &c);
	assert_int_equal(c.scheme, CHALLENGE_BEARER);
	assert_string_equal(c.realm, "https://t.example/t\"k");
	assert_string_equal(c.service, "reg");
	assert_string_equal(c.scope, "repository:a/b:pull,push");
	assert_string_equal(c.error, "e");
	challenge_parse(view_of("Basic realm=y"), &a, &c);
	assert_int_equal(c.scheme, CHALLENGE_BEARER);
	c = (struct challenge){ 0 };
	challenge_parse(view_of("Negotiate, bASIC realm=\"unended"), &a, &c);
	assert_int_equal(c.scheme, CHALLENGE_BASIC);
	assert_string_equal(c.realm, "unended");
	c = (struct challenge){ 0 };
	challenge_parse(view_of("Bearer service=x"), &a, &c);
	assert_int_equal(c.scheme, CHALLENGE_NONE);
}

static void test_realms(void **state)
{
	static const struct {
		const char *base, *realm;
		bool insecure, allowed;
	} cases[] = {
		{ "https://r.example", "https://auth.example/token", false, true },
		{ "https://r.example", "http://auth.example/token", false, false },
		{ "https://r.example", "http://auth.example/token", true, true },
		{ "http://127.0.0.1:5000", "http://127.0.0.1:5001/t", false, true },
		{ "http://127.0.0.1:5000", "http://127.0.0.2/t", false, false },
		{ "https://r.example", "https://10.1.2.3/t", false, false },
		{ "https://r.example", "https://172.16.0.1/t", false, false },
		{ "https://r.example", "https://172.32.0.1/t", false, true },
		{ "https://r.example", "https://192.168.0.1/t", true, false },
		{ "https://r.example", "https://169.254.169.254/t", false, false },
		{ "https://r.example", "https://localhost/t", false, false },
		{ "https://r.example", "https://0x7f000001/t", false, false },
		{ "https://r.example", "https://127.1/t", false, false },
		{ "https://r.example", "https://[::1]/t", false, false },
		{ "https://r.example", "https://[fe80::1]/t", false, false },
		{ "https://r.example", "https://[fd00::1]/t", false, false },
		{ "https://r.example", "https://[::ffff:10.0.0.1]/t", false, false },
		{ "https://10.0.0.5", "https://10.0.0.5:8443/t", false, true },
		{ "https://r.example", "ftp://auth.example/t", true, false },
		{ "https://r.example", "nonsense", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (realm_allowed(cases[i].base, cases[i].realm, cases[i].insecure) !=
		    cases[i].allowed)
			fail_msg("%s → %s", cases[i].base, cases[i].realm);
}

static const char conf_text[] =
	"# a comment\n"
	"unqualified-search-registries = [\"x.example\", # why\n  'y.example' ]\n"
	"short-name-mode = \"enforcing\"\n"
	"\n[[registry]]\nprefix = \"r.example/team\"\nlocation = \"other.example/moved\"\n"
	"[[registry.mirror]]\nlocation = \"mirror.example:5000/m\"\ninsecure = true\n"
	"[[registry]]\nlocation = \"bad.example\"\nblocked = true\n"
	"[[registry]]\nprefix = \"*.wild.example\"\ninsecure = true\n"
	"[aliases]\n\"app\" = \"r.example/team/app\"\n";

static void test_conf(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct conf c = { 0 };
	const struct conf_registry *r;
	struct err e;

	(void)state;
	assert_int_equal(conf_read(view_of(conf_text), "conf", &a, &c, &e), 0);
	r = conf_find(&c, "r.example", "team/app");
	assert_non_null(r);
	assert_string_equal(conf_rewrite(r, r->location, "r.example", "team/app", &a),
			    "other.example/moved/app");
	assert_string_equal(conf_rewrite(r, r->mirrors[0].location, "r.example", "team/app", &a),
			    "mirror.example:5000/m/app");
	assert_true(r->mirrors[0].insecure);
	assert_null(conf_find(&c, "r.example", "teams/app"));
	assert_true(conf_find(&c, "bad.example", "x")->blocked);
	assert_true(conf_find(&c, "a.wild.example", "x")->insecure);
	assert_null(conf_find(&c, "wild.example", "x"));
	assert_non_null(conf_find(&c, "a.wild.example:5000", "x"));
	assert_string_equal(conf_alias(&c, "app"), "r.example/team/app");
	assert_null(conf_alias(&c, "other"));
	assert_int_equal(c.n_searched, 2);
	assert_string_equal(c.searched[1], "y.example");
	assert_int_equal(c.short_names, CONF_ENFORCING);
	conf_done(&c);
}

/* A later file's word holds: of one prefix as a whole, of an alias, of a mode. */
static void test_conf_over_conf(void **state)
{
	static const char later[] =
		"short-name-mode = \"\"\nunqualified-search-registries = []\n"
		"[[registry]]\nprefix = \"r.example/team\"\nmirror-by-digest-only = true\n"
		"[[registry.mirror]]\nlocation = \"m.example/x\"\n"
		"[[registry]]\nprefix = \"r.example/team/app:old\"\nblocked = true\n"
		"[[registry]]\nprefix = \"*.wild.example\"\nlocation = \"one.example/w\"\n"
		"[[registry.mirror]]\nlocation = \"w.example\"\npull-from-mirror = \"tag-only\"\n"
		"[aliases]\napp = \"\"\nnew = \"r.example/new\"\n";
	auto_arena a = ARENA_EMPTY;
	struct conf c = { 0 };
	const struct conf_registry *r;
	struct err e;

	(void)state;
	assert_int_equal(conf_read(view_of(conf_text), "conf", &a, &c, &e), 0);
	assert_int_equal(conf_read(view_of(later), "later", &a, &c, &e), 0);
	assert_int_equal(c.n_registries, 4);
	r = conf_find(&c, "r.example", "team/app:new");
	assert_null(r->location);
	assert_int_equal(r->mirrors[0].serves, CONF_SERVES_DIGESTS);
	assert_true(conf_find(&c, "r.example", "team/app:old")->blocked);
	assert_false(conf_find(&c, "r.example", "team/app:older")->blocked);
	assert_true(conf_find(&c, "bad.example", "x")->blocked);
	r = conf_find(&c, "a.b.wild.example", "x/y");
	assert_int_equal(r->mirrors[0].serves, CONF_SERVES_TAGS);
	assert_string_equal(conf_rewrite(r, r->location, "a.b.wild.example", "x/y", &a),
			    "one.example/w/x/y");
	assert_string_equal(conf_rewrite(r, r->mirrors[0].location, "a.b.wild.example", "x/y", &a),
			    "w.example/x/y");
	assert_null(conf_alias(&c, "app"));
	assert_string_equal(conf_alias(&c, "new"), "r.example/new");
	assert_int_equal(c.n_searched, 0);
	assert_int_equal(c.short_names, CONF_PERMISSIVE);
	conf_done(&c);
}

/* What a file ends with is no business of the next. */
static void test_conf_mirror_of_other_file(void **state)
{
	static const char later[] = "[[registry.mirror]]\nlocation = \"evil.example\"\n";
	auto_arena a = ARENA_EMPTY;
	struct conf c = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(conf_read(view_of(conf_text), "conf", &a, &c, &e), 0);
	assert_int_equal(conf_read(view_of(later), "later", &a, &c, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg,
			    "later: line 1: expected a [[registry]] with not too many mirrors");
	conf_done(&c);
}

static void test_conf_memory(void **state)
{
	auto_buf text = BUF_EMPTY;
	auto_arena a = ARENA_EMPTY;
	struct conf c = { 0 };
	struct err e;

	(void)state;
	buf_add_str(&text, "a = [");
	while (text.len < CONF_MAX_BYTES - 8)
		buf_add_str(&text, "'',");
	buf_add_str(&text, "]\n");
	assert_int_equal(conf_read(buf_view(&text), "conf", &a, &c, &e), 0);
	assert_true(a.bytes < 16 * CONF_MAX_BYTES);
	conf_done(&c);
}

static void test_bad_conf(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "a = \"x", "line 1: expected the end of the string" },
		{ "\n[registry", "line 2: expected ']'" },
		{ "[[registry]]\nblocked = \"yes\"", "line 2: expected true or false" },
		{ "[[registry]]\nlocation = 3", "line 2: expected a string" },
		{ "[[registry.mirror]]", "line 1: expected a [[registry]]" },
		{ "[[registry]]\n", "neither prefix nor location" },
		{ "a = [1, 2", "line 1: expected" },
		{ "a = 1 b = 2", "line 1: expected the end of the line" },
		{ "a", "line 1: expected '='" },
		{ "short-name-mode = \"strict\"", "line 1: expected 'permissive'" },
		{ "unqualified-search-registries = \"x\"", "line 1: expected a list" },
		{ "credential-helpers = \"x\"", "line 1: expected a list of helpers" },
		{ "[registries.block]\nregistries = []", "line 1: expected [[registry]] tables" },
		{ "[[registry]]\nprefix = \"a\"\n[[registry.mirror]]\npull-from-mirror = \"x\"",
		  "line 4: expected 'all'" },
		{ "[[registry]]\nprefix = \"a\"\nmirror-by-digest-only = true\n[[registry.mirror]]\n"
		  "location = \"b\"\npull-from-mirror = \"tag-only\"",
		  "beside mirror-by-digest-only" },
		{ "a = [[[[[[[[[[[[1]]]]]]]]]]]]", "expected arrays less deep" },
	};
	auto_arena a = ARENA_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct conf c = { 0 };
		struct err e = { 0 };

		if (conf_read(view_of(bad[i].text), "conf", &a, &c, &e) != -FAIL_FORMAT ||
		    !strstr(e.msg, bad[i].message))
			fail_msg("'%s': %s", bad[i].text, e.msg);
		conf_done(&c);
	}
}

static void test_base64(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" },	   { "f", "Zg==" },	   { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "jo:secret", "am86c2VjcmV0" },
	};
	static const char *const bad[] = { "Z", "Zg=", "Z===", "Zg==Zg==", "Zm9!", "====" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		auto_buf there = BUF_EMPTY, back = BUF_EMPTY;

		base64_encode(view_of(pairs[i][0]), &there);
		assert_string_equal(buf_str(&there), pairs[i][1]);
		assert_true(base64_decode(view_of(pairs[i][1]), &back));
		assert_string_equal(buf_str(&back), pairs[i][0]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		auto_buf to = BUF_EMPTY;

		assert_false(base64_decode(view_of(bad[i]), &to));
		assert_int_equal(to.len, 0);
	}
}

static const char auths[] = "{\"auths\":{"
			    "\"r.example\":{\"auth\":\"aG9zdDpo\"},"
			    "\"r.example/team\":{\"auth\":\"dGVhbTp0\"},"
			    "\"r.example/team/app\":{\"auth\":\"YXBwOmE=\"},"
			    "\"https://index.docker.io/v1/\":{\"auth\":\"aHViOmg=\"},"
			    "\"tok.example\":{\"identitytoken\":\"abc\"},"
			    "\"empty.example\":{}}}";

static void test_credentials(void **state)
{
	static const struct {
		const char *host, *name, *user;
	} cases[] = {
		{ "r.example", "other", "host" },   { "r.example", "team/x", "team" },
		{ "r.example", "team/app", "app" }, { "r.example", "team/application", "team" },
		{ "r.example", "teams", "host" },   { "docker.io", "library/x", "hub" },
		{ "nobody.example", "x", NULL },    { "empty.example", "x", NULL },
	};
	char dir[] = "/tmp/pare-test-XXXXXX";
	struct credentials_search in = { 0 };
	auto_arena a = ARENA_EMPTY;
	struct credentials c;
	const char *path;
	struct stat st;
	struct err e;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = arena_printf(&a, "%s/auth.json", dir);
	in.file = path;
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(auths, f);
	fclose(f);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(credentials_find(cases[i].host, cases[i].name, &in, &a, &c, &e),
				 0);
		if (cases[i].user)
			assert_string_equal(c.user, cases[i].user);
		else
			assert_null(c.user);
	}
	assert_int_equal(credentials_find("tok.example", "x", &in, &a, &c, &e), 0);
	assert_string_equal(c.identity_token, "abc");

	assert_int_equal(credentials_store(path, "new.example", "jo", "s:e", &e), 0);
	assert_int_equal(credentials_find("new.example", "x", &in, &a, &c, &e), 0);
	assert_string_equal(c.user, "jo");
	assert_string_equal(c.secret, "s:e");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(credentials_find("r.example", "team/app", &in, &a, &c, &e), 0);
	assert_string_equal(c.user, "app");
	assert_int_equal(credentials_drop(path, "new.example", &e), 0);
	assert_int_equal(credentials_drop(path, "new.example", &e), -FAIL_NOT_FOUND);
	/* another tool's name for the same host goes with it */
	assert_int_equal(credentials_store(path, "docker.io", "ann", "x", &e), 0);
	assert_int_equal(credentials_find("docker.io", "library/x", &in, &a, &c, &e), 0);
	assert_string_equal(c.user, "ann");
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("{\"auths\":{\"docker.io\":{\"auth\":\"YTph\"},"
	      "\"https://r.example/v1/\":{\"auth\":\"YTph\"}}}",
	      f);
	fclose(f);
	assert_int_equal(credentials_drop(path, "docker.io", &e), 0);
	assert_int_equal(credentials_drop(path, "r.example", &e), 0);
	assert_int_equal(credentials_find("docker.io", "library/x", &in, &a, &c, &e), 0);
	assert_null(c.user);
	unlink(path);
	unlink(arena_printf(&a, "%s/.pare-login.lock", dir));
	assert_int_equal(rmdir(dir), 0);
}

/* A helper of the shell's, found by PATH. */
static void write_helper(const char *dir, const char *name, const char *script, struct arena *a)
{
	const char *path = arena_printf(a, "%s/docker-credential-%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nread -r host\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
}

static void test_helpers(void **state)
{
	static const char *const scripts[][2] = {
		{ "none", "echo credentials not found in native keychain; exit 1" },
		{ "garbage", "echo '<html>'" },
		{ "half", "echo '{\"Username\":\"jo\"}'" },
		{ "fails", "echo '{\"Username\":\"jo\",\"Secret\":\"no\"}'; exit 3" },
		{ "much", "head -c 100000 /dev/zero" },
		{ "hangs", "sleep 100" },
		{ "podman",
		  "[ \"$host\" = docker.io ] || { echo credentials not found >&2; exit 1; }; "
		  "echo '{\"Username\":\"hub\",\"Secret\":\"s\"}'" },
		{ "knows", "echo '{\"ServerURL\":\"x\",\"Username\":\"jo\",\"Secret\":\"s\"}'" },
		{ "token", "echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'" },
	};
	const char *order[] = { "none",	 "garbage", "half",  "fails", "much",
				"hangs", "missing", "knows", "token" };
	const struct strings helpers = { .at = order, .n = COUNT_OF(order) };
	const struct strings token = { .at = (const char *[]){ "token" }, .n = 1 };
	const struct strings hub = { .at = (const char *[]){ "podman" }, .n = 1 };
	const struct strings bad = { .at = (const char *[]){ "../x" }, .n = 1 };
	struct credentials_search in = { .helper_ms = 300 };
	char dir[] = "/tmp/pare-test-XXXXXX";
	char *before = strdup(getenv("PATH"));
	auto_arena a = ARENA_EMPTY;
	struct credentials c;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("PATH", arena_printf(&a, "%s:%s", dir, before), 1);
	for (size_t i = 0; i < COUNT_OF(scripts); i++)
		write_helper(dir, scripts[i][0], scripts[i][1], &a);
	in.helpers = &helpers;
	assert_int_equal(credentials_find("r.example", "x", &in, &a, &c, &e), 0);
	assert_string_equal(c.user, "jo");
	assert_string_equal(c.secret, "s");
	assert_string_equal(c.from, "docker-credential-knows");
	in.helpers = &token;
	assert_int_equal(credentials_find("r.example", "x", &in, &a, &c, &e), 0);
	assert_null(c.user);
	assert_string_equal(c.identity_token, "t");
	in.helpers = &hub;
	assert_int_equal(credentials_find("docker.io", "library/x", &in, &a, &c, &e), 0);
	assert_string_equal(c.user, "hub");
	in.helpers = &bad;
	assert_int_equal(credentials_find("r.example", "x", &in, &a, &c, &e), -FAIL_FORMAT);
	for (size_t i = 0; i < COUNT_OF(scripts); i++)
		unlink(arena_printf(&a, "%s/docker-credential-%s", dir, scripts[i][0]));
	setenv("PATH", before, 1);
	free(before);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_bad_references),
		cmocka_unit_test(test_challenges),
		cmocka_unit_test(test_realms),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_conf_mirror_of_other_file),
		cmocka_unit_test(test_conf_memory),
		cmocka_unit_test(test_bad_conf),
		cmocka_unit_test(test_conf_over_conf),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
