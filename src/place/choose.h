/* SPDX-License-Identifier: Apache-2.0 */
/* The image for one platform among those of an index. */
#pragma once

#include "place/source.h"

struct platform_choice {
	const char *wanted; /* "arm64", "arm/v7"; NULL: this machine's */
	const char *name;   /* of the whole image, for messages; NULL: not said */
	const char *hint;   /* "choose with --arch"; for who has wanted nothing */
};

/*
 * The first manifest behind `root` for that platform; when none was wanted and there is only one,
 * that. FAIL_NOT_FOUND says which platforms there are. Nothing but indexes is read where these
 * say what they list; else the configs are. What an index says of the image isn't in *ret.
 */
int place_choose(struct place_source *s, const struct descriptor *root,
		 const struct platform_choice *c, struct arena *a, struct descriptor *ret,
		 struct err *e);
