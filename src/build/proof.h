/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof at the end of a build: that what the image is told to run is there, is for its user to
 * execute and for its machine, and finds all that it loads. link/ knows how; here is what is asked
 * and what is said.
 */
#pragma once

#include "build/build.h"

/*
 * `c` is the image's config as it will be. FAIL_FINDING, with the chain from the entrypoint and
 * the package that would help, for a command that could not start; further problems go to the
 * monitor. Nothing to run is no problem.
 */
int build_prove(const struct build *b, const struct image_config *c, struct err *e);

/* The package that would bring a library, by its soname, or a program; NULL when nobody knows. */
const char *build_package_with(const struct build *b, const char *file, struct arena *a);
