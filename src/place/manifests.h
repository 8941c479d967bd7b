/* SPDX-License-Identifier: Apache-2.0 */
/* The manifests behind an image: those of an index, and of the indexes in it. */
#pragma once

#include "place/source.h"

/*
 * In order, each once for each platform that it is listed for; of a manifest only itself. Nothing
 * but indexes is read, each once. Lives in `a`. FAIL_LIMIT: nested deeper than WALK_MAX_DEPTH, or
 * more than OCI_MAX_MANIFESTS in all.
 */
int place_manifests(struct place_source *s, const struct descriptor *root, struct arena *a,
		    struct descriptor **ret, size_t *ret_n, struct err *e);
