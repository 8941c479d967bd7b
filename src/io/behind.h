/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to a file while its digest is computed and its bytes begin their way to the disk: of a
 * large file both happen in a thread of their own, behind the writer, and small pieces are gathered
 * to large writes. One thread uses it at a time.
 */
#pragma once

#include "base/err.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct behind;

enum behind_disk {
	BEHIND_CACHED,	/* the disk may have it whenever the system likes */
	BEHIND_TO_DISK, /* an fsync(2) will follow: it shall find little left to wait for */
};

/*
 * Adds to the file at `fd`, which is at its byte number `at` and stays the caller's, as `h` does;
 * a message says "write" and `what`. The digest must not be asked between an add and a settle.
 */
struct behind *behind_new(int fd, uint64_t at, struct hasher *h, enum behind_disk disk,
			  const char *what) __attribute__((returns_nonnull));
/* A failure to write may be that of bytes which were added before; they are lost. */
int behind_add(struct behind *b, const void *bytes, size_t n, struct err *e);
/* Until all that was added is in the file and in the digest. */
int behind_settle(struct behind *b, struct err *e);
/* What was gathered and not yet written is forgotten. NULL is fine. */
void behind_free(struct behind *b);
