/* SPDX-License-Identifier: Apache-2.0 */
/* A package's .PKGINFO (apk-package(5)): lines "key = value", a key may come again. */
#pragma once

#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>

/* The next line's key and value, cut off the front; false at the end. Comments are passed over. */
bool apk_pkginfo_next(struct view *rest, struct view *ret_key, struct view *ret_value);
/* The first value of a key; ptr is NULL when there's none. */
struct view apk_pkginfo_get(struct view text, const char *key);
/* FAIL_FORMAT with the line for what is no such file, or says no name, version or architecture. */
int apk_pkginfo_check(struct view text, struct err *e);
/* FAIL_FORMAT for another package than that of this name and version: an archive whose index and
 * packages disagree would have scanners see another one. */
int apk_pkginfo_check_name(struct view text, const char *name, const char *version, struct err *e);
