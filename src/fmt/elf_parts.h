/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside fmt/elf*.c: one file on its way through the readers. elf_bytes.c has what all
 * of them need, elf.c the headers, elf_dynamic.c the dynamic section, elf_symbols.c symbols and
 * versions, elf_sections.c sections and notes, elf_go.c what Go's linker leaves.
 */
#pragma once

#include "fmt/elf.h"

enum {
	PT_LOAD_ = 1,
	PT_DYNAMIC_ = 2,
	PT_NOTE_ = 4,
	PF_X_ = 1,
	PF_W_ = 2,
	DT_STRTAB_ = 5,
	SHT_NOTE_ = 7,
	SHT_NOBITS_ = 8,
	SHT_DYNSYM_ = 11,
	ELF_WINDOW_BYTES = 8192,
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, address, file_size, align;
};

struct elf_section {
	uint32_t name, type;
	uint64_t address, offset, size, align;
};

struct elf_dynamic {
	uint64_t tag, value;
};

struct elf_parts {
	struct elf_segment *segments;
	size_t n_segments;
	struct elf_dynamic *dynamic;
	size_t n_dynamic;
	uint64_t strings;  /* file offset of the dynamic string table */
	uint64_t sections; /* file offset of the section headers, as the header has it */
	uint16_t section_size, n_sections, section_names;
};

struct elf_reader {
	const struct elf_input *in;
	struct arena *arena;
	struct elf *elf; /* while elf_read() makes it */
	bool is_64, big_endian;
	struct elf_parts *parts;
	uint64_t window_start;
	size_t window_size;
	uint8_t window[ELF_WINDOW_BYTES];
};

uint64_t elf_number(const struct elf_reader *r, const uint8_t *at, size_t n);

static inline uint16_t elf_half(const struct elf_reader *r, const uint8_t *at)
{
	return (uint16_t)elf_number(r, at, 2);
}

static inline uint32_t elf_word(const struct elf_reader *r, const uint8_t *at)
{
	return (uint32_t)elf_number(r, at, 4);
}

/* An address or offset, of the file's class. */
static inline uint64_t elf_wide(const struct elf_reader *r, const uint8_t *at)
{
	return elf_number(r, at, r->is_64 ? 8 : 4);
}

/* Goes on with a file that elf_read() has read. */
void elf_reader_init(struct elf_reader *r, const struct elf_input *in, const struct elf *f,
		     struct arena *a);
/* Exactly `n` bytes; FAIL_FORMAT, naming `what`, when they aren't all in the file. */
int elf_get(struct elf_reader *r, uint64_t offset, void *to, size_t n, const char *what,
	    struct err *e);
/* The NUL-terminated string at `offset`, at most up to `end`. */
int elf_get_string(struct elf_reader *r, uint64_t offset, uint64_t end, const char *what,
		   struct view *ret, struct err *e);
const struct elf_segment *elf_segment(const struct elf_reader *r, uint32_t type);
/* What the dynamic section says, into r->parts and r->elf; a file without one is no error. */
int elf_read_dynamic(struct elf_reader *r, struct err *e);
/* The last entry with this tag, as the loader takes it. */
bool elf_dynamic_value(const struct elf_reader *r, uint64_t tag, uint64_t *ret);
/* Where the bytes of an address are in the file; addresses that no segment holds stay. */
uint64_t elf_offset_of(const struct elf_reader *r, uint64_t address);
/* `n` up to a multiple of `align`. */
size_t elf_padded(size_t n, size_t align);

/* In `a` of the reader; none without section headers. */
int elf_sections(struct elf_reader *r, struct elf_section **ret, size_t *ret_n, struct err *e);
int elf_read_rust(struct elf_reader *r, const struct elf_section *section, struct elf_rust *ret,
		  struct err *e);
int elf_read_go(struct elf_reader *r, const struct elf_section *section, struct elf_go *ret,
		struct err *e);
