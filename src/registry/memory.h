/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a later run may profit from: uploads under way, and which repositories have a blob. Small
 * files in the cache; nothing here is ever an error, and nothing is believed without asking.
 */
#pragma once

#include "registry/registry.h"

enum { MEMORY_MAX_PLACES = 8 }; /* repositories remembered for one blob */

/* The address of an upload to HOST/NAME that was begun; false when there is none. */
bool memory_get_upload(const char *cache, const char *repository, const struct sha256 *digest,
		       struct buf *ret_location);
/* `location` NULL: it is over. */
void memory_set_upload(const char *cache, const char *repository, const struct sha256 *digest,
		       const char *location);

/* Names of repositories at `host` that had the blob, the newest first; in `a`. */
void memory_list_places(const char *cache, const char *host, const struct sha256 *digest,
			struct arena *a, struct strings *ret);
void memory_add_place(const char *cache, const char *host, const char *name,
		      const struct sha256 *digest);
