/* SPDX-License-Identifier: Apache-2.0 */
/* ar archives as dpkg-deb and GNU ar write them, and each way to write one wrongly. */
#include "fmt/ar.h"

#include "base/array.h"
#include "base/buf.h"
#include "io/basic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MAGIC "!<arch>\n"
#define META "1700000000  0     0     100644  "
#define HEAD(name16, size10) name16 META size10 "`\n"

static int read_all(struct ar_reader *r, struct buf *to, struct err *e)
{
	struct ar_member m;
	int rc;

	while ((rc = ar_reader_next(r, &m, e)) == 1) {
		auto_source s = NULL;
		char bytes[3];
		size_t n;

		buf_printf(to, "%s %llu=", m.name, (unsigned long long)m.size);
		rc = ar_reader_open(r, &s, e);
		while (rc == 0 && (rc = source_read(s, bytes, sizeof(bytes), &n, e)) == 0 && n)
			buf_add(to, bytes, n);
		if (rc < 0)
			return rc;
		buf_add_char(to, '\n');
	}
	return rc;
}

static void list(struct view bytes, struct buf *to)
{
	struct ar_reader *r;
	struct err e = { 0 };
	int rc = ar_reader_new(mem_source_new(bytes), "t.deb", &r, &e);

	if (rc == 0) {
		rc = read_all(r, to, &e);
		ar_reader_free(r);
	}
	if (rc < 0)
		buf_printf(to, "%d: %s", (int)e.code, e.msg);
	assert_int_equal(-rc, e.code);
}

static void assert_says(const char *bytes, const char *expected)
{
	auto_buf got = BUF_EMPTY;

	list(view_of(bytes), &got);
	assert_string_equal(buf_str(&got), expected);
}

static void members_are_read(void **state)
{
	(void)state;
	assert_says(MAGIC, "");
	assert_says(
		MAGIC HEAD("debian-binary   ", "4         ") "2.0\n" HEAD(
			"control.tar.xz/ ", "3         ") "abc\n" HEAD("data.tar        ",
								       "0         ")
			HEAD("_sixteen_letters", "1         ") "x\n",
		"debian-binary 4=2.0\n\ncontrol.tar.xz 3=abc\ndata.tar 0=\n_sixteen_letters 1=x\n");
}

static void blank_numbers_and_missing_padding_are_fine(void **state)
{
	(void)state;
	assert_says(MAGIC "a               "
			  "            "
			  "      "
			  "      "
			  "        "
			  "1         `\n"
			  "x",
		    "a 1=x\n");
}

static void broken_archives_are_named_with_their_place(void **state)
{
	(void)state;
	assert_says("", "4: t.deb: offset 0: not an ar archive");
	assert_says("!<arch>", "4: t.deb: offset 0: not an ar archive");
	assert_says("!<thin>\n", "4: t.deb: offset 0: not an ar archive");
	assert_says(MAGIC "short",
		    "4: t.deb: offset 8: a member's header ends after 5 of 60 bytes");
	assert_says(MAGIC HEAD("a               ", "5         ") "abc",
		    "a 5=abc4: t.deb: offset 71: member 'a' ends 2 bytes early");
	assert_says(MAGIC HEAD("a               ", "2         ") "ab\n" HEAD("b               ",
									     "0         "),
		    "a 2=ab\n4: t.deb: offset 70: the member's header doesn't end as it must");
}

