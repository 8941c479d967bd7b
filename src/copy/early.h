/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs on their way to registries while the rest of the image is still in the making. What they
 * belong to is put there by a copy when all is done, which then finds them.
 */
#pragma once

#include "base/monitor.h"
#include "place/place.h"

struct copy_early;

/* Of `to` only registries are sent to. The store and the places are borrowed. */
int copy_early_open(struct store *from, const struct place *to, size_t n, struct monitor *m,
		    struct copy_early **ret, struct err *e);
/* A blob that is in the store now. Returns at once; from any thread. */
void copy_early_send(struct copy_early *x, const struct descriptor *d);
/* Waits for what is under way; the first failure is that of the whole. */
int copy_early_wait(struct copy_early *x, struct err *e);
/* Without a wait before, ends what is under way. */
void copy_early_close(struct copy_early *x);

static inline void copy_early_cleanup(struct copy_early **x)
{
	if (*x)
		copy_early_close(*x);
}

#define auto_copy_early __attribute__((cleanup(copy_early_cleanup))) struct copy_early *
