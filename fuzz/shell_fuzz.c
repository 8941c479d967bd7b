/* SPDX-License-Identifier: Apache-2.0 */
/* Reads any bytes as a shell's text: commands have words, and none is longer than the text. */
#include "fuzz.h"

#include "fmt/shell.h"

#include <assert.h>
#include <string.h>

static bool see(void *ctx, const char *const *words, size_t n)
{
	const size_t *size = ctx;

	assert(n > 0);
	for (size_t i = 0; i < n; i++)
		assert(!words[i] || strlen(words[i]) <= *size);
	return words[0] != SHELL_ARGUMENTS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;

	shell_commands(view_make((const char *)data, size), &a, see, &size);
	return 0;
}
