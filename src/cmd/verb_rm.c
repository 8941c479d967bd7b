/* SPDX-License-Identifier: Apache-2.0 */
/* pare rm: takes names out of the local store. What they named stays until pare gc. */
#include "cmd/verbs.h"
#include "view/look.h"

struct rm_options {
	const char *store;
};

static const struct option rm_rows[] = {
	OPTION(0, "store", STRING, struct rm_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* All names are looked up first, so that a typing error removes nothing. */
static int run_rm(struct command *c, const void *options, struct err *e)
{
	const struct rm_options *o = options;
	struct descriptor d;
	auto_store s = NULL;
	int r;

	r = store_open(o->store, &s, e);
	if (r < 0)
		return r;
	for (int i = 0; i < c->n_operands; i++) {
		r = store_resolve(s, c->operands[i], c->arena, &d, e);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < c->n_operands; i++) {
		r = store_untag(s, c->operands[i], e);
		if (r < 0)
			return r;
		monitor_debug(c->monitor, "removed the name '%s'", c->operands[i]);
	}
	return 0;
}

const struct verb verb_rm = {
	.name = "rm",
	.summary = "Remove names of images from the local store",
	.rare = true,
	.operands = "NAME...",
	.min_operands = 1,
	.max_operands = ARITY_ANY,
	.complete = COMPLETE_IMAGE,
	.example = "pare rm hello:old && pare gc",
	.options = OPTION_TABLE(rm_rows),
	.options_size = sizeof(struct rm_options),
	.run = run_rm,
};
