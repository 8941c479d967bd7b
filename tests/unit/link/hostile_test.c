/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files made by hand: of machines that this one isn't, and with names and numbers that no linker
 * would write. Whatever they say, there's an answer, in time.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "link/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "test" };

/* What an ELF file is made of; the tree borrows its bytes. */
struct recipe {
	bool is_32, big_endian;
	uint16_t machine;
	const char *interpreter, *soname, *rpath, *runpath;
	const char *const *needed;
	size_t n_needed;
};

struct maker {
	const struct recipe *r;
	struct buf out, strings, dynamic;
};

static void put(const struct maker *m, struct buf *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_char(to, (char)(value >> (8 * (m->r->big_endian ? n - 1 - i : i))));
}

static void wide(const struct maker *m, struct buf *to, uint64_t value)
{
	put(m, to, value, m->r->is_32 ? 4 : 8);
}

static void entry(struct maker *m, uint64_t tag, uint64_t value)
{
	wide(m, &m->dynamic, tag);
	wide(m, &m->dynamic, value);
}

static void string_entry(struct maker *m, uint64_t tag, const char *text)
{
	if (!text)
		return;
	entry(m, tag, m->strings.len);
	buf_add(&m->strings, text, strlen(text) + 1);
}

static void segment(struct maker *m, uint32_t type, uint64_t offset, uint64_t size)
{
	put(m, &m->out, type, 4);
	if (!m->r->is_32)
		put(m, &m->out, 5, 4);
	wide(m, &m->out, offset);
	wide(m, &m->out, offset);
	wide(m, &m->out, offset);
	wide(m, &m->out, size);
	wide(m, &m->out, size);
	if (m->r->is_32)
		put(m, &m->out, 5, 4);
	wide(m, &m->out, 4096);
}

static void header(struct maker *m, size_t n_segments)
{
	size_t size = m->r->is_32 ? 52 : 64;

	buf_add(&m->out, "\177ELF", 4);
	put(m, &m->out, m->r->is_32 ? 1 : 2, 1);
	put(m, &m->out, m->r->big_endian ? 2 : 1, 1);
	put(m, &m->out, 1, 1);
	buf_add(&m->out, "\0\0\0\0\0\0\0\0", 9);
	put(m, &m->out, ELF_TYPE_DYN, 2);
	put(m, &m->out, m->r->machine, 2);
	put(m, &m->out, 1, 4);
	wide(m, &m->out, 1); /* entry */
	wide(m, &m->out, size);
	wide(m, &m->out, 0);
	put(m, &m->out, 0, 4);
	put(m, &m->out, size, 2);
	put(m, &m->out, m->r->is_32 ? 32 : 56, 2);
	put(m, &m->out, n_segments, 2);
	put(m, &m->out, 0, 6);
}

/* Header, segments, dynamic section, strings; addresses are offsets. In the arena. */
static struct view make(struct arena *a, const struct recipe *r)
{
	struct maker m = { .r = r };
	size_t n_segments = r->interpreter ? 3 : 2;
	size_t start = (r->is_32 ? 52 : 64) + n_segments * (r->is_32 ? 32 : 56);
	size_t strings_at, interpreter_at;
	struct view made;

	buf_add_char(&m.strings, '\0');
	for (size_t i = 0; i < r->n_needed; i++)
		string_entry(&m, 1, r->needed[i]);
	string_entry(&m, 14, r->soname);
	string_entry(&m, 15, r->rpath);
	string_entry(&m, 29, r->runpath);
	interpreter_at = m.strings.len;
	if (r->interpreter)
		buf_add(&m.strings, r->interpreter, strlen(r->interpreter) + 1);
	strings_at = start + m.dynamic.len + 3 * 2 * (size_t)(r->is_32 ? 4 : 8);
	entry(&m, 5, strings_at);
	entry(&m, 10, m.strings.len);
	entry(&m, 0, 0);
	header(&m, n_segments);
	segment(&m, 1, 0, strings_at + m.strings.len);
	segment(&m, 2, start, m.dynamic.len);
	if (r->interpreter)
		segment(&m, 3, strings_at + interpreter_at, strlen(r->interpreter) + 1);
	assert_int_equal(m.out.len, start);
	buf_add_view(&m.out, buf_view(&m.dynamic));
	buf_add_view(&m.out, buf_view(&m.strings));
	made = view_make(arena_strndup(a, m.out.data, m.out.len), m.out.len);
	buf_done(&m.out);
	buf_done(&m.strings);
	buf_done(&m.dynamic);
	return made;
}

