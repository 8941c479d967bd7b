/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads ELF files: the header, the segments, and how they are linked. Every offset and count is
 * checked against the file's size before it is used; nothing depends on this machine's byte order
 * or class.
 */
#include "base/array.h"
#include "base/checked.h"
#include "base/mem.h"
#include "fmt/elf_parts.h"

#include <inttypes.h>

enum {
	PT_INTERP_ = 3,
	PT_GNU_PROPERTY_ = 0x6474e553,
	NT_GNU_PROPERTY_TYPE_0_ = 5,
	HEADER_MAX_BYTES = 64,
};

#define X86_ISA_1_NEEDED UINT32_C(0xc0008002)
#define DT_FLAGS_1_ UINT64_C(0x6ffffffb)
#define DF_1_PIE_ UINT64_C(0x08000000)
#define DF_1_NODEFLIB_ UINT64_C(0x800)

bool elf_has_magic(struct view start)
{
	return start.len >= ELF_MAGIC_BYTES && memcmp(start.ptr, "\177ELF", ELF_MAGIC_BYTES) == 0;
}

static int read_ident(struct elf_reader *r, struct err *e)
{
	uint8_t ident[16];

	if (r->in->size < sizeof(ident) || elf_get(r, 0, ident, sizeof(ident), "header", e) < 0 ||
	    !elf_has_magic(view_make((const char *)ident, sizeof(ident))))
		return fail(e, FAIL_FORMAT, "not an ELF file: no magic at offset 0");
	if (ident[4] != 1 && ident[4] != 2)
		return fail(e, FAIL_FORMAT, "ELF: class %u at offset 4 is neither 32 nor 64 bit",
			    ident[4]);
	if (ident[5] != 1 && ident[5] != 2)
		return fail(e, FAIL_FORMAT, "ELF: unknown byte order %u at offset 5", ident[5]);
	r->elf->is_64 = r->is_64 = ident[4] == 2;
	r->elf->big_endian = r->big_endian = ident[5] == 2;
	r->elf->osabi = ident[7];
	r->elf->abi_version = ident[8];
	return 0;
}

static void read_segment(const struct elf_reader *r, const uint8_t *at, struct elf_segment *ret)
{
	ret->type = elf_word(r, at);
	ret->flags = elf_word(r, at + (r->is_64 ? 4 : 24));
	if (r->is_64) {
		ret->offset = elf_wide(r, at + 8);
		ret->address = elf_wide(r, at + 16);
		ret->file_size = elf_wide(r, at + 32);
		ret->align = elf_wide(r, at + 48);
	} else {
		ret->offset = elf_wide(r, at + 4);
		ret->address = elf_wide(r, at + 8);
		ret->file_size = elf_wide(r, at + 16);
		ret->align = elf_wide(r, at + 28);
	}
}

static int read_segments(struct elf_reader *r, uint64_t offset, size_t n, size_t entry_size,
			 struct err *e)
{
	size_t need = r->is_64 ? 56 : 32;
	auto_free uint8_t *bytes = NULL;

	if (n == 0)
		return 0;
	if (n > ELF_MAX_SEGMENTS)
		return fail(e, FAIL_LIMIT, "ELF: %zu program headers, at most %d are read", n,
			    ELF_MAX_SEGMENTS);
	if (entry_size != need)
		return fail(e, FAIL_FORMAT, "ELF: program headers of %zu bytes, expected are %zu",
			    entry_size, need);
	bytes = mem_alloc(n * need);
	if (elf_get(r, offset, bytes, n * need, "program headers", e) < 0)
		return -(int)e->code;
	r->parts->segments = arena_array(r->arena, n, sizeof(*r->parts->segments));
	r->parts->n_segments = n;
	for (size_t i = 0; i < n; i++)
		read_segment(r, bytes + i * need, &r->parts->segments[i]);
	return 0;
}

