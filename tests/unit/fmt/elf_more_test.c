/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols, versions, notes and what else is in ELF files, as readelf and nm see it. */
#include "fmt/elf.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "sys/files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/pare-elf-XXXXXX";

static char *output_of(const char *command)
{
	FILE *f = popen(command, "r"); /* NOLINT: fixed commands */
	char line[8192];
	struct buf b = BUF_EMPTY;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		buf_add_str(&b, line);
	if (pclose(f) != 0)
		fail_msg("failed: %s", command);
	return buf_steal(&b);
}

/* Makes FOLDER/name by a command that finds its name in $O. */
static char *made(const char *name, const char *command)
{
	char *path = mem_printf("%s/%s", folder, name);
	char *whole = mem_printf("set -e; O=%s; cd %s; %s", path, folder, command);

	free(output_of(whole));
	free(whole);
	return path;
}

struct file {
	struct buf bytes;
	struct view view;
	struct elf_input in;
	struct arena arena;
	struct elf elf;
};

static void file_load(struct file *f, const char *path)
{
	struct err e;

	memset(f, 0, sizeof(*f));
	if (file_read(AT_FDCWD, path, 256 << 20, &f->bytes, &e) < 0)
		fail_msg("%s", e.msg);
	f->view = buf_view(&f->bytes);
	f->in = elf_input_of(&f->view);
	if (elf_read(&f->in, &f->arena, &f->elf, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
}

static void file_drop(struct file *f)
{
	buf_done(&f->bytes);
	arena_done(&f->arena);
}

static void add_symbols(struct buf *b, const struct elf_symbol *at, size_t n, const char *kind)
{
	for (size_t i = 0; i < n; i++) {
		const struct elf_version *v = at[i].version;

		if (v && view_eq(v->name, at[i].name))
			continue; /* the version's own symbol: readelf words it otherwise */
		buf_printf(b, "%s %s %s", kind, at[i].weak ? "WEAK" : "GLOBAL", at[i].name.ptr);
		if (v)
			buf_printf(b, "%s%s", v->file.ptr || at[i].hidden ? "@" : "@@",
				   v->name.ptr);
		buf_add_char(b, '\n');
	}
}

/* readelf's table: local and absolute symbols out, Ndx UND or a number, "name@VERSION (index)". */
static char *symbols_by_readelf(const char *path)
{
	char *command = mem_printf(
		"LC_ALL=C readelf --dyn-syms -W %s | awk '$1 ~ /^[0-9]+:$/ && $5 != \"LOCAL\" &&"
		"$7 != \"ABS\" {"
		"bind = $5 == \"WEAK\" ? \"WEAK\" : \"GLOBAL\";"
		"print ($7 == \"UND\" ? \"U\" : \"D\"), bind, $8}' | sort -s -k1,1r",
		path);
	char *text = output_of(command);

	free(command);
	return text;
}

static void symbols_are_as_readelf_says(const char *path, size_t at_least)
{
	char *want = symbols_by_readelf(path), *got;
	struct elf_symbols s;
	struct buf b = BUF_EMPTY;
	struct file f;
	struct err e;

	file_load(&f, path);
	if (elf_read_symbols(&f.in, &f.elf, &f.arena, &s, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	add_symbols(&b, s.undefined, s.n_undefined, "U");
	add_symbols(&b, s.defined, s.n_defined, "D");
	assert_true(s.n_undefined + s.n_defined >= at_least);
	got = buf_steal(&b);
	assert_string_equal(got, want);
	free(got);
	free(want);
	file_drop(&f);
}

static char *libc_path(void)
{
	char *path = output_of("ldd /bin/sh | grep -o '/[^ ]*/libc.so.6' | tr -d '\\n'");

	return path;
}

static void symbols_of_programs_and_libraries(void **state)
{
	char *libc = libc_path();
	char *sysv = made("sysv", "echo 'int x; void y(void); int main(void) { y(); }' | cc -x c - "
				  "-o $O -Wl,--hash-style=sysv -Wl,-z,lazy "
				  "-Wl,--unresolved-symbols=ignore-all && strip $O");
	char *only_undefined = made("undefined", "echo 'int main(void) { return 0; }' | cc -x c - "
						 "-o $O -Wl,--hash-style=gnu && strip $O");

	(void)state;
	symbols_are_as_readelf_says("/bin/bash", 2000);
	symbols_are_as_readelf_says(libc, 2000);
	symbols_are_as_readelf_says(sysv, 3);
	symbols_are_as_readelf_says(only_undefined, 3);
	free(libc);
	free(sysv);
	free(only_undefined);
}

/* Section headers off, a GNU hash table that names no symbol: the gap tells. */
static void symbols_without_sections(void **state)
{
	char *path = made("gap", "echo 'int main(void) { return 0; }' | cc -x c - -o $O "
				 "-Wl,--hash-style=gnu && readelf --dyn-syms -W $O | grep -c UND "
				 ">$O.count");
	char *command = mem_printf("cat %s.count", path), *count = output_of(command);
	struct elf_symbols s;
	struct file f;
	struct err e;

	(void)state;
	file_load(&f, path);
	f.elf.parts = NULL;
	memset(f.bytes.data + (f.elf.is_64 ? 40 : 32), 0, f.elf.is_64 ? 8 : 4);
	assert_int_equal(elf_read(&f.in, &f.arena, &f.elf, &e), 0);
	assert_int_equal(elf_read_symbols(&f.in, &f.elf, &f.arena, &s, &e), 0);
	assert_int_equal(s.n_undefined, atoi(count) - 1);
	file_drop(&f);
	free(count);
	free(command);
	free(path);
}

static void versions_are_as_readelf_says(void **state)
{
	char *libc = libc_path();
	char *command =
		mem_printf("LC_ALL=C readelf -VW %s | awk '/Version needs/ {need = 1} need &&"
			   "/File:/ {file = $5} need && /Name:/ {print file, $3}'",
			   "/bin/bash");
	char *defined = mem_printf("LC_ALL=C readelf -VW %s | awk '/Version needs/ {exit}"
				   "/Rev:/ && !/Flags: BASE/ {print $NF}'",
				   libc);
	char *want = output_of(command), *want_defined = output_of(defined), *got;
	struct elf_symbols s;
	struct buf b = BUF_EMPTY;
	struct file f;
	struct err e;

	(void)state;
	file_load(&f, "/bin/bash");
	assert_int_equal(elf_read_symbols(&f.in, &f.elf, &f.arena, &s, &e), 0);
	for (size_t i = 0; i < s.n_versions_needed; i++)
		buf_printf(&b, "%s %s\n", s.versions_needed[i].file.ptr,
			   s.versions_needed[i].name.ptr);
	got = buf_steal(&b);
	assert_string_not_equal(want, "");
	assert_string_equal(got, want);
	free(got);
	file_drop(&f);
	file_load(&f, libc);
	assert_int_equal(elf_read_symbols(&f.in, &f.elf, &f.arena, &s, &e), 0);
	for (size_t i = 0; i < s.n_versions_defined; i++)
		buf_printf(&b, "%s\n", s.versions_defined[i].name.ptr);
	got = buf_steal(&b);
	assert_string_not_equal(want_defined, "");
	assert_string_equal(got, want_defined);
	free(got);
	file_drop(&f);
	free(want);
	free(want_defined);
	free(command);
	free(defined);
	free(libc);
}

static void linked_as(const char *name, const char *flags, enum elf_linkage linkage)
{
	char *command =
		mem_printf("echo 'int main(void) { return 0; }' | cc -x c - -o $O %s", flags);
	char *path = made(name, command);
	struct file f;

	file_load(&f, path);
	if (f.elf.linkage != linkage)
		fail_msg("%s: %d, not %d", flags, f.elf.linkage, linkage);
	assert_int_equal(f.elf.missing_bytes, 0);
	file_drop(&f);
	free(command);
	free(path);
}

static void linkage_is_told_apart(void **state)
{
	(void)state;
	linked_as("static", "-static", ELF_STATIC);
	linked_as("static-pie", "-static-pie", ELF_STATIC_PIE);
	linked_as("dynamic", "-pie -fPIE", ELF_DYNAMIC);
	linked_as("no-pie", "-no-pie", ELF_DYNAMIC);
	linked_as("shared", "-shared -fPIC", ELF_SHARED);
	linked_as("object", "-c", ELF_OTHER);
}

static struct elf_facts facts_of(struct file *f, const char *path)
{
	struct elf_facts facts;
	struct err e;

	file_load(f, path);
	if (elf_read_facts(&f->in, &f->elf, &f->arena, &facts, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	return facts;
}

static uint64_t bytes_by_readelf(const char *path, const char *names)
{
	char *command = mem_printf("LC_ALL=C readelf -SW %s | sed 's/^ *\\[ *[0-9]*\\]//' |"
				   "awk '$1 ~ /^(%s)/ {print $5}'",
				   path, names);
	char *text = output_of(command), *rest = text;
	uint64_t sum = 0;

	for (char *line; (line = strsep(&rest, "\n"));)
		sum += strtoull(line, NULL, 16);
	free(text);
	free(command);
	return sum;
}

static void debug_data_is_counted(void **state)
{
	char *with = made("debug", "echo 'int main(void) { return 0; }' | cc -g -x c - -o $O");
	char *without = made("stripped", "strip -o $O debug");
	struct file f;
	struct elf_facts facts = facts_of(&f, with);

	(void)state;
	assert_true(facts.has_sections);
	assert_true(facts.debug_bytes > 100);
	assert_int_equal(facts.debug_bytes, bytes_by_readelf(with, "\\.debug_"));
	assert_int_equal(facts.symbol_bytes, bytes_by_readelf(with, "\\.symtab|\\.strtab"));
	file_drop(&f);
	facts = facts_of(&f, without);
	assert_true(facts.has_sections);
	assert_int_equal(facts.debug_bytes + facts.symbol_bytes, 0);
	file_drop(&f);
	free(with);
	free(without);
}

#define NOTE(section, type, text)                                            \
	".section " section ",\"a\",@note\n.balign 4\n.long 4, 2f-1f, " type \
	"\n.asciz \"FDO\"\n1: .asciz \"" text "\"\n2: .balign 4\n"

static void notes_are_read(void **state)
{
	char *path = made(
		"notes",
		"cat >notes.s <<'EOS'\n" NOTE(
			".note.package", "0xcafe1a7e",
			"{\\\"type\\\":\\\"deb\\\"}") NOTE(".note.dlopen", "0x407c0c0a",
							   "[{\\\"soname\\\":[\\\"libz.so.1\\\"]}]")
			NOTE(".note.dlopen", "0x407c0c0a",
			     "[]") ".section .note.GNU-stack,\"\",@progbits\n.section .dep-v0,\"\"\n.byte 1\nEOS\n"
				   "echo 'int main(void) { return 0; }' | cc -x c - -x assembler notes.s "
				   "-o $O -Wl,--build-id=0x0123456789abcdef");
	struct file f;
	struct elf_facts facts = facts_of(&f, path);

	(void)state;
	assert_int_equal(facts.build_id.len, 8);
	assert_memory_equal(facts.build_id.ptr, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_string_equal(facts.package_note.ptr, "{\"type\":\"deb\"}");
	assert_int_equal(facts.n_dlopen_notes, 2);
	assert_string_equal(facts.dlopen_notes[0].ptr, "[{\"soname\":[\"libz.so.1\"]}]");
	assert_string_equal(facts.dlopen_notes[1].ptr, "[]");
	/* data that breaks the rules is no reason to refuse the program */
	assert_true(facts.rust.present);
	assert_int_equal(facts.rust.n_crates, 0);
	assert_null(facts.rust.json.ptr);
	assert_false(facts.go.present);
	file_drop(&f);
	free(path);
}

static void rust_audit_data_is_read(void **state)
{
	char *path = made(
		"rust",
		"cat >crates.json <<'EOS'\n"
		"{\"packages\":[{\"name\":\"memchr\",\"version\":\"2.7.1\",\"source\":\"crates.io\"},"
		"{\"name\":\"tool\",\"version\":\"0.3.0\",\"source\":\"local\",\"root\":true}]}\nEOS\n"
		"python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(open("
		"\"crates.json\", \"rb\").read()))' >crates.z\n"
		"echo 'int main(void) { return 0; }' | cc -x c - -o plain\n"
		"objcopy --add-section .dep-v0=crates.z plain $O");
	struct file f;
	struct elf_facts facts = facts_of(&f, path);

	(void)state;
	assert_true(facts.rust.present);
	assert_int_equal(facts.rust.n_crates, 2);
	assert_true(view_is(facts.rust.crate, "tool"));
	assert_true(view_is(facts.rust.version, "0.3.0"));
	assert_true(view_starts(facts.rust.json, "{\"packages\""));
	file_drop(&f);
	free(path);
}

static void is_go(const char *path)
{
	struct file f;
	struct elf_facts facts = facts_of(&f, path);

	assert_true(facts.go.present);
	assert_true(view_is(facts.go.version, "go1.99"));
	assert_true(view_is(facts.go.path, "example.org/cmd"));
	assert_true(view_is(facts.go.module, "example.org"));
	assert_true(view_is(facts.go.module_version, "v1.2.3"));
	assert_true(view_is(facts.go.cgo, "0"));
	assert_int_equal(facts.go.n_modules, 1);
	file_drop(&f);
}

#define GO_MODULES                                                                      \
	"0123456789abcdefpath\\texample.org/cmd\\nmod\\texample.org\\tv1.2.3\\th1:x\\n" \
	"dep\\tother.org\\tv0.1.0\\th1:y\\nbuild\\tCGO_ENABLED=0\\n0123456789abcdef"
#define GO_LINK "cc -nostdlib -static -no-pie -Wl,-e,0 -x assembler $O.s -o $O"

static void go_information_is_read(void **state)
{
	char *inlined =
		made("go-inline", "cat >$O.s <<'EOS'\n.section .go.buildinfo,\"aw\"\n.balign 16\n"
				  ".ascii \"\\377 Go buildinf:\"\n.byte 8, 2\n.skip 16\n"
				  ".uleb128 2f-1f\n1: .ascii \"go1.99\"\n2: .uleb128 4f-3f\n"
				  "3: .ascii \"" GO_MODULES "\"\n4:\nEOS\n" GO_LINK);
	char *pointed =
		made("go-pointers",
		     "cat >$O.s <<'EOS'\n.section .go.buildinfo,\"aw\"\n.balign 16\n"
		     ".ascii \"\\377 Go buildinf:\"\n.byte 8, 0\n.quad v, m\n"
		     ".data\nv: .quad 1f, 2f-1f\nm: .quad 3f, 4f-3f\n"
		     "1: .ascii \"go1.99\"\n2:\n3: .ascii \"" GO_MODULES "\"\n4:\nEOS\n" GO_LINK);

	(void)state;
	is_go(inlined);
	is_go(pointed);
	free(inlined);
	free(pointed);
}

/* Every cut and every bent byte of the tables ends in an answer or a clean error. */
static void cut_files_end_in_errors(void **state)
{
	char *path = made("cut", "echo 'int main(void) { return 0; }' | cc -g -x c - -o $O");
	size_t refused = 0, tried = 0;
	struct file f;

	(void)state;
	file_load(&f, path);
	for (size_t n = f.bytes.len - 1; n > 64; n -= n > 211 ? 211 : 1, tried++) {
		struct arena a = ARENA_EMPTY;
		char *cut = mem_strndup(f.bytes.data, n);
		struct view v = view_make(cut, n);
		struct elf_input in = elf_input_of(&v);
		struct elf_symbols s;
		struct elf_facts facts;
		struct elf elf;
		struct err e;

		if (elf_read(&in, &a, &elf, &e) < 0 ||
		    elf_read_symbols(&in, &elf, &a, &s, &e) < 0 ||
		    elf_read_facts(&in, &elf, &a, &facts, &e) < 0) {
			assert_int_equal(e.code, FAIL_FORMAT);
			refused++;
		}
		free(cut);
		arena_done(&a);
	}
	assert_int_equal(refused, tried); /* the section headers are at the end */
	file_drop(&f);
	free(path);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char *command = mem_printf("rm -r %s", folder);

	(void)state;
	free(output_of(command));
	free(command);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_of_programs_and_libraries),
		cmocka_unit_test(symbols_without_sections),
		cmocka_unit_test(versions_are_as_readelf_says),
		cmocka_unit_test(linkage_is_told_apart),
		cmocka_unit_test(debug_data_is_counted),
		cmocka_unit_test(notes_are_read),
		cmocka_unit_test(rust_audit_data_is_read),
		cmocka_unit_test(go_information_is_read),
		cmocka_unit_test(cut_files_end_in_errors),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
