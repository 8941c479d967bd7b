/* SPDX-License-Identifier: Apache-2.0 */
/* What the symbolic URIs stand for: precedence, apt's two file forms, other vendors, snapshot. */
#include "pkg/deb/mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "pkg/deb/keyring.h"

struct state {
	char root[64];
};

static void put(const struct state *s, const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", s->root, path);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void check(const struct deb_mirror_wishes *w, const char *debian, const char *security)
{
	struct deb_mirrors m;
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };

	if (deb_mirrors_find(w, &a, &m, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(m.debian ? m.debian : "(none)", debian);
	assert_string_equal(m.security ? m.security : "(none)", security);
}

static void precedence(void **state)
{
	const struct state *s = *state;
	struct deb_mirror_wishes w = { 0 };

	check(&w, "(none)", "(none)");
	w.root = s->root;
	check(&w, "(none)", "(none)");
	put(s, "etc/apt/sources.list",
	    "# deb http://comment/debian trixie main\n"
	    "deb-src http://source/debian trixie main\n"
	    "deb cdrom:[x]/ trixie main\n"
	    "deb [arch=amd64] http://host/debian/ trixie main # contrib\n"
	    "deb http://hostsec/debian-security trixie-security main\n");
	check(&w, "http://host/debian", "http://hostsec/debian-security");
	w.config_dir = s->root;
	check(&w, "http://host/debian", "http://hostsec/debian-security");
	put(s, "config", "# mine\n\ndebian-mirror = http://config/debian/\n");
	check(&w, "http://config/debian", "http://hostsec/debian-security");
	w.env_debian = "http://env/debian";
	w.env_security = "";
	check(&w, "http://env/debian", "http://hostsec/debian-security");
	w.option_debian = "file:///srv/debian/";
	check(&w, "file:///srv/debian", "http://hostsec/debian-security");
	w.root = NULL;
	check(&w, "file:///srv/debian", "file:///srv/debian-security");
	w.option_security = "http://option/sec";
	check(&w, "file:///srv/debian", "http://option/sec");
}

static void deb822_sources(void **state)
{
	const struct state *s = *state;
	struct deb_mirror_wishes w = { .root = s->root };

	put(s, "etc/apt/sources.list", "");
	put(s, "etc/apt/sources.list.d/debian.sources",
	    "Types: deb deb-src\nEnabled: no\nURIs: http://off/debian\nSuites: trixie\n"
	    "Components: main\n\n"
	    "# a comment\nTypes: deb\nURIs: http://corp/proxy/deb\nSuites: trixie trixie-updates\n"
	    "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
	    "Types: deb\nURIs: http://corp/proxy/sec\nSuites: trixie-security\nComponents: main\n"
	    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n");
	put(s, "etc/apt/sources.list.d/a-vendor.list",
	    "deb [signed-by=/k/vendor.gpg] https://vendor/linux/debian trixie main\n"
	    "deb https://vendor2/linux/debian trixie stable\n"
	    "deb https://vendor3/tools trixie main\n");
	check(&w, "http://corp/proxy/deb", "http://corp/proxy/sec");
}

static void refused(void **state)
{
	static const struct {
		const char *config, *why;
	} cases[] = {
		{ "debian-mirror\n", "/config:1: expected KEY = VALUE" },
		{ "\ndebian-miror = http://x/\n", "/config:2: unknown key 'debian-miror'" },
		{ "debian-mirror = x\n", "/config 'x': expected http://" },
		{ "debian-mirror = debian:\n", "can't stand for itself" },
	};
	const struct state *s = *state;
	struct deb_mirror_wishes w = { .config_dir = s->root };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct deb_mirrors m;
		struct err e = { 0 };

		put(s, "config", cases[i].config);
		assert_int_equal(deb_mirrors_find(&w, &a, &m, &e), -FAIL_FORMAT);
		if (!strstr(e.msg, cases[i].why))
			fail_msg("expected '%s' in '%s'", cases[i].why, e.msg);
	}
}

static void urls(void **state)
{
	struct deb_mirrors m = { .debian = "http://m/debian", .security = "http://m/sec" };
	const struct deb_mirrors none = { 0 };
	auto_arena a = ARENA_EMPTY;
	const char *const *u;
	struct err e = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(deb_mirror_urls(&m, "debian:", 0, &a, &u, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(u[0], "http://m/debian");
	/* date -u -d @1795252544 +%Y%m%dT%H%M%SZ */
	assert_int_equal(deb_mirror_urls(&m, "debian-security:", 1795252544, &a, &u, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(u[0], "http://m/sec");
	assert_string_equal(u[1],
			    "http://snapshot.debian.org/archive/debian-security/20261121T091544Z");
	assert_int_equal(deb_mirror_urls(&none, "debian:", 1795252544, &a, &u, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(u[0], "http://snapshot.debian.org/archive/debian/20261121T091544Z");
	assert_int_equal(deb_mirror_urls(&m, "http://x/y", 1795252544, &a, &u, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(u[0], "http://x/y");
	assert_int_equal(deb_mirror_urls(&none, "debian:", 0, &a, &u, &n, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "PARE_DEBIAN_MIRROR"));
}

static void keyrings(void **state)
{
	const struct state *s = *state;
	char path[128];
	const char *files[1] = { path };
	struct openpgp_keyring *k;
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/none.gpg", s->root);
	assert_int_equal(deb_keyring_open(files, 1, "/", &k, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "none.gpg"));
	/* A host without Debian's package gets the keys that are compiled in, if any are. */
	if (deb_keyring_open(NULL, 0, s->root, &k, &e) == 0) {
		assert_true(openpgp_keyring_count(k) >= 10);
		openpgp_keyring_free(k);
	} else {
		assert_non_null(strstr(e.msg, "debian-archive-keyring"));
	}
	/* A broken host keyring is not passed over in silence. */
	put(s, "usr/share/keyrings/debian-archive-keyring.gpg", "broken");
	assert_int_equal(deb_keyring_open(NULL, 0, s->root, &k, &e), -FAIL_FORMAT);
}

static int setup(void **state)
{
	static const char *const dirs[] = { "etc", "etc/apt",	"etc/apt/sources.list.d",
					    "usr", "usr/share", "usr/share/keyrings" };
	struct state *s = calloc(1, sizeof(*s));
	char path[128];

	if (!s)
		return -1;
	snprintf(s->root, sizeof(s->root), "/tmp/pare-mirror-XXXXXX");
	if (!mkdtemp(s->root))
		return -1;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->root, dirs[i]);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct state *s = *state;
	char command[128];
	int rc;

	snprintf(command, sizeof(command), "rm -rf '%s'", s->root);
	rc = system(command);
	free(s);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(precedence, setup, teardown),
		cmocka_unit_test_setup_teardown(deb822_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(urls, setup, teardown),
		cmocka_unit_test_setup_teardown(keyrings, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
