/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's dependency fields (deb-control(5), policy 7.1) of binary packages: comma-separated
 * clauses, "|" between alternatives, versions in parentheses, architecture qualifiers. Lists of
 * architectures and profiles only mean something in source packages, and are errors.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"
#include "pkg/world.h"

#include <stddef.h>

enum {
	DEB_MAX_CLAUSES = 65536,    /* per field; the longest Provides in trixie has 1,500 */
	DEB_MAX_ALTERNATIVES = 256, /* per clause; trixie has 20 */
};

/* Clauses of one field, in the arena; atoms are views into `field`. `name` is for messages. */
int deb_depends_parse(struct view field, const char *name, struct arena *a,
		      struct clause **ret_clauses, size_t *ret_n, struct err *e);
