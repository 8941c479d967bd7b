/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Config, manifest and index out of JSON, in their OCI and Docker forms. The input is hostile: a
 * document that could be taken for a manifest and an index at once is refused (CVE-2021-41190).
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "fmt/json.h"
#include "oci/descriptor_json.h"
#include "oci/image.h"

static int open_document(const struct reading *r, struct view text, struct json_doc **ret)
{
	int status;

	if (text.len > OCI_MAX_DOCUMENT_BYTES)
		return fail(r->err, FAIL_LIMIT, "%s: %zu bytes, more than %d", r->name, text.len,
			    OCI_MAX_DOCUMENT_BYTES);
	status = json_parse(text, r->name, ret, r->err);
	if (status)
		return status;
	if (!json_is_object(json_root(*ret)))
		return fail(r->err, FAIL_FORMAT, "%s: must be a JSON object", r->name);
	return 0;
}

/* What the specification doesn't have, and images do: the same bytes come out of the writer. */
static int read_more(const struct reading *r, const struct json *config, struct pairs *ret)
{
	static const char *const known[] = { "User",	   "ExposedPorts", "Env",
					     "Entrypoint", "Cmd",	   "Volumes",
					     "WorkingDir", "Labels",	   "StopSignal" };
	const struct json *value;
	void *state = NULL;
	const char *key;

	if (json_length(config) > OCI_MAX_PAIRS)
		return fail(r->err, FAIL_LIMIT, "%s: 'config' has more than %d members", r->name,
			    OCI_MAX_PAIRS);
	ret->at = arena_array(r->arena, json_length(config) + 1, sizeof(*ret->at));
	while (json_next(config, &state, &key, &value)) {
		auto_buf text = BUF_EMPTY;
		struct json_writer w;
		size_t i = 0;

		while (i < COUNT_OF(known) && strcmp(known[i], key) != 0)
			i++;
		if (i < COUNT_OF(known))
			continue;
		json_writer_init(&w, &text, 0);
		json_put_value(&w, value);
		ret->at[ret->n++] = (struct pair){ arena_strdup(r->arena, key),
						   arena_view(r->arena, buf_view(&text)) };
	}
	return 0;
}

static int read_execution(const struct reading *r, const struct json *v, struct image_config *c)
{
	if (json_is_null(v))
		return 0;
	if (!json_is_object(v))
		return reading_fail(r, "config", "must be an object");
	if (read_optional(r, v, "User", &c->user) ||
	    read_keys(r, json_get(v, "ExposedPorts"), "ExposedPorts", &c->exposed_ports) ||
	    oci_read_strings(r, json_get(v, "Env"), "Env", &c->env) ||
	    oci_read_strings(r, json_get(v, "Entrypoint"), "Entrypoint", &c->entrypoint) ||
	    oci_read_strings(r, json_get(v, "Cmd"), "Cmd", &c->cmd) ||
	    read_keys(r, json_get(v, "Volumes"), "Volumes", &c->volumes) ||
	    read_optional(r, v, "WorkingDir", &c->working_dir) ||
	    oci_read_pairs(r, json_get(v, "Labels"), "Labels", &c->labels) ||
	    read_optional(r, v, "StopSignal", &c->stop_signal) || read_more(r, v, &c->more))
		return -(int)r->err->code;
	return 0;
}

static int check_layers(const struct reading *r, const struct json *v, const char *what, size_t max)
{
	if (!json_is_array(v))
		return reading_fail(r, what, "must be an array");
	if (json_length(v) > max)
		return fail(r->err, FAIL_LIMIT, "%s: '%s' has %zu items, more than %zu", r->name,
			    what, json_length(v), max);
	return 0;
}

static int read_rootfs(const struct reading *r, const struct json *v, struct image_config *c)
{
	const struct json *ids = json_get(v, "diff_ids");
	const char *type = json_str(json_get(v, "type"));
	int status;

	if (!type || strcmp(type, "layers") != 0)
		return reading_fail(r, "rootfs.type", "must be 'layers'");
	if (json_is_null(ids)) /* how Go writes an image without layers */
		return 0;
	status = check_layers(r, ids, "rootfs.diff_ids", OCI_MAX_LAYERS);
	if (status)
		return status;
	c->n_diff_ids = json_length(ids);
	c->diff_ids = arena_array(r->arena, c->n_diff_ids, sizeof(*c->diff_ids));
	for (size_t i = 0; i < c->n_diff_ids; i++) {
		status = read_digest(r, json_at(ids, i), "rootfs.diff_ids", &c->diff_ids[i]);
		if (status)
			return status;
	}
	return 0;
}

static int read_history_item(const struct reading *r, const struct json *v, struct history *h)
{
	if (!json_is_object(v))
		return reading_fail(r, "history", "must hold objects only");
	if (read_optional(r, v, "created", &h->created) ||
	    read_optional(r, v, "created_by", &h->created_by) ||
	    read_optional(r, v, "author", &h->author) ||
	    read_optional(r, v, "comment", &h->comment))
		return -(int)r->err->code;
	h->empty_layer = json_bool(json_get(v, "empty_layer"), false);
	return 0;
}

