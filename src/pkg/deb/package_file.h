/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a Debian package file, deb(5): control and data members in every compression. */
#pragma once

#include "pkg/contents.h"

/*
 * Decodes the package at `path` into a listing and a spool in `spool_dir_fd`. Whoever put the file
 * there may have been long ago: its SHA-256 is checked before it is decoded, each time, and one
 * that isn't `digest` is FAIL_VERIFY. Errors name the file.
 */
int deb_package_open(const char *path, const struct sha256 *digest, int spool_dir_fd,
		     struct pkg_contents **ret, struct err *e);
/* The same from its cached listing (see pkg_listing_read): the file is read on demand only, and
 * when its digest is wrong, `damaged` is set besides. */
int deb_package_open_listed(const char *path, const struct sha256 *digest, int spool_dir_fd,
			    struct view listing, struct pkg_contents **ret, struct err *e);
