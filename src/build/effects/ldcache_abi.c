/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between architectures and between versions of glibc: which files an ldconfig
 * takes, with which flags, and how it signs. The flags' numbers are part of glibc's ABI.
 */
#include "base/array.h"
#include "build/effects/ldcache_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FLAG_SPARC_LIB64 = 0x0100,
	FLAG_X8664_LIB64 = 0x0300,
	FLAG_S390_LIB64 = 0x0400,
	FLAG_POWERPC_LIB64 = 0x0500,
	FLAG_MIPS64_LIBN32 = 0x0600,
	FLAG_MIPS64_LIBN64 = 0x0700,
	FLAG_X8664_LIBX32 = 0x0800,
	FLAG_ARM_LIBHF = 0x0900,
	FLAG_AARCH64_LIB64 = 0x0a00,
	FLAG_ARM_LIBSF = 0x0b00,
	FLAG_MIPS_LIB32_NAN2008 = 0x0c00,
	FLAG_MIPS64_LIBN32_NAN2008 = 0x0d00,
	FLAG_MIPS64_LIBN64_NAN2008 = 0x0e00,
	FLAG_RISCV_FLOAT_SOFT = 0x0f00,
	FLAG_RISCV_FLOAT_DOUBLE = 0x1000,
	FLAG_LARCH_FLOAT_SOFT = 0x1100,
	FLAG_LARCH_FLOAT_DOUBLE = 0x1200,
	/* e_flags: the processors' ABI supplements */
	EF_ARM_FLOAT_SOFT = 0x200,
	EF_ARM_FLOAT_HARD = 0x400,
	EF_MIPS_ABI2_ = 0x20,
	EF_MIPS_NAN2008_ = 0x400,
	EF_RISCV_RVC_ = 0x1,
	EF_RISCV_FLOAT = 0x6,
	EF_LARCH_FLOAT_SOFT = 0x1,
	EF_LARCH_FLOAT_DOUBLE = 0x3,
	EF_LARCH_OBJABI_V1_ = 0x40,
};

#define EF_ARM_EABI_MASK UINT32_C(0xff000000)
#define EF_ARM_EABI_5 UINT32_C(0x05000000)

static const struct ld_arch archs[] = {
	{ "alpha", "alpha-linux-gnu", LD_GENERIC, true, false },
	{ "amd64", "x86_64-linux-gnu", LD_X86, true, false },
	{ "arm64", "aarch64-linux-gnu", LD_ARM, true, false },
	{ "armel", "arm-linux-gnueabi", LD_ARM, false, false },
	{ "armhf", "arm-linux-gnueabihf", LD_ARM, false, false },
	{ "hppa", "hppa-linux-gnu", LD_GENERIC, false, true },
	{ "i386", "i386-linux-gnu", LD_X86, false, false },
	{ "loong64", "loongarch64-linux-gnu", LD_LOONGARCH, true, false },
	{ "m68k", "m68k-linux-gnu", LD_GENERIC, false, true },
	{ "mips64el", "mips64el-linux-gnuabi64", LD_MIPS, true, false },
	{ "mipsel", "mipsel-linux-gnu", LD_MIPS, false, false },
	{ "powerpc", "powerpc-linux-gnu", LD_POWERPC, false, true },
	{ "ppc64", "powerpc64-linux-gnu", LD_POWERPC, true, true },
	{ "ppc64el", "powerpc64le-linux-gnu", LD_POWERPC, true, false },
	{ "riscv64", "riscv64-linux-gnu", LD_RISCV, true, false },
	{ "s390x", "s390x-linux-gnu", LD_S390, true, true },
	{ "sh4", "sh4-linux-gnu", LD_GENERIC, false, false },
	{ "sparc64", "sparc64-linux-gnu", LD_SPARC, true, true },
	{ "x32", "x86_64-linux-gnux32", LD_X86, false, false },
};

