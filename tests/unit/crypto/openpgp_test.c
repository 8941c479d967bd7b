/* SPDX-License-Identifier: Apache-2.0 */
/* OpenPGP verification against documents that GnuPG signs, and gpgv's reading of them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/openpgp.h"

/* Last: it makes a macro of fail(). */
#include <cmocka.h>

enum { OLD_VALID_S = 1600172800 /* 2020-09-15, while the key 'old' was valid */ };

struct state {
	char dir[64];
	int64_t now_s;
};

static void read_file(const struct state *s, const char *name, struct buf *ret)
{
	char path[128];
	char bytes[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(ret, bytes, n);
	fclose(f);
}

static void check_fingerprint(const struct state *s, const char *name, size_t nth, const char *is)
{
	auto_buf lines = BUF_EMPTY;
	struct view rest, line = { 0 };

	read_file(s, name, &lines);
	rest = buf_view(&lines);
	for (size_t i = 0; i <= nth; i++)
		assert_true(view_split(&rest, '\n', &line));
	assert_int_equal(line.len, 40);
	assert_memory_equal(line.ptr, is, 40);
	assert_int_equal(strlen(is), 40);
}

static struct openpgp_keyring *keyring(const struct state *s, const char *names)
{
	struct view rest = view_of(names);
	struct openpgp_keyring *k;
	struct view name;
	struct err e = { 0 };

	assert_int_equal(openpgp_keyring_new(&k, &e), 0);
	while (view_word(&rest, &name)) {
		auto_buf bytes = BUF_EMPTY;
		char file[32];

		snprintf(file, sizeof(file), "%.*s", VIEW_ARG(name));
		read_file(s, file, &bytes);
		if (openpgp_keyring_add(k, buf_view(&bytes), file, &e) < 0)
			fail_msg("%s", e.msg);
	}
	return k;
}

static int verify(const struct state *s, const char *keys, struct view document, int64_t now_s,
		  struct arena *a, struct openpgp_verdict *ret, struct err *e)
{
	struct openpgp_keyring *k = keyring(s, keys);
	int rc = openpgp_verify_cleartext(k, document, now_s, a, ret, e);

	openpgp_keyring_free(k);
	return rc;
}

static void check_good(const struct state *s, const char *keys, const char *document,
		       const char *text, const char *signer, size_t nth)
{
	struct openpgp_verdict v;
	auto_arena a = ARENA_EMPTY;
	auto_buf doc = BUF_EMPTY;
	auto_buf want = BUF_EMPTY;
	struct err e = { 0 };

	read_file(s, document, &doc);
	read_file(s, text, &want);
	if (verify(s, keys, buf_view(&doc), s->now_s, &a, &v, &e) < 0)
		fail_msg("%s: %s", document, e.msg);
	assert_true(view_eq(v.text, buf_view(&want)));
	check_fingerprint(s, signer, 0, v.primary);
	check_fingerprint(s, signer, nth, v.signer);
	assert_true(v.signed_s <= s->now_s && v.signed_s > s->now_s - 600);
}

static void check_view_refused(const struct state *s, const char *keys, struct view document,
			       int64_t now_s, const char *why)
{
	struct openpgp_verdict v = { .signer = "untouched" };
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };

	assert_int_equal(verify(s, keys, document, now_s, &a, &v, &e), -FAIL_VERIFY);
	if (!strstr(e.msg, why))
		fail_msg("expected '%s' in '%s'", why, e.msg);
	assert_string_equal(v.signer, "untouched");
}

static void check_refused(const struct state *s, const char *keys, const char *document,
			  int64_t now_s, const char *why)
{
	auto_buf doc = BUF_EMPTY;

	read_file(s, document, &doc);
	check_view_refused(s, keys, buf_view(&doc), now_s, why);
}

static void good_signatures(void **state)
{
	const struct state *s = *state;

	check_good(s, "rsa.gpg", "rsa.asc", "rsa.txt", "rsa.fpr", 0);
	check_good(s, "ed.gpg", "ed.asc", "ed.txt", "ed.fpr", 0);
	check_good(s, "ed.gpg", "sha512.asc", "ed.txt", "ed.fpr", 0);
	check_good(s, "sub.gpg", "sub.asc", "sub.txt", "sub.fpr", 1);
}

