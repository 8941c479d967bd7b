/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads ELF headers and the dynamic section. Every offset and count is checked against the file's
 * size before it is used; nothing depends on this machine's byte order or class.
 */
#include "fmt/elf.h"

#include "base/checked.h"
#include "base/mem.h"

#include <inttypes.h>

enum {
	PT_LOAD_ = 1,
	PT_DYNAMIC_ = 2,
	PT_INTERP_ = 3,
	PT_GNU_PROPERTY_ = 0x6474e553,
	DT_NEEDED_ = 1,
	DT_STRTAB_ = 5,
	DT_SONAME_ = 14,
	DT_RPATH_ = 15,
	DT_RUNPATH_ = 29,
	NT_GNU_PROPERTY_TYPE_0_ = 5,
	HEADER_MAX_BYTES = 64,
};

#define X86_ISA_1_NEEDED UINT32_C(0xc0008002)

struct segment {
	uint32_t type;
	uint64_t offset, address, file_size, align;
};

struct dynamic_entry {
	uint64_t tag, value;
};

/* One file on its way through the reader. */
struct reader {
	const struct elf_input *in;
	struct arena *arena;
	struct elf *elf;
	struct segment *segments;
	size_t n_segments;
	struct dynamic_entry *dynamic;
	size_t n_dynamic;
	uint64_t strings; /* file offset of the string table */
};

static uint64_t number(const struct reader *r, const uint8_t *at, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | at[r->elf->big_endian ? i : n - 1 - i];
	return value;
}

static uint16_t half(const struct reader *r, const uint8_t *at)
{
	return (uint16_t)number(r, at, 2);
}

static uint32_t word(const struct reader *r, const uint8_t *at)
{
	return (uint32_t)number(r, at, 4);
}

/* An address or offset, of the file's class. */
static uint64_t wide(const struct reader *r, const uint8_t *at)
{
	return number(r, at, r->elf->is_64 ? 8 : 4);
}

static int get(const struct reader *r, uint64_t offset, void *to, size_t n, const char *what,
	       struct err *e)
{
	uint64_t end;

	if (!checked_add(offset, n, &end) || end > r->in->size)
		return fail(e, FAIL_FORMAT,
			    "ELF: the %s at offset %" PRIu64 " is outside the file of %" PRIu64
			    " bytes",
			    what, offset, r->in->size);
	return r->in->read(r->in->ctx, offset, to, n, e);
}

bool elf_has_magic(struct view start)
{
	return start.len >= ELF_MAGIC_BYTES && memcmp(start.ptr, "\177ELF", ELF_MAGIC_BYTES) == 0;
}

static int read_ident(struct reader *r, struct err *e)
{
	uint8_t ident[16];

	if (r->in->size < sizeof(ident) || get(r, 0, ident, sizeof(ident), "header", e) < 0 ||
	    !elf_has_magic(view_make((const char *)ident, sizeof(ident))))
		return fail(e, FAIL_FORMAT, "not an ELF file: no magic at offset 0");
	if (ident[4] != 1 && ident[4] != 2)
		return fail(e, FAIL_FORMAT, "ELF: class %u at offset 4 is neither 32 nor 64 bit",
			    ident[4]);
	if (ident[5] != 1 && ident[5] != 2)
		return fail(e, FAIL_FORMAT, "ELF: unknown byte order %u at offset 5", ident[5]);
	r->elf->is_64 = ident[4] == 2;
	r->elf->big_endian = ident[5] == 2;
	return 0;
}

static void read_segment(const struct reader *r, const uint8_t *at, struct segment *ret)
{
	ret->type = word(r, at);
	if (r->elf->is_64) {
		ret->offset = wide(r, at + 8);
		ret->address = wide(r, at + 16);
		ret->file_size = wide(r, at + 32);
		ret->align = wide(r, at + 48);
	} else {
		ret->offset = wide(r, at + 4);
		ret->address = wide(r, at + 8);
		ret->file_size = wide(r, at + 16);
		ret->align = wide(r, at + 28);
	}
}

static int read_segments(struct reader *r, uint64_t offset, size_t n, size_t entry_size,
			 struct err *e)
{
	size_t need = r->elf->is_64 ? 56 : 32;
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
	if (get(r, offset, bytes, n * need, "program headers", e) < 0)
		return -(int)e->code;
	r->segments = arena_array(r->arena, n, sizeof(*r->segments));
	r->n_segments = n;
	for (size_t i = 0; i < n; i++)
		read_segment(r, bytes + i * need, &r->segments[i]);
	return 0;
}

