/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An APKINDEX.tar.gz as a whole: a gzip member with signatures, and what they are over, one with
 * the index. Signatures are files `.SIGN.ALGORITHM.KEYNAME` (apk-v2(5)): RSA is over the SHA-1,
 * RSA256 and RSA512 over the SHA-256 and SHA-512 of the compressed bytes behind the first member.
 * Or an index of apk 3 (signed_adb.h), whatever its name.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "pkg/apk/keyring.h"
#include "pkg/index.h"

enum {
	APK_MAX_INDEX_BYTES = 100 << 20,      /* compressed; Alpine's largest has 3 MB */
	APK_MAX_INDEX_TEXT_BYTES = 300 << 20, /* apko's limit */
	APK_MAX_SIGNATURES = 64,
	APK_MAX_SIGNATURE_BYTES = 64 << 10, /* apk's limit */
	APK_MAX_SIGNATURE_TAR = 1 << 20,
};

struct apk_index_parts {
	struct view body;   /* the members that are signed; of apk 3, the values */
	const char *signer; /* name of the trusted key; NULL until verified */
	bool is_adb;
	struct buf values; /* of apk 3 */
};

/*
 * Whether one signature by a key of the ring is over the body: parts in `a`, views into `bytes`;
 * *ret needs apk_index_parts_done() in any case.
 * FAIL_VERIFY says which keys there are and what is wrong; with `ret->body` filled, for those who
 * take it nevertheless.
 */
int apk_index_verify(struct view bytes, const char *name, const struct apk_keyring *keys,
		     struct arena *a, struct apk_index_parts *ret, struct err *e);
void apk_index_parts_done(struct apk_index_parts *p);
/* Adds the packages of a verified body to `w`; as apk_index_read() and apk_index_adb_read(). */
int apk_index_read_body(const struct apk_index_parts *p, const char *name, const char *arch,
			const char *folder, struct index_writer *w, struct err *e);
/* The text of the APKINDEX in a verified body of members. */
int apk_index_text(struct view body, const char *name, struct buf *ret, struct err *e);
