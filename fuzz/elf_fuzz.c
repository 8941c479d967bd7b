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
	return 0;
}
