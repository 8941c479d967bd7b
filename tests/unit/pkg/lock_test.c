/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: written as expected, read back whole, refused when tampered with, compared. */
#include "base/mem.h"
#include "pkg/lock.h"
#include "sys/files.h"

#include <fcntl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define D0 "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"

#define HEAD "{\"version\":1,\n\"recipe\":\"" D0 "\",\n\"indexes\":[\n"
#define STABLE                                                               \
	"{\"uri\":\"debian:\",\"suite\":\"trixie\",\"codename\":\"trixie\"," \
	"\"date\":\"2026-11-14T10:00:00Z\",\"digest\":\"" D1 "\",\"signer\":\"AB12\"}"
#define SECURITY                                                                              \
	"{\"uri\":\"debian-security:\",\"suite\":\"trixie-security\","                        \
	"\"codename\":\"trixie-security\",\"date\":\"2026-11-20T10:00:00Z\",\"digest\":\"" D2 \
	"\",\"security\":true}"
#define LIBC                                                                                  \
	"{\"name\":\"libc6\",\"version\":\"2.41-12\",\"arch\":\"amd64\","                     \
	"\"source\":\"glibc\",\"url\":\"debian:/pool/main/g/glibc/libc6_2.41-12_amd64.deb\"," \
	"\"size\":2847456,\"installed\":13291520,\"digest\":\"" D1                            \
	"\",\"index\":0,\"asked-by\":\"recipe\"}"
#define SSL                                                                          \
	"{\"name\":\"libssl3t64\",\"version\":\"3.5.9-1\",\"arch\":\"amd64\","       \
	"\"source\":\"openssl\",\"url\":\"debian-security:/pool/o/libssl3t64.deb\"," \
	"\"size\":1,\"installed\":2,\"digest\":\"" D2 "\",\"index\":1,\"asked-by\":\"libc6\"}"
#define WHOLE                                                                                     \
	HEAD STABLE ",\n" SECURITY "\n],\n\"archs\":[\n{\"arch\":\"amd64\",\"packages\":[\n" LIBC \
		    ",\n" SSL "\n]}\n]}\n"

static struct lock *read_text(const char *text)
{
	struct lock *l = NULL;
	struct err e = { 0 };

	if (lock_read(view_of(text), "pare.lock", &l, &e) < 0)
		fail_msg("%s", e.msg);
	return l;
}

static void test_reads_everything(void **state)
{
	auto_lock l = read_text(WHOLE);
	const struct lock_arch *arch = lock_find_arch(l, "amd64");
	const struct lock_package *p;
	struct sha256 one;

	(void)state;
	memset(one.bytes, 0x11, sizeof(one.bytes));
	assert_int_equal(l->n_indexes, 2);
	assert_string_equal(l->indexes[0].uri, "debian:");
	assert_string_equal(l->indexes[0].suite, "trixie");
	assert_string_equal(l->indexes[0].codename, "trixie");
	assert_string_equal(l->indexes[0].date, "2026-11-14T10:00:00Z");
	assert_string_equal(l->indexes[0].signer, "AB12");
	assert_true(sha256_eq(&l->indexes[0].digest, &one));
	assert_false(l->indexes[0].security);
	assert_null(l->indexes[1].signer);
	assert_true(l->indexes[1].security);
	assert_null(lock_find_arch(l, "arm64"));
	assert_non_null(arch);
	assert_int_equal(arch->n_packages, 2);
	p = &arch->packages[0];
	assert_string_equal(p->name, "libc6");
	assert_string_equal(p->version, "2.41-12");
	assert_string_equal(p->arch, "amd64");
	assert_string_equal(p->source, "glibc");
	assert_string_equal(p->url, "debian:/pool/main/g/glibc/libc6_2.41-12_amd64.deb");
	assert_int_equal(p->size_bytes, 2847456);
	assert_int_equal(p->installed_bytes, 13291520);
	assert_true(sha256_eq(&p->digest, &one));
	assert_int_equal(p->index, 0);
	assert_string_equal(p->asked_by, "recipe");
	assert_int_equal(arch->packages[1].index, 1);
}