const struct ld_arch *ld_arch_find(const char *debian)
{
	for (size_t i = 0; i < COUNT_OF(archs); i++) {
		if (strcmp(archs[i].debian, debian) == 0)
			return &archs[i];
	}
	return NULL;
}

static bool x86_flags(const struct elf *f, uint32_t *flags)
{
	if (f->machine == ELF_X86_64)
		*flags = LD_FLAG_GLIBC | (f->is_64 ? FLAG_X8664_LIB64 : FLAG_X8664_LIBX32);
	else if (f->machine != ELF_386 || f->is_64)
		return false;
	return true;
}

static bool arm_flags(const struct elf *f, uint32_t *flags)
{
	if (f->is_64) {
		*flags = LD_FLAG_GLIBC | FLAG_AARCH64_LIB64;
	} else if ((f->flags & EF_ARM_EABI_MASK) == EF_ARM_EABI_5) {
		*flags = LD_FLAG_GLIBC; /* unmarked: compatible with both */
		if (f->flags & EF_ARM_FLOAT_HARD)
			*flags |= FLAG_ARM_LIBHF;
		else if (f->flags & EF_ARM_FLOAT_SOFT)
			*flags |= FLAG_ARM_LIBSF;
	}
	return true;
}

static bool mips_flags(const struct elf *f, uint32_t *flags)
{
	bool nan2008 = f->flags & EF_MIPS_NAN2008_;

	if (f->is_64)
		*flags =
			LD_FLAG_GLIBC | (nan2008 ? FLAG_MIPS64_LIBN64_NAN2008 : FLAG_MIPS64_LIBN64);
	else if (f->flags & EF_MIPS_ABI2_)
		*flags =
			LD_FLAG_GLIBC | (nan2008 ? FLAG_MIPS64_LIBN32_NAN2008 : FLAG_MIPS64_LIBN32);
	else if (nan2008)
		*flags = LD_FLAG_GLIBC | FLAG_MIPS_LIB32_NAN2008;
	return true;
}

/* Only the soft and double ABIs, and no extension but compressed instructions. */
static bool riscv_flags(const struct elf *f, uint32_t *flags)
{
	if (f->flags & ~(uint32_t)(EF_RISCV_FLOAT | EF_RISCV_RVC_))
		return false;
	if ((f->flags & EF_RISCV_FLOAT) == 0)
		*flags = *flags | FLAG_RISCV_FLOAT_SOFT;
	else if ((f->flags & EF_RISCV_FLOAT) == 4)
		*flags = *flags | FLAG_RISCV_FLOAT_DOUBLE;
	else
		return false;
	return true;
}

static bool loongarch_flags(const struct elf *f, uint32_t *flags)
{
	uint32_t ef = f->flags & ~(uint32_t)EF_LARCH_OBJABI_V1_;

	if (!f->is_64)
		return false;
	if (ef == EF_LARCH_FLOAT_SOFT)
		*flags = LD_FLAG_GLIBC | FLAG_LARCH_FLOAT_SOFT;
	else if (ef == EF_LARCH_FLOAT_DOUBLE)
		*flags = LD_FLAG_GLIBC | FLAG_LARCH_FLOAT_DOUBLE;
	else
		return false;
	return true;
}

static bool wide_flags(const struct elf *f, uint32_t flag_64, uint32_t *flags)
{
	if (f->is_64)
		*flags = LD_FLAG_GLIBC | flag_64;
	return true;
}

static bool needs_glibc(const struct elf *f)
{
	for (size_t i = 0; i < f->n_needed; i++) {
		if (view_is(f->needed[i], "libc.so.6") || view_is(f->needed[i], "libm.so.6"))
			return true;
	}
	/* The only interpreter that the generic code knew and that lies below /lib. */
	return view_is(f->interpreter, "/lib/ld-linux.so.2") ||
	       view_is(f->interpreter, "/lib/ld.so.1") ||
	       view_is(f->interpreter, "/lib/ld-linux.so.3");
}