static int read_header(struct reader *r, struct err *e)
{
	uint8_t header[HEADER_MAX_BYTES];
	bool is_64;

	if (read_ident(r, e) < 0)
		return -(int)e->code;
	is_64 = r->elf->is_64;
	if (get(r, 0, header, is_64 ? 64 : 52, "header", e) < 0)
		return -(int)e->code;
	r->elf->type = half(r, header + 16);
	r->elf->machine = half(r, header + 18);
	r->elf->flags = word(r, header + (is_64 ? 48 : 36));
	return read_segments(r, wide(r, header + (is_64 ? 32 : 28)),
			     half(r, header + (is_64 ? 56 : 44)),
			     half(r, header + (is_64 ? 54 : 42)), e);
}

/* The NUL-terminated string at `offset`, at most up to `end`. */
static int read_string(const struct reader *r, uint64_t offset, uint64_t end, const char *what,
		       struct view *ret, struct err *e)
{
	char text[ELF_MAX_STRING + 1];
	size_t n, len;

	if (end > r->in->size)
		end = r->in->size;
	if (offset >= end)
		return fail(e, FAIL_FORMAT,
			    "ELF: the %s at offset %" PRIu64 " is outside the file of %" PRIu64
			    " bytes",
			    what, offset, r->in->size);
	n = end - offset < sizeof(text) ? (size_t)(end - offset) : sizeof(text);
	if (r->in->read(r->in->ctx, offset, text, n, e) < 0)
		return -(int)e->code;
	len = strnlen(text, n);
	if (len == n)
		return fail(e, FAIL_FORMAT, "ELF: the %s at offset %" PRIu64 " has no end", what,
			    offset);
	*ret = view_make(arena_strndup(r->arena, text, len), len);
	return 0;
}

static const struct segment *find_segment(const struct reader *r, uint32_t type)
{
	for (size_t i = 0; i < r->n_segments; i++) {
		if (r->segments[i].type == type)
			return &r->segments[i];
	}
	return NULL;
}

static int read_interpreter(struct reader *r, struct err *e)
{
	const struct segment *s = find_segment(r, PT_INTERP_);
	uint64_t end;

	if (!s)
		return 0;
	if (!checked_add(s->offset, s->file_size, &end))
		end = UINT64_MAX;
	return read_string(r, s->offset, end, "interpreter", &r->elf->interpreter, e);
}

static int read_dynamic(struct reader *r, struct err *e)
{
	const struct segment *s = find_segment(r, PT_DYNAMIC_);
	size_t size = r->elf->is_64 ? 16 : 8;
	auto_free uint8_t *bytes = NULL;
	size_t n;

	if (!s || s->file_size < size)
		return 0;
	if (s->file_size > ELF_MAX_DYNAMIC_BYTES)
		return fail(e, FAIL_LIMIT,
			    "ELF: a dynamic section of %" PRIu64 " bytes, at most %d are read",
			    s->file_size, ELF_MAX_DYNAMIC_BYTES);
	n = (size_t)s->file_size / size;
	bytes = mem_alloc(n * size);
	if (get(r, s->offset, bytes, n * size, "dynamic section", e) < 0)
		return -(int)e->code;
	r->dynamic = arena_array(r->arena, n, sizeof(*r->dynamic));
	for (size_t i = 0; i < n; i++) {
		struct dynamic_entry d = { wide(r, bytes + i * size),
					   wide(r, bytes + i * size + size / 2) };

		if (d.tag == 0)
			break;
		r->dynamic[r->n_dynamic++] = d;
	}
	return 0;
}

/* Where the bytes of an address are in the file; addresses that no segment holds stay. */
static uint64_t offset_of(const struct reader *r, uint64_t address)
{
	for (size_t i = 0; i < r->n_segments; i++) {
		const struct segment *s = &r->segments[i];

		if (s->type == PT_LOAD_ && address >= s->address &&
		    address - s->address < s->file_size)
			return address - s->address + s->offset;
	}
	return address;
}

static int dynamic_string(const struct reader *r, uint64_t at, const char *what, struct view *ret,
			  struct err *e)
{
	uint64_t offset;

	if (!checked_add(r->strings, at, &offset))
		offset = UINT64_MAX;
	return read_string(r, offset, UINT64_MAX, what, ret, e);
}

static int read_needed(struct reader *r, struct err *e)
{
	struct elf *f = r->elf;
	size_t n = 0;

	for (size_t i = 0; i < r->n_dynamic; i++)
		n += r->dynamic[i].tag == DT_NEEDED_;
	if (n > ELF_MAX_NEEDED)
		return fail(e, FAIL_LIMIT, "ELF: %zu needed libraries, at most %d are read", n,
			    ELF_MAX_NEEDED);
	f->needed = arena_array(r->arena, n ? n : 1, sizeof(*f->needed));
	for (size_t i = 0; i < r->n_dynamic; i++) {
		if (r->dynamic[i].tag != DT_NEEDED_)
			continue;
		if (dynamic_string(r, r->dynamic[i].value, "name of a needed library",
				   &f->needed[f->n_needed], e) < 0)
			return -(int)e->code;
		f->n_needed++;
	}
	return 0;
}

