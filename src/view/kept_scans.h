/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What scanners found in a layer, in the cache: a layer that was seen before isn't looked at again,
 * whatever image it is in. Internal to view/.
 */
#pragma once

#include "base/buf.h"
#include "view/image_view.h"

enum {
	KEPT_SCAN_VERSION = 1,
	/* 200,000 files with their digests take 10 MB; what is larger isn't kept */
	KEPT_SCAN_MAX_BYTES = 64 << 20,
};

/* Gives the scanner what is kept of the layer; false: it has to look. */
bool kept_scan_load(const struct image_view *v, const struct view_scanner *s, size_t layer);
/* For whoever comes next; a cache that can't be written costs them time. */
void kept_scan_save(const struct image_view *v, const struct view_scanner *s, size_t layer,
		    const struct buf *found);
