/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An APKINDEX.tar.gz as a whole: a gzip member with signatures, and what they are over, one with
 * the index. Signatures are files `.SIGN.ALGORITHM.KEYNAME` (apk-v2(5)): RSA is over the SHA-1,
 * RSA256 and RSA512 over the SHA-256 and SHA-512 of the compressed bytes behind the first member.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "pkg/apk/keyring.h"

enum {
	APK_MAX_INDEX_BYTES = 100 << 20,      /* compressed; Alpine's largest has 3 MB */
	APK_MAX_INDEX_TEXT_BYTES = 300 << 20, /* apko's limit */
	APK_MAX_SIGNATURES = 64,
	APK_MAX_SIGNATURE_BYTES = 64 << 10, /* apk's limit */
	APK_MAX_SIGNATURE_TAR = 1 << 20,
};

struct apk_index_parts {
	struct view body;   /* the members that are signed */
	const char *signer; /* name of the trusted key; NULL until verified */
};

/*
 * Whether one signature by a key of the ring is over the body: parts in `a`, views into `bytes`.
 * FAIL_VERIFY says which keys there are and what is wrong; with `ret->body` filled, for those who
 * take it nevertheless.
 */
int apk_index_verify(struct view bytes, const char *name, const struct apk_keyring *keys,
		     struct arena *a, struct apk_index_parts *ret, struct err *e);
/* The text of the APKINDEX in a verified body. */
int apk_index_text(struct view body, const char *name, struct buf *ret, struct err *e);
