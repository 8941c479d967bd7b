/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys are trusted to sign a Debian repository: those that its source or the recipe names,
 * else the host's Debian keyring, else the copy of it that is compiled in.
 */
#pragma once

#include "base/err.h"
#include "crypto/openpgp.h"

#include <stddef.h>

/*
 * `files` are the only keys when there are any. Else the host's below `root` (NULL: none, just the
 * compiled-in ones).
 */
int deb_keyring_open(const char *const *files, size_t n_files, const char *root,
		     struct openpgp_keyring **ret, struct err *e);
