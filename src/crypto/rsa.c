/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys and signatures through OpenSSL's EVP interface. */
#include "crypto/rsa.h"

#include "base/mem.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PEM_BYTES = 64 << 10 }; /* one of 16384 bits has 3 kB */

struct rsa_key {
	EVP_PKEY *pkey;
	uint8_t id[RSA_KEY_ID_BYTES];
};

static EVP_PKEY *read_pem(struct view pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *pkey;

	if (!bio)
		return NULL;
	pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return pkey;
}

static bool fill_id(struct rsa_key *k)
{
	uint8_t digest[DIGEST_MAX_BYTES];
	auto_hasher h = hasher_new(DIGEST_SHA512);
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k->pkey, &der);

	if (n <= 0)
		return false;
	hasher_update(h, der, (size_t)n);
	hasher_final(h, digest);
	memcpy(k->id, digest, sizeof(k->id));
	OPENSSL_free(der);
	return true;
}

int rsa_key_new(struct view pem, const char *name, struct rsa_key **ret, struct err *e)
{
	struct rsa_key *k;
	int bits;

	if (pem.len > MAX_PEM_BYTES)
		return fail(e, FAIL_LIMIT, "key '%s' is larger than any public key", name);
	k = mem_zalloc(sizeof(*k));
	k->pkey = read_pem(pem);
	if (!k->pkey || EVP_PKEY_get_base_id(k->pkey) != EVP_PKEY_RSA || !fill_id(k)) {
		rsa_key_free(k);
		return fail(e, FAIL_FORMAT,
			    "key '%s' is no RSA public key in PEM form (BEGIN PUBLIC KEY)", name);
	}
	bits = EVP_PKEY_get_bits(k->pkey);
	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) {
		rsa_key_free(k);
		return fail(e, FAIL_LIMIT, "key '%s' has %d bits, not %d to %d", name, bits,
			    RSA_MIN_BITS, RSA_MAX_BITS);
	}
	*ret = k;
	return 0;
}

void rsa_key_free(struct rsa_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

static const EVP_MD *digest_of(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

bool rsa_key_verify(const struct rsa_key *k, enum digest_kind kind, const uint8_t *digest,
		    struct view signature)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
	const EVP_MD *md = digest_of(kind);
	bool good;

	good = c && md && EVP_PKEY_verify_init(c) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(c, md) == 1 &&
	       EVP_PKEY_verify(c, (const unsigned char *)signature.ptr, signature.len, digest,
			       digest_bytes(kind)) == 1;
	EVP_PKEY_CTX_free(c);
	return good;
}

const uint8_t *rsa_key_id(const struct rsa_key *k)
{
	return k->id;
}
