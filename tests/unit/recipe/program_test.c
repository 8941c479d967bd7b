/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into programs: texts in bytes, rules of evidence, versions, scripts, what isn't one. */
#include "base/buf.h"
#include "base/mem.h"
#include "recipe/evidence.h"
#include "recipe/foreign.h"
#include "recipe/program.h"
#include "recipe/release.h"
#include "recipe/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- texts ---- */

static void scan_agrees_with_memmem(void **state)
{
	static const char *const words[] = { "/etc/ssl/certs", "/usr/share/zoneinfo", "abababab",
					     "babababa", "12345678901234567890" };
	struct view texts[5];
	struct scan *s = mem_alloc(sizeof(*s));
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		texts[i] = view_of(words[i]);
	scan_init(s, texts, 5);
	for (int round = 0; round < 3000; round++) {
		char bytes[200];
		uint64_t want = 0;
		size_t len = (seed >> 8) % sizeof(bytes);

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = "ab/1"[(seed >> 16) % 4];
		}
		for (size_t i = 0; i < 3 && len > 30; i++) {
			const char *word = words[(seed >> (4 * i)) % 5];
			size_t at = (seed >> 3) % (len - 20);

			memcpy(bytes + at, word, strlen(word) < len - at ? strlen(word) : len - at);
			seed = seed * 1103515245 + 12345;
		}
		for (size_t i = 0; i < 5; i++)
			if (memmem(bytes, len, words[i], strlen(words[i])))
				want |= UINT64_C(1) << i;
		assert_int_equal(scan_bytes(s, view_make(bytes, len)), want);
	}
	free(s);
}

/* ---- rules ---- */

static void builtin_rules_are_sound(void **state)
{
	struct evidence_rules rules;
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(evidence_rules_builtin(&a, &rules, &e), 0);
	assert_true(rules.n > 20);
	assert_true(rules.n_texts >= 4);
	assert_true(rules.n_deaf >= 2);
}

static void bad_rules_name_their_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "tzdat holds /usr/share/zoneinfo x", "r: line 1: no such extra" },
		{ "# x\ntzdata has /usr/share/zoneinfo x",
		  "r: line 2: expected holds, imports, reaches, links or says" },
		{ "tzdata holds", "r: line 1: expected a pattern" },
		{ "tzdata holds /short x", "r: line 1: a text has 8 to 64 bytes" },
		{ "tzdata imports tzset", "r: line 1: expected a reason" },
		{ "load links libpam.so.0 libpam-modules x",
		  "r: line 1: expected a package and paths" },
		{ "load:nothing imports x - /etc/y x", "r: line 1: no such extra" },
		{ "deaf libc.so.6", "r: line 1: expected a library and a function" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evidence_rules rules;
		auto_arena a = ARENA_EMPTY;
		struct err e = { 0 };

		assert_int_equal(evidence_rules_parse(view_of(cases[i].text), "r", &a, &rules, &e),
				 -FAIL_FORMAT);
		assert_string_equal(e.msg, cases[i].message);
	}
}

static const char rule_text[] = "ca-certificates links libssl.so.* TLS is linked\n"
				"tzdata imports tzset local time\n"
				"gconv reaches iconv_open converted\n"
				"nss reaches getpw* users\n"
				"locale holds /usr/lib/locale compiled in\n"
				"load:nss imports getpwuid netbase /etc/services shell\n"
				"load links libpam.so.0 libpam-modules /usr/lib/x,/etc/y PAM\n"
				"deaf libdeaf.so.* iconv_open it does not matter\n";

static struct evidence_object object(struct arena *a, const char *name, bool own,
				     const char *needed, const char *imported)
{
	struct elf *elf = arena_new(a, struct elf);
	struct elf_symbols *symbols = arena_new(a, struct elf_symbols);

	if (needed) {
		elf->needed = arena_new(a, struct view);
		elf->needed[elf->n_needed++] = view_of(needed);
	}
	if (imported) {
		symbols->undefined = arena_new(a, struct elf_symbol);
		symbols->undefined[symbols->n_undefined++].name = view_of(imported);
	}
	return (struct evidence_object){ name, elf, symbols, own };
}

