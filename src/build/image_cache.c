/* SPDX-License-Identifier: Apache-2.0 */
/* Finding an image that was built before; see image_cache.h. */
#include "build/image_cache.h"

#include "base/array.h"
#include "base/buf.h"
#include "build/record.h"
#include "oci/image.h"

#include <stdlib.h>
#include <string.h>

/* The layers of an image, all platforms' together. */
struct layer_list {
	struct descriptor *at;
	size_t n, cap;
};

/* Also sets the platform of a manifest, as building does. */
static bool list_layers(struct store *s, struct descriptor *d, struct arena *a,
			struct layer_list *to)
{
	struct image_config config;
	struct platform *platform;
	struct err ignored;
	struct manifest m;
	struct view json;

	if (!store_has_blob(s, &d->digest, d->size) ||
	    store_read_blob(s, &d->digest, OCI_MAX_DOCUMENT_BYTES, a, &json, &ignored) < 0)
		return false;
	if (strcmp(d->media_type, MEDIA_TYPE_INDEX) == 0) {
		struct image_index x;

		if (image_index_read(json, "index", a, &x, &ignored) < 0)
			return false;
		for (size_t i = 0; i < x.n_manifests; i++)
			if (strcmp(x.manifests[i].media_type, MEDIA_TYPE_MANIFEST) != 0 ||
			    !list_layers(s, &x.manifests[i], a, to))
				return false;
		return true;
	}
	if (manifest_read(json, "manifest", a, &m, &ignored) < 0 ||
	    !store_has_blob(s, &m.config.digest, m.config.size) ||
	    store_read_blob(s, &m.config.digest, OCI_MAX_DOCUMENT_BYTES, a, &json, &ignored) < 0 ||
	    image_config_read(json, "config", a, &config, &ignored) < 0)
		return false;
	platform = arena_new(a, struct platform);
	*platform = config.platform;
	d->platform = platform;
	for (size_t i = 0; i < m.n_layers; i++)
		*array_push(to) = m.layers[i];
	return true;
}

/* Over the files that hold the layers; false if one is missing. */
static bool stamp_of(struct store *s, const struct layer_list *layers,
		     char ret[SHA256_HEX_CHARS + 1])
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	struct sha256 sum;

	for (size_t i = 0; i < layers->n; i++)
		if (!store_stamp_blob(s, &layers->at[i].digest, layers->at[i].size, h))
			return false;
	sha256_final(h, &sum);
	sha256_to_hex(&sum, ret);
	return true;
}

static bool are_right(const struct build_context *ctx, const struct layer_list *layers)
{
	char hex[SHA256_HEX_CHARS + 1];

	for (size_t i = 0; i < layers->n; i++) {
		if (store_blob_is_right(ctx->store, &layers->at[i].digest, layers->at[i].size))
			continue;
		sha256_to_hex(&layers->at[i].digest, hex);
		monitor_warn(ctx->monitor, "layer %.12s in the store is damaged; making it again",
			     hex);
		return false;
	}
	return true;
}

static void save(int dir_fd, const char *key, const struct descriptor *d, const char *stamp)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct json_writer w;

	sha256_to_hex(&d->digest, hex);
	json_writer_init(&w, &text, 0);
	json_open_object(&w);
	json_member_string(&w, "mediaType", d->media_type);
	json_member_string(&w, "digest", hex);
	json_member_u64(&w, "size", d->size);
	json_member_string(&w, "files", stamp);
	json_close_object(&w);
	record_write(dir_fd, key, &text);
}

/* The layers are there, right, and young; the record knows their files. */
static bool settle_layers(const struct build_context *ctx, int dir_fd, const char *key,
			  const char *known, const struct layer_list *layers,
			  const struct descriptor *d)
{
	char stamp[SHA256_HEX_CHARS + 1];
	struct store *s = ctx->store;

	if (!stamp_of(s, layers, stamp))
		return false;
	if (strcmp(stamp, known) != 0 && !are_right(ctx, layers))
		return false;
	for (size_t i = 0; i < layers->n; i++)
		if (!store_has_blob(s, &layers->at[i].digest, layers->at[i].size))
			return false;
	if (!stamp_of(s, layers, stamp))
		return false;
	if (strcmp(stamp, known) != 0)
		save(dir_fd, key, d, stamp);
	return true;
}

bool image_cache_find(const struct build_context *ctx, int dir_fd, const char *key, struct arena *a,
		      struct descriptor *ret)
{
	struct layer_list layers = { 0 };
	auto_json doc = NULL;
	const struct json *root;
	const char *type, *hex, *known;
	bool found;

	if (!record_read(dir_fd, key, &doc))
		return false;
	root = json_root(doc);
	type = json_str(json_get(root, "mediaType"));
	hex = json_str(json_get(root, "digest"));
	known = json_str(json_get(root, "files"));
	if (!type || !hex || !known || !sha256_from_hex(view_of(hex), &ret->digest) ||
	    !json_u64(json_get(root, "size"), &ret->size))
		return false;
	ret->media_type = arena_strdup(a, type);
	found = list_layers(ctx->store, ret, a, &layers) &&
		settle_layers(ctx, dir_fd, key, known, &layers, ret);
	free(layers.at);
	return found;
}

void image_cache_save(const struct build_context *ctx, int dir_fd, const char *key,
		      const struct descriptor *d)
{
	char stamp[SHA256_HEX_CHARS + 1];
	struct layer_list layers = { 0 };
	struct descriptor root = *d;
	auto_arena a = ARENA_EMPTY;

	if (list_layers(ctx->store, &root, &a, &layers) && stamp_of(ctx->store, &layers, stamp))
		save(dir_fd, key, d, stamp);
	free(layers.at);
}
