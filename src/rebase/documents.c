/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A config and a manifest that are rebased: members that change are written anew, all others stay
 * as they are. Media types become those of one form, whatever the two images had.
 */
#include <string.h>

#include "base/array.h"
#include "oci/descriptor_json.h"
#include "rebase/private.h"

static struct view kept(const struct buf *text, struct arena *a)
{
	return view_make(arena_view(a, buf_view(text)), text->len);
}

/* ---- the config -------------------------------------------------------------------------- */

/* What a config says of its platform beyond what struct platform has: the base decides it. */
static bool is_of_base(const char *key)
{
	return strcmp(key, "os.version") == 0 || strcmp(key, "os.features") == 0;
}

static bool is_known(const char *key)
{
	static const char *const known[] = { "created", "author", "architecture", "os",
					     "variant", "config", "rootfs",	  "history" };

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcmp(key, known[i]) == 0)
			return true;
	return false;
}

static void put_members(struct json_writer *w, const struct json *o,
			bool (*wanted)(const char *key))
{
	const struct json *value;
	void *state = NULL;
	const char *key;

	while (json_next(o, &state, &key, &value)) {
		if (!wanted(key))
			continue;
		json_key(w, key);
		json_put_value(w, value);
	}
}

static bool is_image_own(const char *key)
{
	return !is_known(key) && !is_of_base(key);
}

int rebase_write_config(const struct moved *m, const struct image_config *c, struct arena *a,
			struct view *ret, struct err *e)
{
	auto_json image = NULL;
	auto_json fresh = NULL;
	auto_json written = NULL;
	auto_buf known = BUF_EMPTY, text = BUF_EMPTY;
	struct image_config again;
	struct json_writer w;
	int rc = json_parse(m->image->config_json, "the image's config", &image, e);

	if (rc == 0)
		rc = json_parse(m->fresh.config_json, "the new base's config", &fresh, e);
	image_config_write(c, &known);
	if (rc == 0)
		rc = json_parse(buf_view(&known), "config", &written, e);
	if (rc < 0)
		return rc;
	json_writer_init(&w, &text, 0);
	json_open_object(&w);
	put_members(&w, json_root(written), is_known);
	put_members(&w, json_root(fresh), is_of_base);
	put_members(&w, json_root(image), is_image_own);
	json_close_object(&w);
	*ret = kept(&text, a);
	return image_config_read(*ret, "the result's config", a, &again, e);
}

/* ---- the manifest ------------------------------------------------------------------------ */

void rebase_put_annotations(struct json_writer *w, const struct json *old,
			    const struct base_names *base)
{
	const struct json *value;
	void *state = NULL;
	const char *key;

	json_key(w, "annotations");
	json_open_object(w);
	while (json_next(old, &state, &key, &value)) {
		if (strcmp(key, ANNOTATION_BASE_NAME) == 0 ||
		    strcmp(key, ANNOTATION_BASE_DIGEST) == 0)
			continue;
		json_key(w, key);
		json_put_value(w, value);
	}
	json_member_string(w, ANNOTATION_BASE_DIGEST, base->digest);
	json_member_string(w, ANNOTATION_BASE_NAME, base->name);
	json_close_object(w);
}

static void put_layers(struct json_writer *w, const struct json *base, const struct json *image,
		       size_t n_old)
{
	const struct json *of_base = json_get(base, "layers"), *own = json_get(image, "layers");

	json_key(w, "layers");
	json_open_array(w);
	for (size_t i = 0; i < json_length(of_base); i++)
		json_put_value(w, json_at(of_base, i));
	for (size_t i = n_old; i < json_length(own); i++)
		json_put_value(w, json_at(own, i));
	json_close_array(w);
}

/* For convert.h: the config's descriptor, the only one of a manifest that changes. */
struct config_change {
	const struct descriptor *before, *after;
};

static void replace_config(void *ctx, struct descriptor *d)
{
	const struct config_change *x = ctx;

	if (!sha256_eq(&d->digest, &x->before->digest))
		return;
	d->digest = x->after->digest;
	d->size = x->after->size;
}

int rebase_write_manifest(const struct moved *m, const struct base_names *base,
			  const struct descriptor *config, enum document_form form, struct arena *a,
			  struct view *ret, const char **ret_type, struct err *e)
{
	struct config_change change = { &m->image->manifest.config, config };
	struct manifest again;
	auto_buf text = BUF_EMPTY, converted = BUF_EMPTY;
	auto_json image = NULL;
	auto_json fresh = NULL;
	const struct json *value;
	void *state = NULL;
	struct json_writer w;
	const char *key;
	int rc = json_parse(m->image->manifest_json, "the image's manifest", &image, e);

	if (rc == 0)
		rc = json_parse(m->fresh.manifest_json, "the new base's manifest", &fresh, e);
	if (rc < 0)
		return rc;
	json_writer_init(&w, &text, 0);
	json_open_object(&w);
	while (json_next(json_root(image), &state, &key, &value)) {
		if (strcmp(key, "annotations") == 0)
			continue;
		if (strcmp(key, "layers") == 0) {
			put_layers(&w, json_root(fresh), json_root(image),
				   m->old.manifest.n_layers);
			continue;
		}
		json_key(&w, key);
		json_put_value(&w, value);
	}
	rebase_put_annotations(&w, json_get(json_root(image), "annotations"), base);
	json_close_object(&w);
	rc = document_convert(buf_view(&text), form, replace_config, &change, &converted, ret_type,
			      e);
	*ret = kept(&converted, a);
	return rc < 0 ? rc : manifest_read(*ret, "the result's manifest", a, &again, e);
}
