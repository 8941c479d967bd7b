/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON documents of an image: config, manifest and index (OCI image-spec config.md,
 * manifest.md, image-index.md). Writing is deterministic: fixed key order, no white space.
 * Reading takes OCI and Docker media types, treats its input as hostile, and keeps everything in
 * the caller's arena.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "oci/descriptor.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	OCI_MAX_DOCUMENT_BYTES = 4 << 20, /* what every registry must accept (distribution-spec) */
	OCI_MAX_LAYERS = 1024,		  /* overlayfs takes 500, Docker 127 */
	OCI_MAX_MANIFESTS = 16384,	  /* about what fits into OCI_MAX_DOCUMENT_BYTES */
	OCI_MAX_PAIRS = 4096,		  /* annotations, labels, environment */
};

struct strings {
	const char **at;
	size_t n, cap;
};

struct pairs {
	struct pair *at;
	size_t n, cap;
};

/* The last one counts; NULL: there is none. */
const char *pairs_get(const struct pairs *p, const char *key);

struct history {
	const char *created; /* RFC 3339, or NULL */
	const char *created_by;
	const char *author;
	const char *comment;
	bool empty_layer;
};

struct image_config {
	const char *created;
	const char *author;
	struct platform platform;
	const char *user;
	struct strings exposed_ports;
	struct strings env; /* NAME=value, in order */
	struct strings entrypoint, cmd;
	struct strings volumes;
	const char *working_dir;
	struct pairs labels;
	const char *stop_signal;
	struct pairs more; /* other members of "config" (Docker's Healthcheck, Shell…), as JSON */
	struct sha256 *diff_ids;
	size_t n_diff_ids;
	struct history *history;
	size_t n_history;
};

struct manifest {
	const char *media_type;
	struct descriptor config;
	struct descriptor *layers;
	size_t n_layers;
	struct pairs annotations;
};

struct image_index {
	const char *media_type;
	struct descriptor *manifests;
	size_t n_manifests;
	struct pairs annotations;
};

/*
 * Annotations, labels, ports and volumes are written sorted by key (the last one wins when a key
 * is there twice); empty members are left out; an unset media type is the OCI one.
 */
void image_config_write(const struct image_config *c, struct buf *to);
void manifest_write(const struct manifest *m, struct buf *to);
void image_index_write(const struct image_index *x, struct buf *to);

/*
 * The arrays of what was read lie in the arena: array_push() must not grow them. An empty string
 * reads as NULL where it may be absent; unknown members are ignored. A config's history is not
 * checked against its layers: images with a wrong one exist and run.
 */
int image_config_read(struct view json, const char *name, struct arena *a, struct image_config *ret,
		      struct err *e);
int manifest_read(struct view json, const char *name, struct arena *a, struct manifest *ret,
		  struct err *e);
int image_index_read(struct view json, const char *name, struct arena *a, struct image_index *ret,
		     struct err *e);
