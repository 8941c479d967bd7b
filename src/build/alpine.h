/* SPDX-License-Identifier: Apache-2.0 */
/* Within build/: where Alpine's packages come from, for resolving and for building. */
#pragma once

#include "build/build.h"
#include "pkg/apk/repository.h"

/* Borrows from all of them. apk_context_done() when it's over. */
struct apk_context alpine_context(const struct build_context *ctx, const struct recipe *r,
				  struct arena *a);

/* Where a locked package is to be had, in `a`. */
int alpine_package_url(const struct apk_context *apk, const struct lock *l,
		       const struct lock_package *p, struct arena *a, const char **ret,
		       struct err *e);
