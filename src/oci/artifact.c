/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of artifacts; see artifact.h. */
#include "oci/artifact.h"

#include <string.h>

#include "oci/descriptor_json.h"
#include "oci/platform.h"

#define ANNOTATION_TITLE "org.opencontainers.image.title"
/* Of BuildKit, in an index: what the manifest is to the image that it refers to. */
#define ANNOTATION_REFERENCE_TYPE "vnd.docker.reference.type"

static bool is_one_of(const char *type, const char *oci, const char *docker)
{
	return strcmp(type, oci) == 0 || strcmp(type, docker) == 0;
}

static bool is_config_type(const char *type)
{
	return is_one_of(type, MEDIA_TYPE_CONFIG, MEDIA_TYPE_DOCKER_CONFIG);
}

bool descriptor_is_artifact(const struct descriptor *d)
{
	return !is_one_of(d->media_type, MEDIA_TYPE_MANIFEST, MEDIA_TYPE_DOCKER_MANIFEST) ||
	       (d->artifact_type && !is_config_type(d->artifact_type)) ||
	       platform_is_none(d->platform) || descriptor_annotation(d, ANNOTATION_REFERENCE_TYPE);
}

bool manifest_is_artifact(const struct manifest *m)
{
	return !is_config_type(m->config.media_type);
}

bool descriptor_is_attestation(const struct descriptor *d)
{
	const char *type = descriptor_annotation(d, ANNOTATION_REFERENCE_TYPE);

	return type ? strcmp(type, "attestation-manifest") == 0 : platform_is_none(d->platform);
}

void artifact_write(const struct artifact *x, struct buf *to)
{
	struct pair title = { ANNOTATION_TITLE, x->title };
	struct descriptor empty = ARTIFACT_EMPTY, layer = x->layer, subject = x->subject;
	struct json_writer w;

	layer.annotations = x->title ? &title : NULL;
	layer.n_annotations = x->title ? 1 : 0;
	subject.annotations = NULL;
	subject.n_annotations = 0;
	subject.platform = NULL;
	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_member_u64(&w, "schemaVersion", 2);
	json_member_string(&w, "mediaType", MEDIA_TYPE_MANIFEST);
	json_member_string(&w, "artifactType", x->type);
	json_key(&w, "config");
	write_descriptor(&w, &empty);
	json_key(&w, "layers");
	json_open_array(&w);
	write_descriptor(&w, &layer);
	json_close_array(&w);
	json_key(&w, "subject");
	write_descriptor(&w, &subject);
	write_pairs(&w, "annotations", x->annotations.at, x->annotations.n);
	json_close_object(&w);
}
