/* SPDX-License-Identifier: Apache-2.0 */
/* Stanzas as deb822(5) describes them, the same from memory and from a stream in small pieces. */
#include "fmt/deb822.h"

#include "base/array.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct drip {
	struct source s;
	struct view left;
	size_t piece;
};

static int drip_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct drip *d = (struct drip *)s;
	size_t n = d->left.len < d->piece ? d->left.len : d->piece;

	(void)e;
	n = n < size ? n : size;
	if (n)
		memcpy(to, d->left.ptr, n);
	d->left = view_make(d->left.ptr + n, d->left.len - n);
	*ret_n = n;
	return 0;
}

static void drip_close(struct source *s)
{
	free(s);
}

static const struct source_ops drip_ops = { drip_read, drip_close };

static struct source *drip_new(struct view text, size_t piece)
{
	struct drip *d = mem_alloc(sizeof(*d));

	source_init(&d->s, &drip_ops);
	d->left = text;
	d->piece = piece;
	return &d->s;
}

static int dump(struct deb822_reader *r, struct buf *to, struct err *e)
{
	struct deb822_stanza s;
	int rc;

	while ((rc = deb822_reader_next(r, &s, e)) == 1) {
		buf_printf(to, "@%zu\n", s.line);
		for (size_t i = 0; i < s.n_fields; i++)
			buf_printf(to, "%.*s=[%.*s]\n", VIEW_ARG(s.fields[i].name),
				   VIEW_ARG(s.fields[i].value));
	}
	return rc;
}

/* What the text says, from memory and through pieces of several sizes. */
static void assert_says(const char *text, const char *expected)
{
	static const size_t pieces[] = { 0, 1, 7, 4096 };

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct view v = view_of(text);
		struct deb822_reader *r = pieces[i] ? deb822_reader_new(drip_new(v, pieces[i]), "t")
						    : deb822_reader_new_mem(v, "t");
		auto_buf got = BUF_EMPTY;
		struct err e = { 0 };

		if (dump(r, &got, &e) < 0)
			buf_printf(&got, "%d: %s", (int)e.code, e.msg);
		assert_string_equal(buf_str(&got), expected);
		deb822_reader_free(r);
	}
}

static void stanzas_and_continuations(void **state)
{
	(void)state;
	assert_says("", "");
	assert_says("\n\n", "");
	assert_says("Package: a\nDescription: short\n long\n .\n  more\n\n\nPackage: b\n",
		    "@1\nPackage=[a]\nDescription=[short\n long\n .\n  more]\n@8\nPackage=[b]\n");
	assert_says("SHA256:\n 00 1 a\n 11 2 b\nDate: x",
		    "@1\nSHA256=[\n 00 1 a\n 11 2 b]\nDate=[x]\n");
}

static void space_around_values_goes(void **state)
{
	(void)state;
	assert_says("A:1\nB:  \t2 \t\nC:\nD: \nE: a  b\n",
		    "@1\nA=[1]\nB=[2]\nC=[]\nD=[]\nE=[a  b]\n");
}

static void comments_are_dropped_everywhere(void **state)
{
	(void)state;
	assert_says(
		"# one\n#two\n\n# three\nA: 1\n# in a stanza\nB: 2\n#: in a value\n 3 # kept\n# end\n"
		"\n# last",
		"@5\nA=[1]\nB=[2\n 3 # kept]\n");
}

static void carriage_returns_are_space(void **state)
{
	(void)state;
	assert_says("A: 1\r\nB:\r\n 2\r\n\r\nC: 3\r\n", "@1\nA=[1]\nB=[\r\n 2]\n@5\nC=[3]\n");
}

static void lines_of_blanks_separate(void **state)
{
	(void)state;
	assert_says("A: 1\n \t\nB: 2\n", "@1\nA=[1]\n@3\nB=[2]\n");
}

static void names_are_checked(void **state)
{
	(void)state;
	assert_says("!$%&'*+.^_`|~09az-: x\n", "@1\n!$%&'*+.^_`|~09az-=[x]\n");
	assert_says("A: 1\n\nno colon here\n",
		    "@1\nA=[1]\n4: t: line 3: expected 'Field: value', found 'no colon here'");
	assert_says("A: 1\nB C: 2\n", "4: t: line 2: expected 'Field: value', found 'B C: 2'");
	assert_says("A : 1\n", "4: t: line 1: expected 'Field: value', found 'A : 1'");
	assert_says(": 1\n", "4: t: line 1: expected 'Field: value', found ': 1'");
	assert_says("A\xc3\xa4: 1\n",
		    "4: t: line 1: expected 'Field: value', found 'A\xc3\xa4: 1'");
	assert_says("-----BEGIN PGP SIGNED MESSAGE-----\n",
		    "4: t: line 1: expected 'Field: value', found "
		    "'-----BEGIN PGP SIGNED MESSAGE-----'");
	assert_says("\n# c\n x\n", "4: t: line 3: a continuation line without a field");
	assert_says("Abc: 1\n# c\naBC: 2\n", "4: t: line 3: the stanza already has a field 'aBC'");
}

