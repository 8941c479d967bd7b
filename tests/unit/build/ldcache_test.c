/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ld.so.cache: byte for byte what this machine's ldconfig writes for a folder with copies of its
 * libraries; and flags and byte order of other architectures, by libraries made here.
 */
#include "build/effects/ldcache.h"
#include "build/effects/ldcache_parts.h"

#include "base/array.h"
#include "base/mem.h"
#include "host_tree.h"
#include "pkg/arch.h"
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

static const struct origin test_origin = { .kind = ORIGIN_RULE, .name = "test" };

#define TUPLE "$(dirname $(ldd /bin/sh | grep -o '/lib/[^ ]*/libc.so.6') | xargs basename)"

/* Runs `script` in a new folder; its path, to be freed. */
static char *folder_by(const char *script)
{
	char *dir = mem_strdup("/tmp/pare-ldcache-XXXXXX");
	char *command;

	assert_non_null(mkdtemp(dir));
	command = mem_printf("cd %s && { %s; } >/dev/null 2>&1", dir, script);
	if (system(command) != 0) /* NOLINT: a fixed command */
		fail_msg("failed: %s", script);
	free(command);
	return dir;
}

static void remove_folder(char *dir)
{
	char *command = mem_printf("rm -rf %s", dir);

	assert_int_equal(system(command), 0); /* NOLINT: our own folder */
	free(command);
	free(dir);
}

static const char copies[] =
	"t=" TUPLE "; from=/usr/lib/$t; to=usr/lib/$t;"
	"mkdir -p etc/ld.so.conf.d $to/glibc-hwcaps usr/local/lib opt/l/glibc-hwcaps/none sbin;"
	"ln -s usr/lib lib; ln -s /lib opt/again;"
	"cp -a $from/libc.so.6 $from/ld-linux* $from/libm.so.6 $from/libz.so* $to/;"
	"cp -a $(find $from -maxdepth 1 -name 'lib*.so.*' -size -200k | sort | head -150) $to/;"
	"for d in x86-64-v2 x86-64-v3 z-last; do mkdir $to/glibc-hwcaps/$d;"
	"  cp -L $from/libz.so.1 $to/glibc-hwcaps/$d/libz.so.1.2; done;"
	"mkdir $to/glibc-hwcaps/empty $to/glibc-hwcaps/.hidden $to/glibc-hwcaps/a:b;"
	"mkdir opt/hw; ln -s /opt/hw $to/glibc-hwcaps/link; cp -L $from/libz.so.1 opt/hw/libq.so;"
	"cp -L $from/libz.so.1 usr/local/lib/libz.so.1.2.3; ln -s libz.so.1.2.3 usr/local/lib/libz.so.1;"
	"cp -L $from/libz.so.1 usr/local/lib/libz.so.1.10.0;"
	"cp -L $from/libz.so.1 opt/l/libodd.so.1.dpkg-new; cp -L $from/libz.so.1 opt/l/notalib.so;"
	"echo 'GROUP ( libz.so.1 )' > opt/l/libscript.so; ln -s /nowhere opt/l/libgone.so.1;"
	"head -c 3000 $from/libz.so.1 > opt/l/libcut.so.1; : > opt/l/libempty.so.1;"
	"ln -s /usr/local/lib/libz.so.1.2.3 opt/l/libz.so; mkdir opt/l/libdir.so.1;"
	"printf 'include /etc/ld.so.conf.d/*.conf\\n# x\\n /opt/l/ # y\\n#/opt/no\\n/nowhere\\n'"
	"  > etc/ld.so.conf;"
	"printf '/usr/local/lib\\n' > etc/ld.so.conf.d/libc.conf;"
	"printf '/lib/%s\\n/usr/lib/%s\\n/opt/again' $t $t > etc/ld.so.conf.d/$t.conf;"
	"printf '/opt/l\\n' > etc/ld.so.conf.d/.hidden.conf;"
	"/sbin/ldconfig -X -i -r $PWD; mv etc/ld.so.cache want";

