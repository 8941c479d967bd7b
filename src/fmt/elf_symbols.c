/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic symbols and their versions. How many symbols there are is nowhere said: the hash table
 * knows, else the section headers, else the gap between symbol and string table. Strings are read
 * once, as a whole, and names point into them.
 */
#include "base/checked.h"
#include "base/mem.h"
#include "fmt/elf_parts.h"

#include <inttypes.h>

enum {
	DT_HASH_ = 4,
	DT_SYMTAB_ = 6,
	DT_STRSZ_ = 10,
	DT_MIPS_SYMTABNO_ = 0x70000011,
	SYMBOL_BYTES_32 = 16,
	SYMBOL_BYTES_64 = 24,
	STB_LOCAL_ = 0,
	STB_WEAK_ = 2,
	STT_SECTION_ = 3,
	STT_FILE_ = 4,
	SHN_UNDEF_ = 0,
	VERSION_HIDDEN_ = 0x8000,
	VERSION_INDEX_ = 0x7fff,
	VERSION_FIRST_ = 2, /* 0 is local, 1 global without a version */
	VERDEF_BASE_ = 1,
	VERSION_WEAK_ = 2,
	NEED_BYTES = 16,
	DEFINITION_BYTES = 20,
};

#define DT_GNU_HASH_ UINT64_C(0x6ffffef5)
#define DT_VERSYM_ UINT64_C(0x6ffffff0)
#define DT_VERDEF_ UINT64_C(0x6ffffffc)
#define DT_VERDEFNUM_ UINT64_C(0x6ffffffd)
#define DT_VERNEED_ UINT64_C(0x6ffffffe)
#define DT_VERNEEDNUM_ UINT64_C(0x6fffffff)

struct version_list {
	struct elf_version *at;
	size_t n, cap;
};

struct symbol_reader {
	struct elf_reader r;
	char *strings; /* ends in a NUL of our own */
	size_t n_strings;
	uint64_t symbols; /* file offset */
	struct version_list needed, defined;
	const struct elf_version **by_index;
	size_t n_by_index;
};

static size_t symbol_bytes(const struct elf_reader *r)
{
	return r->is_64 ? SYMBOL_BYTES_64 : SYMBOL_BYTES_32;
}

static int read_strings(struct symbol_reader *s, struct err *e)
{
	struct elf_reader *r = &s->r;
	uint64_t size = 0, start = r->parts->strings;

	elf_dynamic_value(r, DT_STRSZ_, &size);
	if (start < r->in->size && size > r->in->size - start)
		return fail(e, FAIL_FORMAT,
			    "ELF: %" PRIu64 " bytes of dynamic strings at offset %" PRIu64
			    " are more than the file's %" PRIu64,
			    size, start, r->in->size);
	if (size > ELF_MAX_DYNAMIC_STRINGS)
		return fail(e, FAIL_LIMIT,
			    "ELF: %" PRIu64 " bytes of dynamic strings, at most %d are read", size,
			    ELF_MAX_DYNAMIC_STRINGS);
	if (size == 0)
		start = 0;
	s->n_strings = (size_t)size;
	s->strings = arena_alloc(r->arena, s->n_strings + 1);
	return elf_get(r, start, s->strings, s->n_strings, "dynamic string table", e);
}

static int string_at(const struct symbol_reader *s, uint64_t at, const char *what, struct view *ret,
		     struct err *e)
{
	size_t len;

	if (at >= s->n_strings)
		return fail(e, FAIL_FORMAT,
			    "ELF: a %s at %" PRIu64 " of %zu bytes of dynamic strings", what, at,
			    s->n_strings);
	len = strnlen(s->strings + at, ELF_MAX_SYMBOL_NAME + 1);
	if (len > ELF_MAX_SYMBOL_NAME)
		return fail(e, FAIL_LIMIT, "ELF: a %s of more than %d bytes", what,
			    ELF_MAX_SYMBOL_NAME);
	*ret = view_make(s->strings + at, len);
	return 0;
}

static int add_version(struct symbol_reader *s, struct version_list *to, struct elf_version v,
		       uint64_t name, struct err *e)
{
	if (to->n >= ELF_MAX_VERSIONS)
		return fail(e, FAIL_LIMIT, "ELF: more than %d symbol versions", ELF_MAX_VERSIONS);
	if (string_at(s, name, "version", &v.name, e) < 0)
		return -(int)e->code;
	if (to->n == to->cap) {
		struct elf_version *more;

		to->cap = to->cap ? to->cap * 2 : 16;
		more = arena_array(s->r.arena, to->cap, sizeof(*more));
		if (to->n)
			memcpy(more, to->at, to->n * sizeof(*more));
		to->at = more;
	}
	to->at[to->n++] = v;
	return 0;
}

