/* SPDX-License-Identifier: Apache-2.0 */
/* What the kept reads of a layer look like on disk; shared with their fuzz target only. */
#pragma once

#include "crypto/digest.h"

#include <stddef.h>
#include <stdint.h>

#define KEPT_READS_MAGIC "parerds\n"

struct kept_head {
	char magic[8];
	uint32_t version, order;
	uint8_t key[SHA256_BYTES];
	uint64_t n_pieces, file_bytes;
	uint64_t check; /* of the pieces, then of all before it */
};

/* In the file behind the head, in order; their bytes follow each other behind them. */
struct kept_piece {
	uint64_t offset, size; /* in the tar */
	uint64_t at;	       /* in the file */
	uint64_t check;
};

uint64_t kept_reads_hash(const void *bytes, size_t n);
uint64_t kept_reads_check(const struct kept_head *h, const struct kept_piece *pieces);
