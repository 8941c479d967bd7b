/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Alpine package, of version 2 (apk-v2(5)) or 3 (package_adb.h). Version 2 is gzip members with
 * signatures, control files and data, together one tar. The index names the compressed control
 * member by its digest, .PKGINFO in that the compressed data, and PAX records in that each file.
 */
#pragma once

#include "crypto/digest.h"
#include "pkg/contents.h"

/* The control members that the contents have besides those of the package. */
#define APK_PKGINFO ".PKGINFO"
#define APK_SUMS ".pare-checksums" /* lines "SHA-1 PATH" of files and links */
/* Lines "USER GROUP PATH" of what isn't root's, in packages that know owners by name only (apk 3);
 * until somebody finds their numbers these files are nobody's. */
#define APK_OWNERS ".pare-owners"

enum { APK_NOBODY = 65534 };

/* What an index says of a package. */
struct apk_indexed {
	const char *name, *version, *checksum;
};

/*
 * Whether the file is the package that an index names, down to its last byte, without unpacking
 * it; its SHA-256 goes to *ret. FAIL_VERIFY says which link doesn't hold, FAIL_FORMAT that the
 * package itself has another name or version.
 */
int apk_package_verify(int dir_fd, const char *file, const struct apk_indexed *as,
		       struct sha256 *ret, struct err *e);

/*
 * Opens a package file whose SHA-256 must be `digest`, and unpacks it to a spool. Errors as
 * deb_package_open(); FAIL_VERIFY for data or files that aren't as the package itself says.
 */
int apk_package_open(const char *path, const struct sha256 *digest, int spool_dir_fd,
		     struct pkg_contents **ret, struct err *e);
/* The same from its listing, without reading the package. */
int apk_package_open_listed(const char *path, const struct sha256 *digest, int spool_dir_fd,
			    struct view listing, struct pkg_contents **ret, struct err *e);
