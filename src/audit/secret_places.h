/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in many bytes keywords may start: a filter that lets every place pass where one does, and
 * few others, so that most bytes are looked at once and only by the processor's widest
 * instructions. What passes is compared by the caller.
 */
#pragma once

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	PLACES_FILTER_BITS = 14,
	PLACES_DEPTH = 4,	 /* bytes of a keyword that are looked at */
	PLACES_MAX_BYTES = 2048, /* in one call */
};

struct places {
	/* By three bytes: may they be the first of a keyword, or follow its first? */
	uint8_t filter[1 << PLACES_FILTER_BITS];
	/*
	 * By the lower and upper half of the byte at each depth: the groups of keywords, a bit
	 * each, that may have it there.
	 */
	uint8_t low[PLACES_DEPTH][16], high[PLACES_DEPTH][16];
};

/* For a keyword of three bytes, `next` says which may be the fourth: a bit each. */
void places_add(struct places *p, struct view keyword, bool folded, const uint64_t next[4]);

/*
 * Offsets below `n` (at most PLACES_MAX_BYTES) into `ret`, ascending; returns how many. Four bytes
 * can be read at each of them.
 */
size_t places_find(const struct places *p, const char *bytes, size_t n, uint16_t *ret);
/* The same on any processor. */
size_t places_find_portable(const struct places *p, const char *bytes, size_t n, uint16_t *ret);
