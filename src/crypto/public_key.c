/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys and signatures through OpenSSL's EVP interface. */
#include "crypto/public_key.h"

#include "base/mem.h"
#include "crypto/openssl.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PEM_BYTES = 64 << 10 }; /* one of 16384 bits has 3 kB */

struct public_key {
	EVP_PKEY *pkey;
	uint8_t id[PUBLIC_KEY_ID_BYTES];
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

static bool fill_id(struct public_key *k)
{
	uint8_t digest[DIGEST_MAX_BYTES];
	auto_hasher h = hasher_new(DIGEST_SHA512);
	unsigned char *der = NULL;
	int n = i2d_PublicKey(k->pkey, &der);

	if (n <= 0)
		return false;
	hasher_update(h, der, (size_t)n);
	hasher_final(h, digest);
	memcpy(k->id, digest, sizeof(k->id));
	OPENSSL_free(der);
	return true;
}

static int check_bits(const struct public_key *k, const char *name, struct err *e)
{
	bool is_rsa = EVP_PKEY_get_base_id(k->pkey) == EVP_PKEY_RSA;
	int bits = EVP_PKEY_get_bits(k->pkey), least = is_rsa ? RSA_MIN_BITS : EC_MIN_BITS;

	if (bits < least || bits > RSA_MAX_BITS)
		return fail(e, FAIL_LIMIT, "key '%s' has %d bits, not %d to %d", name, bits, least,
			    RSA_MAX_BITS);
	return 0;
}

static bool is_known(const EVP_PKEY *pkey)
{
	return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA ||
	       EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC;
}

int public_key_new(struct view pem, const char *name, struct public_key **ret, struct err *e)
{
	struct public_key *k;
	int rc;

	if (pem.len > MAX_PEM_BYTES)
		return fail(e, FAIL_LIMIT, "key '%s' is larger than any public key", name);
	k = mem_zalloc(sizeof(*k));
	k->pkey = read_pem(pem);
	if (!k->pkey || !is_known(k->pkey) || !fill_id(k))
		rc = fail(e, FAIL_FORMAT,
			  "key '%s' is no public key of RSA or ECDSA in PEM form (BEGIN PUBLIC "
			  "KEY)",
			  name);
	else
		rc = check_bits(k, name, e);
	if (rc < 0) {
		public_key_free(k);
		return rc;
	}
	*ret = k;
	return 0;
}

void public_key_free(struct public_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

bool public_key_verify_digest(const struct public_key *k, enum digest_kind kind,
			      const uint8_t *digest, struct view signature)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
	const EVP_MD *md = kind == DIGEST_MD5 ? NULL : openssl_digest(kind);
	bool good;

	good = c && md && EVP_PKEY_verify_init(c) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(c, md) == 1 &&
	       EVP_PKEY_verify(c, (const unsigned char *)signature.ptr, signature.len, digest,
			       digest_bytes(kind)) == 1;
	EVP_PKEY_CTX_free(c);
	return good;
}

bool public_key_verify(const struct public_key *k, enum digest_kind kind, struct view message,
		       struct view signature)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	const EVP_MD *md = kind == DIGEST_MD5 ? NULL : openssl_digest(kind);
	bool good;

	good = c && md && EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey) == 1 &&
	       EVP_DigestVerify(c, (const unsigned char *)signature.ptr, signature.len,
				(const unsigned char *)message.ptr, message.len) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

const uint8_t *public_key_id(const struct public_key *k)
{
	return k->id;
}
