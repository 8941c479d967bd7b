/* SPDX-License-Identifier: Apache-2.0 */
/* An image's root file system: its layers on top of each other (OCI image-spec layer.md). */
#pragma once

#include "oci/image.h"
#include "tree/spool.h"

/* What one layer may unpack to, padding included: more fits no registry. */
#define REPLAY_MAX_LAYER_BYTES (UINT64_C(64) << 30)

/* Where layers come from: opens the blob, which checks itself against its digest. */
struct layer_opener {
	int (*open)(void *ctx, const struct descriptor *d, struct source **ret, struct err *e);
	void *ctx;
};

/*
 * A layer's tar, uncompressed: gzip, zstd or none, told by the bytes. Read to its end, its blob has
 * been checked. `name` is for messages.
 */
int layer_open_tar(const struct layer_opener *from, const struct descriptor *d, const char *name,
		   struct source **ret, struct err *e);

/*
 * Adds all layers of the image to `t`; each node's origin is its layer, by digest. Compression is
 * told by the bytes: gzip, zstd or none. Every layer is read to its end and must have the diff_id
 * of the config: FAIL_VERIFY. Bytes go into `spool`, origins into `a`; both must outlive the tree.
 */
int image_replay(const struct manifest *m, const struct image_config *c,
		 const struct layer_opener *from, struct tree *t, struct spool *spool,
		 struct arena *a, struct err *e);