static void nul_bytes_are_refused(void **state)
{
	static const char text[] = "A: 1\n\nFilename: a\0b\n";
	struct deb822_reader *r = deb822_reader_new_mem(view_make(text, sizeof(text) - 1), "t");
	struct deb822_stanza s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(deb822_reader_next(r, &s, &e), 1);
	assert_int_equal(deb822_reader_next(r, &s, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "t: line 3: the stanza has a NUL byte");
	deb822_reader_free(r);
}

static void errors_stick(void **state)
{
	struct deb822_reader *r = deb822_reader_new_mem(view_of("x\n\nA: 1\n"), "t");
	struct deb822_stanza s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(deb822_reader_next(r, &s, &e), -FAIL_FORMAT);
	e.msg[0] = '\0';
	assert_int_equal(deb822_reader_next(r, &s, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, "t: line 1: expected 'Field: value', found 'x'");
	deb822_reader_free(r);
}

static int broken_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)to;
	(void)size;
	(void)ret_n;
	return (fail)(e, FAIL_IO, "disk on fire");
}

static void a_broken_stream_is_named(void **state)
{
	static const struct source_ops ops = { broken_read, drip_close };
	struct source *s = mem_alloc(sizeof(*s));
	struct deb822_reader *r;
	struct deb822_stanza stanza;
	struct err e = { 0 };

	(void)state;
	source_init(s, &ops);
	r = deb822_reader_new(s, "Packages");
	assert_int_equal(deb822_reader_next(r, &stanza, &e), -FAIL_IO);
	assert_string_equal(e.msg, "Packages: disk on fire");
	deb822_reader_free(r);
}

static void get_ignores_case(void **state)
{
	struct deb822_reader *r = deb822_reader_new_mem(view_of("Package: a\nEmpty:\n"), "t");
	struct deb822_stanza s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(deb822_reader_next(r, &s, &e), 1);
	assert_true(view_is(deb822_get(&s, "pacKAGE"), "a"));
	assert_non_null(deb822_get(&s, "Empty").ptr);
	assert_int_equal(deb822_get(&s, "Empty").len, 0);
	assert_null(deb822_get(&s, "Pack").ptr);
	assert_true(view_is(s.text, "Package: a\nEmpty:\n"));
	deb822_reader_free(r);
}

static void fields_are_limited(void **state)
{
	auto_buf text = BUF_EMPTY;
	auto_buf expected = BUF_EMPTY;

	(void)state;
	buf_add_str(&expected, "@1\n");
	for (int i = 0; i < DEB822_MAX_FIELDS; i++) {
		buf_printf(&text, "F%d: x\n", i);
		buf_printf(&expected, "F%d=[x]\n", i);
	}
	assert_says(buf_str(&text), buf_str(&expected));
	buf_add_str(&text, "G: x\n");
	assert_says(buf_str(&text), "5: t: line 513: the stanza has more than 512 fields");
}

static int read_one(struct view text, size_t piece, size_t *ret_len, struct err *e)
{
	struct deb822_reader *r = piece ? deb822_reader_new(drip_new(text, piece), "t")
					: deb822_reader_new_mem(text, "t");
	struct deb822_stanza s;
	int rc = deb822_reader_next(r, &s, e);

	if (rc == 1)
		*ret_len = s.text.len;
	deb822_reader_free(r);
	return rc;
}

/* Exactly as long as allowed, then one byte more: as one line, and as many. */
static void stanzas_are_limited(void **state)
{
	const size_t most = DEB822_MAX_STANZA_BYTES;
	auto_buf text = BUF_EMPTY;

	(void)state;
	buf_add_str(&text, "\nA: ");
	while (text.len < most)
		buf_add_char(&text, 'x');
	buf_add_char(&text, '\n');
	for (int lines = 0; lines < 2; lines++) {
		for (size_t piece = 0; piece <= 65536; piece += 65536) {
			struct err e = { 0 };
			size_t len = 0;

			assert_int_equal(read_one(buf_view(&text), piece, &len, &e), 1);
			assert_int_equal(len, most);
		}
		for (size_t i = 1000; lines == 0 && i + 1 < text.len; i += 1000)
			memcpy(text.data + i, "\n ", 2);
	}
	text.data[0] = 'A';
	text.data[1] = ':';
	for (size_t piece = 0; piece <= 65536; piece += 65536) {
		struct err e = { 0 };
		size_t len = 0;

		assert_int_equal(read_one(buf_view(&text), piece, &len, &e), -FAIL_LIMIT);
		assert_string_equal(e.msg, "t: line 1: the stanza is longer than 16777216 bytes");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanzas_and_continuations),
		cmocka_unit_test(space_around_values_goes),
		cmocka_unit_test(comments_are_dropped_everywhere),
		cmocka_unit_test(carriage_returns_are_space),
		cmocka_unit_test(lines_of_blanks_separate),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(errors_stick),
		cmocka_unit_test(a_broken_stream_is_named),
		cmocka_unit_test(get_ignores_case),
		cmocka_unit_test(fields_are_limited),
		cmocka_unit_test(stanzas_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
