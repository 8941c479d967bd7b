/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ELF file says about itself to a dynamic loader: machine, ABI flags, interpreter, needed
 * libraries, soname, search paths. Both classes and byte orders; only program headers are used,
 * so a stripped file tells as much as any. Reads a file in a few small pieces, never as a whole.
 * ELF: System V gABI; GNU properties: the x86-64 psABI's linux extensions.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ELF_MAX_SEGMENTS = 1024,	 /* real files have about 10, kernels 30 */
	ELF_MAX_DYNAMIC_BYTES = 1 << 20, /* 65,536 entries; the largest libraries have 200 */
	ELF_MAX_NEEDED = 4096,		 /* entries; browsers have 120 */
	ELF_MAX_STRING = 4095,		 /* names and paths: PATH_MAX */
	ELF_MAX_NOTE_BYTES = 64 << 10,	 /* of a property segment, which has 32 */
};

/* As in e_machine; what Debian's architectures use. */
enum {
	ELF_386 = 3,
	ELF_68K = 4,
	ELF_MIPS = 8,
	ELF_PARISC = 15,
	ELF_PPC = 20,
	ELF_PPC64 = 21,
	ELF_S390 = 22,
	ELF_ARM = 40,
	ELF_SH = 42,
	ELF_SPARCV9 = 43,
	ELF_IA_64 = 50,
	ELF_X86_64 = 62,
	ELF_AARCH64 = 183,
	ELF_RISCV = 243,
	ELF_LOONGARCH = 258,
	ELF_ALPHA = 0x9026,
};

/* As in e_type. */
enum { ELF_TYPE_REL = 1, ELF_TYPE_EXEC = 2, ELF_TYPE_DYN = 3, ELF_TYPE_CORE = 4 };

struct elf {
	bool is_64, big_endian;
	uint16_t machine, type;
	uint32_t flags;	  /* e_flags: ABI variants of ARM, MIPS, RISC-V… */
	bool has_dynamic; /* with a string table */
	/* Strings are in the arena, NUL-terminated; ptr is NULL when the file has none. */
	struct view interpreter;
	struct view soname;
	struct view rpath, runpath;
	struct view *needed; /* in the file's order */
	size_t n_needed;
	uint32_t x86_isa_needed; /* GNU property: bit 0 baseline, 1 x86-64-v2, … */
};

/* Random access to a file's bytes. */
struct elf_input {
	uint64_t size;
	/* All of the `n` bytes at `offset`, which lie inside the file. */
	int (*read)(void *ctx, uint64_t offset, void *to, size_t n, struct err *e);
	void *ctx;
};

enum { ELF_MAGIC_BYTES = 4 };
bool elf_has_magic(struct view start);

/* FAIL_FORMAT with the offset for what is no (whole) ELF file, FAIL_LIMIT over the limits. */
int elf_read(const struct elf_input *in, struct arena *a, struct elf *ret, struct err *e);
int elf_read_bytes(struct view bytes, struct arena *a, struct elf *ret, struct err *e);