static size_t find(struct arena *a, uint64_t texts, const struct evidence_object *o, size_t n,
		   struct evidence_found **ret)
{
	static struct err e;
	struct evidence_rules *rules = arena_new(a, struct evidence_rules);

	assert_int_equal(evidence_rules_parse(view_of(rule_text), "r", a, rules, &e), 0);
	return evidence_find(rules, texts, false, o, n, a, ret);
}

static void evidence_says_who_imports_what(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct evidence_found *found;
	struct evidence_object o[] = {
		object(&a, "server", true, "libcurl.so.4", "tzset"),
		object(&a, "libcurl.so.4", false, "libssl.so.3", "getpwuid_r"),
	};

	(void)state;
	assert_int_equal(find(&a, 0, o, 2, &found), 3);
	assert_int_equal(found[0].rule->extra, EXTRA_CERTIFICATES);
	assert_string_equal(found[0].reason, "TLS is linked: libcurl.so.4 needs libssl.so.3");
	assert_string_equal(found[1].reason, "local time: server imports tzset");
	assert_string_equal(found[2].reason, "users: libcurl.so.4 imports getpwuid_r");
}

static void imports_of_libraries_count_only_for_reaches(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct evidence_found *found;
	struct evidence_object o[] = { object(&a, "liba.so.1", false, NULL, "tzset"),
				       object(&a, "libdeaf.so.6", false, NULL, "iconv_open") };

	(void)state;
	assert_int_equal(find(&a, 0, o, 2, &found), 0);
	o[1].own = true; /* the program's own library is taken at its word */
	assert_int_equal(find(&a, 0, o, 2, &found), 1);
	assert_string_equal(found[0].reason, "converted: libdeaf.so.6 imports iconv_open");
}

static void texts_and_modules_are_found(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct evidence_found *found;
	struct evidence_object o = object(&a, "login", true, "libpam.so.0", NULL);

	(void)state;
	assert_int_equal(find(&a, 1, &o, 1, &found), 2);
	assert_string_equal(found[0].reason, "compiled in: /usr/lib/locale");
	assert_int_equal(found[1].rule->extra, EXTRA_MODULES);
	assert_string_equal(found[1].rule->package, "libpam-modules");
	assert_string_equal(found[1].rule->paths, "/usr/lib/x,/etc/y");
}

static void files_of_an_extra_come_besides_it(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct evidence_found *found;
	struct evidence_object o = object(&a, "login", true, NULL, "getpwuid");

	(void)state;
	assert_int_equal(find(&a, 0, &o, 1, &found), 2);
	assert_null(found[0].rule->paths);
	assert_int_equal(found[0].rule->extra, EXTRA_NSS);
	assert_int_equal(found[1].rule->extra, EXTRA_NSS);
	assert_string_equal(found[1].rule->paths, "/etc/services");
}

/* ---- versions ---- */

static void versions_compare_by_number(void **state)
{
	static const char *const sorted[] = { "GLIBC_2.2", "GLIBC_2.2.5", "GLIBC_2.4", "GLIBC_2.38",
					      "GLIBC_3.0" };

	(void)state;
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 5; k++) {
			int c = program_compare_versions(view_of(sorted[i]), view_of(sorted[k]));

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
}

