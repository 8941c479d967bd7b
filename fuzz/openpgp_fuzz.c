/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a mirror or a keyring file holds, by their first byte: 'c' a cleartext-signed
 * document, 'd' a signature, a zero and the text (without one), 'k' a keyring. One text was signed
 * with the key below, so that nothing else may ever pass.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/openpgp.h"

static const char public_key[] =
	"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
	"\n"
	"mDMEawSaIRYJKwYBBAHaRw8BAQdAL5CPwApDbbwU9bWcMyt3Up5y1Y3LfkCz+PaY\n"
	"3lgP3Pa0CWZ1enpAdGVzdIiQBBMWCAA4FiEEGxGzXSo8Xk9z1gJM0GT92CVctaEF\n"
	"AmsEmiECGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQ0GT92CVctaHkFQEA\n"
	"8pxoxGzUUOs04H362GFFn/4HD9OIk3Aa6K4sgUtTnVUA/0/CEweYrGAZp24st7nn\n"
	"NQNXFWXPCYMnzi30iRhUfZUL\n"
	"=YaEX\n"
	"-----END PGP PUBLIC KEY BLOCK-----\n";
static const char signed_text[] = "Origin: Test\nDate: Sat, 01 Jan 2028 00:00:00 UTC\n- dash\n";

enum { NOW_S = 1830000000 }; /* later than the signatures in the corpus */

static struct openpgp_keyring *keyring(void)
{
	struct openpgp_keyring *k = NULL;
	struct err e = { 0 };

	if (openpgp_keyring_new(&k, &e) < 0 ||
	    openpgp_keyring_add(k, view_of(public_key), "test", &e) < 0)
		abort();
	return k;
}

static int verify(const struct openpgp_keyring *k, char how, struct view v, struct arena *a,
		  struct openpgp_verdict *ret, struct err *e)
{
	const char *zero;
	size_t n;

	if (how == 'c')
		return openpgp_verify_cleartext(k, v, NOW_S, a, ret, e);
	zero = v.len ? memrchr(v.ptr, '\0', v.len) : NULL;
	if (!zero)
		return fail(e, FAIL_FORMAT, "no zero");
	n = (size_t)(zero - v.ptr);
	return openpgp_verify_detached(k, view_make(zero + 1, v.len - n - 1), view_make(v.ptr, n),
				       NOW_S, a, ret, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;
	struct openpgp_verdict verdict;
	struct openpgp_keyring *k;
	struct err e = { 0 };
	struct view v;
	int rc;

	if (size == 0)
		return 0;
	k = keyring();
	v = view_make((const char *)data + 1, size - 1);
	if (data[0] == 'k')
		rc = openpgp_keyring_add(k, v, "hostile", &e);
	else
		rc = verify(k, (char)data[0], v, &a, &verdict, &e);
	openpgp_keyring_free(k);
	assert(rc == 0 || (e.code && e.msg[0]));
	assert(rc < 0 || data[0] == 'k' || view_is(verdict.text, signed_text));
	return 0;
}
