/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of an Alpine package on its way through: a tar whose PAX records say the SHA-1 of each
 * file (APK-TOOLS.checksum.SHA1), and of a symlink's target. Every one is checked.
 */
#pragma once

#include "base/buf.h"
#include "io/stream.h"

/*
 * A source of the same bytes; takes `below`. Lines "HEX PATH", a SHA-1 for each regular file and
 * symlink, are added to `sums`, which is borrowed. A content that isn't its checksum is
 * FAIL_VERIFY, with the file's name; headers that can't be followed are FAIL_FORMAT.
 */
struct source *checked_tar_new(struct source *below, struct buf *sums)
	__attribute__((returns_nonnull));
