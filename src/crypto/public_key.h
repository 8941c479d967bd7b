/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys in PEM, of RSA and of elliptic curves, and signatures by them: PKCS #1 v1.5 (RFC
 * 8017, section 8.2) and ECDSA (FIPS 186-5, the signature in DER). The backend is OpenSSL's
 * libcrypto.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "crypto/digest.h"

#include <stdbool.h>

enum {
	RSA_MIN_BITS = 2048, /* Alpine's oldest key; shorter ones can be broken */
	RSA_MAX_BITS = 16384,
	EC_MIN_BITS = 256, /* as strong as RSA with 3072 */
	PUBLIC_KEY_ID_BYTES = 16,
};

struct public_key;

/* "BEGIN PUBLIC KEY". `name` is for messages. FAIL_FORMAT for anything else, FAIL_LIMIT for keys
 * that are too short or too long. */
int public_key_new(struct view pem, const char *name, struct public_key **ret, struct err *e);
void public_key_free(struct public_key *k);
/* Whether `signature` is over the digest of this kind, by a key of RSA; false for other keys. */
bool public_key_verify_digest(const struct public_key *k, enum digest_kind kind,
			      const uint8_t *digest, struct view signature);
/* Whether `signature` is the key's over the message, by way of a digest of this kind. */
bool public_key_verify(const struct public_key *k, enum digest_kind kind, struct view message,
		       struct view signature);
/* How apk 3 names keys: the start of the SHA-512 of the bare key, which is an RSAPublicKey in DER
 * (RFC 8017, A.1.1), or a curve's point, without what says of which algorithm it is. */
const uint8_t *public_key_id(const struct public_key *k);
