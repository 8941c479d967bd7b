/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alpine's version numbers (apk-package(5)): DIGITS{.DIGITS}[letter]{_suffix[DIGITS]}[~hash][-rN].
 */
#pragma once

#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>

enum { APK_MAX_VERSION_BYTES = 256 }; /* the longest in Alpine 3.16 has 32 */

/* Less than, equal to or greater than 0. Total: what is no version is compared up to there, and
 * comes before all that goes on. */
int apk_version_compare(struct view a, struct view b);
/* Whether `version` begins with all components of `prefix`: 3.6.9 does with 3.6, 3.60 doesn't. */
bool apk_version_begins(struct view version, struct view prefix);
/* FAIL_FORMAT names the byte from which on it is no version. */
int apk_version_check(struct view version, struct err *e);
