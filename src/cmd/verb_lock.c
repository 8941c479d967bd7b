/* SPDX-License-Identifier: Apache-2.0 */
/* pare lock: writes down, beside a recipe, the packages that its image is made of. */
#include "cmd/recipe_options.h"
#include "cmd/verbs.h"

struct lock_options {
	struct recipe_options recipe;
	struct optional update;
};

static const struct option lock_rows[] = {
	OPTION('u', "update", OPTIONAL, struct lock_options, update, "PACKAGE",
	       "move to what the archive holds now"),
	RECIPE_OPTIONS(struct lock_options, recipe),
};

static int run_lock(struct command *c, const void *options, struct err *e)
{
	(void)c;
	(void)options;
	return fail(e, FAIL_UNSUPPORTED, "'lock' is not there yet");
}

const struct verb verb_lock = {
	.name = "lock",
	.summary = "Write down the packages that a recipe's image is made of",
	.operands = "[RECIPE]",
	.max_operands = 1,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare lock --update=openssl pare.yaml",
	.options = OPTION_TABLE(lock_rows),
	.options_size = sizeof(struct lock_options),
	.run = run_lock,
};
