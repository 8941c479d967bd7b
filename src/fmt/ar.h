/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ar archives, the outer format of a Debian package (deb(5)). */
#pragma once

#include "base/err.h"
#include "io/stream.h"

#include <stdint.h>

struct ar_reader;

struct ar_member {
	const char *name; /* without the trailing '/' and spaces; valid until the next member */
	uint64_t size;
};

/* Takes `from`, also when it fails. `name` is for messages and is borrowed. */
int ar_reader_new(struct source *from, const char *name, struct ar_reader **ret, struct err *e);
void ar_reader_free(struct ar_reader *r);
/* 1 and the member, 0 at the end, negative on error. */
int ar_reader_next(struct ar_reader *r, struct ar_member *ret, struct err *e);
/*
 * The current member's bytes as a stream, once per member. It may be read until the next call of
 * ar_reader_next, and closed at any time; what was not read of it is skipped.
 */
int ar_reader_open(struct ar_reader *r, struct source **ret, struct err *e);
