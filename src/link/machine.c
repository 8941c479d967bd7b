/* SPDX-License-Identifier: Apache-2.0 */
/* Machines: an ELF file's against another's and against an image's platform, and in words. */
#include "base/array.h"
#include "link/private.h"

#include <string.h>

enum { ARM_HARD_FLOAT = 0x400, ARM_SOFT_FLOAT = 0x200 }; /* e_flags of the EABI */

static const struct {
	const char *architecture; /* as OCI names it */
	uint16_t machine;
	bool is_64, big_endian;
} platforms[] = {
	{ "386", ELF_386, false, false },	   { "amd64", ELF_X86_64, true, false },
	{ "arm", ELF_ARM, false, false },	   { "arm64", ELF_AARCH64, true, false },
	{ "loong64", ELF_LOONGARCH, true, false }, { "mips", ELF_MIPS, false, true },
	{ "mips64", ELF_MIPS, true, true },	   { "mips64le", ELF_MIPS, true, false },
	{ "mipsle", ELF_MIPS, false, false },	   { "ppc64", ELF_PPC64, true, true },
	{ "ppc64le", ELF_PPC64, true, false },	   { "riscv64", ELF_RISCV, true, false },
	{ "s390x", ELF_S390, true, true },	   { "sparc64", ELF_SPARCV9, true, true },
};

bool same_machine(const struct elf *a, const struct elf *b)
{
	return a->machine == b->machine && a->is_64 == b->is_64 && a->big_endian == b->big_endian;
}

const char *machine_text(const struct elf *f, struct arena *a)
{
	const char *name = elf_machine_name(f->machine);

	for (size_t i = 0; i < COUNT_OF(platforms); i++)
		if (platforms[i].machine == f->machine && platforms[i].is_64 == f->is_64 &&
		    platforms[i].big_endian == f->big_endian)
			return platforms[i].architecture;
	if (!name)
		return arena_printf(a, "machine number %u", f->machine);
	return arena_printf(a, "%s, %s, %s endian", name, f->is_64 ? "64 bit" : "32 bit",
			    f->big_endian ? "big" : "little");
}

/* Kernels for amd64 run programs for 386. Of ARM's two ABIs v5 has the soft one. */
static bool runs_on(const char *architecture, const char *variant, size_t i, const struct elf *f)
{
	bool hard = f->flags & ARM_HARD_FLOAT, soft = f->flags & ARM_SOFT_FLOAT;

	if (strcmp(architecture, "amd64") == 0 && f->machine == ELF_386)
		return true;
	if (f->machine != platforms[i].machine || f->is_64 != platforms[i].is_64 ||
	    f->big_endian != platforms[i].big_endian)
		return false;
	if (f->machine != ELF_ARM || !variant || !f->interpreter.ptr)
		return true;
	return strcmp(variant, "v5") == 0 ? !hard : !soft;
}

const char *machine_mismatch(const struct link_process *p, const struct elf *f, struct arena *a)
{
	bool variants = p->variant && p->architecture && strcmp(p->architecture, "arm") == 0;

	if (!p->architecture)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(platforms); i++)
		if (strcmp(platforms[i].architecture, p->architecture) == 0)
			return runs_on(p->architecture, p->variant, i, f)
				       ? NULL
				       : arena_printf(a, "it is for %s, the image for %s%s%s",
						      machine_text(f, a), p->architecture,
						      variants ? "/" : "",
						      variants ? p->variant : "");
	return NULL;
}
