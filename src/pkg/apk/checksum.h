/* SPDX-License-Identifier: Apache-2.0 */
/* Digests as Alpine's indexes and databases write them (apk-package(5), C: and Z:). */
#pragma once

#include "base/buf.h"
#include "crypto/digest.h"

#include <stdbool.h>

/*
 * How an index names a package's bytes: by a digest of its compressed control member, or of its
 * block of values in a package of apk 3.
 */
struct apk_checksum {
	bool sha256; /* else SHA-1 */
	uint8_t bytes[SHA256_BYTES];
};

/* "Q1…", "Q2…" (base64), "X1…", "X2…" (hex); false on anything else. */
bool apk_checksum_parse(struct view text, struct apk_checksum *ret);
/* "Q1…" of the 20 bytes of a SHA-1, "Q2…" of a SHA-256. */
void apk_checksum_write(struct view digest, struct buf *to);
