/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader shares with variants, profiles, tests and fuzzers. */
#pragma once

#include "base/view.h"
#include "recipe/reader.h"

enum {
	RECIPE_MAX_DEPTH = 16, /* of extends; profiles use four */
	RECIPE_MAX_FILES = 64,
	RECIPE_MAX_KEY_BYTES = 4 << 20, /* Debian's whole keyring has 55 kB */
};

/* A text that is a recipe of its own; extends built-in profiles only, and opens no file. */
int recipe_parse(struct view text, const char *name, struct recipe **ret, struct err *e);

struct variant {
	const char *name;
	bool nonroot, debug;
};

/*
 * Cuts a variant off the end of "NAME:VARIANT". False with *ret_suffix when what is behind the
 * last colon is no variant; *ret is NULL when there is no colon.
 */
bool variant_split(struct view *name, const struct variant **ret, struct view *ret_suffix);
/* What nonroot changes, at the place in the chain where it is asked for; notes debug for later. */
void variant_apply(struct reader *rd, const struct variant *v);
/* What debug changes, when the whole recipe is known, and what holds for every recipe. */
void recipe_finish(struct recipe *r);
/* The nearest public profile's name, or NULL. */
const char *profile_suggest(const char *name);
