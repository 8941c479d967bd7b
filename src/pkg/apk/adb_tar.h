/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folders and files of a package of apk 3 as the tar that a package of apk 2 has: names and
 * attributes out of its values, contents out of its blocks of data, each held against its hash.
 */
#pragma once

#include "base/buf.h"
#include "fmt/adb.h"
#include "fmt/adb_file.h"
#include "io/stream.h"

/*
 * `f`, of which the values were read, and `package`, their root, are borrowed. Lines "USER GROUP
 * PATH" of what isn't root's are added to `owners`, also borrowed. Hard links come last, behind
 * what they may link to. Errors: FAIL_VERIFY for a content that isn't its hash, FAIL_FORMAT for
 * names, attributes and blocks that don't fit together, and for devices; at the end of the tar the
 * file has been read to its own. FAIL_LIMIT for contents of more than `max_bytes` together.
 */
struct source *adb_tar_new(struct adb_file *f, const struct adb_slots *package, uint64_t max_bytes,
			   struct buf *owners) __attribute__((returns_nonnull));