static int read_history(const struct reading *r, const struct json *v, struct image_config *c)
{
	int status;

	if (json_is_null(v))
		return 0;
	status = check_layers(r, v, "history", OCI_MAX_PAIRS);
	if (status)
		return status;
	c->n_history = json_length(v);
	c->history = arena_array(r->arena, c->n_history, sizeof(*c->history));
	for (size_t i = 0; i < c->n_history; i++) {
		status = read_history_item(r, json_at(v, i), &c->history[i]);
		if (status)
			return status;
	}
	return 0;
}

int image_config_read(struct view json, const char *name, struct arena *a, struct image_config *ret,
		      struct err *e)
{
	struct reading r = { name, a, e };
	struct image_config c = { 0 };
	auto_json doc = NULL;
	const struct json *o;
	int status = open_document(&r, json, &doc);

	if (status)
		return status;
	o = json_root(doc);
	if (read_optional(&r, o, "created", &c.created) ||
	    read_optional(&r, o, "author", &c.author) ||
	    read_optional(&r, o, "architecture", &c.platform.architecture) ||
	    read_optional(&r, o, "os", &c.platform.os) ||
	    read_optional(&r, o, "variant", &c.platform.variant))
		return -(int)e->code;
	if (!c.platform.architecture || !c.platform.os)
		return fail(e, FAIL_FORMAT, "%s: must have an 'architecture' and an 'os'", name);
	if (read_execution(&r, json_get(o, "config"), &c) ||
	    read_rootfs(&r, json_get(o, "rootfs"), &c) ||
	    read_history(&r, json_get(o, "history"), &c))
		return -(int)e->code;
	*ret = c;
	return 0;
}

/* The document's media type, which must be one of the two; absent, it is the first. */
static int read_head(const struct reading *r, const struct json *o, const char *oci,
		     const char *docker, const char **ret)
{
	const char *type;
	uint64_t version;

	if (!json_u64(json_get(o, "schemaVersion"), &version))
		return reading_fail(r, "schemaVersion", "must be 2");
	if (version != 2)
		return fail(r->err, FAIL_UNSUPPORTED, "%s: 'schemaVersion' must be 2", r->name);
	if (read_optional(r, o, "mediaType", &type))
		return -(int)r->err->code;
	if (!type || strcmp(type, oci) == 0)
		*ret = oci;
	else if (strcmp(type, docker) == 0)
		*ret = docker;
	else
		return fail(r->err, FAIL_UNSUPPORTED, "%s: 'mediaType' is neither '%s' nor '%s'",
			    r->name, oci, docker);
	return 0;
}

static int read_descriptors(const struct reading *r, const struct json *v, const char *what,
			    size_t max, struct descriptor **ret, size_t *ret_n)
{
	struct descriptor *at;
	char item[32];
	int status = check_layers(r, v, what, max);

	if (status)
		return status;
	at = arena_array(r->arena, json_length(v), sizeof(*at));
	for (size_t i = 0; i < json_length(v); i++) {
		snprintf(item, sizeof(item), "%s[%zu]", what, i);
		status = read_descriptor(r, json_at(v, i), item, &at[i]);
		if (status)
			return status;
	}
	*ret = at;
	*ret_n = json_length(v);
	return 0;
}

int manifest_read(struct view json, const char *name, struct arena *a, struct manifest *ret,
		  struct err *e)
{
	struct reading r = { name, a, e };
	struct manifest m = { 0 };
	auto_json doc = NULL;
	const struct json *o;
	int status = open_document(&r, json, &doc);

	if (status)
		return status;
	o = json_root(doc);
	if (read_head(&r, o, MEDIA_TYPE_MANIFEST, MEDIA_TYPE_DOCKER_MANIFEST, &m.media_type))
		return -(int)e->code;
	if (json_get(o, "manifests"))
		return reading_fail(&r, "manifests", "has no place in a manifest");
	if (read_descriptor(&r, json_get(o, "config"), "config", &m.config) ||
	    read_descriptors(&r, json_get(o, "layers"), "layers", OCI_MAX_LAYERS, &m.layers,
			     &m.n_layers) ||
	    oci_read_pairs(&r, json_get(o, "annotations"), "annotations", &m.annotations))
		return -(int)e->code;
	*ret = m;
	return 0;
}

int image_index_read(struct view json, const char *name, struct arena *a, struct image_index *ret,
		     struct err *e)
{
	struct reading r = { name, a, e };
	struct image_index x = { 0 };
	auto_json doc = NULL;
	const struct json *o;
	int status = open_document(&r, json, &doc);

	if (status)
		return status;
	o = json_root(doc);
	if (read_head(&r, o, MEDIA_TYPE_INDEX, MEDIA_TYPE_DOCKER_INDEX, &x.media_type))
		return -(int)e->code;
	if (json_get(o, "config") || json_get(o, "layers"))
		return fail(e, FAIL_FORMAT, "%s: an index must not have a 'config' or 'layers'",
			    name);
	if (read_descriptors(&r, json_get(o, "manifests"), "manifests", OCI_MAX_MANIFESTS,
			     &x.manifests, &x.n_manifests) ||
	    oci_read_pairs(&r, json_get(o, "annotations"), "annotations", &x.annotations))
		return -(int)e->code;
	*ret = x;
	return 0;
}
