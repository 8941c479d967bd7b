/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wu and Manber's search ("A fast algorithm for multi-pattern searching", 1994) with blocks of two
 * bytes: a window as long as the shortest text moves on by what its last two bytes allow.
 */
#include "recipe/scan.h"

#include <assert.h>
#include <string.h>

enum { BLOCK = 2 };

/* 12 bits, so that the table stays in the processor's first cache. */
static unsigned block_at(const char *p)
{
	uint16_t block;

	memcpy(&block, p, sizeof(block));
	return (block ^ (unsigned)block >> 4) & 0xfff;
}

void scan_init(struct scan *s, const struct view *texts, size_t n)
{
	assert(n <= SCAN_MAX_TEXTS);
	s->n = n;
	s->window = SCAN_MAX_TEXT_BYTES;
	for (size_t i = 0; i < n; i++) {
		assert(texts[i].len >= SCAN_MIN_TEXT_BYTES && texts[i].len <= SCAN_MAX_TEXT_BYTES);
		s->texts[i] = texts[i];
		if (texts[i].len < s->window)
			s->window = texts[i].len;
	}
	memset(s->shift, (int)(s->window - BLOCK + 1), sizeof(s->shift));
	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0; at + BLOCK <= s->window; at++) {
			uint8_t *shift = &s->shift[block_at(texts[i].ptr + at)];
			uint8_t left = (uint8_t)(s->window - BLOCK - at);

			if (left < *shift)
				*shift = left;
		}
	}
}

static uint64_t texts_at(const struct scan *s, const char *p, size_t left)
{
	uint64_t found = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->texts[i].len <= left && memcmp(p, s->texts[i].ptr, s->texts[i].len) == 0)
			found |= UINT64_C(1) << i;
	return found;
}

uint64_t scan_bytes(const struct scan *s, struct view bytes)
{
	uint64_t found = 0;
	size_t at = 0; /* where the window begins */

	while (s->n && at + s->window <= bytes.len) {
		uint8_t shift = s->shift[block_at(bytes.ptr + at + s->window - BLOCK)];

		if (shift == 0) {
			found |= texts_at(s, bytes.ptr + at, bytes.len - at);
			shift = 1;
		}
		at += shift;
	}
	return found;
}
