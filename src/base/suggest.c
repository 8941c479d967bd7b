/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the nearest word; see suggest.h. */
#include "base/suggest.h"

#include <limits.h>
#include <string.h>

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int suggest_distance(const char *a, const char *b)
{
	/* Three rows of the table: the one before the last is for swapped neighbours. */
	unsigned int rows[3][SUGGEST_MAX_CHARS + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > SUGGEST_MAX_CHARS || b_len > SUGGEST_MAX_CHARS)
		return UINT_MAX;
	for (size_t j = 0; j <= b_len; j++)
		above[j] = before[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int change = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = least(change, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

const char *suggest_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word);
	unsigned int best_distance = len <= 4 ? 1 : (unsigned int)(len / 3);
	const char *best = NULL, *begun = NULL;

	if (len == 0 || len > SUGGEST_MAX_CHARS)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *c = candidates[i];
		unsigned int distance;

		if (!c)
			continue;
		if (!begun && len >= 3 && strncmp(c, word, len) == 0)
			begun = c;
		distance = suggest_distance(word, c);
		if (distance < best_distance || (!best && distance == best_distance)) {
			best_distance = distance;
			best = c;
		}
	}
	return best ? best : begun;
}