static int read_header(struct elf_reader *r, struct err *e)
{
	uint8_t header[HEADER_MAX_BYTES];
	bool is_64;

	if (read_ident(r, e) < 0)
		return -(int)e->code;
	is_64 = r->is_64;
	if (elf_get(r, 0, header, is_64 ? 64 : 52, "header", e) < 0)
		return -(int)e->code;
	r->elf->type = elf_half(r, header + 16);
	r->elf->machine = elf_half(r, header + 18);
	r->elf->entry = elf_wide(r, header + 24);
	r->elf->flags = elf_word(r, header + (is_64 ? 48 : 36));
	r->parts->sections = elf_wide(r, header + (is_64 ? 40 : 32));
	r->parts->section_size = elf_half(r, header + (is_64 ? 58 : 46));
	r->parts->n_sections = elf_half(r, header + (is_64 ? 60 : 48));
	r->parts->section_names = elf_half(r, header + (is_64 ? 62 : 50));
	return read_segments(r, elf_wide(r, header + (is_64 ? 32 : 28)),
			     elf_half(r, header + (is_64 ? 56 : 44)),
			     elf_half(r, header + (is_64 ? 54 : 42)), e);
}

static int read_interpreter(struct elf_reader *r, struct err *e)
{
	const struct elf_segment *s = elf_segment(r, PT_INTERP_);
	uint64_t end;

	if (!s)
		return 0;
	if (!checked_add(s->offset, s->file_size, &end))
		end = UINT64_MAX;
	return elf_get_string(r, s->offset, end, "interpreter", &r->elf->interpreter, e);
}

/* The properties of one note, in ascending order of their types. */
static void read_properties(struct elf_reader *r, const uint8_t *at, size_t left, size_t align)
{
	while (left >= 8) {
		uint32_t type = elf_word(r, at), size = elf_word(r, at + 4);

		if (size > left - 8)
			return;
		if (type == X86_ISA_1_NEEDED && size == 4)
			r->elf->x86_isa_needed = elf_word(r, at + 8);
		if (type >= X86_ISA_1_NEEDED || elf_padded(size, align) > left - 8)
			return;
		at += 8 + elf_padded(size, align);
		left -= 8 + elf_padded(size, align);
	}
}

/* The first GNU property note; one that breaks the rules counts as none. */
static void read_notes(struct elf_reader *r, const uint8_t *at, size_t left, size_t align)
{
	while (left >= 12) {
		uint32_t name = elf_word(r, at), size = elf_word(r, at + 4),
			 type = elf_word(r, at + 8);
		size_t skip;

		if (name > left || size > left || 12 + elf_padded(name, 4) > left)
			return;
		skip = elf_padded(12 + elf_padded(name, 4), align);
		if (skip > left || size > left - skip)
			return;
		if (name == 4 && type == NT_GNU_PROPERTY_TYPE_0_ &&
		    memcmp(at + 12, "GNU", 4) == 0) {
			if (size >= 8 && size % align == 0)
				read_properties(r, at + skip, size, align);
			return;
		}
		if (elf_padded(size, align) > left - skip)
			return;
		at += skip + elf_padded(size, align);
		left -= skip + elf_padded(size, align);
	}
}

static int read_isa(struct elf_reader *r, struct err *e)
{
	const struct elf_segment *s = elf_segment(r, PT_GNU_PROPERTY_);
	size_t align = r->is_64 ? 8 : 4;
	auto_free uint8_t *bytes = NULL;

	if (!s || s->align != align || s->file_size > ELF_MAX_NOTE_BYTES)
		return 0;
	if (r->elf->machine != ELF_386 && r->elf->machine != ELF_X86_64)
		return 0;
	bytes = mem_alloc((size_t)s->file_size);
	if (elf_get(r, s->offset, bytes, (size_t)s->file_size, "property note", e) < 0)
		return -(int)e->code;
	read_notes(r, bytes, (size_t)s->file_size, align);
	return 0;
}

