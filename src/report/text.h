/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: how wide it is on a terminal, times in words, and names from hostile
 * images made harmless (a control character could drive the terminal). Independent of the locale.
 */
#pragma once

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The next character of a non-empty view; false and one byte when it is no UTF-8. */
bool text_next(struct view v, uint32_t *ret_char, size_t *ret_len);
/* Control characters, and overrides of the writing direction, which make a name look like another.
 */
bool text_is_control(uint32_t c);
/* Columns that UTF-8 text takes: 2 for East Asian wide, 0 for combining; bad bytes count as 1. */
size_t text_width(struct view v);
/* The longest part from the start that takes at most `columns`. */
struct view text_head(struct view v, size_t columns);
/* Appends v; control characters and bytes that are no UTF-8 become '?'. */
void text_add_safe(struct buf *to, struct view v);
/* "2 d 3 h", "5 m 10 s", "1.5 s". */
void text_add_duration(struct buf *to, uint64_t ms);
