/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA signatures (PKCS #1 v1.5, RFC 8017 section 8.2) over a digest, by keys in PEM. The backend
 * is OpenSSL's libcrypto.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "crypto/digest.h"

#include <stdbool.h>

enum {
	RSA_MIN_BITS = 2048, /* Alpine's oldest key; shorter ones can be broken */
	RSA_MAX_BITS = 16384,
	RSA_KEY_ID_BYTES = 16,
};

struct rsa_key;

/* A public key ("BEGIN PUBLIC KEY"). `name` is for messages. FAIL_FORMAT for anything else. */
int rsa_key_new(struct view pem, const char *name, struct rsa_key **ret, struct err *e);
void rsa_key_free(struct rsa_key *k);
/* Whether `signature` is the key's over the digest of this kind. */
bool rsa_key_verify(const struct rsa_key *k, enum digest_kind kind, const uint8_t *digest,
		    struct view signature);
/* The start of the SHA-512 of the key's DER form: how apk 3 names keys. */
const uint8_t *rsa_key_id(const struct rsa_key *k);
