/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a Debian package file, deb(5): control and data members in every compression. */
#pragma once

#include "pkg/contents.h"

/*
 * Decodes the package at `path`, which somebody has verified, into a listing and a spool in
 * `spool_dir_fd`. Errors name the file.
 */
int deb_package_open(const char *path, int spool_dir_fd, struct pkg_contents **ret, struct err *e);
/* The same from its cached listing (see pkg_listing_read): the file is read on demand only. */
int deb_package_open_listed(const char *path, int spool_dir_fd, struct view listing,
			    struct pkg_contents **ret, struct err *e);
