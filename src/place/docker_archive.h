/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as the tar that 'docker load' takes, written in one go to whatever takes bytes: a file,
 * or an engine that listens.
 */
#pragma once

#include "oci/image.h"
#include "place/archive.h"
#include "place/source.h"

/* Fill in `from` and `arena`, which must outlive it; the rest is docker_image_read()'s. */
struct docker_image {
	struct place_source *from;
	struct arena *arena;
	struct manifest manifest;
	struct image_config config;
	struct docker_member *layers; /* as in the manifest */
};

/*
 * The documents behind `root`: a manifest, or an index whose only image, or the one for this
 * machine, counts. FAIL_UNSUPPORTED for a layer that Docker can't load.
 */
int docker_image_read(struct docker_image *im, const struct descriptor *root, struct err *e);
/* Of all layers, as they are in the image. */
uint64_t docker_image_bytes(const struct docker_image *im);
/* All members; `ref` is NAME[:TAG] or NULL. Layers are read one after the other, those that must be
 * unpacked twice. */
int docker_image_write(struct docker_image *im, const char *ref, struct archive *t, struct err *e);