/* The versions needed of one library. */
static int read_need(struct symbol_reader *s, uint64_t offset, unsigned n, struct view file,
		     struct err *e)
{
	struct elf_reader *r = &s->r;

	for (unsigned i = 0; i < n; i++) {
		uint8_t aux[NEED_BYTES];
		struct elf_version v = { .file = file };
		uint32_t next;

		if (elf_get(r, offset, aux, sizeof(aux), "needed version", e) < 0)
			return -(int)e->code;
		v.weak = elf_half(r, aux + 4) & VERSION_WEAK_;
		v.index = elf_half(r, aux + 6) & VERSION_INDEX_;
		if (add_version(s, &s->needed, v, elf_word(r, aux + 8), e) < 0)
			return -(int)e->code;
		next = elf_word(r, aux + 12);
		if (next == 0)
			return 0;
		if (!checked_add(offset, next, &offset))
			return fail(e, FAIL_FORMAT, "ELF: needed versions past the end");
	}
	return 0;
}

static int read_needs(struct symbol_reader *s, struct err *e)
{
	struct elf_reader *r = &s->r;
	uint64_t address, n = 0, offset;

	if (!elf_dynamic_value(r, DT_VERNEED_, &address))
		return 0;
	elf_dynamic_value(r, DT_VERNEEDNUM_, &n);
	offset = elf_offset_of(r, address);
	for (uint64_t i = 0; i < n && i < ELF_MAX_NEEDED; i++) {
		uint8_t need[NEED_BYTES];
		struct view file = { NULL, 0 };
		uint64_t aux;
		uint32_t next;

		if (elf_get(r, offset, need, sizeof(need), "needed version", e) < 0 ||
		    string_at(s, elf_word(r, need + 4), "library", &file, e) < 0)
			return -(int)e->code;
		if (!checked_add(offset, elf_word(r, need + 8), &aux))
			aux = UINT64_MAX;
		if (read_need(s, aux, elf_half(r, need + 2), file, e) < 0)
			return -(int)e->code;
		next = elf_word(r, need + 12);
		if (next == 0)
			return 0;
		if (!checked_add(offset, next, &offset))
			return fail(e, FAIL_FORMAT, "ELF: needed versions past the end");
	}
	return 0;
}

static int read_definitions(struct symbol_reader *s, struct err *e)
{
	struct elf_reader *r = &s->r;
	uint64_t address, n = 0, offset;

	if (!elf_dynamic_value(r, DT_VERDEF_, &address))
		return 0;
	elf_dynamic_value(r, DT_VERDEFNUM_, &n);
	offset = elf_offset_of(r, address);
	for (uint64_t i = 0; i < n; i++) {
		uint8_t definition[DEFINITION_BYTES], name[4];
		struct elf_version v = { 0 };
		uint64_t aux;
		uint16_t flags;

		if (elf_get(r, offset, definition, sizeof(definition), "defined version", e) < 0)
			return -(int)e->code;
		flags = elf_half(r, definition + 2);
		v.index = elf_half(r, definition + 4) & VERSION_INDEX_;
		v.weak = flags & VERSION_WEAK_;
		if (!checked_add(offset, elf_word(r, definition + 12), &aux))
			aux = UINT64_MAX;
		if (elf_get(r, aux, name, sizeof(name), "defined version's name", e) < 0)
			return -(int)e->code;
		if (!(flags & VERDEF_BASE_) &&
		    add_version(s, &s->defined, v, elf_word(r, name), e) < 0)
			return -(int)e->code;
		if (elf_word(r, definition + 16) == 0)
			return 0;
		if (!checked_add(offset, elf_word(r, definition + 16), &offset))
			return fail(e, FAIL_FORMAT, "ELF: defined versions past the end");
	}
	return 0;
}

static void index_versions(struct symbol_reader *s, const struct version_list *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].index >= VERSION_FIRST_ && v->at[i].index < s->n_by_index &&
		    !s->by_index[v->at[i].index])
			s->by_index[v->at[i].index] = &v->at[i];
}

static size_t indices_of(const struct version_list *v, size_t n)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].index >= n)
			n = (size_t)v->at[i].index + 1;
	return n;
}

static int read_versions(struct symbol_reader *s, struct err *e)
{
	if (read_needs(s, e) < 0 || read_definitions(s, e) < 0)
		return -(int)e->code;
	s->n_by_index = indices_of(&s->needed, indices_of(&s->defined, VERSION_FIRST_));
	s->by_index = arena_array(s->r.arena, s->n_by_index, sizeof(struct elf_version *));
	index_versions(s, &s->needed);
	index_versions(s, &s->defined);
	return 0;
}

