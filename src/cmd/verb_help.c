/* SPDX-License-Identifier: Apache-2.0 */
/* pare help [VERB]: the same as --help. */
#include "cmd/parse.h"
#include "cmd/usage.h"
#include "cmd/verbs.h"

static int run_help(struct command *c, const void *options, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	const struct verb *verb;
	int r;

	(void)options;
	if (c->n_operands == 0) {
		usage_program(&text);
	} else {
		r = parse_verb(c->operands[0], &verb, e);
		if (r < 0)
			return r;
		usage_verb(verb, &text);
	}
	fputs(buf_str(&text), c->out);
	return 0;
}

const struct verb verb_help = {
	.name = "help",
	.summary = "Show how to use pare or one of its verbs",
	.rare = true,
	.operands = "[VERB]",
	.max_operands = 1,
	.complete = COMPLETE_VERB,
	.example = "pare help build",
	.run = run_help,
};
