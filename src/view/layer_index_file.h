/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a layer's index looks like on disk; shared by its writer and its reader only. A mapped file
 * (mapped.h) with the layer's diff_id as key: a head, the records, texts, kept bytes.
 */
#pragma once

#include "crypto/digest.h"
#include "view/layer_index.h"
#include "view/mapped.h"

#include <stdint.h>

#define LAYER_INDEX_KIND ((struct mapped_kind){ "parelay\n", LAYER_INDEX_VERSION })

struct layer_head {
	uint64_t tar_bytes, content_bytes, n_files;
	uint64_t n_records;
	uint64_t text_bytes, kept_bytes;
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
