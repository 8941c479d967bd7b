/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of a place that is far away, kept in memory: they are read to choose a platform, to
 * plan, and to be used, but need to come over the line only once. Thread-safe.
 */
#pragma once

#include <pthread.h>

#include "base/arena.h"
#include "base/map.h"
#include "crypto/digest.h"

#include <stdbool.h>

enum { KEPT_MAX_BYTES = 4 << 20 }; /* a thousand documents; what is beyond is read again */

/* To be set by kept_init(). */
struct kept {
	pthread_mutex_t lock;
	struct arena arena;
	struct map at;
	size_t bytes;
};

void kept_init(struct kept *k);
void kept_done(struct kept *k);
/* The bytes live as long as `k`. */
bool kept_find(struct kept *k, const struct sha256 *digest, struct view *ret);
/* Bytes that have this digest; copied. */
void kept_add(struct kept *k, const struct sha256 *digest, struct view bytes);