static void releases_are_measured_by_versions(void **state)
{
	struct elf_version needed[] = { { .name = view_of("GLIBC_2.38") },
					{ .name = view_of("GLIBC_PRIVATE") },
					{ .name = view_of("GLIBC_9.99"), .weak = true },
					{ .name = view_of("GLIBC_2.4") } };
	struct elf_symbols s = { .versions_needed = needed, .n_versions_needed = 4 };
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };
	struct release r;
	const char *has = NULL;
	struct view lacks;

	(void)state;
	assert_int_equal(release_find("bookworm", &a, &r, &e), 0);
	lacks = release_lacks(&r, &s, &has);
	assert_true(view_is(lacks, "GLIBC_2.38"));
	assert_string_equal(has, "GLIBC_2.36");
	assert_int_equal(release_find("13", &a, &r, &e), 0);
	assert_string_equal(r.codename, "trixie");
	assert_null(release_lacks(&r, &s, &has).ptr);
	/* bookworm's security updates ended for some architectures before they did for others */
	assert_null(release_lacks_arch(&r, arch_by_debian("riscv64"), &a));
	assert_null(release_lacks_arch(&r, arch_by_debian("amd64"), &a));
	assert_string_equal(release_lacks_arch(&r, arch_by_debian("mips64el"), &a),
			    "it is for mips64el, which Debian trixie is not supported for");
	assert_int_equal(release_find("12", &a, &r, &e), 0);
	assert_null(release_lacks_arch(&r, arch_by_debian("i386"), &a));
	assert_string_equal(release_lacks_arch(&r, arch_by_debian("s390x"), &a),
			    "it is for s390x, which Debian bookworm is not supported for");
	assert_int_equal(release_find("potato", &a, &r, &e), -FAIL_USAGE);
	assert_string_equal(e.msg, "no release 'potato'; there are bookworm, trixie");
}

/* ---- files ---- */

static int read_text_file(const char *text, size_t len, struct arena *a, struct program *p,
			  struct err *e)
{
	char path[] = "/tmp/pare-program-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	rc = program_read(path, NULL, a, p, e);
	unlink(path);
	return rc;
}

static void scripts_name_their_interpreter(void **state)
{
	static const struct {
		const char *text, *interpreter, *argument;
	} cases[] = {
		{ "#!/usr/bin/python3\nx", "/usr/bin/python3", NULL },
		{ "#! /usr/bin/python3 -u -B \n", "/usr/bin/python3", "-u -B" },
		{ "#!/usr/bin/env python3\n", "/usr/bin/python3", NULL },
		{ "#!/usr/bin/env -S perl -w\n", "/usr/bin/perl", "-w" },
		{ "#!/bin/sh", "/bin/sh", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct err e = { 0 };
		struct program p;

		assert_int_equal(read_text_file(cases[i].text, strlen(cases[i].text), &a, &p, &e),
				 0);
		assert_int_equal(p.kind, PROGRAM_SCRIPT);
		assert_string_equal(p.interpreter, cases[i].interpreter);
		assert_int_equal(p.arguments.n, cases[i].argument ? 1 : 0);
		if (cases[i].argument)
			assert_string_equal(p.arguments.at[0], cases[i].argument);
	}
}

static void bad_files_are_named(void **state)
{
	static char long_line[600] = "#!/usr/bin/", line_257[257] = "#!/usr/bin/";
	/* PE32 and PE32+ with the directory of the CLI header */
	static char dotnet[512] = "MZ", dotnet_64[512] = "MZ";
	static const struct {
		const char *text;
		size_t len;
		const char *part;
	} cases[] = {
		{ "", 0, "is an empty file" },
		{ "MZ\x90\0", 4, "is a Windows program (PE); an image needs a Linux program" },
		{ "\xcf\xfa\xed\xfe\7\0\0\1", 8, "is a macOS program (Mach-O)" },
		{ "\xca\xfe\xba\xbe\0\0\0\2", 8, "is a macOS program (universal Mach-O)" },
		{ "\xca\xfe\xba\xbe\0\0\0\x37", 8, "is a Java class" },
		{ "\0asm\1\0\0\0", 8, "is a WebAssembly module" },
		{ "\x1f\x8b\x08\0", 4, "is compressed with gzip" },
		{ "hello\n", 6, "begins with neither the ELF magic nor '#!'" },
		{ "#!/bin/sh\r\n", 11, "ends in a carriage return" },
		{ "#!python3\n", 10, "no interpreter's absolute path" },
		{ "#!\n", 3, "no interpreter's absolute path" },
		{ "#!/usr/bin/env -i sh\n", 21, "only '#!/usr/bin/env NAME' is understood" },
		{ long_line, sizeof(long_line), "over 256 bytes" },
		{ line_257, sizeof(line_257), "over 256 bytes" },
		{ dotnet, sizeof(dotnet), "is a .NET assembly, which the program 'dotnet' starts" },
		{ dotnet_64, sizeof(dotnet_64), "is a .NET assembly" },
		{ dotnet_64, 300, "is a Windows program (PE)" },
		{ "\177ELF\2\1\1", 7, "is damaged or was cut off" },
	};
	(void)state;
	memset(long_line + 11, 'x', sizeof(long_line) - 11);
	memset(line_257 + 11, 'x', sizeof(line_257) - 11);
	dotnet[0x3c] = dotnet_64[0x3c] = 0x40;
	memcpy(dotnet + 0x40, "PE\0", 4);
	memcpy(dotnet_64 + 0x40, "PE\0", 4);
	memcpy(dotnet + 0x58, "\x0b\x01", 2);
	memcpy(dotnet_64 + 0x58, "\x0b\x02", 2);
	dotnet[0x58 + 208] = dotnet_64[0x58 + 224] = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct err e = { 0 };
		struct program p;

		assert_true(read_text_file(cases[i].text, cases[i].len, &a, &p, &e) < 0);
		if (!strstr(e.msg, cases[i].part))
			fail_msg("expected '%s' in '%s'", cases[i].part, e.msg);
	}
}

