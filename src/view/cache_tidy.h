/* SPDX-License-Identifier: Apache-2.0 */
/* Removing what nobody has used for long from the cache. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct cache_tidied {
	uint64_t n_removed, removed_bytes;
	uint64_t n_kept, kept_bytes;
};

/*
 * Removes packages, indexes, layers' and images' records and the rest that has a digest's name,
 * when it was not used within `unused_s`, to the day, or can't be used any more. Who has a file
 * open keeps it until it is done. With `dry_run` it only counts.
 */
int view_cache_tidy(int cache_fd, int64_t unused_s, bool dry_run, struct cache_tidied *ret,
		    struct err *e);
