/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream whose size and digest are known beforehand: its end is only seen by the reader if both
 * were right, so that nothing made of it is kept otherwise.
 */
#pragma once

#include "base/err.h"
#include "crypto/digest.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct expectation {
	const char *what; /* for messages; borrowed */
	uint64_t size_bytes;
	struct sha256 digest;
};

struct expect_result {
	bool right;	  /* all was read, and it was what is expected */
	struct err wrong; /* code != 0: it wasn't, and why */
};

/*
 * Takes `below`. Wrong bytes are FAIL_VERIFY at the end, too many at once. What reads the stream
 * may stumble over wrong bytes before that, or not read to the end: when it is closed early, the
 * rest is read and judged. *ret is valid from then on and must outlive the stream.
 */
struct source *expect_source_new(struct source *below, const struct expectation *x,
				 struct expect_result *ret) __attribute__((returns_nonnull));
