/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs that are checked while they are read. */
#pragma once

#include "crypto/digest.h"
#include "io/stream.h"

/*
 * Takes `below`. Its end is FAIL_VERIFY unless the bytes before it have the digest; so is a byte
 * after the first `max_bytes`. Who doesn't read to the end has checked nothing.
 */
struct source *verified_source_new(struct source *below, const struct sha256 *digest,
				   uint64_t max_bytes) __attribute__((returns_nonnull));
