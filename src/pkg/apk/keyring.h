/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that Alpine's indexes may be signed with. A signature says which key it is of by
 * the key's file name, as in /etc/apk/keys.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "crypto/public_key.h"

#include <stddef.h>

enum {
	APK_MAX_KEYS = 1024,
	APK_MAX_KEY_BYTES = 64 << 10,
};

/* A key that a recipe brings along. */
struct apk_key_text {
	const char *name, *pem;
};

struct apk_keyring;

/*
 * Keys of files and folders, and those in texts. With neither, and a `root` that isn't NULL, those
 * of the host: etc/apk/keys and usr/share/apk/keys. None at all is FAIL_VERIFY.
 */
int apk_keyring_open(const char *const *files, size_t n_files, const struct apk_key_text *texts,
		     size_t n_texts, const char *root, struct apk_keyring **ret, struct err *e);
void apk_keyring_free(struct apk_keyring *k);
/* NULL when there's no key of this name. */
const struct public_key *apk_keyring_find(const struct apk_keyring *k, const char *name);
/* The key that apk 3 calls by this id; *ret_name is borrowed. */
const struct public_key *apk_keyring_find_id(const struct apk_keyring *k, const uint8_t *id,
					     const char **ret_name);
/* FAIL_VERIFY: what `name` says is signed by none of these keys, and `why`. */
int apk_keyring_refuse(const struct apk_keyring *k, const char *name, const char *why,
		       struct err *e);

static inline void apk_keyring_cleanup(struct apk_keyring **k)
{
	apk_keyring_free(*k);
}

#define auto_apk_keyring __attribute__((cleanup(apk_keyring_cleanup))) struct apk_keyring *
