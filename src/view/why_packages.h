/* SPDX-License-Identifier: Apache-2.0 */
/* Why a package is in an image, by what packages ask of one another. Internal to why.c. */
#pragma once

#include "view/needs.h"
#include "view/why.h"
#include "view/why_start.h"

#define WHY_APK_WORLD "etc/apk/world" /* what somebody asked apk for (apk-world(5)) */

/* NAME, NAME:ARCHITECTURE, or the first that provides NAME, which becomes one of the links. */
const struct view_package *why_package_named(struct why *w, const struct image_view *v,
					     const struct needs *needs, const char *name);
/*
 * Fills w->packages for w->package: the shortest chain from the most telling root (enum why_root).
 * Recommends and install_if only count where no chain without them comes from anybody's wish.
 */
int why_find_packages(struct why *w, const struct image_view *v, const struct needs *needs,
		      const struct reach *r, struct err *e);