bool ld_flags_of(const struct ld_arch *arch, const struct ld_glibc *glibc, const struct elf *f,
		 uint32_t *ret)
{
	uint32_t flags = LD_FLAG_GLIBC;
	bool taken = true;

	if (f->type != ELF_TYPE_DYN || !f->has_dynamic || f->big_endian != arch->big_endian)
		return false;
	if (glibc->minor < LD_ONLY_GLIBC && arch->family != LD_RISCV && !needs_glibc(f))
		flags = LD_FLAG_ELF;
	switch (arch->family) {
	case LD_X86:
		taken = x86_flags(f, &flags);
		break;
	case LD_ARM:
		taken = arm_flags(f, &flags);
		break;
	case LD_MIPS:
		taken = mips_flags(f, &flags);
		break;
	case LD_RISCV:
		taken = riscv_flags(f, &flags);
		break;
	case LD_LOONGARCH:
		taken = loongarch_flags(f, &flags);
		break;
	case LD_POWERPC:
		taken = wide_flags(f, FLAG_POWERPC_LIB64, &flags);
		break;
	case LD_S390:
		taken = wide_flags(f, FLAG_S390_LIB64, &flags);
		break;
	case LD_SPARC:
		taken = wide_flags(f, FLAG_SPARC_LIB64, &flags);
		break;
	case LD_GENERIC:
		taken = f->is_64 == arch->is_64;
		break;
	}
	if (taken)
		*ret = flags;
	return taken;
}

uint32_t ld_isa_level(const struct elf *f)
{
	uint32_t needed = f->x86_isa_needed, level = 0;

	while (needed >>= 1)
		level++;
	return level;
}

enum { MAX_LIBC_BYTES = 64 << 20 }; /* libc.so.6 has 2 MB */

static const struct inode *find_libc(const struct tree *t, const struct ld_arch *arch)
{
	auto_arena a = ARENA_EMPTY;
	const char *const paths[] = {
		arena_printf(&a, "/usr/lib/%s/libc.so.6", arch->tuple),
		arena_printf(&a, "/lib/%s/libc.so.6", arch->tuple),
		"/lib64/libc.so.6",
		"/lib/libc.so.6",
	};

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const struct node *n = tree_find(t, paths[i], true);

		if (n && n->inode->type == NODE_FILE)
			return n->inode;
	}
	return NULL;
}

/* "GNU C Library (Debian GLIBC 2.41-12) stable release version 2.41.\n" → what's in between. */
static void read_banner(struct view bytes, struct ld_glibc *ret)
{
	static const char begin[] = "GNU C Library (", version[] = " release version 2.";
	const char *from = memmem(bytes.ptr, bytes.len, begin, sizeof(begin) - 1);
	const char *number, *end;
	size_t left;

	if (!from)
		return;
	from += sizeof(begin) - 2; /* the parenthesis is part of it */
	left = (size_t)(bytes.ptr + bytes.len - from);
	end = memmem(from, left < 200 ? left : 200, ".\n", 2);
	if (!end)
		return;
	number = memmem(from, (size_t)(end - from), version, sizeof(version) - 1);
	if (!number)
		return;
	snprintf(ret->generator, sizeof(ret->generator), "ldconfig %.*s", (int)(end - from), from);
	ret->minor = (unsigned)strtoul(number + sizeof(version) - 1, NULL, 10);
}

int ld_glibc_find(const struct tree *t, const struct ld_arch *arch, struct ld_glibc *ret,
		  struct err *e)
{
	const struct inode *libc = find_libc(t, arch);
	auto_arena a = ARENA_EMPTY;
	struct view bytes;

	*ret = (struct ld_glibc){ .generator = "ldconfig", .minor = UINT32_MAX };
	if (!libc)
		return 0;
	if (inode_read(libc, MAX_LIBC_BYTES, &a, &bytes, e) < 0)
		return err_context(e, "read libc.so.6 for ld.so.cache");
	read_banner(bytes, ret);
	return 0;
}
