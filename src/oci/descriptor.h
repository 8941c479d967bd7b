/* SPDX-License-Identifier: Apache-2.0 */
/* OCI descriptors and media types (OCI image-spec descriptor.md, media-types.md). */
#pragma once

#include "crypto/digest.h"

#include <stddef.h>
#include <stdint.h>

#define MEDIA_TYPE_INDEX "application/vnd.oci.image.index.v1+json"
#define MEDIA_TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_TYPE_CONFIG "application/vnd.oci.image.config.v1+json"
#define MEDIA_TYPE_LAYER_TAR "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_TYPE_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_TYPE_LAYER_ZSTD "application/vnd.oci.image.layer.v1.tar+zstd"
#define MEDIA_TYPE_DOCKER_INDEX "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_TYPE_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define MEDIA_TYPE_DOCKER_LAYER_TAR "application/vnd.docker.image.rootfs.diff.tar"
/* Of builders that were told to write it in Docker's form: Docker itself has no such layers. */
#define MEDIA_TYPE_DOCKER_LAYER_ZSTD "application/vnd.docker.image.rootfs.diff.tar.zstd"
#define MEDIA_TYPE_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"

#define ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"
#define ANNOTATION_CREATED "org.opencontainers.image.created"
#define ANNOTATION_SOURCE "org.opencontainers.image.source"
#define ANNOTATION_BASE_NAME "org.opencontainers.image.base.name"
#define ANNOTATION_BASE_DIGEST "org.opencontainers.image.base.digest"

/* A key and its value, for annotations, labels and environments. */
struct pair {
	const char *key;
	const char *value;
};

struct platform {
	const char *os;		  /* "linux" */
	const char *architecture; /* as Go names it: amd64, arm64, arm, 386, ppc64le, … */
	const char *variant;	  /* "v7", "v8" or NULL */
};

struct descriptor {
	const char *media_type;
	struct sha256 digest;
	uint64_t size;
	const struct platform *platform; /* of a manifest in an index, or NULL */
	const struct pair *annotations;
	size_t n_annotations;
	const char *artifact_type; /* in an index, or NULL; it is read, not written */
};

/* The last one counts; NULL: there is none. */
const char *descriptor_annotation(const struct descriptor *d, const char *key);
