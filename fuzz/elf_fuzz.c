/* SPDX-License-Identifier: Apache-2.0 */
/* Reads any bytes as an ELF file; what comes out must keep to the limits and be terminated. */
#include "fuzz.h"

#include "fmt/elf.h"

#include <assert.h>

static void check_string(struct view s)
{
	if (s.ptr)
		assert(s.len <= ELF_MAX_STRING && strlen(s.ptr) == s.len);
	else
		assert(s.len == 0);
}

static void check_symbols(const struct elf_symbol *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert(strlen(at[i].name.ptr) == at[i].name.len);
		if (at[i].version)
			assert(at[i].version->name.len <= ELF_MAX_SYMBOL_NAME);
	}
}

static void read_more(struct view bytes, const struct elf *f, struct arena *a)
{
	struct elf_input in = elf_input_of(&bytes);
	struct elf_symbols symbols;
	struct elf_facts facts;
	struct err e;

	if (elf_read_symbols(&in, f, a, &symbols, &e) == 0) {
		check_symbols(symbols.undefined, symbols.n_undefined);
		check_symbols(symbols.defined, symbols.n_defined);
		if (elf_read_uses(&in, f, &symbols, &e) < 0)
			assert(e.code == FAIL_FORMAT);
	} else {
		assert(e.code == FAIL_FORMAT || e.code == FAIL_LIMIT);
	}
	if (elf_read_facts(&in, f, a, &facts, &e) < 0)
		assert(e.code == FAIL_FORMAT || e.code == FAIL_LIMIT);
	else
		assert(facts.n_dlopen_notes <= ELF_MAX_DLOPEN_NOTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;
	struct elf f;
	struct err e;

	if (elf_read_bytes(view_make((const char *)data, size), &a, &f, &e) < 0) {
		assert(e.code == FAIL_FORMAT || e.code == FAIL_LIMIT);
		return 0;
	}
	check_string(f.interpreter);
	check_string(f.soname);
	check_string(f.rpath);
	check_string(f.runpath);
	assert(f.n_needed <= ELF_MAX_NEEDED);
	for (size_t i = 0; i < f.n_needed; i++)
		check_string(f.needed[i]);
	read_more(view_make((const char *)data, size), &f, &a);
	return 0;
}
