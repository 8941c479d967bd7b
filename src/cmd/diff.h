/* SPDX-License-Identifier: Apache-2.0 */
/* Showing what pare diff found. */
#pragma once

#include "cmd/verb.h"
#include "view/diff.h"

void diff_text(const struct view_diff *d, const struct image_view *a, const struct image_view *b,
	       const struct command *c, struct buf *to);
void diff_json(const struct view_diff *d, const struct image_view *a, const struct image_view *b,
	       struct buf *to);