/* How many entries the symbol table has, by DT_HASH; its words have 8 bytes on two machines. */
static int count_by_hash(struct symbol_reader *s, uint64_t address, uint16_t machine,
			 uint64_t *ret_n, struct err *e)
{
	size_t size = s->r.is_64 && (machine == ELF_ALPHA || machine == ELF_S390) ? 8 : 4;
	uint8_t head[16];

	if (elf_get(&s->r, elf_offset_of(&s->r, address), head, 2 * size, "hash table", e) < 0)
		return -(int)e->code;
	*ret_n = elf_number(&s->r, head + size, size);
	return 0;
}

/* The end of the last chain; 0 when no symbol is defined, as undefined ones aren't hashed. */
static int count_by_gnu_hash(struct symbol_reader *s, uint64_t address, uint64_t *ret_n,
			     struct err *e)
{
	struct elf_reader *r = &s->r;
	uint64_t at = elf_offset_of(r, address), last = 0;
	uint32_t n_buckets, first, n_bloom;
	uint8_t word[16];

	*ret_n = 0;
	if (elf_get(r, at, word, 16, "GNU hash table", e) < 0)
		return -(int)e->code;
	n_buckets = elf_word(r, word);
	first = elf_word(r, word + 4);
	n_bloom = elf_word(r, word + 8);
	at += 16 + (uint64_t)n_bloom * (r->is_64 ? 8 : 4);
	if (n_buckets > ELF_MAX_SYMBOLS)
		return fail(e, FAIL_LIMIT, "ELF: %u hash buckets, at most %d are read", n_buckets,
			    ELF_MAX_SYMBOLS);
	for (uint32_t i = 0; i < n_buckets; i++, at += 4) {
		if (elf_get(r, at, word, 4, "GNU hash bucket", e) < 0)
			return -(int)e->code;
		if (elf_word(r, word) > last)
			last = elf_word(r, word);
	}
	if (last == 0)
		return 0;
	if (last < first || last > ELF_MAX_SYMBOLS)
		return fail(e, FAIL_FORMAT,
			    "ELF: a GNU hash bucket has symbol %" PRIu64
			    ", the table is of %u to %d",
			    last, first, ELF_MAX_SYMBOLS);
	for (at += (last - first) * 4;; at += 4, last++) {
		if (elf_get(r, at, word, 4, "GNU hash chain", e) < 0)
			return -(int)e->code;
		if (elf_word(r, word) & 1)
			break;
	}
	*ret_n = last + 1;
	return 0;
}

