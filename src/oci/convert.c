/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a document again, member by member; see convert.h. */
#include "oci/convert.h"

#include <string.h>

#include "base/array.h"
#include "oci/descriptor_json.h"

static const struct {
	const char *oci, *docker;
} types[] = {
	{ MEDIA_TYPE_INDEX, MEDIA_TYPE_DOCKER_INDEX },
	{ MEDIA_TYPE_MANIFEST, MEDIA_TYPE_DOCKER_MANIFEST },
	{ MEDIA_TYPE_CONFIG, MEDIA_TYPE_DOCKER_CONFIG },
	{ MEDIA_TYPE_LAYER_GZIP, MEDIA_TYPE_DOCKER_LAYER_GZIP },
	{ MEDIA_TYPE_LAYER_TAR, MEDIA_TYPE_DOCKER_LAYER_TAR },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" },
};

#define OCI_PREFIX "application/vnd.oci."
#define DOCKER_PREFIX "application/vnd.docker."

struct converting {
	enum document_form form;
	document_replace *replace;
	void *ctx;
	struct arena arena;
	struct err *err;
};

enum document_form document_form_of(const char *media_type)
{
	return strncmp(media_type, DOCKER_PREFIX, strlen(DOCKER_PREFIX)) == 0 ? DOCUMENT_DOCKER
									      : DOCUMENT_OCI;
}

const char *document_type_in(enum document_form form, const char *type)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(type, types[i].oci) == 0 || strcmp(type, types[i].docker) == 0)
			return form == DOCUMENT_OCI ? types[i].oci : types[i].docker;
	if (form == DOCUMENT_OCI && strcmp(type, MEDIA_TYPE_DOCKER_LAYER_ZSTD) == 0)
		return MEDIA_TYPE_LAYER_ZSTD;
	if (form == DOCUMENT_DOCKER && strncmp(type, OCI_PREFIX, strlen(OCI_PREFIX)) == 0)
		return NULL;
	return type;
}

/* One descriptor: three members of it change, and its data goes with the digest. */
static int convert_descriptor(struct converting *c, struct json_writer *w, const struct json *v)
{
	struct reading r = { "manifest", &c->arena, c->err };
	struct descriptor before, d;
	const struct json *value;
	void *state = NULL;
	const char *key;

	if (read_descriptor(&r, v, "descriptor", &d) < 0)
		return -(int)c->err->code;
	before = d;
	c->replace(c->ctx, &d);
	d.media_type = document_type_in(c->form, d.media_type);
	if (!d.media_type)
		return fail(c->err, FAIL_UNSUPPORTED, "Docker's format has no word for '%.100s'",
			    before.media_type);
	json_open_object(w);
	while (json_next(v, &state, &key, &value)) {
		bool other = !sha256_eq(&d.digest, &before.digest);

		if (strcmp(key, "data") == 0 && other)
			continue;
		json_key(w, key);
		if (strcmp(key, "mediaType") == 0)
			json_put_string(w, d.media_type);
		else if (strcmp(key, "size") == 0)
			json_put_u64(w, d.size);
		else if (strcmp(key, "digest") == 0)
			write_digest(w, &d.digest);
		else
			json_put_value(w, value);
	}
	json_close_object(w);
	return 0;
}

static int convert_list(struct converting *c, struct json_writer *w, const struct json *list)
{
	int rc = 0;

	json_open_array(w);
	for (size_t i = 0; rc == 0 && i < json_length(list); i++)
		rc = convert_descriptor(c, w, json_at(list, i));
	json_close_array(w);
	return rc;
}

static int convert_members(struct converting *c, struct json_writer *w, const struct json *root)
{
	const struct json *value;
	void *state = NULL;
	const char *key;
	int rc = 0;

	while (rc == 0 && json_next(root, &state, &key, &value)) {
		if (strcmp(key, "schemaVersion") == 0 || strcmp(key, "mediaType") == 0)
			continue;
		if (c->form == DOCUMENT_DOCKER &&
		    (strcmp(key, "subject") == 0 || strcmp(key, "artifactType") == 0))
			return fail(c->err, FAIL_UNSUPPORTED, "Docker's format has no '%s'", key);
		json_key(w, key);
		if (strcmp(key, "config") == 0)
			rc = convert_descriptor(c, w, value);
		else if (strcmp(key, "layers") == 0 || strcmp(key, "manifests") == 0)
			rc = convert_list(c, w, value);
		else
			json_put_value(w, value);
	}
	return rc;
}

int document_convert(struct view json, enum document_form form, document_replace *replace,
		     void *ctx, struct buf *ret, const char **ret_type, struct err *e)
{
	struct converting c = { .form = form, .replace = replace, .ctx = ctx, .err = e };
	auto_json doc = NULL;
	struct json_writer w;
	bool index;
	int rc = json_parse(json, "manifest", &doc, e);

	if (rc < 0)
		return rc;
	index = json_is_array(json_get(json_root(doc), "manifests"));
	*ret_type = document_type_in(form, index ? MEDIA_TYPE_INDEX : MEDIA_TYPE_MANIFEST);
	json_writer_init(&w, ret, 0);
	json_open_object(&w);
	json_member_u64(&w, "schemaVersion", 2);
	json_member_string(&w, "mediaType", *ret_type);
	rc = convert_members(&c, &w, json_root(doc));
	json_close_object(&w);
	arena_done(&c.arena);
	return rc;
}
