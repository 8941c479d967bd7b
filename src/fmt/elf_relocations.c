/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which undefined symbols a loader looks up at once, and which only when a function is called: by
 * the relocations that name them. A symbol that none names is never looked up.
 */
#include "base/mem.h"
#include "fmt/elf_parts.h"

#include <inttypes.h>

enum {
	DT_PLTRELSZ_ = 2,
	DT_RELA_ = 7,
	DT_RELASZ_ = 8,
	DT_REL_ = 17,
	DT_RELSZ_ = 18,
	DT_PLTREL_ = 20,
	DT_JMPREL_ = 23,
	DT_BIND_NOW_ = 24,
	DT_FLAGS_ = 30,
	DF_BIND_NOW_ = 8,
	DF_1_NOW_ = 1,
	PIECE_ENTRIES = 512,
	MAX_ENTRY_BYTES = 24,
};

#define DT_FLAGS_1_ UINT64_C(0x6ffffffb)

struct table {
	uint64_t offset, size;
	size_t entry;
	enum elf_use use;
};

static bool binds_now(const struct elf_reader *r)
{
	uint64_t value;

	return elf_dynamic_value(r, DT_BIND_NOW_, &value) ||
	       (elf_dynamic_value(r, DT_FLAGS_, &value) && value & DF_BIND_NOW_) ||
	       (elf_dynamic_value(r, DT_FLAGS_1_, &value) && value & DF_1_NOW_);
}

static struct elf_symbol *symbol_with(struct elf_symbols *s, uint64_t index)
{
	size_t from = 0, to = s->n_undefined;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (s->undefined[middle].index == index)
			return &s->undefined[middle];
		if (s->undefined[middle].index < index)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static void mark(struct elf_symbols *s, uint64_t index, enum elf_use use)
{
	struct elf_symbol *symbol = index ? symbol_with(s, index) : NULL;

	if (symbol && symbol->use < use)
		symbol->use = use;
}

static int read_table(struct elf_reader *r, const struct table *t, struct elf_symbols *s,
		      struct err *e)
{
	auto_free uint8_t *bytes = mem_alloc((size_t)PIECE_ENTRIES * MAX_ENTRY_BYTES);
	uint64_t left, offset = t->offset;

	if (t->size > r->in->size)
		return fail(e, FAIL_FORMAT,
			    "ELF: %" PRIu64 " bytes of relocations in a file of %" PRIu64 " bytes",
			    t->size, r->in->size);
	for (left = t->size / t->entry; left > 0;) {
		size_t n = left < PIECE_ENTRIES ? (size_t)left : PIECE_ENTRIES;

		if (elf_get(r, offset, bytes, n * t->entry, "relocations", e) < 0)
			return -(int)e->code;
		for (size_t i = 0; i < n; i++) {
			const uint8_t *at = bytes + i * t->entry;
			uint64_t info = elf_wide(r, at + (r->is_64 ? 8 : 4));

			mark(s, r->is_64 ? info >> 32 : info >> 8, t->use);
		}
		offset += n * t->entry;
		left -= n;
	}
	return 0;
}

static int read_tables(struct elf_reader *r, enum elf_use lazy, struct elf_symbols *s,
		       struct err *e)
{
	uint64_t plt = 0, plt_size = 0, plt_kind = 0;
	struct { /* tags */
		uint64_t at, size, entry;
	} plain[] = { { DT_RELA_, DT_RELASZ_, r->is_64 ? 24 : 12 },
		      { DT_REL_, DT_RELSZ_, r->is_64 ? 16 : 8 } };
	bool has_plt = elf_dynamic_value(r, DT_JMPREL_, &plt) &&
		       elf_dynamic_value(r, DT_PLTRELSZ_, &plt_size);

	elf_dynamic_value(r, DT_PLTREL_, &plt_kind);
	for (size_t i = 0; i < 2; i++) {
		struct table t = { .entry = (size_t)plain[i].entry, .use = ELF_USE_EARLY };
		uint64_t at;

		if (!elf_dynamic_value(r, plain[i].at, &at) ||
		    !elf_dynamic_value(r, plain[i].size, &t.size))
			continue;
		/* some linkers count the PLT's into the others, at their end */
		if (has_plt && plt >= at && plt - at < t.size)
			t.size = plt - at;
		t.offset = elf_offset_of(r, at);
		if (read_table(r, &t, s, e) < 0)
			return -(int)e->code;
	}
	if (has_plt) {
		struct table t = { .offset = elf_offset_of(r, plt),
				   .size = plt_size,
				   .entry = (size_t)plain[plt_kind == DT_RELA_ ? 0 : 1].entry,
				   .use = lazy };

		return read_table(r, &t, s, e);
	}
	return 0;
}

int elf_read_uses(const struct elf_input *in, const struct elf *f, struct elf_symbols *s,
		  struct err *e)
{
	struct elf_reader r;

	elf_reader_init(&r, in, f, NULL);
	if (f->machine == ELF_MIPS) { /* the GOT's own order says it, not relocations */
		for (size_t i = 0; i < s->n_undefined; i++)
			s->undefined[i].use = ELF_USE_LATE;
		return 0;
	}
	return read_tables(&r, binds_now(&r) ? ELF_USE_EARLY : ELF_USE_LATE, s, e);
}
