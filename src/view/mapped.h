/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the cache that are mapped and not read: a head that says what it is and of what, and a
 * checksum of the rest, which holds when it is opened. In the byte order of the machine. Internal
 * to view/.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAPPED_ORDER = 0x01020304, MAPPED_MAGIC_BYTES = 8 };

/* What a kind of file is called, and in which version it is written. */
struct mapped_kind {
	char magic[MAPPED_MAGIC_BYTES + 1];
	uint32_t version;
};

struct mapped_head {
	char magic[MAPPED_MAGIC_BYTES];
	uint32_t version, order;
	uint64_t file_bytes;
	uint8_t key[SHA256_BYTES]; /* of what it is */
	uint64_t body;		   /* index_lanes_end() of all behind the head */
	uint64_t check;		   /* index_hash() of all before it */
};

struct mapped {
	const char *at; /* the head, then the body */
	size_t bytes;
};

/*
 * Takes `fd`. FAIL_FORMAT for what is no whole file of that kind and version, with a body of at
 * least `min_bytes`. `key` may be NULL: of anything.
 */
int mapped_open(int fd, const struct mapped_kind *kind, const struct sha256 *key, size_t min_bytes,
		struct mapped *ret, struct err *e);
void mapped_close(struct mapped *m);

/* Writes the head and the pieces, one behind the other, to `fd` at its offset. */
int mapped_write(int fd, const struct mapped_kind *kind, const struct sha256 *key,
		 const struct view *pieces, size_t n, struct err *e);
