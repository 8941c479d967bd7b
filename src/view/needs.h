/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which package of an image asks for which, as its databases say: dpkg's Pre-Depends, Depends and
 * Recommends (deb-control(5)), apk's D:, p: and i: (apk-package(5)). Only what is installed counts:
 * of alternatives those that are there, of a virtual name the packages that provide it.
 */
#pragma once

#include "base/map.h"
#include "view/image_view.h"

enum {
	/* All of Debian on one disk asks 600,000 times; an image some thousand times. */
	NEEDS_MAX = 2 << 20,
	NEEDS_MAX_LOOKS = 4 << 20,	 /* candidates that are compared with what is asked for */
	NEEDS_MAX_NAMES = 2 << 20,	 /* of packages, and what they provide */
	NEEDS_MAX_FIELD_BYTES = 1 << 20, /* the longest in trixie has 60 kB */
	NEEDS_MAX_VERSION_BYTES = 512,	 /* longer ones fit nothing; the longest in trixie has 60 */
	NEEDS_MAX_COMPLAINTS = 10,	 /* that are kept in words */
};

enum need_field { NEED_PRE_DEPENDS, NEED_DEPENDS, NEED_RECOMMENDS, NEED_INSTALL_IF };

struct need {
	uint32_t by, on; /* numbers of packages, never the same */
	enum need_field field;
	struct view text; /* the whole clause, as the database has it */
};

/* One who has a name. */
struct name_holder {
	struct view version; /* ptr is NULL: provided without one */
	uint32_t package;
	uint32_t next; /* number + 1 of the next holder, 0: none */
	bool is_own;   /* it is the package's own name */
};

struct needs {
	struct need *at; /* by `on`, then in the order of the databases */
	size_t n;
	size_t *first; /* of each package, and the end: at[first[i]] to at[first[i + 1]] */
	struct {
		struct name_holder *at;
		size_t n, cap;
	} holders;
	struct map names;	   /* number + 1 of the first holder */
	struct strings complaints; /* what could not be understood; in `arena` */
	size_t n_complaints;
	struct arena arena;
};

/*
 * What is malformed is complained of and left out, what goes past a limit too. Fails only when it
 * is interrupted. Texts live as long as the view. `ret` is to be given to needs_done() on success.
 */
int needs_make(const struct image_view *v, struct needs *ret, struct err *e);
void needs_done(struct needs *n);

/* "Depends", as the database calls it. */
const char *need_field_name(enum need_field f);
/* Who has that name, in the order of the databases; NULL: nobody. */
const struct name_holder *needs_named(const struct needs *n, struct view name);
const struct name_holder *needs_next(const struct needs *n, const struct name_holder *h);
