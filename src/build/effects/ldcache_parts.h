/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside effects/: the stages of ldcache_make(). What an architecture's ldconfig makes of a
 * library (ldcache_abi.c), which folders it searches (ldcache_dirs.c), what it finds there
 * (ldcache.c), and the file (ldcache_write.c).
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "build/effects/ldcache.h"
#include "fmt/elf.h"

/* The part of the flags that all glibc libraries have, and that of glibc before 2.37 for
 * libraries of which nothing says that they need glibc. */
enum { LD_FLAG_GLIBC = 3, LD_FLAG_ELF = 1 };

/* Versions 2.x of glibc from which on ldconfig… */
enum {
	LD_ONLY_GLIBC = 37,	/* takes every library for one of glibc */
	LD_NO_TEMPORARIES = 39, /* passes over what dpkg and rpm have not finished */
};

enum ld_family {
	LD_GENERIC,
	LD_ARM,
	LD_LOONGARCH,
	LD_MIPS,
	LD_POWERPC,
	LD_RISCV,
	LD_S390,
	LD_SPARC,
	LD_X86,
};

struct ld_arch {
	const char *debian;
	const char *tuple; /* Debian's multiarch tuple */
	enum ld_family family;
	bool is_64, big_endian;
};

/* NULL when there's no such architecture. */
const struct ld_arch *ld_arch_find(const char *debian);

struct ld_glibc {
	char generator[256]; /* what ldconfig signs with */
	unsigned minor;	     /* of its version 2.x */
};

/* From the tree's libc.so.6; without one, as the newest glibc would. */
int ld_glibc_find(const struct tree *t, const struct ld_arch *arch, struct ld_glibc *ret,
		  struct err *e);

/* The entry's flags; false when this ldconfig leaves such a file out. */
bool ld_flags_of(const struct ld_arch *arch, const struct ld_glibc *glibc, const struct elf *f,
		 uint32_t *ret);
/* The ISA level in the entry of a library in a glibc-hwcaps folder. */
uint32_t ld_isa_level(const struct elf *f);

struct ld_dir {
	const char *path; /* as configured: not resolved */
	const struct node *node;
	const char *hwcaps; /* name below glibc-hwcaps/, or NULL */
};

struct ld_dirs {
	const struct tree *tree;
	const struct ld_arch *arch;
	struct arena *arena;
	struct ld_dir *at;
	size_t n, cap;
	size_t n_conf_files;
	/* Names of all hwcaps folders that were seen, searched or not: they get into the file. */
	struct map hwcaps;
};

/* In ldconfig's order: ld.so.conf, the multiarch folders, /lib and /usr/lib. */
int ld_dirs_find(struct ld_dirs *d, struct err *e);
void ld_dirs_done(struct ld_dirs *d);

struct ld_entry {
	const char *soname, *path;
	const char *hwcaps; /* or NULL */
	uint32_t flags, isa_level;
	size_t order; /* of finding */
};

/* Names with numbers in them, by value: 1 before 10; ldconfig's order. */
int ld_name_compare(const char *a, const char *b);

int ldcache_write(const struct ld_arch *arch, const struct ld_glibc *glibc,
		  struct ld_entry *entries, size_t n, const struct map *hwcaps, struct buf *ret,
		  struct err *e);
