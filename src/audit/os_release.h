/* SPDX-License-Identifier: Apache-2.0 */
/* What a tree says that it is: os-release(5). */
#pragma once

#include "tree/tree.h"

enum { OS_RELEASE_MAX_BYTES = 64 << 10 }; /* real ones have 500 */

/* The text, in `a`; empty when there is none, or one beyond the limit. */
int os_release_read(const struct tree *t, struct arena *a, struct view *ret, struct err *e);
/* The value of "VERSION_ID" and the like, borrowed, without quotes; empty when it isn't there. */
struct view os_release_value(struct view text, const char *key);
