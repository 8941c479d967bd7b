/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a layer's index looks like on disk; shared by its writer and its reader only. In the byte
 * order of the machine (`order` tells): a head, the records, texts, kept bytes.
 */
#pragma once

#include "crypto/digest.h"
#include "view/layer_index.h"

#include <stdint.h>

#define LAYER_INDEX_MAGIC "parelay\n"

enum { LAYER_INDEX_ORDER = 0x01020304 };

struct layer_head {
	char magic[8];
	uint32_t version, order;
	uint64_t file_bytes;
	uint8_t diff_id[SHA256_BYTES];
	uint64_t tar_bytes, content_bytes, n_files;
	uint64_t n_records;
	uint64_t text_at, text_bytes;
	uint64_t kept_at, kept_bytes;
	uint64_t body;	/* index_lanes_end() of all behind the head */
	uint64_t check; /* index_hash() of all before it */
};

struct layer_record {
	uint64_t offset; /* in the tar; of what has no bytes, the end of those before it */
	uint64_t size;	 /* of a device: major << 32 | minor */
	int64_t mtime_s;
	uint8_t digest[SHA256_BYTES];
	uint32_t path, link; /* in the texts, ended by NUL */
	uint32_t xattrs;     /* in the texts: name, NUL, 4 bytes of length, value; n_xattrs times */
	uint32_t kept;	     /* in the kept bytes, + 1; 0: not kept */
	uint32_t uid, gid;
	uint16_t mode;
	uint8_t type, kind;
	uint8_t n_xattrs, unused[3];
};