static void add(struct tree *t, const char *path, const struct recipe *r)
{
	struct view bytes = make(&t->arena, r);
	struct inode i = inode_file(bytes.ptr, bytes.len, 0755, &origin);
	struct err e;

	if (tree_put(t, path, &i, NULL, &e) < 0)
		fail_msg("%s", e.msg);
}

static struct tree *new_tree(void)
{
	struct tree *t = mem_zalloc(sizeof(*t));

	tree_init(t, &origin);
	return t;
}

static void drop(struct tree *t)
{
	tree_done(t);
	free(t);
}

/* The problems of the program, as text; NULL when it can't be told, and why is in `e`. */
static char *problems(const struct tree *t, const char *path, struct err *e)
{
	static const struct link_process process = { 0 };
	struct link_result r = { 0 };
	auto_link l = link_new(t);
	struct buf b = BUF_EMPTY;

	if (link_closure(l, path, &process, &r, e) < 0) {
		link_result_done(&r);
		return NULL;
	}
	for (size_t i = 0; i < r.n_problems; i++) {
		link_problem_text(&r.problems[i], &b);
		buf_add_char(&b, '\n');
	}
	link_result_done(&r);
	return buf_steal(&b);
}

static void are(const struct tree *t, const char *path, const char *want)
{
	struct err e;
	char *got = problems(t, path, &e);

	if (!got)
		fail_msg("%s", e.msg);
	assert_string_equal(got, want);
	free(got);
}

static void every_machine_is_followed(void **state)
{
	static const struct {
		bool is_32, big_endian;
		uint16_t machine;
		const char *tuple;
	} machines[] = {
		{ false, false, ELF_X86_64, "x86_64-linux-gnu" },
		{ true, false, ELF_386, "i386-linux-gnu" },
		{ false, false, ELF_AARCH64, "aarch64-linux-gnu" },
		{ true, false, ELF_ARM, "arm-linux-gnueabihf" },
		{ false, false, ELF_PPC64, "powerpc64le-linux-gnu" },
		{ true, true, ELF_PPC, "powerpc-linux-gnu" },
		{ false, true, ELF_S390, "s390x-linux-gnu" },
		{ false, false, ELF_RISCV, "riscv64-linux-gnu" },
		{ false, false, ELF_MIPS, "mips64el-linux-gnuabi64" },
		{ false, false, ELF_LOONGARCH, "loongarch64-linux-gnu" },
	};
	static const char *const needs[] = { "liba.so" };

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct tree *t = new_tree();
		struct recipe r = { .is_32 = machines[i].is_32,
				    .big_endian = machines[i].big_endian,
				    .machine = machines[i].machine,
				    .needed = needs,
				    .interpreter = "/lib/ld.so.1",
				    .n_needed = 1 };
		char path[100];

		add(t, "app", &r);
		r.interpreter = NULL;
		r.n_needed = 0;
		r.soname = "ld.so.1";
		add(t, "lib/ld.so.1", &r);
		snprintf(path, sizeof(path), "usr/lib/%s/liba.so", machines[i].tuple);
		r.soname = "liba.so";
		add(t, path, &r);
		are(t, "/app", "");
		drop(t);
	}
}

static void a_program_and_its_loader_of_other_byte_orders(void **state)
{
	struct tree *t = new_tree();
	struct recipe r = { .machine = ELF_PPC64, .interpreter = "/lib/ld.so.1" };

	(void)state;
	add(t, "app", &r);
	r.interpreter = NULL;
	r.big_endian = true;
	add(t, "lib/ld.so.1", &r);
	are(t, "/app", "'/lib/ld.so.1' is for another machine: ppc64\n");
	drop(t);
}

