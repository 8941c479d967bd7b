/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of apk 3's files (apk-v3(5), "blocks"): each names its key by an id, and is over the
 * schema, its own head, and the digest of the block of values.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "pkg/apk/keyring.h"

/*
 * The values of an index's bytes to `values`, once one signature by a key of the ring is over
 * them; the key's name, in `a`, to *ret_signer. Errors as apk_index_verify(), which this is for;
 * with FAIL_VERIFY the values are filled, too.
 */
int apk_adb_index_verify(struct view bytes, const char *name, const struct apk_keyring *keys,
			 struct arena *a, struct buf *values, const char **ret_signer,
			 struct err *e);
