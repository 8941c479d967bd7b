/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where indexes lie in the cache: a folder for each kind, a file named by the digest of what it is
 * of and the version. A cache that can't be had or written costs time, not the answer. Internal to
 * view/.
 */
#pragma once

#include "view/image_view.h"

#define CACHE_LAYERS "layer-index"
#define CACHE_TREES "tree-index"
#define CACHE_SCANS "layer-scan"
#define CACHE_READS "layer-reads"

/* The file, or -1. */
int view_cache_open(const struct image_view *v, const char *folder, const struct sha256 *key,
		    unsigned version);
/*
 * Lets `write` write it, and makes it visible when it is whole. Another process' one may lie there
 * before. *ret_fd reads what was written; NULL if nobody wants to. FAIL_NOT_FOUND: nothing is kept.
 */
typedef int cache_write(void *ctx, int fd, struct err *e);
int view_cache_write(const struct image_view *v, const char *folder, const struct sha256 *key,
		     unsigned version, cache_write *write, void *ctx, int *ret_fd, struct err *e);