static void names_of_all_kinds(void **state)
{
	char *longest = mem_alloc(4096);
	const char *needs[] = { "/../../../lib/./x.so", "../lib//x.so", "..", "/", "", "lib/",
				"x\n\033[31m.so",	longest };
	struct tree *t = new_tree();
	struct recipe r = { .machine = ELF_X86_64, .interpreter = "/lib/ld.so" }, lib = r;
	struct err e;
	char *got;

	(void)state;
	memset(longest, 'n', 4095);
	longest[4095] = '\0';
	lib.interpreter = NULL;
	add(t, "lib/ld.so", &lib);
	add(t, "lib/x.so", &lib);
	r.needed = needs;
	r.n_needed = 2;
	add(t, "app", &r);
	are(t, "/app", "");
	r.n_needed = sizeof(needs) / sizeof(needs[0]);
	add(t, "more", &r);
	got = problems(t, "/more", &e);
	assert_non_null(got);
	assert_non_null(strstr(got, "'/more' needs .., which isn't there"));
	assert_non_null(strstr(got, longest));
	free(got);
	r.n_needed = 0;
	r.interpreter = longest;
	add(t, "long", &r);
	got = problems(t, "/long", &e);
	assert_non_null(strstr(got, "which isn't there"));
	free(got);
	r.interpreter = "/lib/../../lib/ld.so";
	add(t, "dots", &r);
	are(t, "/dots", "");
	r.interpreter = "";
	add(t, "none", &r);
	are(t, "/none", "'/none' needs the interpreter '', which isn't there\n");
	free(longest);
	drop(t);
}

/* `n` names "libN.so". */
static const char **many(struct arena *a, size_t n)
{
	const char **names = arena_array(a, n, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = arena_printf(a, "lib%zu.so", i);
	return names;
}

static void thousands_of_libraries(void **state)
{
	struct tree *t = new_tree();
	struct recipe r = { .machine = ELF_X86_64, .interpreter = "/lib/ld.so" };
	struct recipe lib = { .machine = ELF_X86_64 };
	const char **names = many(&t->arena, 4100);
	struct err e;
	char *got;

	(void)state;
	add(t, "lib/ld.so", &lib);
	r.needed = names;
	r.n_needed = 4096;
	add(t, "app", &r);
	got = problems(t, "/app", &e);
	assert_non_null(strstr(got, "'/app' needs lib4095.so, which isn't there"));
	free(got);
	r.n_needed = 4097;
	add(t, "over", &r);
	are(t, "/over", "'/over' is damaged: ELF: 4097 needed libraries, at most 4096 are read\n");
	/* each needs the next, and the last the first */
	for (size_t i = 0; i < 2000; i++) {
		lib.needed = &names[i == 1999 ? 0 : i + 1];
		lib.n_needed = 1;
		add(t, arena_printf(&t->arena, "lib/lib%zu.so", i), &lib);
	}
	r.n_needed = 1;
	add(t, "chain", &r);
	are(t, "/chain", "");
	drop(t);
}

static void searches_have_an_end(void **state)
{
	struct tree *t = new_tree();
	struct recipe r = { .machine = ELF_X86_64, .interpreter = "/lib/ld.so" };
	struct recipe lib = { .machine = ELF_X86_64 };
	struct buf path = BUF_EMPTY;
	struct err e;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		buf_printf(&path, "/%zu:", i % 10);
	add(t, "lib/ld.so", &lib);
	r.needed = many(&t->arena, 4096);
	r.n_needed = 4096;
	r.rpath = path.data;
	add(t, "app", &r);
	assert_null(problems(t, "/app", &e));
	assert_int_equal(e.code, FAIL_LIMIT);
	assert_non_null(strstr(e.msg, "'/app' makes its loader look for libraries more than"));
	buf_done(&path);
	drop(t);
}

static int vanished(struct content_provider *p, uint64_t offset, uint64_t size, struct source **ret,
		    struct err *e)
{
	(void)p;
	(void)offset;
	(void)size;
	(void)ret;
	return (fail)(e, FAIL_IO, "gone");
}

static void a_file_that_vanishes_is_an_error(void **state)
{
	static const struct content_provider_ops ops = { vanished };
	static struct content_provider provider = { &ops };
	struct tree *t = new_tree();
	struct inode i = inode_file(NULL, 0, 0755, &origin);
	struct err e;

	(void)state;
	i.content.provider = &provider;
	i.content.size = 100;
	assert_int_equal(tree_put(t, "app/gone", &i, NULL, &e), 0);
	assert_null(problems(t, "/app/gone", &e));
	assert_int_equal(e.code, FAIL_IO);
	assert_string_equal(e.msg, "read '/app/gone': gone");
	drop(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_machine_is_followed),
		cmocka_unit_test(a_program_and_its_loader_of_other_byte_orders),
		cmocka_unit_test(names_of_all_kinds),
		cmocka_unit_test(thousands_of_libraries),
		cmocka_unit_test(searches_have_an_end),
		cmocka_unit_test(a_file_that_vanishes_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
