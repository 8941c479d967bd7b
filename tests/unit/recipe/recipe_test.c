/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs cases/NAME.yaml. A case's comments say what must come of it:
 *
 *	# load: NAME.yaml:debug    what is loaded instead of the file itself
 *	# error: CODE: MESSAGE     the whole message; CODE is the word below
 *	# has: TEXT                the canonical JSON has this
 *	# lacks: TEXT              … or hasn't
 *
 * Folders in cases/ hold what the cases extend.
 */
#include "base/mem.h"
#include "recipe/load.h"
#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *word;
	enum fail_code code;
} codes[] = {
	{ "format", FAIL_FORMAT },
	{ "limit", FAIL_LIMIT },
	{ "not found", FAIL_NOT_FOUND },
	{ "unsupported", FAIL_UNSUPPORTED },
};

static const char *code_word(enum fail_code code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code)
			return codes[i].word;
	}
	return "another code";
}

/* The values of the comments "# key: value". */
static size_t comments(struct view text, const char *key, struct view *ret, size_t max)
{
	size_t n = 0;
	struct view line;

	while (view_split(&text, '\n', &line)) {
		auto_free char *prefix = mem_printf("# %s: ", key);

		if (!view_starts(line, prefix))
			continue;
		assert_true(n < max);
		ret[n++] = view_make(line.ptr + strlen(prefix), line.len - strlen(prefix));
	}
	return n;
}

/* Without the folder of the cases, which messages name. */
static char *without_folder(const char *msg)
{
	auto_buf out = BUF_EMPTY;

	while (*msg) {
		if (strncmp(msg, CASES "/", strlen(CASES "/")) == 0)
			msg += strlen(CASES "/");
		else
			buf_add_char(&out, *msg++);
	}
	return buf_steal(&out);
}

static int check_error(const char *name, const struct err *e, struct view expected)
{
	auto_free char *got = without_folder(e->msg);
	auto_free char *whole = mem_printf("%s: %s", code_word(e->code), got);

	if (view_is(expected, whole))
		return 0;
	print_error("%s\n  gives    %s\n  expected %.*s\n", name, whole, VIEW_ARG(expected));
	return 1;
}

static int check_json(const char *name, const struct recipe *r, struct view text)
{
	struct view wanted[64];
	auto_buf json = BUF_EMPTY;
	size_t n = comments(text, "has", wanted, 64), n_lacks;
	int failures = 0;

	recipe_write(r, &json);
	for (size_t i = 0; i < n; i++) {
		if (memmem(json.data, json.len, wanted[i].ptr, wanted[i].len))
			continue;
		print_error("%s\n  lacks %.*s\n  in    %s\n", name, VIEW_ARG(wanted[i]), json.data);
		failures++;
	}
	n_lacks = comments(text, "lacks", wanted, 64);
	for (size_t i = 0; i < n_lacks; i++) {
		if (!memmem(json.data, json.len, wanted[i].ptr, wanted[i].len))
			continue;
		print_error("%s\n  has %.*s\n  in  %s\n", name, VIEW_ARG(wanted[i]), json.data);
		failures++;
	}
	if (n + n_lacks == 0)
		fail_msg("%s says nothing of what must come of it", name);
	return failures;
}

/* The number of its expectations that don't hold. */
static int run_case(const char *name)
{
	auto_buf text = BUF_EMPTY;
	auto_free char *path = mem_printf("%s/%s", CASES, name);
	auto_free char *target = NULL;
	struct recipe *r = NULL;
	struct view load, error;
	struct err e = { 0 };
	int rc;

	assert_int_equal(file_read(AT_FDCWD, path, 4 << 20, &text, &e), 0);
	if (comments(buf_view(&text), "load", &load, 1))
		target = mem_printf("%s/%.*s", CASES, VIEW_ARG(load));
	rc = recipe_load_file(target ? target : path, &r, &e);
	if (comments(buf_view(&text), "error", &error, 1)) {
		if (rc == 0) {
			recipe_free(r);
			print_error("%s is fine, expected %.*s\n", name, VIEW_ARG(error));
			return 1;
		}
		assert_null(r);
		assert_int_equal(rc, -(int)e.code);
		return check_error(name, &e, error);
	}
	if (rc < 0) {
		print_error("%s: %s\n", name, e.msg);
		return 1;
	}
	rc = check_json(name, r, buf_view(&text));
	recipe_free(r);
	return rc;
}

static void test_cases(void **state)
{
	DIR *dir = opendir(CASES);
	struct dirent *entry;
	size_t n = 0;
	int failures = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!view_ends(view_of(entry->d_name), ".yaml"))
			continue;
		failures += run_case(entry->d_name);
		n++;
	}
	closedir(dir);
	assert_true(n > 60);
	assert_int_equal(failures, 0);
}

