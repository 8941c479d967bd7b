/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tree's index looks like on disk; shared by its writer and its reader only. A mapped file
 * (mapped.h): a head, the nodes, the packages, texts. Node 0 is the root; what is in a folder lies
 * side by side, sorted by name, behind the folder itself.
 */
#pragma once

#include "view/mapped.h"
#include "view/tree_index.h"

#define TREE_INDEX_KIND ((struct mapped_kind){ "paretre\n", TREE_INDEX_VERSION })

struct index_head {
	uint64_t n_nodes, n_packages, text_bytes;
};

struct index_node {
	uint64_t offset; /* of a file's bytes in the layer's tar */
	uint64_t size;	 /* of a device: major << 32 | minor */
	int64_t mtime_s;
	uint8_t digest[SHA256_BYTES];
	uint32_t name, target;	  /* in the texts, ended by NUL; 0: none */
	uint32_t first, n_inside; /* of a folder: the nodes in it */
	uint32_t uid, gid;
	uint32_t layer, package; /* + 1; 0: none */
	uint32_t n_links;
	uint16_t mode;
	uint8_t type, unused;
};

struct index_package {
	uint32_t name, version, architecture; /* in the texts */
};
