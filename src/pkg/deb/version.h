/* SPDX-License-Identifier: Apache-2.0 */
/* Debian version numbers: [epoch:]upstream[-revision], as deb-version(7) orders them. */
#pragma once

#include "base/err.h"
#include "base/view.h"

enum { DEB_VERSION_MAX_BYTES = 512 }; /* the longest in trixie has 60 */

/* FAIL_FORMAT, saying what is wrong, unless it is a version that dpkg takes. */
int deb_version_check(struct view v, struct err *e);
/* Less than, equal to or greater than 0. Total over any bytes, so that it can sort unchecked ones.
 */
int deb_version_compare(struct view a, struct view b);
