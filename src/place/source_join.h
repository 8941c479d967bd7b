/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One source out of several: an image whose layers come from two places, and whose documents are
 * at hand. Which blob comes from where is said beforehand.
 */
#pragma once

#include "place/source.h"

struct place_source *place_source_join(void) __attribute__((returns_nonnull));
/* What was said first about a digest counts. Sources and bytes are borrowed. */
void place_source_join_blob(struct place_source *joined, const struct sha256 *digest,
			    struct place_source *from);
void place_source_join_bytes(struct place_source *joined, const struct sha256 *digest,
			     struct view bytes);
