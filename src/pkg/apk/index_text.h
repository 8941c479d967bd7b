/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of an APKINDEX (apk-package(5), "index format"): lines of a letter, a colon and a
 * value; an empty line ends a package.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "pkg/index.h"

enum { APK_CHECKSUM_CHARS = 48 }; /* "Q2" and the base64 of a SHA-256 */

/*
 * Adds each package of the text to `w`, with file names below "ARCH/". `name` is for messages.
 * FAIL_FORMAT with the line and the package for what identifies none. Packages that need a newer
 * apk (fields in capitals that aren't known) are passed over.
 */
int apk_index_read(struct view text, const char *name, const char *arch, struct index_writer *w,
		   struct err *e);

/* How an index names a package's bytes: by a digest of its compressed control member. */
struct apk_checksum {
	bool sha256; /* else SHA-1 */
	uint8_t bytes[SHA256_BYTES];
};

/* "Q1…", "Q2…" (base64), "X1…", "X2…" (hex); false on anything else. */
bool apk_checksum_parse(struct view text, struct apk_checksum *ret);
/* "Q1…" of a SHA-1. */
void apk_checksum_write(const uint8_t sha1[20], char ret[APK_CHECKSUM_CHARS]);
