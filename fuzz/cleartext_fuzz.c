/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a cleartext-signed document: what comes out must be unescaped lines. */
#include "fuzz.h"

#include <assert.h>

#include "crypto/cleartext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;
	struct cleartext parts;
	struct err e = { 0 };

	if (cleartext_parse(view_make((const char *)data, size), &a, &parts, &e) < 0) {
		assert(e.code && e.msg[0]);
		return 0;
	}
	assert(parts.text.len <= size && parts.signature.len <= CLEARTEXT_MAX_SIGNATURE_BYTES);
	assert(parts.text.len == 0 || parts.text.ptr[parts.text.len - 1] == '\n');
	assert(view_starts(parts.signature, "-----BEGIN PGP SIGNATURE-----\n"));
	assert(view_ends(parts.signature, "-----END PGP SIGNATURE-----\n"));
	assert(!memchr(parts.text.ptr, '\r', parts.text.len));
	return 0;
}
