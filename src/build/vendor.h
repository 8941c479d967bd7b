/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping every package of a lock in a folder, whatever archives do to old ones. */
#pragma once

#include "build/build.h"
#include "pkg/apk/repository.h"

struct vendored {
	size_t n;	/* packages, each file once */
	size_t n_base;	/* documents and layers of the base */
	size_t n_new;	/* of both, those that weren't there before, or were damaged */
	uint64_t bytes; /* of all */
};

/*
 * Fetches what the folder lacks, packages and the base that the lock pins, by way of the store,
 * from the cache or from where they come from; each file's name is its SHA-256, which it has. Other
 * files in there stay.
 */
int build_vendor(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		 int dir_fd, struct vendored *ret, struct err *e);

/* Where a locked package can be had, in `a`: its file in `folder` (may be NULL), named by its
 * SHA-256, its mirror, then the snapshot of the lock's date. */
int build_package_urls(const struct build_context *ctx, const struct apk_context *apk,
		       const struct lock *l, const struct lock_package *p, const char *folder,
		       struct arena *a, const char *const **ret, size_t *ret_n, struct err *e);