static int read_names(struct reader *r, struct err *e)
{
	for (size_t i = 0; i < r->n_dynamic; i++) {
		const struct dynamic_entry *d = &r->dynamic[i];
		int rc = 0;

		if (d->tag == DT_SONAME_ && !r->elf->soname.ptr)
			rc = dynamic_string(r, d->value, "soname", &r->elf->soname, e);
		else if (d->tag == DT_RPATH_)
			rc = dynamic_string(r, d->value, "rpath", &r->elf->rpath, e);
		else if (d->tag == DT_RUNPATH_)
			rc = dynamic_string(r, d->value, "runpath", &r->elf->runpath, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_strings(struct reader *r, struct err *e)
{
	for (size_t i = 0; i < r->n_dynamic; i++) {
		if (r->dynamic[i].tag != DT_STRTAB_)
			continue;
		r->strings = offset_of(r, r->dynamic[i].value);
		r->elf->has_dynamic = true;
		if (read_needed(r, e) < 0)
			return -(int)e->code;
		return read_names(r, e);
	}
	return 0;
}

static size_t padded(size_t n, size_t align)
{
	return (n + align - 1) / align * align;
}

/* The properties of one note, in ascending order of their types. */
static void read_properties(struct reader *r, const uint8_t *at, size_t left, size_t align)
{
	while (left >= 8) {
		uint32_t type = word(r, at), size = word(r, at + 4);

		if (size > left - 8)
			return;
		if (type == X86_ISA_1_NEEDED && size == 4)
			r->elf->x86_isa_needed = word(r, at + 8);
		if (type >= X86_ISA_1_NEEDED || padded(size, align) > left - 8)
			return;
		at += 8 + padded(size, align);
		left -= 8 + padded(size, align);
	}
}

/* The first GNU property note; one that breaks the rules counts as none. */
static void read_notes(struct reader *r, const uint8_t *at, size_t left, size_t align)
{
	while (left >= 12) {
		uint32_t name = word(r, at), size = word(r, at + 4), type = word(r, at + 8);
		size_t skip;

		if (name > left || size > left || 12 + padded(name, 4) > left)
			return;
		skip = padded(12 + padded(name, 4), align);
		if (skip > left || size > left - skip)
			return;
		if (name == 4 && type == NT_GNU_PROPERTY_TYPE_0_ &&
		    memcmp(at + 12, "GNU", 4) == 0) {
			if (size >= 8 && size % align == 0)
				read_properties(r, at + skip, size, align);
			return;
		}
		if (padded(size, align) > left - skip)
			return;
		at += skip + padded(size, align);
		left -= skip + padded(size, align);
	}
}

static int read_isa(struct reader *r, struct err *e)
{
	const struct segment *s = find_segment(r, PT_GNU_PROPERTY_);
	size_t align = r->elf->is_64 ? 8 : 4;
	auto_free uint8_t *bytes = NULL;

	if (!s || s->align != align || s->file_size > ELF_MAX_NOTE_BYTES)
		return 0;
	if (r->elf->machine != ELF_386 && r->elf->machine != ELF_X86_64)
		return 0;
	bytes = mem_alloc((size_t)s->file_size);
	if (get(r, s->offset, bytes, (size_t)s->file_size, "property note", e) < 0)
		return -(int)e->code;
	read_notes(r, bytes, (size_t)s->file_size, align);
	return 0;
}

int elf_read(const struct elf_input *in, struct arena *a, struct elf *ret, struct err *e)
{
	struct elf f = { 0 };
	struct reader r = { .in = in, .arena = a, .elf = &f };

	if (read_header(&r, e) < 0 || read_interpreter(&r, e) < 0 || read_dynamic(&r, e) < 0 ||
	    read_strings(&r, e) < 0 || read_isa(&r, e) < 0)
		return -(int)e->code;
	*ret = f;
	return 0;
}

static int read_view(void *ctx, uint64_t offset, void *to, size_t n, struct err *e)
{
	const struct view *bytes = ctx;

	(void)e;
	memcpy(to, bytes->ptr + offset, n);
	return 0;
}

int elf_read_bytes(struct view bytes, struct arena *a, struct elf *ret, struct err *e)
{
	struct elf_input in = { .size = bytes.len, .read = read_view, .ctx = &bytes };

	return elf_read(&in, a, ret, e);
}
