/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image with its documents read: the index if it has one, then a manifest and a config for
 * each platform. What else an index lists is named, and not read. For the verbs that show images.
 */
#pragma once

#include "base/arena.h"
#include "oci/image.h"
#include "oci/platform.h"
#include "place/choose.h"
#include "place/source.h"
#include "place/store.h"

struct look_platform {
	struct descriptor descriptor; /* of the manifest */
	struct manifest manifest;
	struct image_config config;
	struct view manifest_json, config_json; /* as stored, byte by byte */
	uint64_t layer_bytes;			/* of all layers as stored */
};

struct look {
	struct descriptor root;
	bool is_index;
	struct pairs annotations; /* of the index */
	struct view root_json;
	struct look_platform *platforms;
	size_t n_platforms;
	struct descriptor *artifacts; /* what the index lists that is no image */
	size_t n_artifacts;
};

/* An image as a command line names it, opened. */
struct look_image {
	struct place_source *source;
	struct store *store; /* NULL: it is somewhere else */
	struct descriptor root;
};

/*
 * Any place of place.h that can be read. A name that the store doesn't have is FAIL_NOT_FOUND with
 * the nearest one that it has. `store_dir` NULL: the user's own store; `access` NULL: registries
 * are asked as the defaults say.
 */
int look_open(const char *text, const char *store_dir, const struct place_access *access,
	      struct arena *a, struct look_image *ret, struct err *e);
void look_close(struct look_image *i);

#define auto_look_image __attribute__((cleanup(look_close))) struct look_image

/* Everything lives in `a`. FAIL_UNSUPPORTED: it is no index, and its config no image's. */
int look_read(struct place_source *s, const struct descriptor *root, struct arena *a,
	      struct look *ret, struct err *e);

/* Only the platform that is chosen, as place_choose() does; of the others nothing is read. */
int look_read_one(struct place_source *s, const struct descriptor *root,
		  const struct platform_choice *choice, struct arena *a, struct look *ret,
		  struct err *e);

/* All platforms' layers, as stored; one that several have counts once. */
struct look_layers {
	size_t n;
	uint64_t bytes; /* UINT64_MAX: more than fits */
};

struct look_layers look_layers(const struct look *l);

/* The history entry that made layer `i`, or NULL: entries of empty layers have none. */
const struct history *look_layer_history(const struct image_config *c, size_t i);
/* "sha256:<64 hex digits>". */
const char *look_digest(const struct sha256 *d, struct arena *a);
/* The first twelve hex digits, as people compare digests. */
const char *look_short_digest(const struct sha256 *d, struct arena *a);
