/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package of apk 3 (apk-v3(5)): a block of values with all that there is to know, signatures,
 * and the contents of its files. An index names the values by their SHA-256; the values name each
 * content by its hash. The package becomes what one of version 2 becomes: control members, with a
 * .PKGINFO, and a tar.
 */
#pragma once

#include "pkg/apk/package_file.h"

/* As apk_package_verify(); takes `fd`. */
int apk_adb_package_verify(int fd, const char *file, const struct apk_indexed *as,
			   struct sha256 *ret, struct err *e);
/* Control members, owners (APK_OWNERS) and files to the contents; takes `fd`, a file of `size`
 * bytes. */
int apk_adb_package_decode(int fd, uint64_t size, struct pkg_contents *c, struct err *e);
