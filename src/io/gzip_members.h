/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of gzip members (RFC 1952, 2.2) where each member means something of its own, as in
 * Alpine's packages: one after the other, each as a stream, with a digest of its compressed bytes.
 */
#pragma once

#include "crypto/digest.h"
#include "io/stream.h"

struct gzip_members;

/* Takes `below`. `name` is for messages and copied. */
struct gzip_members *gzip_members_new(struct source *below, const char *name)
	__attribute__((returns_nonnull));
void gzip_members_free(struct gzip_members *m);

/* Who is told of compressed bytes; any may be NULL, borrowed until the member is closed. */
struct gzip_hashers {
	struct hasher *at[2];
};

/*
 * The next member; what was left of the last one is read over, and hashed. 1 and a stream that the
 * caller closes before the next call, 0 at the end of the file. What is no gzip is FAIL_FORMAT.
 */
int gzip_members_next(struct gzip_members *m, const struct gzip_hashers *raw, struct source **ret,
		      struct err *e);
/* The same with all members that are left, as one stream. */
int gzip_members_rest(struct gzip_members *m, const struct gzip_hashers *raw, struct source **ret,
		      struct err *e);
/* Where the next member begins in the file, once the last one was read to its end. */
uint64_t gzip_members_offset(const struct gzip_members *m);
/* Reads what is left of a member, so that its digest is whole. At most `limit` bytes. */
int gzip_member_drain(struct source *member, uint64_t limit, struct err *e);
