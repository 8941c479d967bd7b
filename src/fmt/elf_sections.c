/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a file for people and debuggers: notes, and sections by their names. A loader looks
 * at none of it, but a file whose section headers aren't there was cut.
 */
#include "base/checked.h"
#include "base/mem.h"
#include "fmt/elf_parts.h"

#include <inttypes.h>

enum {
	NT_GNU_BUILD_ID_ = 3,
	SECTION_NAME_INDEX_ESCAPE = 0xffff, /* SHN_XINDEX */
	MAX_SECTION_NAMES_BYTES = 8
				  << 20, /* 65,536 names of object files with -ffunction-sections */
};

#define NT_FDO_PACKAGING_METADATA_ UINT32_C(0xcafe1a7e)
#define NT_FDO_DLOPEN_METADATA_ UINT32_C(0x407c0c0a)

static struct elf_section section_of(const struct elf_reader *r, const uint8_t *at)
{
	size_t wide = r->is_64 ? 8 : 4;

	return (struct elf_section){ .name = elf_word(r, at),
				     .type = elf_word(r, at + 4),
				     .address = elf_wide(r, at + 8 + wide),
				     .offset = elf_wide(r, at + 8 + 2 * wide),
				     .size = elf_wide(r, at + 8 + 3 * wide),
				     .align = elf_wide(r, at + 16 + 4 * wide) };
}

/* The number of sections, which is in the first of them when the header has no room for it. */
static int count_sections(struct elf_reader *r, size_t entry, uint64_t *ret_n, struct err *e)
{
	uint8_t first[64];

	*ret_n = r->parts->n_sections;
	if (r->parts->sections == 0 || *ret_n)
		return 0;
	if (elf_get(r, r->parts->sections, first, entry, "section headers", e) < 0)
		return -(int)e->code;
	*ret_n = section_of(r, first).size;
	return 0;
}

int elf_sections(struct elf_reader *r, struct elf_section **ret, size_t *ret_n, struct err *e)
{
	size_t entry = r->is_64 ? 64 : 40;
	auto_free uint8_t *bytes = NULL;
	struct elf_section *at;
	uint64_t n;

	*ret_n = 0;
	if (r->parts->sections == 0)
		return 0;
	if (r->parts->section_size != entry)
		return fail(e, FAIL_FORMAT, "ELF: section headers of %u bytes, expected are %zu",
			    r->parts->section_size, entry);
	if (count_sections(r, entry, &n, e) < 0)
		return -(int)e->code;
	if (n > ELF_MAX_SECTIONS)
		return fail(e, FAIL_LIMIT, "ELF: %" PRIu64 " sections, at most %d are read", n,
			    ELF_MAX_SECTIONS);
	bytes = mem_alloc((size_t)n * entry + 1);
	if (elf_get(r, r->parts->sections, bytes, (size_t)n * entry, "section headers", e) < 0)
		return -(int)e->code;
	at = arena_array(r->arena, (size_t)n + 1, sizeof(*at));
	for (size_t i = 0; i < n; i++)
		at[i] = section_of(r, bytes + i * entry);
	*ret = at;
	*ret_n = (size_t)n;
	return 0;
}

/* The names of all sections; NUL-terminated. */
static int section_names(struct elf_reader *r, const struct elf_section *at, size_t n,
			 struct view *ret, struct err *e)
{
	size_t entry = r->is_64 ? 64 : 40;
	uint64_t index = r->parts->section_names;
	char *names;

	if (index == SECTION_NAME_INDEX_ESCAPE) {
		uint8_t first[64]; /* sh_link */

		if (elf_get(r, r->parts->sections, first, entry, "section headers", e) < 0)
			return -(int)e->code;
		index = elf_word(r, first + (r->is_64 ? 40 : 24));
	}
	*ret = view_make("", 0);
	if (index == 0 || at[index < n ? index : 0].type == SHT_NOBITS_)
		return 0;
	if (index >= n)
		return fail(e, FAIL_FORMAT,
			    "ELF: section %" PRIu64 " of %zu should hold the sections' names",
			    index, n);
	if (at[index].size > MAX_SECTION_NAMES_BYTES)
		return fail(e, FAIL_LIMIT,
			    "ELF: %" PRIu64 " bytes of section names, at most %d are read",
			    at[index].size, MAX_SECTION_NAMES_BYTES);
	names = arena_alloc(r->arena, (size_t)at[index].size + 1);
	*ret = view_make(names, (size_t)at[index].size);
	return elf_get(r, at[index].offset, names, ret->len, "sections' names", e);
}

/* Text in a note, without the NULs that end and pad it. */
static struct view note_text(struct elf_reader *r, const uint8_t *at, size_t n)
{
	n = strnlen((const char *)at, n);
	return view_make(arena_strndup(r->arena, (const char *)at, n), n);
}

static int take_dlopen_note(struct elf_reader *r, struct view text, struct elf_facts *to,
			    struct err *e)
{
	if (to->n_dlopen_notes == ELF_MAX_DLOPEN_NOTES)
		return fail(e, FAIL_LIMIT, "ELF: more than %d notes on libraries that are opened",
			    ELF_MAX_DLOPEN_NOTES);
	if (!to->dlopen_notes)
		to->dlopen_notes =
			arena_array(r->arena, ELF_MAX_DLOPEN_NOTES, sizeof(*to->dlopen_notes));
	to->dlopen_notes[to->n_dlopen_notes++] = text;
	return 0;
}

