/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in profiles against what the published distroless images hold: packages, accounts,
 * folders, modes and settings, written down by hand from a reading of those images.
 */
#include "base/mem.h"
#include "recipe/recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATH_ENV "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static struct recipe *load(const char *name)
{
	struct recipe *r = NULL;
	struct err e = { 0 };

	if (recipe_load_profile(name, &r, &e) < 0)
		fail_msg("%s", e.msg);
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, with spaces between. */
static char *words(const struct strings *list)
{
	auto_buf out = BUF_EMPTY;
	const char **sorted = mem_resize(NULL, list->n + 1, sizeof(*sorted));

	memcpy(sorted, list->at, list->n * sizeof(*sorted));
	qsort(sorted, list->n, sizeof(*sorted), compare);
	for (size_t i = 0; i < list->n; i++)
		buf_printf(&out, "%s%s", i ? " " : "", sorted[i]);
	free(sorted);
	return buf_steal(&out);
}

static void test_packages(void **state)
{
	/* ca-certificates is in the images as its bundle, licence and status entry only. */
	static const struct {
		const char *name, *packages;
	} cases[] = {
		{ "distroless/static-trixie",
		  "base-files ca-certificates media-types netbase tzdata tzdata-legacy" },
		{ "distroless/base-nossl-trixie",
		  "base-files ca-certificates libc6 media-types netbase tzdata tzdata-legacy" },
		{ "distroless/base-trixie",
		  "base-files ca-certificates libc6 libssl3t64 libzstd1 media-types netbase "
		  "tzdata tzdata-legacy zlib1g" },
		{ "distroless/cc-trixie",
		  "base-files ca-certificates gcc-14-base libc6 libgcc-s1 libgomp1 libssl3t64 "
		  "libstdc++6 libzstd1 media-types netbase tzdata tzdata-legacy zlib1g" },
		{ "distroless/static-bookworm",
		  "base-files ca-certificates media-types netbase tzdata" },
		{ "distroless/base-nossl-bookworm",
		  "base-files ca-certificates libc6 media-types netbase tzdata" },
		{ "distroless/base-bookworm",
		  "base-files ca-certificates libc6 libssl3 media-types netbase tzdata" },
		{ "distroless/cc-bookworm",
		  "base-files ca-certificates gcc-12-base libc6 libgcc-s1 libgomp1 libssl3 "
		  "libstdc++6 media-types netbase tzdata" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recipe *r = load(cases[i].name);
		auto_free char *got = words(&r->packages);

		assert_string_equal(got, cases[i].packages);
		assert_int_equal(r->depends, DEPENDS_NONE);
		assert_string_equal(r->profile, cases[i].name);
		recipe_free(r);
	}
}

static void test_repositories(void **state)
{
	struct recipe *trixie = load("distroless/cc"), *bookworm = load("distroless/cc-bookworm");

	(void)state;
	assert_int_equal(trixie->repositories.n, 3);
	assert_string_equal(trixie->repositories.at[0], "deb debian: trixie main");
	assert_string_equal(trixie->repositories.at[1], "deb debian: trixie-updates main");
	assert_string_equal(trixie->repositories.at[2],
			    "deb debian-security: trixie-security main");
	assert_int_equal(bookworm->repositories.n, 3);
	assert_string_equal(bookworm->repositories.at[0], "deb debian: bookworm main");
	assert_string_equal(bookworm->repositories.at[2],
			    "deb debian-security: bookworm-security main");
	assert_int_equal(trixie->keyring.n, 0);
	recipe_free(trixie);
	recipe_free(bookworm);
}

static void test_accounts(void **state)
{
	static const char passwd[] = "root:x:0:0:root:/root:/sbin/nologin\n"
				     "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
				     "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n";
	static const char group[] = "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\n"
				    "nonroot:x:65532:\n";
	struct recipe *r = load("distroless/static");
	auto_buf text = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < r->n_users; i++)
		buf_printf(&text, "%s:x:%u:%u:%s:%s:%s\n", r->users[i].name, r->users[i].uid,
			   r->users[i].gid, r->users[i].gecos, r->users[i].home, r->users[i].shell);
	assert_string_equal(buf_str(&text), passwd);
	buf_clear(&text);
	for (size_t i = 0; i < r->n_groups; i++) {
		assert_int_equal(r->groups[i].members.n, 0);
		buf_printf(&text, "%s:x:%u:\n", r->groups[i].name, r->groups[i].gid);
	}
	assert_string_equal(buf_str(&text), group);
	recipe_free(r);
}

static const struct recipe_path *find_path(const struct recipe *r, const char *path)
{
	const struct recipe_path *found = NULL;

	for (size_t i = 0; i < r->n_paths; i++) {
		if (strcmp(r->paths[i].path, path) != 0)
			continue;
		assert_null(found);
		found = &r->paths[i];
	}
	if (!found)
		fail_msg("no path '%s'", path);
	return found;
}

static void assert_path(const struct recipe *r, const char *path, enum recipe_path_type type,
			uint32_t owner, uint32_t mode)
{
	const struct recipe_path *p = find_path(r, path);

	assert_int_equal(p->type, type);
	assert_int_equal(p->uid, owner);
	assert_int_equal(p->gid, owner);
	assert_true(p->has_mode);
	assert_int_equal(p->mode, mode);
}

static void test_paths(void **state)
{
	struct recipe *r = load("distroless/static"), *old = load("distroless/static-bookworm");
	const char *os_release, *nsswitch;

	(void)state;
	assert_path(r, "/root", PATH_DIRECTORY, 0, 0700);
	assert_path(r, "/home", PATH_DIRECTORY, 0, 0755);
	assert_path(r, "/home/nonroot", PATH_DIRECTORY, 65532, 0700);
	assert_path(r, "/tmp", PATH_DIRECTORY, 0, 01777);
	assert_path(r, "/etc/ssl/certs/ca-certificates.crt", PATH_PERMISSIONS, 0, 0555);
	assert_path(r, "/usr/lib/os-release", PATH_FILE, 0, 0555);
	assert_path(r, "/etc/nsswitch.conf", PATH_FILE, 0, 0644);
	assert_int_equal(r->n_paths, 7);

	os_release = find_path(r, "/usr/lib/os-release")->content;
	assert_ptr_equal(strstr(os_release, "PRETTY_NAME=\"Distroless\"\n"
					    "NAME=\"Debian GNU/Linux\"\nID=\"debian\"\n"
					    "VERSION_ID=\"13\"\n"
					    "VERSION=\"Debian GNU/Linux 13 (trixie)\"\n"),
			 os_release);
	os_release = find_path(old, "/usr/lib/os-release")->content;
	assert_non_null(strstr(os_release, "VERSION_ID=\"12\"\n"
					   "VERSION=\"Debian GNU/Linux 12 (bookworm)\"\n"));
	nsswitch = find_path(r, "/etc/nsswitch.conf")->content;
	assert_non_null(strstr(nsswitch, "\nhosts:          files dns\n"));
	recipe_free(r);
	recipe_free(old);
}

static void test_config(void **state)
{
	struct recipe *r = load("distroless/cc");

	(void)state;
	assert_int_equal(r->environment.n, 2);
	assert_string_equal(r->environment.at[0].key, "PATH");
	assert_string_equal(r->environment.at[0].value, PATH_ENV);
	assert_string_equal(r->environment.at[1].key, "SSL_CERT_FILE");
	assert_string_equal(r->environment.at[1].value, "/etc/ssl/certs/ca-certificates.crt");
	assert_string_equal(r->run_as, "0");
	assert_string_equal(r->work_dir, "/");
	assert_int_equal(r->entrypoint.n + r->cmd.n + r->labels.n + r->ports.n + r->volumes.n, 0);
	assert_false(r->debug);
	recipe_free(r);
}

static void test_variants(void **state)
{
	struct recipe *r = load("distroless/cc:nonroot");

	(void)state;
	assert_string_equal(r->profile, "distroless/cc:nonroot");
	assert_string_equal(r->run_as, "65532");
	assert_string_equal(r->work_dir, "/home/nonroot");
	assert_int_equal(r->n_users, 3);
	assert_int_equal(r->n_paths, 7);
	assert_int_equal(r->entrypoint.n, 0);
	recipe_free(r);

	r = load("distroless/static-bookworm:debug");
	assert_true(r->debug);
	assert_string_equal(r->run_as, "0");
	assert_string_equal(r->environment.at[0].value, PATH_ENV ":/busybox");
	assert_int_equal(r->entrypoint.n, 1);
	assert_string_equal(r->entrypoint.at[0], "/busybox/sh");
	recipe_free(r);

	r = load("distroless/base:debug-nonroot");
	assert_true(r->debug);
	assert_string_equal(r->run_as, "65532");
	assert_string_equal(r->entrypoint.at[0], "/busybox/sh");
	recipe_free(r);
}

static bool has_cut(const struct recipe *r, const char *pattern, bool include)
{
	for (size_t i = 0; i < r->n_cuts; i++) {
		if (strcmp(r->cuts[i].pattern, pattern) == 0 && r->cuts[i].include == include)
			return true;
	}
	return false;
}

static void test_slim_differs_in_cuts_only(void **state)
{
	struct recipe *fat = load("distroless/cc"), *slim = load("distroless/cc-slim");
	struct sha256 a, b;

	(void)state;
	assert_false(has_cut(fat, "/usr/share/doc", false));
	assert_true(has_cut(fat, "/usr/share/ca-certificates", false));
	assert_true(has_cut(slim, "/usr/share/ca-certificates", false));
	assert_true(has_cut(slim, "/usr/share/doc", false));
	assert_true(has_cut(slim, "/usr/lib/*/gconv/**", false));
	assert_true(slim->cuts[slim->n_cuts - 1].include);
	recipe_resolution_digest(fat, &a);
	recipe_resolution_digest(slim, &b);
	assert_true(sha256_eq(&a, &b));
	recipe_free(fat);
	recipe_free(slim);
}

static void test_list(void **state)
{
	size_t n;
	const char *const *names = recipe_profile_list(&n);

	(void)state;
	assert_int_equal(n, 36); /* 24 of Debian, 12 of Alpine */
	for (size_t i = 0; i < n; i++) {
		assert_non_null(recipe_profile_text(names[i]));
		assert_null(strchr(names[i], '_'));
		if (i)
			assert_true(strcmp(names[i - 1], names[i]) < 0);
		recipe_free(load(names[i]));
	}
	assert_null(recipe_profile_text("distroless/c"));
	assert_null(recipe_profile_text(""));
	assert_non_null(strstr(recipe_profile_text("distroless/cc"), "distroless/cc-trixie"));
}

static void assert_refused(const char *name, const char *message)
{
	struct recipe *r = NULL;
	struct err e = { 0 };

	assert_int_equal(recipe_load_profile(name, &r, &e), -FAIL_NOT_FOUND);
	assert_null(r);
	assert_string_equal(e.msg, message);
}

static void test_wrong_names(void **state)
{
	(void)state;
	assert_refused("distroless/statc", "no profile 'distroless/statc' (did you mean "
					   "'distroless/static'?)");
	assert_refused("hurd", "no profile 'hurd' (a file's name ends in .yaml)");
	assert_refused("distroless/cc:root",
		       "no variant 'root' (there are nonroot, debug and debug-nonroot)");
	assert_refused("./cc.yaml", "no profile './cc.yaml'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packages),
		cmocka_unit_test(test_repositories),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_slim_differs_in_cuts_only),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_wrong_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
