/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts as a unified difference, as diff -u writes it. */
#pragma once

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>

enum {
	UNIFIED_CONTEXT = 3,
	/* Lines that differ; beyond, what is left counts as one change: time grows with its square.
	 */
	UNIFIED_MAX_EDITS = 4000,
};

/* Appends nothing when they are the same. */
void unified_write(struct view a, struct view b, const char *name_a, const char *name_b,
		   struct buf *to);
/* Whether it is text at all: a NUL byte near the start says no, as for git and grep. */
bool unified_is_text(struct view v);
