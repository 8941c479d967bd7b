/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests through OpenSSL's EVP interface, which picks the processor's own instructions (SHA-NI,
 * ARMv8). The calls used here only fail when memory runs out or when the host's OpenSSL
 * configuration forbids an algorithm; neither is something that a caller could go on from.
 */
#include "crypto/digest.h"

#include "base/mem.h"
#include "crypto/openssl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct hasher {
	EVP_MD_CTX *ctx;
	enum digest_kind kind;
};

const EVP_MD *openssl_digest(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_MD5:
		return EVP_md5();
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

static void must(int ok)
{
	if (ok != 1) {
		fputs("pare: OpenSSL refuses to compute a digest\n", stderr);
		_Exit(FAIL_IO);
	}
}

struct hasher *hasher_new(enum digest_kind kind)
{
	struct hasher *h = mem_zalloc(sizeof(*h));

	h->kind = kind;
	h->ctx = EVP_MD_CTX_new();
	must(h->ctx != NULL);
	must(EVP_DigestInit_ex(h->ctx, openssl_digest(kind), NULL));
	return h;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hasher_update(struct hasher *h, const void *bytes, size_t len)
{
	must(EVP_DigestUpdate(h->ctx, bytes, len));
}

void hasher_final(struct hasher *h, uint8_t *ret)
{
	must(EVP_DigestFinal_ex(h->ctx, ret, NULL));
	must(EVP_DigestInit_ex(h->ctx, NULL, NULL));
}

size_t digest_bytes(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_MD5:
		return 16;
	case DIGEST_SHA1:
		return 20;
	case DIGEST_SHA256:
		return SHA256_BYTES;
	case DIGEST_SHA512:
		return 64;
	}
	return 0;
}

void sha256_of(const void *bytes, size_t len, struct sha256 *ret)
{
	must(EVP_Digest(bytes, len, ret->bytes, NULL, EVP_sha256(), NULL));
}

void sha256_final(struct hasher *h, struct sha256 *ret)
{
	assert(h->kind == DIGEST_SHA256);
	hasher_final(h, ret->bytes);
}

bool sha256_eq(const struct sha256 *a, const struct sha256 *b)
{
	return memcmp(a->bytes, b->bytes, SHA256_BYTES) == 0;
}

void sha256_to_hex(const struct sha256 *d, char ret[SHA256_HEX_CHARS + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		ret[2 * i] = digits[d->bytes[i] >> 4];
		ret[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	ret[SHA256_HEX_CHARS] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool sha256_from_hex(struct view hex, struct sha256 *ret)
{
	struct sha256 d;

	if (hex.len != SHA256_HEX_CHARS)
		return false;
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		int high = hex_value(hex.ptr[2 * i]), low = hex_value(hex.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		d.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret = d;
	return true;
}
