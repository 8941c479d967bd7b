/* SPDX-License-Identifier: Apache-2.0 */
/* Removing indexes of layers and trees from the cache that nobody has used for long. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct cache_tidied {
	uint64_t n_removed, removed_bytes;
	uint64_t n_kept, kept_bytes;
};

/*
 * Removes what was not used within `unused_s`, to the day, or was written by an older pare. Who
 * reads an index meanwhile keeps it until it is done. With `dry_run` it only counts.
 */
int view_cache_tidy(int cache_fd, int64_t unused_s, bool dry_run, struct cache_tidied *ret,
		    struct err *e);
