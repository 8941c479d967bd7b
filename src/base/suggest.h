/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean …": the word of a list that somebody probably meant to type. Distance is
 * Damerau-Levenshtein (optimal string alignment): inserting, dropping, changing a character or
 * swapping two neighbours each cost one.
 */
#pragma once

#include <stddef.h>

enum {
	/* Longer words are never near anything; keeps the work per candidate small. */
	SUGGEST_MAX_CHARS = 64,
};

/* UINT_MAX when one of the words is longer than SUGGEST_MAX_CHARS. */
unsigned int suggest_distance(const char *a, const char *b) __attribute__((nonnull));

/*
 * The nearest candidate, or NULL when none is near: at most one change in words of up to four
 * characters, else at most a third of them; a candidate that `word` begins counts as near. The
 * first one wins a tie. NULL candidates are skipped.
 */
const char *suggest_nearest(const char *word, const char *const *candidates, size_t n)
	__attribute__((nonnull(1)));
