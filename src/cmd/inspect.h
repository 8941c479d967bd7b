/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms in which an image is shown in detail. */
#pragma once

#include "base/buf.h"
#include "view/look.h"

struct inspected {
	const char *shown_as; /* as the user named it */
	struct look look;
	const char **names; /* all the names that the store has for it: NAME:TAG */
	size_t n_names;
};

/* A summary for people; lines are cut at `columns` (0: never). */
void inspect_text(const struct inspected *i, unsigned int columns, bool color, struct arena *a,
		  struct buf *to);
/*
 * An array with one object per platform, with the keys of `docker image inspect` and besides
 * Digest, Layers and Annotations. Size is that of the layers as stored (compressed).
 */
void inspect_json(const struct inspected *i, struct arena *a, struct buf *to);
