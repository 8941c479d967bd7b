/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a few dozen texts occur in a stream of bytes: one pass over all of them at once, faster
 * than memory can be searched for each. For looking what is compiled into a program.
 */
#pragma once

#include "base/view.h"

#include <stdint.h>

enum {
	SCAN_MAX_TEXTS = 64,	 /* so that a set of them is one number */
	SCAN_MIN_TEXT_BYTES = 8, /* shorter ones would be found in any large file, and cost speed */
	SCAN_MAX_TEXT_BYTES = 64, /* what successive pieces must overlap by */
};

struct scan {
	struct view texts[SCAN_MAX_TEXTS];
	size_t n;
	size_t window; /* the shortest text's length */
	/* By a hash of the two bytes that end a window: how far it may go on. */
	uint8_t shift[1 << 12];
};

/* Texts of SCAN_MIN_TEXT_BYTES to SCAN_MAX_TEXT_BYTES, borrowed; at most SCAN_MAX_TEXTS. */
void scan_init(struct scan *s, const struct view *texts, size_t n);
/* The set of texts that are whole in `bytes`: bit i for texts[i]. */
uint64_t scan_bytes(const struct scan *s, struct view bytes);