static void sniffing_tells_programs_from_recipes(void **state)
{
	(void)state;
	assert_true(program_sniff(view_of("\177ELF\2")));
	assert_true(program_sniff(view_of("#!/bin/sh\n")));
	assert_true(program_sniff(view_of("MZ\x90")));
	assert_true(program_sniff(view_make("\1\2\0\3", 4)));
	assert_false(program_sniff(view_of("# a recipe\ncontents:\n")));
	assert_false(program_sniff(view_of("{}")));
}

/* This test itself: what readelf says of it is what the linker was told. */
static void own_program_is_read(void **state)
{
	struct evidence_rules rules;
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };
	struct program p;
	bool cmocka = false;

	(void)state;
	assert_int_equal(evidence_rules_builtin(&a, &rules, &e), 0);
	assert_int_equal(program_read("/proc/self/exe", &rules, &a, &p, &e), 0);
	assert_int_equal(p.kind, PROGRAM_GLIBC);
	assert_ptr_equal(p.arch, arch_host());
	for (size_t i = 0; i < p.elf.n_needed; i++)
		cmocka |= view_is(p.elf.needed[i], "libcmocka.so.0");
	assert_true(cmocka);
	assert_true(view_starts(program_newest_version(&p.symbols, "GLIBC_"), "GLIBC_2."));
	/* the built-in rules are in it, and so are their texts */
	for (size_t i = 0; i < rules.n; i++)
		if (rules.at[i].kind == EVIDENCE_HOLDS)
			assert_true(p.texts >> rules.at[i].text & 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_agrees_with_memmem),
		cmocka_unit_test(builtin_rules_are_sound),
		cmocka_unit_test(bad_rules_name_their_line),
		cmocka_unit_test(evidence_says_who_imports_what),
		cmocka_unit_test(imports_of_libraries_count_only_for_reaches),
		cmocka_unit_test(texts_and_modules_are_found),
		cmocka_unit_test(files_of_an_extra_come_besides_it),
		cmocka_unit_test(versions_compare_by_number),
		cmocka_unit_test(releases_are_measured_by_versions),
		cmocka_unit_test(scripts_name_their_interpreter),
		cmocka_unit_test(bad_files_are_named),
		cmocka_unit_test(sniffing_tells_programs_from_recipes),
		cmocka_unit_test(own_program_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
