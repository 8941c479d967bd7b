/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of bytes: SHA-256 everywhere, SHA-1, SHA-512 and MD5 where a format asks for them.
 * The backend is OpenSSL's libcrypto.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHA1_BYTES = 20,
	SHA256_BYTES = 32,
	SHA512_BYTES = 64,
	SHA256_HEX_CHARS = 64,
	DIGEST_MAX_BYTES = SHA512_BYTES,
};

struct sha256 {
	uint8_t bytes[SHA256_BYTES];
};

enum digest_kind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512 };

/* A running digest; heap-allocated by the backend. */
struct hasher;

struct hasher *hasher_new(enum digest_kind kind);
void hasher_free(struct hasher *h);
void hasher_update(struct hasher *h, const void *bytes, size_t len);
/* Writes the kind's number of bytes to `ret` (at most DIGEST_MAX_BYTES) and starts over. */
void hasher_final(struct hasher *h, uint8_t *ret);
size_t digest_bytes(enum digest_kind kind);

/* Of a run of bytes in one call. */
void sha256_of(const void *bytes, size_t len, struct sha256 *ret);
/* The running digest `h`, which must be of DIGEST_SHA256, ended. */
void sha256_final(struct hasher *h, struct sha256 *ret);
bool sha256_eq(const struct sha256 *a, const struct sha256 *b);
/* 64 lower-case hex digits and a NUL. */
void sha256_to_hex(const struct sha256 *d, char ret[SHA256_HEX_CHARS + 1]);
/* Exactly 64 hex digits, either case; false on anything else. */
bool sha256_from_hex(struct view hex, struct sha256 *ret);

static inline void hasher_cleanup(struct hasher **h)
{
	hasher_free(*h);
}

#define auto_hasher __attribute__((cleanup(hasher_cleanup))) struct hasher *
