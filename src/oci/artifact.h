/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests that are no image's (OCI image-spec manifest.md, Guidelines for Artifact Usage). */
#pragma once

#include "oci/image.h"

#define ARTIFACT_EMPTY_TEXT "{}" /* the content of the empty descriptor */

/* As an initialiser of a struct descriptor. */
#define ARTIFACT_EMPTY                                                                          \
	{                                                                                       \
		.media_type = "application/vnd.oci.empty.v1+json",                              \
		.digest = { { 0x44, 0x13, 0x6f, 0xa3, 0x55, 0xb3, 0x67, 0x8a, 0x11, 0x46, 0xad, \
			      0x16, 0xf7, 0xe8, 0x64, 0x9e, 0x94, 0xfb, 0x4f, 0xc2, 0x1f, 0xe7, \
			      0x7e, 0x83, 0x10, 0xc0, 0x60, 0xf6, 0x1c, 0xaa, 0xff, 0x8a } },   \
		.size = 2,                                                                      \
	}

/* A file that refers to an image. */
struct artifact {
	const char *type;
	const char *title; /* of the file; NULL: none */
	struct descriptor layer, subject;
	struct pairs annotations;
};

/* Its manifest; the same input gives the same bytes. */
void artifact_write(const struct artifact *x, struct buf *to);

/*
 * Whether an index lists it as something other than an image: by its media type or artifact type
 * (descriptor.md), by a platform that is none, or as builders mark attestations. False says nothing
 * for sure: an index need not say what it lists.
 */
bool descriptor_is_artifact(const struct descriptor *d);
/* Whether its config is something other than an image's. */
bool manifest_is_artifact(const struct manifest *m);
/* Of the artifacts those that BuildKit makes: they tell how an image of the same index was built.
 */
bool descriptor_is_attestation(const struct descriptor *d);