static void it_is_what_ldconfig_writes(void **state)
{
	char *dir = folder_by(copies);
	char *want_path = mem_printf("%s/want", dir);
	struct buf want = BUF_EMPTY, got = BUF_EMPTY;
	struct host_tree h;
	struct err e;

	(void)state;
	host_tree_load(&h, dir);
	assert_int_equal(file_read(AT_FDCWD, want_path, 1 << 20, &want, &e), 0);
	buf_add_str(&got, "before");
	if (ldcache_make(&h.tree, arch_host()->debian, &got, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(want.len > 4000);
	assert_int_equal(got.len, want.len + 6);
	assert_memory_equal(got.data, "before", 6);
	assert_memory_equal(got.data + 6, want.data, want.len);
	assert_non_null(memmem(want.data, want.len, "/glibc-hwcaps/z-last/libz.so.1.2", 32));
	host_tree_done(&h);
	buf_done(&want);
	buf_done(&got);
	free(want_path);
	remove_folder(dir);
}

/* A library with nothing but a soname, of any class and byte order. */
struct maker {
	struct buf b;
	bool is_64, big;
};

static void number(struct maker *m, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_char(&m->b, (char)(value >> 8 * (m->big ? n - 1 - i : i)));
}

static void wide(struct maker *m, uint64_t value)
{
	number(m, value, m->is_64 ? 8 : 4);
}

static void segment(struct maker *m, uint32_t type, uint64_t offset, uint64_t size)
{
	number(m, type, 4);
	if (m->is_64)
		number(m, 4, 4);
	wide(m, offset);
	wide(m, offset + 0x1000); /* address */
	wide(m, offset + 0x1000);
	wide(m, size);
	wide(m, size);
	if (!m->is_64)
		number(m, 4, 4);
	wide(m, 4);
}

static struct buf make_library(bool is_64, bool big, uint16_t machine, uint32_t flags)
{
	struct maker m = { BUF_EMPTY, is_64, big };
	uint64_t header = is_64 ? 64 : 52, phdr = is_64 ? 56 : 32, entry = is_64 ? 16 : 8;
	uint64_t dynamic = header + 2 * phdr, strings = dynamic + 3 * entry;

	buf_add(&m.b, "\177ELF", 4);
	buf_add_char(&m.b, is_64 ? 2 : 1);
	buf_add_char(&m.b, big ? 2 : 1);
	buf_add(&m.b, "\1\0\0\0\0\0\0\0\0\0", 10);
	number(&m, ELF_TYPE_DYN, 2);
	number(&m, machine, 2);
	number(&m, 1, 4);
	wide(&m, 0);
	wide(&m, header);
	wide(&m, 0);
	number(&m, flags, 4);
	number(&m, header, 2);
	number(&m, phdr, 2);
	number(&m, 2, 2);
	number(&m, 0, 6);
	segment(&m, 1, 0, strings + 16);
	segment(&m, 2, dynamic, 3 * entry);
	wide(&m, 5); /* DT_STRTAB */
	wide(&m, strings + 0x1000);
	wide(&m, 14); /* DT_SONAME */
	wide(&m, 1);
	wide(&m, 0);
	wide(&m, 0);
	buf_add(&m.b, "\0libx.so.1\0\0\0\0\0", 16);
	return m.b;
}

static uint32_t number_at(const struct buf *b, size_t at, bool big)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 4; i++)
		value = value << 8 | (uint8_t)b->data[at + (big ? i : 3 - i)];
	return value;
}

static struct buf cache_of(const char *arch, const struct buf *library)
{
	struct inode i = inode_file(library->data, library->len, 0644, &test_origin);
	struct buf cache = BUF_EMPTY;
	struct tree t;
	struct err e;

	tree_init(&t, &test_origin);
	assert_int_equal(tree_put(&t, "usr/lib/libx.so.1", &i, NULL, &e), 0);
	if (ldcache_make(&t, arch, &cache, &e) < 0)
		fail_msg("%s", e.msg);
	tree_done(&t);
	return cache;
}