static enum elf_linkage linkage_of(const struct elf *f, uint64_t flags)
{
	if (f->type != ELF_TYPE_EXEC && f->type != ELF_TYPE_DYN)
		return ELF_OTHER;
	if (f->interpreter.ptr)
		return ELF_DYNAMIC;
	if (f->type == ELF_TYPE_EXEC)
		return ELF_STATIC;
	return flags & DF_1_PIE_ ? ELF_STATIC_PIE : ELF_SHARED;
}

static uint64_t missing_bytes(const struct elf_reader *r)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < r->parts->n_segments; i++) {
		const struct elf_segment *s = &r->parts->segments[i];
		uint64_t end;

		if (s->type != PT_LOAD_ || s->file_size == 0)
			continue;
		if (!checked_add(s->offset, s->file_size, &end))
			end = UINT64_MAX;
		if (end > r->in->size && end - r->in->size > missing)
			missing = end - r->in->size;
	}
	return missing;
}

int elf_read(const struct elf_input *in, struct arena *a, struct elf *ret, struct err *e)
{
	struct elf f = { 0 };
	struct elf_reader r;
	uint64_t flags = 0;

	f.parts = arena_new(a, struct elf_parts);
	elf_reader_init(&r, in, &f, a);
	r.elf = &f;
	if (read_header(&r, e) < 0 || read_interpreter(&r, e) < 0 || elf_read_dynamic(&r, e) < 0 ||
	    read_isa(&r, e) < 0)
		return -(int)e->code;
	elf_dynamic_value(&r, DT_FLAGS_1_, &flags);
	f.no_default_folders = flags & DF_1_NODEFLIB_;
	f.linkage = linkage_of(&f, flags);
	f.missing_bytes = missing_bytes(&r);
	*ret = f;
	return 0;
}

static int read_view(void *ctx, uint64_t offset, void *to, size_t n, struct err *e)
{
	const struct view *bytes = ctx;

	(void)e;
	if (n)
		memcpy(to, bytes->ptr + offset, n);
	return 0;
}

struct elf_input elf_input_of(const struct view *bytes)
{
	/* read_view() only reads through it */
	return (struct elf_input){ .size = bytes->len,
				   .read = read_view,
				   .ctx = (void *)(uintptr_t)bytes };
}

int elf_read_bytes(struct view bytes, struct arena *a, struct elf *ret, struct err *e)
{
	struct elf_input in = elf_input_of(&bytes);

	return elf_read(&in, a, ret, e);
}

const char *elf_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ ELF_386, "Intel 80386" },	{ ELF_68K, "Motorola 68000" },
		{ ELF_MIPS, "MIPS" },		{ ELF_PARISC, "PA-RISC" },
		{ ELF_PPC, "PowerPC" },		{ ELF_PPC64, "64-bit PowerPC" },
		{ ELF_S390, "IBM S/390" },	{ ELF_ARM, "ARM" },
		{ ELF_SH, "SuperH" },		{ ELF_SPARCV9, "SPARC v9" },
		{ ELF_IA_64, "Itanium" },	{ ELF_X86_64, "x86-64" },
		{ ELF_AARCH64, "AArch64" },	{ ELF_RISCV, "RISC-V" },
		{ ELF_LOONGARCH, "LoongArch" }, { ELF_ALPHA, "Alpha" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return NULL;
}

size_t elf_loaded_ranges(const struct elf *f, const struct elf_input *in, struct arena *a,
			 struct elf_range **ret)
{
	const struct elf_parts *parts = f->parts;
	size_t n = 0;

	*ret = arena_array(a, parts->n_segments + 1, sizeof(**ret));
	for (size_t i = 0; i < parts->n_segments; i++) {
		const struct elf_segment *s = &parts->segments[i];
		uint64_t left = s->offset < in->size ? in->size - s->offset : 0;

		if (s->type == PT_LOAD_)
			(*ret)[n++] = (struct elf_range){
				.offset = s->offset,
				.size = s->file_size < left ? s->file_size : left,
				.executable = s->flags & PF_X_,
				.writable = s->flags & PF_W_,
			};
	}
	return n;
}
