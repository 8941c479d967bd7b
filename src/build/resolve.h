/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a recipe asks for to a lock: opens its repositories, lets the solver choose, and
 * writes down what was chosen and who vouched for it.
 */
#pragma once

#include "build/build.h"

struct resolve_options {
	const char *const *archs; /* OCI names */
	size_t n_archs;
	const struct lock *old;	    /* packages keep these versions while they can; may be NULL */
	const char *update_package; /* but not this one; NULL with `old` set: all keep theirs */
};

/* `why` gets the solver's long explanation when nothing fits. */
int build_resolve(const struct build_context *ctx, const struct recipe *r,
		  const struct resolve_options *o, struct lock **ret, struct buf *why,
		  struct err *e);

/* Whether the lock is of this recipe as it is now and has all of these architectures. */
bool build_lock_is_current(const struct lock *l, const struct recipe *r, const char *const *archs,
			   size_t n_archs);
