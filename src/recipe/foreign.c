/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of file formats and machines. */
#include "recipe/foreign.h"

#include "base/array.h"

#include <string.h>

#define MAGIC(bytes) bytes, sizeof(bytes) - 1

enum {
	ARM_FLOAT_HARD = 0x400, /* e_flags: the hard-float ABI */
	OSABI_SYSV = 0,
	OSABI_LINUX = 3,
};

static const struct {
	const char *magic;
	size_t len;
	const char *name;
} magics[] = {
	{ MAGIC("MZ"), "a Windows program (PE)" },
	{ MAGIC("\xfe\xed\xfa\xce"), "a macOS program (Mach-O)" },
	{ MAGIC("\xfe\xed\xfa\xcf"), "a macOS program (Mach-O)" },
	{ MAGIC("\xce\xfa\xed\xfe"), "a macOS program (Mach-O)" },
	{ MAGIC("\xcf\xfa\xed\xfe"), "a macOS program (Mach-O)" },
	{ MAGIC("\0asm"), "a WebAssembly module" },
	{ MAGIC("!<arch>\n"), "an archive (a static library or a package)" },
	{ MAGIC("PK\3\4"), "a zip or jar archive" },
	{ MAGIC("\x1f\x8b"), "compressed with gzip" },
	{ MAGIC("\xfd"
		"7zXZ"),
	  "compressed with xz" },
	{ MAGIC("\x28\xb5\x2f\xfd"), "compressed with zstd" },
	{ MAGIC("BZh"), "compressed with bzip2" },
};

const char *foreign_name(struct view start)
{
	/* Java classes and universal Mach-O files begin alike; few of these hold 40 machines, and
	 * the first Java version is 45. */
	if (start.len >= 8 && memcmp(start.ptr, "\xca\xfe\xba\xbe", 4) == 0)
		return start.ptr[4] || start.ptr[5] || start.ptr[6] ||
				       (unsigned char)start.ptr[7] >= 40
			       ? "a Java class"
			       : "a macOS program (universal Mach-O)";
	for (size_t i = 0; i < COUNT_OF(magics); i++)
		if (start.len >= magics[i].len &&
		    memcmp(start.ptr, magics[i].magic, magics[i].len) == 0)
			return magics[i].name;
	return NULL;
}

int foreign_elf(const struct program *p, struct err *e)
{
	static const struct {
		uint8_t osabi;
		const char *name;
	} systems[] = {
		{ 1, "HP-UX" },	  { 2, "NetBSD" },   { 6, "Solaris" },
		{ 9, "FreeBSD" }, { 12, "OpenBSD" },
	};

	if (p->elf.osabi == OSABI_SYSV || p->elf.osabi == OSABI_LINUX)
		return 0;
	for (size_t i = 0; i < COUNT_OF(systems); i++)
		if (systems[i].osabi == p->elf.osabi)
			return fail(e, FAIL_UNSUPPORTED,
				    "'%s' is a program for %s; an image needs a Linux program",
				    p->path, systems[i].name);
	return 0;
}

static const struct machine {
	uint16_t machine;
	bool is_64, big_endian;
	uint32_t flags; /* that must be set */
	const char *oci;
} machines[] = {
	{ ELF_386, false, false, 0, "386" },
	{ ELF_X86_64, true, false, 0, "amd64" },
	{ ELF_ARM, false, false, ARM_FLOAT_HARD, "arm/v7" },
	{ ELF_ARM, false, false, 0, "arm/v5" },
	{ ELF_AARCH64, true, false, 0, "arm64" },
	{ ELF_LOONGARCH, true, false, 0, "loong64" },
	{ ELF_MIPS, true, false, 0, "mips64le" },
	{ ELF_PPC64, true, false, 0, "ppc64le" },
	{ ELF_RISCV, true, false, 0, "riscv64" },
	{ ELF_S390, true, true, 0, "s390x" },
};

int foreign_machine(struct program *p, struct err *e)
{
	const struct elf *f = &p->elf;
	const char *name = elf_machine_name(f->machine);

	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		const struct machine *m = &machines[i];

		if (m->machine == f->machine && m->is_64 == f->is_64 &&
		    m->big_endian == f->big_endian && (f->flags & m->flags) == m->flags) {
			p->arch = arch_by_oci(m->oci);
			return 0;
		}
	}
	return fail(e, FAIL_UNSUPPORTED,
		    "'%s' is a program for %s (%s-bit, %s-endian), which Debian has no "
		    "packages for",
		    p->path, name ? name : "an unknown machine", f->is_64 ? "64" : "32",
		    f->big_endian ? "big" : "little");
}
