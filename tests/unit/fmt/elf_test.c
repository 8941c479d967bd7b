/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files of this machine, as readelf sees them; and files that were cut or bent. */
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

#include <cmocka.h>

/* What the command prints, its last newline off. */
static char *output_of(const char *command)
{
	FILE *f = popen(command, "r"); /* NOLINT: fixed commands */
	char line[4096];
	struct buf b = BUF_EMPTY;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		buf_add_str(&b, line);
	assert_int_equal(pclose(f), 0);
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	return buf_steal(&b);
}

static struct buf file_bytes(const char *path)
{
	struct buf b = BUF_EMPTY;
	struct err e;

	if (file_read(AT_FDCWD, path, 64 << 20, &b, &e) < 0)
		fail_msg("%s", e.msg);
	return b;
}

/* Prints as the sed script below prints readelf's words. */
static char *describe(const struct elf *f)
{
	struct buf b = BUF_EMPTY;

	if (f->interpreter.ptr)
		buf_printf(&b, "interpreter %s\n", f->interpreter.ptr);
	for (size_t i = 0; i < f->n_needed; i++)
		buf_printf(&b, "NEEDED %s\n", f->needed[i].ptr);
	if (f->soname.ptr)
		buf_printf(&b, "SONAME %s\n", f->soname.ptr);
	if (f->runpath.ptr)
		buf_printf(&b, "RUNPATH %s\n", f->runpath.ptr);
	if (b.len)
		b.data[--b.len] = '\0';
	return buf_steal(&b);
}

static void is_as_readelf_says(const char *path)
{
	char *command = mem_printf("LC_ALL=C readelf -lWd %s | sed -nE"
				   " 's/.*program interpreter: (.*)\\]/interpreter \\1/p;"
				   "s/.*\\((NEEDED|SONAME|RUNPATH)\\).*\\[(.*)\\]/\\1 \\2/p'",
				   path);
	char *want = output_of(command), *got;
	struct buf bytes = file_bytes(path);
	struct arena a = ARENA_EMPTY;
	struct elf f;
	struct err e;

	if (elf_read_bytes(buf_view(&bytes), &a, &f, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	got = describe(&f);
	assert_string_not_equal(want, "");
	assert_string_equal(got, want);
	assert_int_equal(f.type, ELF_TYPE_DYN);
	free(command);
	free(want);
	free(got);
	buf_done(&bytes);
	arena_done(&a);
}

static void files_are_read_as_by_readelf(void **state)
{
	char *libc = output_of("ldd /bin/sh | grep -o '/[^ ]*/libc.so.6'");
	char *made =
		output_of("d=$(mktemp -d) && echo 'int x;' | cc -shared -fPIC -x c - -o $d/libm.so "
			  "-Wl,-soname,libmade.so.1,-rpath,/opt/a:/opt/b -Wl,--no-as-needed -lm && "
			  "echo $d/libm.so");
	char *clean = mem_printf("rm -r $(dirname %s)", made);

	(void)state;
	is_as_readelf_says("/bin/sh");
	is_as_readelf_says(libc);
	is_as_readelf_says(made);
	free(output_of(clean));
	free(libc);
	free(made);
	free(clean);
}

/* Every cut of the file either fails cleanly or reads no byte that isn't there. */
static void cut_files_are_refused(void **state)
{
	struct buf bytes = file_bytes("/bin/sh");
	size_t refused = 0;

	(void)state;
	for (size_t n = 0; n < bytes.len; n += n < 1000 ? 1 : 997) {
		struct arena a = ARENA_EMPTY;
		char *cut = mem_strndup(bytes.data, n); /* its own memory: ASan sees the end */
		struct elf f;
		struct err e;

		if (elf_read_bytes(view_make(cut, n), &a, &f, &e) < 0) {
			assert_int_equal(e.code, FAIL_FORMAT);
			refused++;
		}
		free(cut);
		arena_done(&a);
	}
	assert_true(refused > 64);
	buf_done(&bytes);
}

/* One byte or number of a 64-bit little-endian header changed. */
static void bent(const struct buf *good, size_t at, uint64_t value, size_t n, enum fail_code code,
		 const char *text)
{
	struct arena a = ARENA_EMPTY;
	char *copy = mem_strndup(good->data, good->len);
	struct elf f;
	struct err e = { 0 };

	for (size_t i = 0; i < n; i++)
		copy[at + i] = (char)(value >> (8 * i));
	assert_int_equal(elf_read_bytes(view_make(copy, good->len), &a, &f, &e), -(int)code);
	if (!strstr(e.msg, text))
		fail_msg("'%s' is not in: %s", text, e.msg);
	free(copy);
	arena_done(&a);
}

static void bent_headers_are_refused(void **state)
{
	struct buf good = file_bytes("/proc/self/exe");

	(void)state;
	if (good.data[4] != 2 || good.data[5] != 1)
		skip(); /* the offsets below are of 64-bit little-endian files */
	bent(&good, 0, 'x', 1, FAIL_FORMAT, "no magic at offset 0");
	bent(&good, 4, 3, 1, FAIL_FORMAT, "class 3 at offset 4");
	bent(&good, 5, 0, 1, FAIL_FORMAT, "byte order 0 at offset 5");
	bent(&good, 32, UINT64_MAX - 8, 8, FAIL_FORMAT, "program headers at offset 1844");
	bent(&good, 32, good.len, 8, FAIL_FORMAT, "is outside the file");
	bent(&good, 54, 32, 2, FAIL_FORMAT, "program headers of 32 bytes, expected are 56");
	bent(&good, 56, ELF_MAX_SEGMENTS + 1, 2, FAIL_LIMIT, "1025 program headers");
	buf_done(&good);
}

static void a_file_without_segments_says_little(void **state)
{
	char header[64] = "\177ELF\2\1\1";
	struct arena a = ARENA_EMPTY;
	struct elf f;
	struct err e;

	(void)state;
	header[16] = ELF_TYPE_REL;
	header[18] = ELF_X86_64;
	assert_int_equal(elf_read_bytes(view_make(header, sizeof(header)), &a, &f, &e), 0);
	assert_int_equal(f.machine, ELF_X86_64);
	assert_int_equal(f.type, ELF_TYPE_REL);
	assert_false(f.has_dynamic);
	assert_null(f.soname.ptr);
	assert_int_equal(f.n_needed, 0);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_by_readelf),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(bent_headers_are_refused),
		cmocka_unit_test(a_file_without_segments_says_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
