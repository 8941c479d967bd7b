/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ELF file says about itself. To a dynamic loader: machine, ABI flags, interpreter, needed
 * libraries, soname, search paths, versions, symbols; for these only program headers are used, so
 * that a stripped file tells as much as any. To people: build-id, notes, debug data, what Go and
 * Rust leave behind. Both classes and byte orders. Reads a file in small pieces, never as a whole.
 * ELF: System V gABI; GNU properties: the x86-64 psABI's linux extensions; symbol versions: the
 * Linux Standard Base; notes: systemd's ELF_PACKAGE_METADATA and ELF_DLOPEN_METADATA.
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
	ELF_MAX_FILTEES = 64,		 /* of one library; where there are any, it's one */
	ELF_MAX_STRING = 4095,		 /* names and paths: PATH_MAX */
	ELF_MAX_NOTE_BYTES = 64 << 10,	 /* of a note segment; they have some hundred */
	ELF_MAX_DLOPEN_NOTES = 256,	 /* systemd's libraries have 15 */
	ELF_MAX_SECTIONS = 1 << 16,	 /* programs have about 40, kernels with BTF some hundred */
	ELF_MAX_VERSIONS = 1 << 15,	 /* an index has 15 bits */
	ELF_MAX_SYMBOLS = 1 << 20,	 /* dynamic ones; the largest libraries have 100,000 */
	ELF_MAX_SYMBOL_NAME = 64 << 10,	 /* C++ templates have made 10,000 */
	ELF_MAX_DYNAMIC_STRINGS = 256 << 20, /* C++ names: LLVM's library has 3 MB */
	ELF_MAX_GO_BYTES = 4 << 20,	     /* of module information: a line per module */
	ELF_MAX_RUST_BYTES = 1 << 20,	     /* of audit data: 60 bytes a crate, compressed */
	ELF_MAX_RUST_JSON_BYTES = 8 << 20,   /* as cargo-auditable's own reader has it */
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

enum elf_linkage {
	ELF_OTHER,	/* object file, core dump, … */
	ELF_STATIC,	/* a program that needs no loader */
	ELF_STATIC_PIE, /* the same, at any address */
	ELF_DYNAMIC,	/* a program with an interpreter; also libraries that have one, as libc */
	ELF_SHARED,	/* a library */
};

/* A library that is loaded in front of this one: DT_FILTER, DT_AUXILIARY. */
struct elf_filtee {
	struct view name;
	bool optional; /* DT_AUXILIARY: when it's there */
};

struct elf_parts; /* where things are in the file; for the readers below */

struct elf {
	bool is_64, big_endian;
	uint8_t osabi, abi_version;
	uint16_t machine, type;
	enum elf_linkage linkage;
	uint64_t entry;		/* address; 0: none */
	uint64_t missing_bytes; /* that loadable segments have past the file's end: it was cut */
	uint32_t flags;		/* e_flags: ABI variants of ARM, MIPS, RISC-V… */
	bool has_dynamic;	/* with a string table */
	/* Strings are in the arena, NUL-terminated; ptr is NULL when the file has none. */
	struct view interpreter;
	struct view soname;
	struct view rpath, runpath;
	struct view *needed; /* in the file's order */
	size_t n_needed;
	struct elf_filtee *filtees;
	size_t n_filtees;
	bool no_default_folders; /* DF_1_NODEFLIB: only search paths count */
	uint32_t x86_isa_needed; /* GNU property: bit 0 baseline, 1 x86-64-v2, … */
	struct elf_parts *parts;
};

struct elf_version {
	struct view file; /* needed: the library's soname; defined: ptr is NULL */
	struct view name;
	uint16_t index;
	bool weak;
};

enum elf_use { ELF_USE_NONE, ELF_USE_LATE, ELF_USE_EARLY };

struct elf_symbol {
	struct view name;
	const struct elf_version *version; /* NULL: any, or the base version */
	uint8_t type;			   /* STT_FUNC 2, STT_OBJECT 1, STT_TLS 6, … */
	bool weak;
	bool hidden;	  /* defined, but not the default version */
	enum elf_use use; /* undefined: after elf_read_uses() */
	uint32_t index;	  /* in the table */
};

/* Dynamic symbols and versions; local symbols are left out. */
struct elf_symbols {
	struct elf_version *versions_needed; /* in the file's order */
	size_t n_versions_needed;
	struct elf_version *versions_defined; /* without the base version */
	size_t n_versions_defined;
	bool has_version_table; /* DT_VERSYM, be it without versions of its own */
	struct elf_symbol *undefined;
	size_t n_undefined;
	struct elf_symbol *defined;
	size_t n_defined;
};

/* From `.go.buildinfo`; ptr is NULL for what it doesn't say. */
struct elf_go {
	bool present;
	struct view version; /* go1.22.1 */
	struct view path;    /* the main package */
	struct view module, module_version;
	struct view cgo;  /* the setting CGO_ENABLED: 0 or 1 */
	size_t n_modules; /* that it depends on */
};

/* From `.dep-v0`, the crates of a program; ptr is NULL for what can't be read. */
struct elf_rust {
	bool present;
	struct view json;	    /* as cargo-auditable wrote it: an object with `packages` */
	struct view crate, version; /* the program's own */
	size_t n_crates;	    /* with its own */
};

/* What nobody needs to run the program. */
struct elf_facts {
	struct view build_id;	   /* bytes; ptr is NULL when there is none */
	struct view package_note;  /* `.note.package`: a JSON object */
	struct view *dlopen_notes; /* `.note.dlopen`: a JSON array each */
	size_t n_dlopen_notes;
	bool has_sections;     /* section headers, without which the rest is unknown */
	uint64_t debug_bytes;  /* of .debug_* and .zdebug_* sections */
	uint64_t symbol_bytes; /* of .symtab and .strtab; both 0: stripped */
	struct elf_rust rust;
	struct elf_go go;
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

/*
 * More of a file that elf_read() has read; all in `a`, and as its errors. Nothing for a file
 * without dynamic section.
 */
int elf_read_symbols(const struct elf_input *in, const struct elf *f, struct arena *a,
		     struct elf_symbols *ret, struct err *e);
/* When a loader looks the undefined ones up: at the start, at a function's first call, never. */
int elf_read_uses(const struct elf_input *in, const struct elf *f, struct elf_symbols *s,
		  struct err *e);
/* Section headers that aren't whole are FAIL_FORMAT: such a file was cut, though it may run. */
int elf_read_facts(const struct elf_input *in, const struct elf *f, struct arena *a,
		   struct elf_facts *ret, struct err *e);

/* A part of the file that is loaded, by the program headers. */
struct elf_range {
	uint64_t offset, size; /* inside the file */
	bool executable, writable;
};

/* In the order of the headers; in `a`. */
size_t elf_loaded_ranges(const struct elf *f, const struct elf_input *in, struct arena *a,
			 struct elf_range **ret);

/* Over `bytes`, which must stay. */
struct elf_input elf_input_of(const struct view *bytes);
/* As Debian and the gABI name it: "x86-64", "AArch64"; NULL when not known. */
const char *elf_machine_name(uint16_t machine);
