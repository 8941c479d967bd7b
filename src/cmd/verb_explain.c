/* SPDX-License-Identifier: Apache-2.0 */
/* pare explain: what a program is and needs, and what image it would get. */
#include "cmd/explain.h"
#include "cmd/verbs.h"

struct explain_options {
	struct recipe_options recipe;
	struct program_options program;
};

static const struct option explain_rows[] = {
	RECIPE_SOURCE_OPTIONS(struct explain_options, recipe),
	PROGRAM_OPTIONS(struct explain_options, program),
};

static int run_explain(struct command *c, const void *options, struct err *e)
{
	const struct explain_options *o = options;
	struct session_options wishes = { .recipe = &o->recipe,
					  .program = &o->program,
					  .program_only = true };
	auto_session s;
	int rc = session_open(c, &wishes, &s, e);

	return rc < 0 ? rc : explain(c, &s, e);
}

const struct verb verb_explain = {
	.name = "explain",
	.summary = "Say what a program is and needs, and what its image holds",
	.operands = "PROGRAM",
	.min_operands = 1,
	.max_operands = 1,
	.takes_arguments = true,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare explain ./server",
	.options = OPTION_TABLE(explain_rows),
	.options_size = sizeof(struct explain_options),
	.run = run_explain,
};
