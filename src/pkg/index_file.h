/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a binary index looks like on disk; shared by its writer and its reader only. Sections
 * follow the header in the order of their members there, each aligned to 8 bytes, in the byte
 * order of the machine (`order` tells); texts are a 4-byte length and the bytes, anywhere.
 */
#pragma once

#include "pkg/index.h"

#include <stddef.h>
#include <stdint.h>

enum {
	INDEX_VERSION = 4, /* raise it whenever anything in this file changes its meaning */
	INDEX_ORDER = 0x01020304,
	INDEX_TEXTS = 13,
	INDEX_ALIGN = 8,
	INDEX_BLOCK = 32,
};

/*
 * A checksum against damage, not against malice: four lanes of multiplications, several times
 * faster than the file comes from memory. Blocks are of a multiple of INDEX_BLOCK bytes, but the
 * last one.
 */
struct index_lanes {
	uint64_t at[4];
};

#define INDEX_LANES_START                                                              \
	{                                                                              \
		{                                                                      \
			0xcbf29ce484222325u, 0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, \
				0x165667b19e3779f9u                                    \
		}                                                                      \
	}

void index_lanes_add(struct index_lanes *l, const void *bytes, size_t len);
uint64_t index_lanes_end(const struct index_lanes *l);
/* Of the bytes of `fd` from `start` to `end`, read and not mapped: they would count as memory in
 * use. -1 and errno if they can't be read. */
int index_file_hash(int fd, uint64_t start, uint64_t end, uint64_t *ret);

#define INDEX_MAGIC "pareidx\n"

struct index_section {
	uint64_t offset, bytes;
};

struct index_header {
	char magic[8];
	uint32_t version, order;
	uint64_t file_bytes;
	uint32_t n_packages, n_names;
	struct index_section packages; /* index_record[n_packages] */
	struct index_section names;    /* index_name[n_names] */
	struct index_section slots;    /* uint32_t[a power of two]: number of a name + 1, or 0 */
	struct index_section ids;      /* uint32_t[]: the lists that names point into */
	struct index_section texts;
	uint64_t body;	/* what index_file_hash gives for all behind the header */
	uint64_t check; /* index_hash of all the bytes before it */
};

struct index_record {
	uint64_t size_bytes, installed_bytes;
	uint32_t text[INDEX_TEXTS]; /* offsets into texts, in the order of index_text_at */
	uint32_t provider_priority;
	uint8_t multi_arch, essential, priority, unused[5];
	uint8_t digest[SHA256_BYTES];
};

/* A name that a package has or provides. */
struct index_name {
	uint32_t text;
	uint32_t first, n_named, n_providing; /* in ids: n_named ids, then n_providing ids */
};

/* FNV-1a with a final mix. */
static inline uint64_t index_hash(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h ^ (h >> 29);
}

/* Where a package's texts are inside of struct package; `name` comes first. */
extern const size_t index_text_at[INDEX_TEXTS];
