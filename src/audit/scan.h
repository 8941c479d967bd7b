/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is seen while the layers are read: of every file of every layer the digests that package
 * databases have, and secrets. Layers are read in parallel; each has its own state.
 */
#pragma once

#include "audit/audit.h"
#include "audit/secret.h"

enum {
	MD5_BYTES = 16,
	SCAN_MAX_LAYER_HITS = 4096, /* of secrets: more say nothing new */
};

/* Of one content; found by its SHA-256. */
struct scan_digests {
	struct sha256 sha256;
	uint8_t md5[MD5_BYTES];
	uint8_t sha1[SHA1_BYTES];
	bool has_sha1; /* only of layers with files of Alpine's packages: audit_scan_apk() */
};

struct scan_hit {
	size_t layer, entry;
	const char *title, *masked;
	enum secret_kind kind;
	enum audit_level level;
	uint64_t line;
	struct sha256 content; /* of the whole file */
};

const struct secret_rules *scan_secret_rules(const struct audit_scan *s);
/* After all layers were read: NULL for a content that didn't pass. */
const struct scan_digests *scan_digests_of(struct audit_scan *s, const struct sha256 *content);
/* By layer, then entry. */
const struct scan_hit *scan_hits(struct audit_scan *s, size_t *ret_n);
