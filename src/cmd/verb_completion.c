/* SPDX-License-Identifier: Apache-2.0 */
/* pare completion SHELL: a script for the shell to load. */
#include "base/array.h"
#include "base/suggest.h"
#include "cmd/complete.h"
#include "cmd/verbs.h"

#include <string.h>

static const char *const shells[] = { "bash", "zsh", "fish" };
static void (*const writers[])(struct buf *) = { complete_bash, complete_zsh, complete_fish };

static int run_completion(struct command *c, const void *options, struct err *e)
{
	auto_buf script = BUF_EMPTY;
	const char *meant;

	(void)options;
	for (size_t i = 0; i < COUNT_OF(shells); i++) {
		if (strcmp(c->operands[0], shells[i]) != 0)
			continue;
		writers[i](&script);
		fputs(buf_str(&script), c->out);
		return 0;
	}
	meant = suggest_nearest(c->operands[0], shells, COUNT_OF(shells));
	return fail(e, FAIL_USAGE, "no completion for '%s': there is bash, zsh and fish%s%s%s",
		    c->operands[0], meant ? "\ndid you mean '" : "", meant ? meant : "",
		    meant ? "'?" : "");
}

const struct verb verb_completion = {
	.name = "completion",
	.summary = "Write a completion script for bash, zsh or fish",
	.rare = true,
	.operands = "SHELL",
	.min_operands = 1,
	.max_operands = 1,
	.complete = COMPLETE_SHELL,
	.example = "source <(pare completion bash)",
	.run = run_completion,
};