static void one_of_several_suffices(void **state)
{
	const struct state *s = *state;

	check_good(s, "rsa.gpg", "several.asc", "several.txt", "rsa.fpr", 0);
	check_good(s, "ed.gpg", "several.asc", "several.txt", "ed.fpr", 0);
	check_refused(s, "sub.gpg", "several.asc", s->now_s, "unknown key");
}

static void armored_and_merged_keyrings(void **state)
{
	const struct state *s = *state;
	struct openpgp_keyring *k = keyring(s, "rsa.gpg both.asc both.gpg ed.gpg");

	assert_int_equal(openpgp_keyring_count(k), 2);
	openpgp_keyring_free(k);
	check_good(s, "both.asc", "ed.asc", "ed.txt", "ed.fpr", 0);
	check_good(s, "sub.gpg both.gpg", "sub.asc", "sub.txt", "sub.fpr", 1);
}

static void bad_keyrings(void **state)
{
	static const struct {
		const char *bytes, *why;
	} cases[] = {
		{ "", "empty" },
		{ "this is no key", "keyring 'x'" },
		{ "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n", "keyring 'x'" },
		{ "\0\0\0\0\1\1\0\0KBXf....", "keyring 'x'" },
	};
	struct openpgp_keyring *k;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(openpgp_keyring_new(&k, &e), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = i == 3 ? 16 : strlen(cases[i].bytes);

		assert_int_equal(openpgp_keyring_add(k, view_make(cases[i].bytes, n), "x", &e),
				 -FAIL_FORMAT);
		assert_non_null(strstr(e.msg, cases[i].why));
	}
	assert_int_equal(openpgp_keyring_count(k), 0);
	openpgp_keyring_free(k);
}

static void weak_and_unknown(void **state)
{
	const struct state *s = *state;

	check_refused(s, "both.gpg", "stranger.asc", s->now_s, "unknown key");
	check_refused(s, "", "rsa.asc", s->now_s, "unknown key");
	check_refused(s, "rsa.gpg", "sha1.asc", s->now_s, "weak hash");
	check_refused(s, "rsa.gpg", "md5.asc", s->now_s, "weak hash");
	check_refused(s, "weak.gpg", "weak.asc", s->now_s, "weak RSA key");
	check_refused(s, "dsa.gpg", "dsa.asc", s->now_s, "weak key algorithm");
}

static void time_and_revocation(void **state)
{
	const struct state *s = *state;
	struct openpgp_verdict v;
	auto_arena a = ARENA_EMPTY;
	auto_buf doc = BUF_EMPTY;
	struct err e = { 0 };

	read_file(s, "old.asc", &doc);
	assert_int_equal(verify(s, "old.gpg", buf_view(&doc), OLD_VALID_S, &a, &v, &e), 0);
	check_fingerprint(s, "old.fpr", 0, v.signer);
	check_refused(s, "old.gpg", "old.asc", s->now_s, "key has expired");
	check_refused(s, "old.gpg", "old.asc", 1500000000, "from the future");
	check_refused(s, "rsa.gpg", "future.asc", s->now_s, "from the future");
	check_good(s, "revoked.gpg", "revoked.asc", "rsa.txt", "revoked.fpr", 0);
	check_refused(s, "revoked-now.gpg", "revoked.asc", s->now_s, "revoked");
	check_refused(s, "revoked.gpg revoked-now.gpg", "revoked.asc", s->now_s, "revoked");
}

/* Each byte of the text, flipped, breaks the signature; blanks at line ends aren't covered. */
static void tampered(void **state)
{
	const struct state *s = *state;
	struct openpgp_keyring *k = keyring(s, "ed.gpg");
	auto_buf doc = BUF_EMPTY;
	size_t from, to;

	read_file(s, "ed.asc", &doc);
	from = (size_t)(strstr(doc.data, "Origin") - doc.data);
	to = (size_t)(strstr(doc.data, "blanks") - doc.data);
	for (size_t i = from; i < to; i++) {
		struct openpgp_verdict v;
		auto_arena a = ARENA_EMPTY;
		struct err e = { 0 };

		doc.data[i] ^= 1;
		assert_int_equal(openpgp_verify_cleartext(k, buf_view(&doc), s->now_s, &a, &v, &e),
				 -FAIL_VERIFY);
		doc.data[i] ^= 1;
	}
	openpgp_keyring_free(k);
}