static uint64_t count_by_sections(struct symbol_reader *s)
{
	struct elf_section *sections;
	struct err ignored;
	size_t n;

	if (elf_sections(&s->r, &sections, &n, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (sections[i].type == SHT_DYNSYM_ && sections[i].offset == s->symbols)
			return sections[i].size / symbol_bytes(&s->r);
	return 0;
}

static int count_symbols(struct symbol_reader *s, uint16_t machine, uint64_t *ret_n, struct err *e)
{
	uint64_t address;

	*ret_n = 0;
	if (elf_dynamic_value(&s->r, DT_HASH_, &address))
		return count_by_hash(s, address, machine, ret_n, e);
	if (machine == ELF_MIPS && elf_dynamic_value(&s->r, DT_MIPS_SYMTABNO_, ret_n))
		return 0;
	if (elf_dynamic_value(&s->r, DT_GNU_HASH_, &address) &&
	    count_by_gnu_hash(s, address, ret_n, e) < 0)
		return -(int)e->code;
	if (*ret_n == 0)
		*ret_n = count_by_sections(s);
	if (*ret_n == 0 && s->r.parts->strings > s->symbols)
		*ret_n = (s->r.parts->strings - s->symbols) / symbol_bytes(&s->r);
	return 0;
}

/* What of an entry decides where it goes. */
struct raw_symbol {
	uint32_t name;
	uint16_t section;
	uint8_t binding, type;
};

static struct raw_symbol raw_symbol(const struct elf_reader *r, const uint8_t *at)
{
	uint8_t info = r->is_64 ? at[4] : at[12];

	return (struct raw_symbol){ .name = elf_word(r, at),
				    .section = elf_half(r, at + (r->is_64 ? 6 : 14)),
				    .binding = info >> 4,
				    .type = info & 15 };
}

/* Whether other files may see it, or it wants something of them. */
static bool is_seen(const struct elf_reader *r, struct raw_symbol raw, const uint8_t *version)
{
	if (raw.binding == STB_LOCAL_ || raw.type == STT_SECTION_ || raw.type == STT_FILE_)
		return false;
	/* index 0: bound locally by a version script */
	return raw.section == SHN_UNDEF_ || !version || elf_half(r, version) & VERSION_INDEX_;
}

static int take_symbol(struct symbol_reader *s, struct raw_symbol raw, const uint8_t *version,
		       size_t index_in_table, struct elf_symbols *to, struct err *e)
{
	struct elf_symbol symbol = { .type = raw.type, .weak = raw.binding == STB_WEAK_ };
	uint16_t index = version ? elf_half(&s->r, version) : 0;

	if (string_at(s, raw.name, "symbol's name", &symbol.name, e) < 0)
		return -(int)e->code;
	symbol.hidden = index & VERSION_HIDDEN_;
	index &= VERSION_INDEX_;
	if (index < s->n_by_index)
		symbol.version = s->by_index[index];
	symbol.index = (uint32_t)index_in_table;
	if (raw.section == SHN_UNDEF_)
		to->undefined[to->n_undefined++] = symbol;
	else
		to->defined[to->n_defined++] = symbol;
	return 0;
}

static int sort_symbols(struct symbol_reader *s, const uint8_t *bytes, const uint8_t *versions,
			size_t n, struct elf_symbols *to, struct err *e)
{
	size_t size = symbol_bytes(&s->r), n_undefined = 0, n_seen = 0;

	for (size_t i = 1; i < n; i++) {
		struct raw_symbol raw = raw_symbol(&s->r, bytes + i * size);

		if (!is_seen(&s->r, raw, versions ? versions + i * 2 : NULL))
			continue;
		n_seen++;
		n_undefined += raw.section == SHN_UNDEF_;
	}
	to->undefined = arena_array(s->r.arena, n_seen + 1, sizeof(*to->undefined));
	to->defined = to->undefined + n_undefined;
	for (size_t i = 1; i < n; i++) {
		struct raw_symbol raw = raw_symbol(&s->r, bytes + i * size);
		const uint8_t *version = versions ? versions + i * 2 : NULL;

		if (is_seen(&s->r, raw, version) && take_symbol(s, raw, version, i, to, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static int read_table(struct symbol_reader *s, uint64_t n, struct elf_symbols *to, struct err *e)
{
	auto_free uint8_t *bytes = NULL, *versions = NULL;
	uint64_t address;

	if (n > ELF_MAX_SYMBOLS)
		return fail(e, FAIL_LIMIT, "ELF: %" PRIu64 " dynamic symbols, at most %d are read",
			    n, ELF_MAX_SYMBOLS);
	if (n < 2)
		return 0;
	if (n > s->r.in->size / symbol_bytes(&s->r))
		return fail(e, FAIL_FORMAT,
			    "ELF: %" PRIu64 " dynamic symbols in a file of %" PRIu64 " bytes", n,
			    s->r.in->size);
	bytes = mem_alloc((size_t)n * symbol_bytes(&s->r));
	if (elf_get(&s->r, s->symbols, bytes, (size_t)n * symbol_bytes(&s->r),
		    "dynamic symbol table", e) < 0)
		return -(int)e->code;
	if (elf_dynamic_value(&s->r, DT_VERSYM_, &address)) {
		versions = mem_alloc((size_t)n * 2);
		if (elf_get(&s->r, elf_offset_of(&s->r, address), versions, (size_t)n * 2,
			    "table of symbol versions", e) < 0)
			return -(int)e->code;
	}
	return sort_symbols(s, bytes, versions, (size_t)n, to, e);
}

int elf_read_symbols(const struct elf_input *in, const struct elf *f, struct arena *a,
		     struct elf_symbols *ret, struct err *e)
{
	struct elf_symbols symbols = { 0 };
	struct symbol_reader s = { 0 };
	uint64_t address, n = 0;
	int rc;

	*ret = symbols;
	if (!f->has_dynamic)
		return 0;
	elf_reader_init(&s.r, in, f, a);
	rc = read_strings(&s, e);
	if (rc == 0)
		rc = read_versions(&s, e);
	if (rc == 0 && elf_dynamic_value(&s.r, DT_SYMTAB_, &address)) {
		s.symbols = elf_offset_of(&s.r, address);
		rc = count_symbols(&s, f->machine, &n, e);
		if (rc == 0)
			rc = read_table(&s, n, &symbols, e);
	}
	if (rc < 0)
		return rc;
	symbols.has_version_table = elf_dynamic_value(&s.r, DT_VERSYM_, &address);
	symbols.versions_needed = s.needed.at;
	symbols.n_versions_needed = s.needed.n;
	symbols.versions_defined = s.defined.at;
	symbols.n_versions_defined = s.defined.n;
	*ret = symbols;
	return 0;
}