static int take_note(struct elf_reader *r, struct view owner, uint32_t type, const uint8_t *at,
		     size_t n, struct elf_facts *to, struct err *e)
{
	if (view_eq(owner, view_make("GNU", 4)) && type == NT_GNU_BUILD_ID_ && !to->build_id.ptr)
		to->build_id = view_make(arena_strndup(r->arena, (const char *)at, n), n);
	if (!view_eq(owner, view_make("FDO", 4)))
		return 0;
	if (type == NT_FDO_PACKAGING_METADATA_ && !to->package_note.ptr)
		to->package_note = note_text(r, at, n);
	if (type == NT_FDO_DLOPEN_METADATA_)
		return take_dlopen_note(r, note_text(r, at, n), to, e);
	return 0;
}

/* A run of notes; one that breaks the rules ends it. */
static int read_notes(struct elf_reader *r, uint64_t offset, uint64_t size, uint64_t align,
		      struct elf_facts *to, struct err *e)
{
	auto_free uint8_t *bytes = NULL;
	size_t at = 0;

	if (size > ELF_MAX_NOTE_BYTES)
		return fail(e, FAIL_LIMIT, "ELF: %" PRIu64 " bytes of notes, at most %d are read",
			    size, ELF_MAX_NOTE_BYTES);
	align = align == 8 ? 8 : 4;
	bytes = mem_alloc((size_t)size + 1);
	if (elf_get(r, offset, bytes, (size_t)size, "notes", e) < 0)
		return -(int)e->code;
	while (size - at >= 12) {
		uint32_t name = elf_word(r, bytes + at), n = elf_word(r, bytes + at + 4);
		struct view owner = view_make((const char *)bytes + at + 12, name);
		size_t start, end;

		if (name > size - at || n > size - at)
			return 0;
		start = at + elf_padded(12 + (size_t)name, (size_t)align);
		end = start + n;
		if (end > size)
			return 0;
		if (take_note(r, owner, elf_word(r, bytes + at + 8), bytes + start, n, to, e) < 0)
			return -(int)e->code;
		at = elf_padded(end, (size_t)align);
		if (at > size)
			return 0;
	}
	return 0;
}

static int read_segment_notes(struct elf_reader *r, struct elf_facts *to, struct err *e)
{
	for (size_t i = 0; i < r->parts->n_segments; i++) {
		const struct elf_segment *s = &r->parts->segments[i];

		if (s->type == PT_NOTE_ &&
		    read_notes(r, s->offset, s->file_size, s->align, to, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static bool is_debug(struct view name)
{
	return view_starts(name, ".debug_") || view_starts(name, ".zdebug_");
}

static int take_section(struct elf_reader *r, const struct elf_section *s, struct view name,
			bool had_notes, struct elf_facts *to, struct err *e)
{
	uint64_t size = s->type == SHT_NOBITS_ ? 0 : s->size;

	if (is_debug(name))
		to->debug_bytes += size;
	else if (view_is(name, ".symtab") || view_is(name, ".strtab"))
		to->symbol_bytes += size;
	else if (view_is(name, ".dep-v0"))
		return elf_read_rust(r, s, &to->rust, e);
	else if (view_is(name, ".go.buildinfo"))
		return elf_read_go(r, s, &to->go, e);
	else if (s->type == SHT_NOTE_ && !had_notes)
		return read_notes(r, s->offset, size, s->align, to, e);
	return 0;
}

static int read_sections(struct elf_reader *r, struct elf_facts *to, struct err *e)
{
	bool had_notes = elf_segment(r, PT_NOTE_) != NULL;
	struct elf_section *at = NULL;
	struct view names = { "", 0 };
	size_t n;

	if (elf_sections(r, &at, &n, e) < 0)
		return -(int)e->code;
	to->has_sections = n > 0;
	if (n == 0)
		return 0;
	if (section_names(r, at, n, &names, e) < 0)
		return -(int)e->code;
	for (size_t i = 0; i < n; i++) {
		uint64_t end;

		if (at[i].type != SHT_NOBITS_ &&
		    (!checked_add(at[i].offset, at[i].size, &end) || end > r->in->size))
			return fail(e, FAIL_FORMAT,
				    "ELF: section %zu ends at offset %" PRIu64
				    ", past the file's %" PRIu64 " bytes",
				    i, at[i].offset + at[i].size, r->in->size);
		if (at[i].name < names.len &&
		    take_section(r, &at[i], view_of(names.ptr + at[i].name), had_notes, to, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

int elf_read_facts(const struct elf_input *in, const struct elf *f, struct arena *a,
		   struct elf_facts *ret, struct err *e)
{
	struct elf_facts facts = { 0 };
	struct elf_reader r;

	elf_reader_init(&r, in, f, a);
	if (read_segment_notes(&r, &facts, e) < 0 || read_sections(&r, &facts, e) < 0)
		return -(int)e->code;
	*ret = facts;
	return 0;
}
