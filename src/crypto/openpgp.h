/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying OpenPGP signatures, of cleartext-signed documents (RFC 4880 section 7) and detached
 * ones, against a set of trusted keys. The backend is librnp, behind this header so that another
 * can take its place.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

/* Trusted public keys: primaries and their subkeys. */
struct openpgp_keyring;

int openpgp_keyring_new(struct openpgp_keyring **ret, struct err *e);
void openpgp_keyring_free(struct openpgp_keyring *k);
/* Adds every key of a keyring, binary or ASCII-armored. `name` is for messages. */
int openpgp_keyring_add(struct openpgp_keyring *k, struct view bytes, const char *name,
			struct err *e);
size_t openpgp_keyring_count(const struct openpgp_keyring *k);

struct openpgp_verdict {
	/* The signed text: what was given, or in the caller's arena with dash escapes undone and
	 * line ends as LF. */
	struct view text;
	/* Upper-case hex fingerprints of the signing key and of its primary. */
	const char *signer;
	const char *primary;
	/* When the accepted signature was made, seconds since the epoch. */
	int64_t signed_s;
};

/*
 * One good signature by a trusted key (or its subkey), neither expired nor revoked at `now_s`,
 * suffices; signatures by unknown keys are passed over. Else FAIL_VERIFY with each signature's
 * key id and what is wrong with it. Text outside of the signed part is FAIL_VERIFY, too.
 */
int openpgp_verify_cleartext(const struct openpgp_keyring *k, struct view document, int64_t now_s,
			     struct arena *a, struct openpgp_verdict *ret, struct err *e);
/* The same for a signature (armored or not) of `text` as it is, byte by byte. */
int openpgp_verify_detached(const struct openpgp_keyring *k, struct view text,
			    struct view signature, int64_t now_s, struct arena *a,
			    struct openpgp_verdict *ret, struct err *e);
