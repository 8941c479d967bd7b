/* SPDX-License-Identifier: Apache-2.0 */
/* pare init: the recipe that gives the image which `build` would make of a program. */
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "sys/result.h"

#include <string.h>
#include <unistd.h>

struct init_options {
	struct recipe_options recipe;
	struct program_options program;
	const char *output;
	bool force;
};

static const struct option init_rows[] = {
	OPTION('o', "output", STRING, struct init_options, output, "FILE",
	       "instead of pare.yaml; - is standard output", .complete = COMPLETE_FILE),
	OPTION('f', "force", BOOL, struct init_options, force, NULL,
	       "replace a file that is there"),
	RECIPE_SOURCE_OPTIONS(struct init_options, recipe),
	PROGRAM_OPTIONS(struct init_options, program),
};

/* Paths in the recipe are relative to it: it lies where it was derived, in the current folder. */
static int write_recipe(struct command *c, const struct init_options *o, const struct buf *text,
			struct err *e)
{
	const char *name = o->output ? o->output : RECIPE_DEFAULT_NAME;
	int rc;

	if (strcmp(name, "-") == 0) {
		fputs(buf_str(text), c->out);
		return 0;
	}
	if (strchr(name, '/'))
		return fail(e, FAIL_USAGE,
			    "'%s' is not in this folder, which the recipe's paths are relative to",
			    name);
	if (!o->force && access(name, F_OK) == 0)
		return fail(e, FAIL_CONFLICT, "'%s' is there already; replace it with --force",
			    name);
	rc = result_file_write(name, text->data, text->len, 0644, e);
	if (rc < 0)
		return rc;
	fprintf(c->out, "%s\n", name);
	return 0;
}

static int run_init(struct command *c, const void *options, struct err *e)
{
	const struct init_options *o = options;
	struct session_options wishes = { .recipe = &o->recipe,
					  .program = &o->program,
					  .program_only = true };
	auto_session s;
	int rc = session_open(c, &wishes, &s, e);

	return rc < 0 ? rc : write_recipe(c, o, &s.derived_text, e);
}

const struct verb verb_init = {
	.name = "init",
	.summary = "Write the recipe of a program's image",
	.operands = "PROGRAM",
	.min_operands = 1,
	.max_operands = 1,
	.takes_arguments = true,
	.complete = COMPLETE_FILE,
	.example = "pare init ./server",
	.options = OPTION_TABLE(init_rows),
	.options_size = sizeof(struct init_options),
	.run = run_init,
};