static void test_writes_what_it_read(void **state)
{
	auto_lock l = read_text(WHOLE);
	auto_lock empty = NULL;
	auto_buf text = BUF_EMPTY;

	(void)state;
	lock_write(l, &text);
	assert_string_equal(buf_str(&text), WHOLE);
	empty = read_text("{\"version\":1,\"recipe\":\"" D0 "\",\"indexes\":[],\"archs\":[]}");
	buf_clear(&text);
	lock_write(empty, &text);
	lock_free(empty);
	empty = read_text(buf_str(&text));
	assert_int_equal(empty->n_archs + empty->n_indexes, 0);
}

/* The whole lock with one piece of text replaced. */
static char *replaced(const char *from, const char *to)
{
	auto_buf out = BUF_EMPTY;
	const char *at = strstr(WHOLE, from);

	assert_non_null(at);
	buf_add(&out, WHOLE, (size_t)(at - WHOLE));
	buf_add_str(&out, to);
	buf_add_str(&out, at + strlen(from));
	return buf_steal(&out);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *from, *to, *message;
		enum fail_code code;
	} cases[] = {
		{ "\"version\":1,", "\"version\":2,",
		  "pare.lock: version 2 of the lock's format, only 1 is known", FAIL_UNSUPPORTED },
		{ "\"version\":1,", "", "pare.lock: version: must be a number from 0",
		  FAIL_FORMAT },
		{ "\"version\":1,", "\"version\":1,\"x\":1,", "pare.lock: unknown member 'x'",
		  FAIL_FORMAT },
		{ D0, "sha256:00", "pare.lock: recipe: must be 'sha256:' and 64 hex digits",
		  FAIL_FORMAT },
		{ "\"suite\":\"trixie\"", "\"suite\":3",
		  "pare.lock: indexes[0].suite: must be a string", FAIL_FORMAT },
		{ "2026-11-14T", "yesterday",
		  "pare.lock: indexes[0].date: must be a date such as 2026-11-21T09:15:44Z",
		  FAIL_FORMAT },
		{ "\"arch\":\"amd64\",\"packages\"", "\"arch\":\"vax\",\"packages\"",
		  "pare.lock: archs[0].arch: must be an architecture such as amd64 or arm/v7",
		  FAIL_FORMAT },
		{ "\"name\":\"libssl3t64\"", "\"name\":\"liba\"",
		  "pare.lock: archs[0].packages[1].name: packages must be sorted, each name once",
		  FAIL_FORMAT },
		{ "\"name\":\"libssl3t64\"", "\"name\":\"libc6\"",
		  "pare.lock: archs[0].packages[1].name: packages must be sorted, each name once",
		  FAIL_FORMAT },
		{ "\"name\":\"libc6\"", "\"name\":\"../x\"",
		  "pare.lock: archs[0].packages[0].name: must not have a '/' or begin with '.'",
		  FAIL_FORMAT },
		{ "\"version\":\"2.41-12\"", "\"version\":\"2 41\"",
		  "pare.lock: archs[0].packages[0].version: must be 1 to 4096 printable characters "
		  "without spaces",
		  FAIL_FORMAT },
		{ "\"size\":2847456", "\"size\":-1",
		  "pare.lock: archs[0].packages[0].size: must be a number from 0", FAIL_FORMAT },
		{ "\"index\":1", "\"index\":2",
		  "pare.lock: archs[0].packages[1].index: must be the number of one of the indexes",
		  FAIL_FORMAT },
		{ "\"url\":\"debian:/", "\"url\":\"https://example.org/",
		  "pare.lock: archs[0].packages[0].url: must begin with the URI of its index and "
		  "'/'",
		  FAIL_FORMAT },
		{ "debian:/pool/main", "debian:/pool/../main",
		  "pare.lock: archs[0].packages[0].url: must not have '..'", FAIL_FORMAT },
		{ ",\"asked-by\":\"recipe\"", "",
		  "pare.lock: archs[0].packages[0].asked-by: must be a string", FAIL_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_free char *text = replaced(cases[i].from, cases[i].to);
		struct lock *l = NULL;
		struct err e = { 0 };

		assert_int_equal(lock_read(view_of(text), "pare.lock", &l, &e),
				 -(int)cases[i].code);
		assert_null(l);
		assert_string_equal(e.msg, cases[i].message);
	}
}

