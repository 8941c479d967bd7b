/* SPDX-License-Identifier: Apache-2.0 */
/* pare packages: what a recipe resolves to, and what asked for each package. */
#include "cmd/recipe_options.h"
#include "cmd/verbs.h"

struct packages_options {
	struct recipe_options recipe;
};

static const struct option packages_rows[] = {
	RECIPE_OPTIONS(struct packages_options, recipe),
};

static int run_packages(struct command *c, const void *options, struct err *e)
{
	(void)c;
	(void)options;
	return fail(e, FAIL_UNSUPPORTED, "'packages' is not there yet");
}

const struct verb verb_packages = {
	.name = "packages",
	.summary = "Show the packages of a recipe's image",
	.operands = "[RECIPE]",
	.max_operands = 1,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare packages --profile distroless/cc",
	.options = OPTION_TABLE(packages_rows),
	.options_size = sizeof(struct packages_options),
	.run = run_packages,
};
