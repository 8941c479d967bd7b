/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of libarchive, as libarchive.NAME(); all of it is in tar_read.c. See base/library.h.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/library.h"

/* clang-format off */
#define LIBARCHIVE_FUNCTIONS(F) \
	F(archive_, entry_filetype) \
	F(archive_, entry_free) \
	F(archive_, entry_gid) \
	F(archive_, entry_hardlink) \
	F(archive_, entry_mtime) \
	F(archive_, entry_new) \
	F(archive_, entry_pathname) \
	F(archive_, entry_perm) \
	F(archive_, entry_rdevmajor) \
	F(archive_, entry_rdevminor) \
	F(archive_, entry_size) \
	F(archive_, entry_sparse_count) \
	F(archive_, entry_symlink) \
	F(archive_, entry_uid) \
	F(archive_, entry_xattr_next) \
	F(archive_, entry_xattr_reset) \
	F(archive_, error_string) \
	F(archive_, filter_bytes) \
	F(archive_, read_data_block) \
	F(archive_, read_data_skip) \
	F(archive_, read_free) \
	F(archive_, read_new) \
	F(archive_, read_next_header2) \
	F(archive_, read_open) \
	F(archive_, read_support_format_tar) \
	F(archive_, set_error)
/* clang-format on */

LIBRARY_DECLARE(libarchive, LIBARCHIVE_FUNCTIONS)
