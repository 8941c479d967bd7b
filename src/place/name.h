/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images: [HOST[:PORT]/]NAME[:TAG], NAME as in the distribution-spec (lower case words
 * joined by '.', '_', '__' or dashes, separated by '/'), TAG [A-Za-z0-9_][A-Za-z0-9._-]{0,127}.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>

/*
 * The whole name with its tag, "latest" when it has none. FAIL_USAGE says which part is wrong. The
 * parts may be asked for: NULL if not.
 */
int image_name_parse(const char *text, struct arena *a, const char **ret_full,
		     const char **ret_name, const char **ret_tag, struct err *e);
/* What containers-image takes as an image inside of an OCI layout: "hello:latest", "a/b", "v1". */
bool layout_ref_valid(const char *ref);
