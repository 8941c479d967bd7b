/* SPDX-License-Identifier: Apache-2.0 */
/* The record of whole builds, which lets an unchanged one end after reading some JSON. */
#pragma once

#include "build/build.h"

/*
 * The image that was built under this key, if all of it is still in the store as it was. Layers
 * are read through and compared with their digests unless their files are the very ones, never
 * written since, for which that was done before.
 */
bool image_cache_find(const struct build_context *ctx, int dir_fd, const char *key, struct arena *a,
		      struct descriptor *ret);
void image_cache_save(const struct build_context *ctx, int dir_fd, const char *key,
		      const struct descriptor *d);
