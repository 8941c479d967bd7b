/* SPDX-License-Identifier: Apache-2.0 */
/* What a store is made of, for the files that implement it. */
#pragma once

#include "place/layout.h"
#include "place/store.h"
#include "sys/lock.h"

struct store {
	struct layout layout;
};

/*
 * Who makes a blob young again holds this shared, who removes old blobs holds it exclusively: a
 * blob that a build was told to be there is then never removed under it. Not the index's lock,
 * or writers of blobs would keep taggers waiting.
 */
int store_guard(const struct store *s, enum lock_kind kind, int *ret_fd, struct err *e);

/* FAIL_NOT_FOUND for the name with its tag, and what may have been meant. */
int store_missing(struct store *s, const char *full, struct arena *a, struct err *e);
