/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alpine's dependencies (apk-package(5)): words of the form [!]NAME[@TAG][OPERATOR VERSION], where
 * a name may also be so:…, cmd:…, pc:… or a path, and an operator is any sensible mix of < > = ~.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"
#include "pkg/world.h"

#include <stddef.h>

enum { APK_MAX_DEPENDENCIES = 65536 }; /* per field; the longest in Alpine 3.16 has 1,100 */

/* One word. Views into it. FAIL_FORMAT says what is wrong with it. */
int apk_atom_parse(struct view word, struct atom *ret, struct err *e);
/* A field's words, in the arena; `field` is for messages. */
int apk_depends_parse(struct view text, const char *field, struct arena *a, struct atom **ret,
		      size_t *ret_n, struct err *e);
/* The name at the start of a word, without looking at the rest. */
struct view apk_atom_name(struct view word);
