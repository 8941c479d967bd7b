/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests and indexes with other descriptors and with the media types of OCI or of Docker; all
 * other members stay as they are (OCI image-spec media-types.md, Compatibility Matrix).
 */
#pragma once

#include "oci/image.h"

enum document_form { DOCUMENT_OCI, DOCUMENT_DOCKER };

/* Changes digest, size and media type of a descriptor, or leaves it. */
typedef void document_replace(void *ctx, struct descriptor *d);

/* The form that a document of this media type has. */
enum document_form document_form_of(const char *media_type);
/* The form's word for a media type; NULL: it has none. Types of neither are the same in both. */
const char *document_type_in(enum document_form form, const char *type);
/*
 * FAIL_UNSUPPORTED for what Docker's form has no word for: zstd layers, artifacts, subjects.
 * *ret_type is the document's media type.
 */
int document_convert(struct view json, enum document_form form, document_replace *replace,
		     void *ctx, struct buf *ret, const char **ret_type, struct err *e);
