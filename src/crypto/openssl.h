/* SPDX-License-Identifier: Apache-2.0 */
/* Within crypto/, for the files that stand on OpenSSL: what they share of it. */
#pragma once

#include "crypto/digest.h"

#include <openssl/evp.h>

/* Never NULL. */
const EVP_MD *openssl_digest(enum digest_kind kind);
