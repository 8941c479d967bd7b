/* SPDX-License-Identifier: Apache-2.0 */
/* Release files: what is read from them, which ones are refused, and when one may be used. */
#include "pkg/deb/release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define DATE "Date: Sat, 21 Nov 2026 00:53:03 UTC\n"

/* date -u -d '2026-11-21 00:53:03' +%s */
enum { DATE_S = 1795222383, DAY_S = 24 * 60 * 60 };

static const char security[] =
	"Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nVersion: 13\n"
	"Codename: trixie-security\n" DATE "Valid-Until: Sat, 28 Nov 2026 00:53:03 UTC\n"
	"Acquire-By-Hash: yes\nArchitectures: amd64 arm64\n"
	"Components: updates/main updates/contrib\nDescription: two\n lines\nMD5Sum:\n"
	" d41d8cd98f00b204e9800998ecf8427e 0 main/x\nSHA256:\n " B64
	"  12345 main/binary-amd64/Packages.xz\n " A64
	"        0 contrib/binary-amd64/Packages\n " A64 " 7 ./Contents\n";

static int parse(const char *text, struct arena *a, struct deb_release *ret, struct err *e)
{
	return deb_release_parse(view_of(text), "R", a, ret, e);
}

static void fields(void **state)
{
	const struct deb_release_file *file;
	auto_arena a = ARENA_EMPTY;
	char hex[SHA256_HEX_CHARS + 1];
	struct deb_release r;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse(security, &a, &r, &e), 0);
	assert_string_equal(r.origin, "Debian");
	assert_string_equal(r.label, "Debian-Security");
	assert_string_equal(r.suite, "stable-security");
	assert_string_equal(r.codename, "trixie-security");
	assert_int_equal(r.date_s, DATE_S);
	assert_int_equal(r.valid_until_s, DATE_S + 7 * DAY_S);
	assert_true(r.by_hash);
	assert_true(r.all_included);
	assert_true(deb_release_is_security(&r));
	assert_int_equal(r.n_archs, 2);
	assert_true(deb_release_has_arch(&r, "arm64"));
	assert_false(deb_release_has_arch(&r, "arm"));
	assert_int_equal(r.n_components, 2);
	assert_string_equal(r.components[0], "main");
	assert_string_equal(r.components[1], "contrib");
	assert_int_equal(r.n_files, 3);
	file = deb_release_find(&r, "main/binary-amd64/Packages.xz");
	assert_non_null(file);
	assert_int_equal(file->size_bytes, 12345);
	sha256_to_hex(&file->digest, hex);
	assert_string_equal(hex,
			    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
	assert_non_null(deb_release_find(&r, "Contents"));
	assert_null(deb_release_find(&r, "main/x"));
}

static void architecture_all(void **state)
{
	static const struct {
		const char *fields;
		bool included;
	} cases[] = {
		{ "", true },
		{ "Architectures: amd64\n", true },
		{ "Architectures: all amd64\n", false },
		{ "Architectures: all amd64\nNo-Support-for-Architecture-all: Packages\n", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct deb_release r;
		struct err e = { 0 };

		assert_int_equal(
			parse(arena_printf(&a, "%s" DATE "SHA256:\n", cases[i].fields), &a, &r, &e),
			0);
		assert_int_equal(r.all_included, cases[i].included);
		assert_int_equal(r.n_files, 0);
		assert_null(deb_release_find(&r, "x"));
		assert_false(deb_release_is_security(&r));
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "empty" },
		{ "SHA256:\n", "no Date" },
		{ DATE, "no SHA256" },
		{ "Date: yesterday\nSHA256:\n", "Date 'yesterday' is no date" },
		{ DATE "Valid-Until: 1\nSHA256:\n", "Valid-Until '1' is no date" },
		{ DATE "SHA256:\n abc 1 x\n", "found ' abc 1 x'" },
		{ DATE "SHA256:\n " A64 " one x\n", "expected 'DIGEST SIZE PATH'" },
		{ DATE "SHA256:\n " A64 " 1\n", "expected 'DIGEST SIZE PATH'" },
		{ DATE "SHA256:\n " A64 " 1 x y\n", "expected 'DIGEST SIZE PATH'" },
		{ DATE "SHA256:\n " A64 " 99999999999999999999 x\n",
		  "expected 'DIGEST SIZE PATH'" },
		{ DATE "SHA256:\n " A64 " 1 x\n " B64 " 1 x\n", "'x' is listed twice" },
		{ DATE "SHA256:\n " A64 " 1 x\n " A64 " 2 ./x\n", "'x' is listed twice" },
		{ DATE "SHA256:\n\nOrigin: second\n", "a second stanza" },
		{ "no field\n", "R: line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct deb_release r;
		struct err e = { 0 };

		assert_int_equal(parse(cases[i].text, &a, &r, &e), -FAIL_FORMAT);
		if (!strstr(e.msg, cases[i].why))
			fail_msg("expected '%s' in '%s'", cases[i].why, e.msg);
	}
}

static void when_it_holds(void **state)
{
	static const struct {
		struct deb_release_wishes wishes;
		const char *why; /* NULL: fine */
	} cases[] = {
		{ { "trixie-security", DATE_S, true, 0 }, NULL },
		{ { "stable-security", DATE_S, true, DATE_S }, NULL },
		{ { "trixie-security/updates", DATE_S, true, 0 }, NULL },
		{ { NULL, DATE_S, true, 0 }, NULL },
		{ { NULL, DATE_S - RELEASE_CLOCK_SKEW_S, true, 0 }, NULL },
		{ { NULL, DATE_S + 7 * DAY_S, true, 0 }, NULL },
		{ { NULL, DATE_S + 70 * DAY_S, false, 0 }, NULL },
		{ { "trixie", DATE_S, true, 0 },
		  "asked for the suite 'trixie', but this is 'trixie-security'" },
		{ { NULL, DATE_S - RELEASE_CLOCK_SKEW_S - 1, true, 0 },
		  "from the future: 2026-11-21T00:53:03Z, and it is 2026-11-21T00:48:02Z" },
		{ { NULL, DATE_S + 7 * DAY_S + 1, true, 0 }, "valid until 2026-11-28T00:53:03Z" },
		{ { NULL, DATE_S, true, DATE_S + 1 }, "older than the one seen before" },
	};
	auto_arena a = ARENA_EMPTY;
	struct deb_release r;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse(security, &a, &r, &e), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = deb_release_check(&r, "R", &cases[i].wishes, &e);

		assert_int_equal(rc, cases[i].why ? -FAIL_VERIFY : 0);
		if (cases[i].why && !strstr(e.msg, cases[i].why))
			fail_msg("expected '%s' in '%s'", cases[i].why, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(architecture_all),
		cmocka_unit_test(refused),
		cmocka_unit_test(when_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