/* The numbers: glibc's sysdeps/generic/ldconfig.h and each port's readelflib.c. */
static const struct {
	const char *arch;
	bool is_64, big;
	uint16_t machine;
	uint32_t e_flags, flags; /* flags 0: left out */
} cases[] = {
	{ "amd64", true, false, ELF_X86_64, 0, 0x303 },
	{ "amd64", false, false, ELF_X86_64, 0, 0x803 },
	{ "amd64", false, false, ELF_386, 0, 0x003 },
	{ "amd64", true, false, ELF_AARCH64, 0, 0 },
	{ "i386", false, false, ELF_386, 0, 0x003 },
	{ "i386", true, false, ELF_X86_64, 0, 0x303 },
	{ "x32", false, false, ELF_X86_64, 0, 0x803 },
	{ "arm64", true, false, ELF_AARCH64, 0, 0xa03 },
	{ "armhf", false, false, ELF_ARM, 0x05000400, 0x903 },
	{ "armel", false, false, ELF_ARM, 0x05000200, 0xb03 },
	{ "armel", false, false, ELF_ARM, 0x05000000, 0x003 },
	{ "ppc64el", true, false, ELF_PPC64, 2, 0x503 },
	{ "ppc64el", true, true, ELF_PPC64, 1, 0 },
	{ "ppc64", true, true, ELF_PPC64, 1, 0x503 },
	{ "powerpc", false, true, ELF_PPC, 0, 0x003 },
	{ "s390x", true, true, ELF_S390, 0, 0x403 },
	{ "sparc64", true, true, ELF_SPARCV9, 0, 0x103 },
	{ "mips64el", true, false, ELF_MIPS, 0x80000007, 0x703 },
	{ "mips64el", true, false, ELF_MIPS, 0x400, 0xe03 },
	{ "mipsel", false, false, ELF_MIPS, 0x70001007, 0x003 },
	{ "mipsel", false, false, ELF_MIPS, 0x20, 0x603 },
	{ "riscv64", true, false, ELF_RISCV, 0x5, 0x1003 },
	{ "riscv64", true, false, ELF_RISCV, 0x4, 0x1003 },
	{ "riscv64", true, false, ELF_RISCV, 0x1, 0x0f03 },
	{ "riscv64", true, false, ELF_RISCV, 0x3, 0 },
	{ "riscv64", true, false, ELF_RISCV, 0x15, 0 },
	{ "loong64", true, false, ELF_LOONGARCH, 0x43, 0x1203 },
	{ "loong64", true, false, ELF_LOONGARCH, 0x41, 0x1103 },
	{ "alpha", true, false, ELF_ALPHA, 0, 0x003 },
	{ "hppa", false, true, ELF_PARISC, 0, 0x003 },
	{ "m68k", false, true, ELF_68K, 0, 0x003 },
	{ "sh4", false, false, ELF_SH, 0, 0x003 },
	{ "sh4", true, false, ELF_SH, 0, 0 },
};

static void architectures_have_their_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf lib = make_library(cases[i].is_64, cases[i].big, cases[i].machine,
					      cases[i].e_flags);
		struct buf cache = cache_of(cases[i].arch, &lib);
		bool big = ld_arch_find(cases[i].arch)->big_endian;
		uint32_t n = number_at(&cache, 20, big);

		if (n != (cases[i].flags != 0) ||
		    (n && number_at(&cache, 48, big) != cases[i].flags))
			fail_msg("case %zu (%s): %u entries, flags 0x%x", i, cases[i].arch, n,
				 n ? number_at(&cache, 48, big) : 0);
		assert_int_equal(cache.data[28], big ? 3 : 2);
		if (n) {
			assert_string_equal(cache.data + number_at(&cache, 52, big), "libx.so.1");
			assert_string_equal(cache.data + number_at(&cache, 56, big),
					    "/usr/lib/libx.so.1");
		}
		buf_done(&lib);
		buf_done(&cache);
	}
}

static void unknown_architectures_are_refused(void **state)
{
	struct buf out = BUF_EMPTY;
	struct tree t;
	struct err e;

	(void)state;
	tree_init(&t, &test_origin);
	assert_int_equal(ldcache_make(&t, "vax", &out, &e), -FAIL_UNSUPPORTED);
	assert_int_equal(out.len, 0);
	tree_done(&t);
}

static void include_loops_end(void **state)
{
	static const char text[] = "include /etc/ld.so.conf\n";
	struct inode i = inode_file(text, sizeof(text) - 1, 0644, &test_origin);
	struct buf out = BUF_EMPTY;
	struct tree t;
	struct err e;

	(void)state;
	tree_init(&t, &test_origin);
	assert_int_equal(tree_put(&t, "etc/ld.so.conf", &i, NULL, &e), 0);
	assert_int_equal(ldcache_make(&t, "amd64", &out, &e), -FAIL_LIMIT);
	assert_non_null(strstr(e.msg, "too many includes"));
	assert_int_equal(out.len, 0);
	tree_done(&t);
}

static void names_sort_by_value(void **state)
{
	(void)state;
	assert_true(ld_name_compare("libz.so.1.2", "libz.so.1.10") < 0);
	assert_true(ld_name_compare("libz.so.10", "libz.so.9") > 0);
	assert_true(ld_name_compare("libz.so.1", "libz.so") > 0);
	assert_true(ld_name_compare("libz.so", "libz.so.1") < 0);
	assert_true(ld_name_compare("lib1.so", "liba.so") > 0);
	assert_true(ld_name_compare("liba.so", "lib1.so") < 0);
	assert_int_equal(ld_name_compare("liba.so.01", "liba.so.1"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_ldconfig_writes),
		cmocka_unit_test(architectures_have_their_flags),
		cmocka_unit_test(unknown_architectures_are_refused),
		cmocka_unit_test(include_loops_end),
		cmocka_unit_test(names_sort_by_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
