/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of an ELF file for its readers: numbers in its byte order, pieces and strings that are
 * checked to be inside it, and where its addresses are.
 */
#include "base/checked.h"
#include "fmt/elf_parts.h"

#include <inttypes.h>

void elf_reader_init(struct elf_reader *r, const struct elf_input *in, const struct elf *f,
		     struct arena *a)
{
	memset(r, 0, offsetof(struct elf_reader, window));
	r->in = in;
	r->arena = a;
	r->is_64 = f->is_64;
	r->big_endian = f->big_endian;
	r->parts = f->parts;
}

uint64_t elf_number(const struct elf_reader *r, const uint8_t *at, size_t n)
{
	uint64_t value = 0;

	if (r->big_endian)
		for (size_t i = 0; i < n; i++)
			value = value << 8 | at[i];
	else
		for (size_t i = n; i > 0; i--)
			value = value << 8 | at[i - 1];
	return value;
}

/* Bytes that lie inside the file; small pieces come from a window that is kept. */
static int read_inside(struct elf_reader *r, uint64_t offset, void *to, size_t n, struct err *e)
{
	uint64_t size;

	if (n > sizeof(r->window) / 2)
		return r->in->read(r->in->ctx, offset, to, n, e);
	if (offset < r->window_start || offset + n > r->window_start + r->window_size) {
		size = r->in->size - offset;
		if (size > sizeof(r->window))
			size = sizeof(r->window);
		r->window_size = 0;
		if (r->in->read(r->in->ctx, offset, r->window, (size_t)size, e) < 0)
			return -(int)e->code;
		r->window_start = offset;
		r->window_size = (size_t)size;
	}
	memcpy(to, r->window + (offset - r->window_start), n);
	return 0;
}

static int outside(const struct elf_reader *r, const char *what, uint64_t offset, struct err *e)
{
	return fail(e, FAIL_FORMAT,
		    "ELF: the %s at offset %" PRIu64 " is outside the file of %" PRIu64 " bytes",
		    what, offset, r->in->size);
}

int elf_get(struct elf_reader *r, uint64_t offset, void *to, size_t n, const char *what,
	    struct err *e)
{
	uint64_t end;

	if (!checked_add(offset, n, &end) || end > r->in->size)
		return outside(r, what, offset, e);
	return read_inside(r, offset, to, n, e);
}

/* The string, when all of it is in the window. */
static bool string_in_window(struct elf_reader *r, uint64_t offset, uint64_t end, struct view *ret)
{
	uint64_t window_end = r->window_start + r->window_size;
	const char *text;
	size_t n, len;

	if (offset < r->window_start || offset >= window_end)
		return false;
	text = (const char *)r->window + (offset - r->window_start);
	n = (size_t)((end < window_end ? end : window_end) - offset);
	len = strnlen(text, n);
	if (len == n || len > ELF_MAX_STRING)
		return false;
	*ret = view_make(arena_strndup(r->arena, text, len), len);
	return true;
}

int elf_get_string(struct elf_reader *r, uint64_t offset, uint64_t end, const char *what,
		   struct view *ret, struct err *e)
{
	char text[ELF_MAX_STRING + 1];
	size_t n, len;

	if (end > r->in->size)
		end = r->in->size;
	if (offset >= end)
		return outside(r, what, offset, e);
	if (string_in_window(r, offset, end, ret))
		return 0;
	n = end - offset < sizeof(text) ? (size_t)(end - offset) : sizeof(text);
	if (read_inside(r, offset, text, n, e) < 0)
		return -(int)e->code;
	len = strnlen(text, n);
	if (len == n)
		return fail(e, FAIL_FORMAT,
			    "ELF: the %s at offset %" PRIu64 " has no end within %zu bytes", what,
			    offset, n);
	*ret = view_make(arena_strndup(r->arena, text, len), len);
	return 0;
}

const struct elf_segment *elf_segment(const struct elf_reader *r, uint32_t type)
{
	for (size_t i = 0; i < r->parts->n_segments; i++) {
		if (r->parts->segments[i].type == type)
			return &r->parts->segments[i];
	}
	return NULL;
}

/* Where the bytes of an address are in the file; addresses that no segment holds stay. */
uint64_t elf_offset_of(const struct elf_reader *r, uint64_t address)
{
	for (size_t i = 0; i < r->parts->n_segments; i++) {
		const struct elf_segment *s = &r->parts->segments[i];

		if (s->type == PT_LOAD_ && address >= s->address &&
		    address - s->address < s->file_size)
			return address - s->address + s->offset;
	}
	return address;
}

size_t elf_padded(size_t n, size_t align)
{
	return (n + align - 1) / align * align;
}
