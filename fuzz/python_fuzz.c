/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Python program; what it imports stays within the text and the limits. */
#include "fuzz.h"

#include "fmt/python.h"

#include <stdlib.h>

static void need(bool what)
{
	if (!what)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	auto_arena a = ARENA_EMPTY;
	struct python_import *imports;
	size_t n = python_imports(text, &a, &imports);
	size_t lines = 1;

	need(n <= PYTHON_MAX_IMPORTS);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (size_t i = 0; i < n; i++) {
		need(imports[i].module.len > 0);
		need(imports[i].module.ptr[imports[i].module.len - 1] != '.');
		need(imports[i].line >= 1 && imports[i].line <= lines);
	}
	return 0;
}