static void broken_headers_are_named(void **state)
{
	static const struct {
		const char *header, *wrong;
	} cases[] = {
		{ "a               " META "1         \n`",
		  "the member's header doesn't end as it must" },
		{ HEAD("a               ", "          "),
		  "the member's size is no decimal number" },
		{ HEAD("a               ", " 1        "),
		  "the member's size is no decimal number" },
		{ HEAD("a               ", "-1        "),
		  "the member's size is no decimal number" },
		{ HEAD("a               ", "0x10      "),
		  "the member's size is no decimal number" },
		{ HEAD("a               ", "1 1       "),
		  "the member's size is no decimal number" },
		{ "a               17000000x   0     0     100644  0         `\n",
		  "the member's date or owner is no decimal number" },
		{ "a               1700000000  -1    0     100644  0         `\n",
		  "the member's date or owner is no decimal number" },
		{ "a               1700000000  0     0     100684  0         `\n",
		  "the member's mode is no octal number" },
		{ HEAD("                ", "0         "), "the member's name is empty" },
		{ HEAD("a b             ", "0         "),
		  "the member's name has a byte that names don't have" },
		{ HEAD("a/b             ", "0         "),
		  "the member's name has a byte that names don't have" },
		{ HEAD("a\x7f              ", "0         "),
		  "the member's name has a byte that names don't have" },
		{ HEAD("/               ", "0         "),
		  "tables of symbols or long names don't belong into a package" },
		{ HEAD("//              ", "0         "),
		  "tables of symbols or long names don't belong into a package" },
		{ HEAD("/12             ", "0         "),
		  "tables of symbols or long names don't belong into a package" },
		{ HEAD("#1/20           ", "0         "),
		  "BSD's long names don't belong into a package" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_free char *bytes = mem_printf("%s%s", MAGIC, cases[i].header);
		auto_free char *says = mem_printf("4: t.deb: offset 8: %s", cases[i].wrong);

		assert_int_equal(strlen(bytes), 68);
		assert_says(bytes, says);
	}
}

/* Ten digits of size with nothing behind them: no memory is taken for what is only declared. */
static void declared_sizes_are_not_believed(void **state)
{
	(void)state;
	assert_says(MAGIC HEAD("a               ", "9999999999"),
		    "a 9999999999=4: t.deb: offset 68: member 'a' ends 9999999999 bytes early");
}

static void members_may_be_left_unread(void **state)
{
	const char *bytes = MAGIC HEAD("a               ", "3         ") "abc\n" HEAD(
		"b               ", "3         ") "def\n" HEAD("c               ",
							       "1         ") "g\n";
	struct source *s;
	struct ar_reader *r;
	struct ar_member m;
	struct err e = { 0 };
	char byte;

	(void)state;
	assert_int_equal(ar_reader_new(mem_source_new(view_of(bytes)), "t", &r, &e), 0);
	assert_int_equal(ar_reader_next(r, &m, &e), 1);
	assert_int_equal(ar_reader_next(r, &m, &e), 1);
	assert_string_equal(m.name, "b");
	assert_int_equal(ar_reader_open(r, &s, &e), 0);
	assert_int_equal(source_read_full(s, &byte, 1, &e), 0);
	assert_int_equal(byte, 'd');
	assert_int_equal(ar_reader_next(r, &m, &e), 1);
	assert_string_equal(m.name, "c");
	source_close(s);
	assert_int_equal(ar_reader_next(r, &m, &e), 0);
	assert_int_equal(ar_reader_next(r, &m, &e), 0);
	ar_reader_free(r);
}

static void sizes_of_a_real_package(const char *path, struct buf *ret)
{
	struct ar_reader *r;
	struct ar_member m;
	struct err e = { 0 };
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(ar_reader_new(fd_source_new(dup(fileno(f)), path), path, &r, &e), 0);
	while (ar_reader_next(r, &m, &e) == 1)
		buf_printf(ret, "%s %llu\n", m.name, (unsigned long long)m.size);
	assert_string_equal(e.msg, "");
	ar_reader_free(r);
	fclose(f);
}

/* dpkg-deb writes a package; GNU ar says what is in it. */
static void what_dpkg_deb_writes_is_read(void **state)
{
	char folder[] = "/tmp/pare-ar-test-XXXXXX";
	auto_free char *script = NULL, *deb = NULL;
	auto_buf got = BUF_EMPTY;
	char expected[1000];
	size_t n;
	FILE *p;

	(void)state;
	assert_non_null(mkdtemp(folder));
	deb = mem_printf("%s/p.deb", folder);
	script = mem_printf(
		"cd %s && mkdir -p p/DEBIAN p/etc && echo 1 > p/etc/f && "
		"printf 'Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@y.z>\\n"
		"Description: d\\n' > p/DEBIAN/control && "
		"dpkg-deb --root-owner-group -Zgzip -b p p.deb > /dev/null && "
		"ar tv p.deb | awk '{print $8, $3}'",
		folder);
	p = popen(script, "r");
	n = fread(expected, 1, sizeof(expected) - 1, p);
	expected[n] = '\0';
	assert_int_equal(pclose(p), 0);
	sizes_of_a_real_package(deb, &got);
	assert_non_null(strstr(expected, "debian-binary 4\ncontrol.tar.gz "));
	assert_string_equal(buf_str(&got), expected);
	free(steal(script));
	script = mem_printf("rm -r %s", folder);
	assert_int_equal(system(script), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read),
		cmocka_unit_test(blank_numbers_and_missing_padding_are_fine),
		cmocka_unit_test(broken_archives_are_named_with_their_place),
		cmocka_unit_test(broken_headers_are_named),
		cmocka_unit_test(declared_sizes_are_not_believed),
		cmocka_unit_test(members_may_be_left_unread),
		cmocka_unit_test(what_dpkg_deb_writes_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