static struct recipe *load(const char *name)
{
	auto_free char *path = mem_printf("%s/%s", CASES, name);
	struct recipe *r = NULL;
	struct err e = { 0 };

	if (recipe_load_file(path, &r, &e) < 0)
		fail_msg("%s", e.msg);
	return r;
}

static void resolution(const char *name, struct sha256 *ret)
{
	struct recipe *r = load(name);

	recipe_resolution_digest(r, ret);
	recipe_free(r);
}

static void test_resolution_digest_follows_what_decides_packages(void **state)
{
	struct sha256 a, b;

	(void)state;
	resolution("resolution/a.yaml", &a);
	/* Other entrypoint, paths, order of packages; keys of the same content elsewhere. */
	resolution("resolution/same.yaml", &b);
	assert_true(sha256_eq(&a, &b));
	resolution("resolution/other-packages.yaml", &b);
	assert_false(sha256_eq(&a, &b));
	resolution("resolution/other-key.yaml", &b);
	assert_false(sha256_eq(&a, &b));
	resolution("resolution/other-depends.yaml", &b);
	assert_false(sha256_eq(&a, &b));
	resolution("resolution/a.yaml:debug", &b);
	assert_false(sha256_eq(&a, &b));
	resolution("resolution/a.yaml:nonroot", &b);
	assert_true(sha256_eq(&a, &b));
}

/* What canonical JSON doesn't show: absolute places of local files. */
static void test_sources_are_absolute(void **state)
{
	struct recipe *r = load("paths.yaml");
	size_t n = 0;

	(void)state;
	assert_true(r->dir[0] == '/');
	for (size_t i = 0; i < r->n_paths; i++) {
		if (r->paths[i].type != PATH_TREE)
			continue;
		n++;
		assert_true(strncmp(r->paths[i].source, r->dir, strlen(r->dir)) == 0);
		assert_string_equal(r->paths[i].source + strlen(r->dir), "/site");
	}
	assert_int_equal(n, 1);
	assert_non_null(strstr(r->paths[0].where, "/paths.yaml:"));
	recipe_free(r);
}

/* The first example of the manual page, between lines of three backquotes. */
static void test_manual_example(void **state)
{
	auto_buf page = BUF_EMPTY;
	struct recipe *r = NULL;
	struct err e = { 0 };
	char *start, *end;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, SOURCE "/man/pare.yaml.5.scd", 1 << 20, &page, &e), 0);
	start = strstr(page.data, "```\n");
	assert_non_null(start);
	end = strstr(start + 4, "```\n");
	assert_non_null(end);
	if (recipe_parse(view_make(start + 4, (size_t)(end - start) - 4), "manual", &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(r->profile, "distroless/cc:nonroot");
	assert_string_equal(r->packages.at[r->packages.n - 1], "libpq5");
	assert_int_equal(r->entrypoint.n, 3);
	assert_string_equal(r->ports.at[0], "8080/tcp");
	assert_string_equal(r->archs.at[1], "arm64");
	recipe_free(r);
}

static void test_examples(void **state)
{
	static const char *const names[] = { "hello-cc/pare.yaml", "postgresql-client.yaml",
					     "static.yaml" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		auto_free char *path = mem_printf("%s/examples/%s", SOURCE, names[i]);
		struct recipe *r = NULL;
		struct err e = { 0 };

		if (recipe_load_file(path, &r, &e) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(r->run_as, "65532");
		assert_int_equal(r->entrypoint.n, 1);
		recipe_free(r);
	}
}

/* Every key in the tables is in the manual, as *key* or below its section's name. */
static void test_manual_names_every_key(void **state)
{
	static const char *const keys[] = {
		"extends",
		"contents.repositories",
		"contents.keyring",
		"contents.packages",
		"contents.depends",
		"contents.exclude",
		"contents.include",
		"paths",
		"path",
		"type",
		"source",
		"content",
		"uid",
		"gid",
		"permissions",
		"recursive",
		"accounts.run-as",
		"accounts.users",
		"accounts.groups",
		"username",
		"homedir",
		"shell",
		"gecos",
		"groupname",
		"members",
		"entrypoint",
		"cmd",
		"environment",
		"work-dir",
		"stop-signal",
		"volumes",
		"ports",
		"annotations",
		"labels",
		"archs",
		"certificates.additional",
		"layering",
		"strategy",
		"budget",
	};
	auto_buf page = BUF_EMPTY;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, SOURCE "/man/pare.yaml.5.scd", 1 << 20, &page, &e), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		auto_free char *bold = mem_printf("*%s*", keys[i]);

		if (!strstr(page.data, bold))
			fail_msg("the manual lacks %s", bold);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_resolution_digest_follows_what_decides_packages),
		cmocka_unit_test(test_sources_are_absolute),
		cmocka_unit_test(test_manual_example),
		cmocka_unit_test(test_manual_names_every_key),
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
