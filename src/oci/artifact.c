/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of artifacts; see artifact.h. */
#include "oci/artifact.h"

#include "oci/descriptor_json.h"

#define ANNOTATION_TITLE "org.opencontainers.image.title"

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