static void test_refuses_what_is_no_lock(void **state)
{
	static const char *const texts[] = {
		"", "[]", "1", "{", "{\"version\":1}", "{\"version\":1,\"version\":1}"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct lock *l = NULL;
		struct err e = { 0 };

		assert_int_equal(lock_read(view_of(texts[i]), "x.lock", &l, &e), -FAIL_FORMAT);
		assert_null(l);
		assert_int_equal(strncmp(e.msg, "x.lock: ", 8), 0);
	}
}

/* A lock of amd64 (or of what `arch` says) with these packages; NULL ends them. */
static struct lock *make(const char *arch, ...)
{
	auto_buf text = BUF_EMPTY;
	const char *name;
	va_list ap;

	buf_printf(&text,
		   HEAD STABLE ",\n" SECURITY "],\"archs\":[{\"arch\":\"%s\","
			       "\"packages\":[",
		   arch);
	va_start(ap, arch);
	for (bool first = true; (name = va_arg(ap, const char *)); first = false) {
		const char *version = va_arg(ap, const char *);
		int index = va_arg(ap, int);

		buf_printf(&text,
			   "%s{\"name\":\"%s\",\"version\":\"%s\",\"arch\":\"all\","
			   "\"source\":\"s\",\"url\":\"%s/x\",\"size\":1,\"installed\":1,"
			   "\"digest\":\"" D1 "\",\"index\":%d,\"asked-by\":\"recipe\"}",
			   first ? "" : ",", name, version,
			   index ? "debian-security:" : "debian:", index);
	}
	va_end(ap);
	buf_add_str(&text, "]}]}");
	return read_text(buf_str(&text));
}

/* "amd64 name old→new!" per change. */
static char *describe(const struct lock_change *at, size_t n)
{
	auto_buf out = BUF_EMPTY;

	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%s %s %s>%s%s\n", at[i].arch, at[i].name,
			   at[i].old_version ? at[i].old_version : "",
			   at[i].new_version ? at[i].new_version : "", at[i].security ? "!" : "");
	return buf_steal(&out);
}

static void assert_diff(const struct lock *old, const struct lock *new, const char *expected)
{
	auto_arena a = ARENA_EMPTY;
	struct lock_change *changes = NULL;
	size_t n = lock_diff(old, new, &a, &changes);
	auto_free char *got = describe(changes, n);

	assert_string_equal(got, expected);
}

static void test_diff(void **state)
{
	auto_lock old = make("amd64", "a", "1", 0, "b", "1", 0, "d", "1", 0, "e", "1", 1, NULL);
	auto_lock new = make("amd64", "a", "1", 0, "b", "2", 1, "c", "3", 0, "e", "2", 0, NULL);
	auto_lock other = make("arm64", "a", "1", 0, NULL);
	auto_lock same = make("amd64", "a", "1", 0, NULL);
	auto_lock changed = NULL;

	(void)state;
	assert_diff(old, old, "");
	assert_diff(old, new,
		    "amd64 b 1>2!\n"
		    "amd64 c >3\n"
		    "amd64 d 1>\n"
		    "amd64 e 1>2\n");
	assert_diff(same, other, "amd64 a 1>\narm64 a >1\n");
	assert_diff(other, same, "amd64 a >1\narm64 a 1>\n");
	changed = make("amd64", "a", "1", 0, NULL);
	changed->archs[0].packages[0].digest.bytes[0] ^= 1;
	assert_diff(same, changed, "amd64 a 1>1\n");
}

/* The example of the manual page. */
static void test_manual_example(void **state)
{
	auto_buf page = BUF_EMPTY, text = BUF_EMPTY;
	auto_free char *example = NULL;
	auto_lock l = NULL;
	struct err e = { 0 };
	char *start, *end;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, PARE_TEST_DATA "/../../../../man/pare.lock.5.scd",
				   1 << 20, &page, &e),
			 0);
	start = strstr(page.data, "```\n");
	assert_non_null(start);
	end = strstr(start + 4, "```\n");
	assert_non_null(end);
	example = mem_strndup(start + 4, (size_t)(end - start) - 4);
	l = read_text(example);
	lock_write(l, &text);
	assert_string_equal(buf_str(&text), example);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_everything),
		cmocka_unit_test(test_writes_what_it_read),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refuses_what_is_no_lock),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_manual_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