static void truncated(void **state)
{
	const struct state *s = *state;
	struct openpgp_keyring *k = keyring(s, "ed.gpg");
	auto_buf doc = BUF_EMPTY;

	read_file(s, "ed.asc", &doc);
	for (size_t n = 0; n + 1 < doc.len; n++) {
		struct openpgp_verdict v;
		auto_arena a = ARENA_EMPTY;
		struct err e = { 0 };

		assert_int_equal(
			openpgp_verify_cleartext(k, view_make(doc.data, n), s->now_s, &a, &v, &e),
			-FAIL_VERIFY);
	}
	openpgp_keyring_free(k);
}

/* A copy of ed.asc with `with` put in before the first `at`, or at the end. */
static void check_inserted(const struct state *s, const char *at, const char *with, const char *why)
{
	auto_buf doc = BUF_EMPTY;
	auto_buf changed = BUF_EMPTY;
	size_t n;

	read_file(s, "ed.asc", &doc);
	n = at ? (size_t)(strstr(doc.data, at) - doc.data) : doc.len;
	buf_add(&changed, doc.data, n);
	buf_add_str(&changed, with);
	buf_add(&changed, doc.data + n, doc.len - n);
	check_view_refused(s, "ed.gpg", buf_view(&changed), s->now_s, why);
}

static void text_around(void **state)
{
	const struct state *s = *state;

	check_inserted(s, NULL, "Suite: evil\n", "outside of the signed part");
	check_inserted(s, "-----BEGIN PGP SIGNED", "Suite: evil\n", "line 1");
	check_inserted(s, "-----BEGIN PGP SIGNED", "\n", "line 1");
	check_inserted(s, "Hash:", "Suite: evil\n", "line 2");
	check_inserted(s, "Hash:", "\nSuite: evil\n", "bad signature");
	check_inserted(s, "Origin", "-evil\n", "must be escaped");
	check_inserted(s, "-----END PGP SIG", "-----BEGIN PGP SIGNATURE-----\n", "armor line");
	check_inserted(s, "-----BEGIN PGP SIGNATURE", "-----BEGIN PGP SIGNED MESSAGE-----\n",
		       "must be escaped");
	check_refused(s, "rsa.gpg", "inline.pgp", s->now_s, "line 1");
	check_refused(s, "rsa.gpg", "text", s->now_s, "line 1");
}

static void two_documents_in_one(void **state)
{
	const struct state *s = *state;
	auto_buf both = BUF_EMPTY;

	read_file(s, "ed.asc", &both);
	read_file(s, "rsa.asc", &both);
	check_view_refused(s, "both.gpg", buf_view(&both), s->now_s, "outside of the signed part");
}

static void other_line_ends(void **state)
{
	const struct state *s = *state;
	struct openpgp_verdict v;
	auto_arena a = ARENA_EMPTY;
	auto_buf doc = BUF_EMPTY;
	auto_buf crlf = BUF_EMPTY;
	auto_buf want = BUF_EMPTY;
	struct err e = { 0 };

	read_file(s, "ed.asc", &doc);
	read_file(s, "ed.txt", &want);
	for (size_t i = 0; i < doc.len; i++) {
		if (doc.data[i] == '\n')
			buf_add_str(&crlf, " \t\r");
		buf_add_char(&crlf, doc.data[i]);
	}
	assert_int_equal(verify(s, "ed.gpg", buf_view(&crlf), s->now_s, &a, &v, &e), 0);
	assert_true(view_eq(v.text, buf_view(&want)));
}

static void empty_text(void **state)
{
	const struct state *s = *state;

	check_refused(s, "rsa.gpg", "empty.asc", s->now_s, "text is empty");
}

static int setup(void **state)
{
	static struct state s;
	char command[256];

	snprintf(s.dir, sizeof(s.dir), "/tmp/pare-openpgp-XXXXXX");
	if (!mkdtemp(s.dir))
		return -1;
	snprintf(command, sizeof(command), "'%s/openpgp_documents.sh' '%s'", TEST_DIR, s.dir);
	if (system(command) != 0)
		return -1;
	s.now_s = time(NULL);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	const struct state *s = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", s->dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_signatures),
		cmocka_unit_test(one_of_several_suffices),
		cmocka_unit_test(armored_and_merged_keyrings),
		cmocka_unit_test(bad_keyrings),
		cmocka_unit_test(weak_and_unknown),
		cmocka_unit_test(time_and_revocation),
		cmocka_unit_test(tampered),
		cmocka_unit_test(truncated),
		cmocka_unit_test(text_around),
		cmocka_unit_test(two_documents_in_one),
		cmocka_unit_test(other_line_ends),
		cmocka_unit_test(empty_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
