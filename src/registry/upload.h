/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside registry/: one blob's upload, from the request that begins it to the one that ends it
 * (distribution-spec, Pushing blobs). Whether it is needed at all is blob_put.c's to know.
 */
#pragma once

#include "registry/private.h"

enum {
	/* One request less; what is cut is sent again from its start. */
	UPLOAD_WHOLE_BYTES = 16 << 20,
	UPLOAD_DIGEST_BYTES = 7 + SHA256_HEX_CHARS + 1,
};

struct upload {
	struct repository *p;
	struct site *site; /* the only one: mirrors are not written to */
	const struct descriptor *d;
	const struct http_body *body;
	uint32_t task;
	char digest[UPLOAD_DIGEST_BYTES];
	char *location;	      /* NULL: to be begun */
	uint64_t offset;      /* bytes that the registry has */
	uint64_t best;	      /* that it ever had */
	uint64_t chunk;	      /* bytes of one request at most */
	uint64_t least;	      /* OCI-Chunk-Min-Length */
	unsigned failed;      /* tries in a row */
	bool whole;	      /* the body goes with the request that ends the upload */
	bool switched;	      /* the other way was refused */
	bool resumed, redone; /* an earlier run's; which was given up */
	bool reborn;	      /* the registry had forgotten it once */
	bool done;
};

void upload_init(struct upload *u, struct repository *p, const struct descriptor *d,
		 const struct http_body *body, uint32_t task);
/* Asks for a mount from the repository `from`, which may be NULL, else begins or takes up what an
 * earlier run began; u->done after a mount. */
int upload_open(struct upload *u, const char *from, struct err *e);
/* Until the registry has the blob. */
int upload_run(struct upload *u, struct err *e);
void upload_forget(struct upload *u);
void upload_done(struct upload *u);
