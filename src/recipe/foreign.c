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

static uint32_t le32(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* ECMA-335 II.25.2.3.3: the 15th data directory of a PE file's optional header. */
static bool is_dotnet(struct view start)
{
	enum { PE_AT = 0x3c, OPTIONAL = 24, PLUS = 0x20b, DIRECTORY = 208, WIDER = 16 };
	size_t pe, at;

	if (start.len < PE_AT + 4 || memcmp(start.ptr, "MZ", 2) != 0)
		return false;
	pe = le32(start.ptr + PE_AT);
	if (pe > start.len || start.len - pe < OPTIONAL + 4 ||
	    memcmp(start.ptr + pe, "PE\0", 4) != 0)
		return false;
	at = pe + OPTIONAL + DIRECTORY;
	if ((le32(start.ptr + pe + OPTIONAL) & 0xffff) == PLUS)
		at += WIDER;
	return start.len >= at + 4 && le32(start.ptr + at) != 0;
}

const char *foreign_name(struct view start)
{
	if (is_dotnet(start))
		return "a .NET assembly, which the program 'dotnet' starts";
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

/* Programs of systems that leave the header's field empty. */
static const char *system_of_loader(const struct elf *f)
{
	static const struct {
		const char *loader, *name;
	} loaders[] = {
		{ "/system/bin/linker", "Android" },   { "/system/bin/linker64", "Android" },
		{ "/usr/libexec/ld.so", "OpenBSD" },   { "/usr/libexec/ld.elf_so", "NetBSD" },
		{ "/libexec/ld.elf_so", "NetBSD" },    { "/libexec/ld-elf.so.1", "FreeBSD" },
		{ "/usr/lib/ld.so.1", "Solaris" },     { "/usr/lib/amd64/ld.so.1", "Solaris" },
		{ "/lib/ld-x86-64.so.1", "GNU/Hurd" }, { "/boot/system/runtime_loader", "Haiku" },
	};

	for (size_t i = 0; f->interpreter.ptr && i < COUNT_OF(loaders); i++)
		if (view_is(f->interpreter, loaders[i].loader))
			return loaders[i].name;
	return NULL;
}

static int fail_system(const struct program *p, const char *system, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED, "'%s' is a program for %s; an image needs a Linux program",
		    p->path, system);
}

int foreign_elf(const struct program *p, struct view start, struct err *e)
{
	static const struct {
		uint8_t osabi;
		const char *name;
	} systems[] = {
		{ 1, "HP-UX" },	  { 2, "NetBSD" },   { 6, "Solaris" },
		{ 9, "FreeBSD" }, { 12, "OpenBSD" },
	};

	const char *system = system_of_loader(&p->elf);

	/* the AppImage specification's bytes in the header's padding */
	if (start.len > 10 && memcmp(start.ptr + 8, "AI", 2) == 0)
		return fail(e, FAIL_UNSUPPORTED,
			    "'%s' is an AppImage, which mounts its files by FUSE: a container can't"
			    "\nunpack it (%s --appimage-extract) and write a recipe, see "
			    "pare.yaml(5)",
			    p->path, p->path);
	if (system)
		return fail_system(p, system, e);
	if (p->elf.osabi == OSABI_SYSV || p->elf.osabi == OSABI_LINUX)
		return 0;
	for (size_t i = 0; i < COUNT_OF(systems); i++)
		if (systems[i].osabi == p->elf.osabi)
			return fail_system(p, systems[i].name, e);
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
