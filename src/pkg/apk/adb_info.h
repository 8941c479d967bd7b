/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dependencies and texts of apk 3's packages as apk 2 writes them: dependencies as words, so that
 * one parser and one index serve both.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "fmt/adb.h"

/*
 * Adds an array of dependencies as words with spaces between. FAIL_FORMAT for a name or version
 * that would be more than a word, or another one.
 */
int apk_adb_words(const struct adb_slots *dependencies, struct buf *to, struct err *e);
/*
 * What a package says of itself, as the lines of a .PKGINFO (pkginfo.h). FAIL_FORMAT for a text of
 * more than one line, and for what has no name, version or architecture.
 */
int apk_adb_info_text(const struct adb_slots *package, struct buf *to, struct err *e);
