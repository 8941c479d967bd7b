/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an image's documents out of a place; see look.h. */
#include "view/look.h"

#include "base/checked.h"
#include "base/map.h"
#include "oci/artifact.h"
#include "place/manifests.h"
#include "place/walk.h"

#include <string.h>

enum { LOOK_SHORT_DIGITS = 12 };

static bool is_index(const struct descriptor *d)
{
	return d->media_type && is_index_type(d->media_type);
}

const char *look_digest(const struct sha256 *d, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(d, hex);
	return arena_printf(a, "sha256:%s", hex);
}

const char *look_short_digest(const struct sha256 *d, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(d, hex);
	return arena_strndup(a, hex, LOOK_SHORT_DIGITS);
}

/* Sizes come from a document that anybody may have written: a sum that overflows says so. */
static uint64_t sum_layers(const struct manifest *m)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < m->n_layers; i++)
		if (!checked_add(bytes, m->layers[i].size, &bytes))
			return UINT64_MAX;
	return bytes;
}

/* Of an artifact only the manifest. */
static int read_platform(struct place_source *s, const struct descriptor *d, struct arena *a,
			 struct look_platform *ret, struct err *e)
{
	int r;

	ret->descriptor = *d;
	r = place_source_read(s, d, a, &ret->manifest_json, e);
	if (r < 0)
		return r;
	r = manifest_read(ret->manifest_json, look_digest(&d->digest, a), a, &ret->manifest, e);
	if (r < 0)
		return r;
	if (manifest_is_artifact(&ret->manifest))
		return 0;
	r = place_source_read(s, &ret->manifest.config, a, &ret->config_json, e);
	if (r < 0)
		return r;
	ret->layer_bytes = sum_layers(&ret->manifest);
	return image_config_read(ret->config_json, look_digest(&ret->manifest.config.digest, a), a,
				 &ret->config, e);
}

static int need_image(const struct look_platform *p, struct arena *a, struct err *e)
{
	if (!manifest_is_artifact(&p->manifest))
		return 0;
	return fail(e, FAIL_UNSUPPORTED,
		    "%s is an artifact, not an image: its config is of type '%.100s'",
		    look_digest(&p->descriptor.digest, a), p->manifest.config.media_type);
}

/* A manifest that is listed for several platforms is read for the first. */
static int read_listed(struct place_source *s, const struct descriptor *d, struct map *read,
		       struct arena *a, struct look_platform *ret, struct err *e)
{
	void **first = map_put(read, view_make((const char *)d->digest.bytes, SHA256_BYTES));
	int r = 0;

	if (*first) {
		*ret = *(const struct look_platform *)*first;
		ret->descriptor = *d;
	} else {
		r = read_platform(s, d, a, ret, e);
		*first = ret;
	}
	return r;
}

static bool is_no_image(const struct look_platform *p)
{
	return manifest_is_artifact(&p->manifest) || platform_is_none(&p->config.platform);
}

/* An artifact's manifest keeps its room, for another entry of the index may name it again. */
static int read_all(struct place_source *s, const struct descriptor *manifests, size_t n,
		    struct arena *a, struct look *l, struct err *e)
{
	struct look_platform *at = arena_array(a, n + 1, sizeof(*at));
	auto_map read = MAP_EMPTY;
	int r = 0;

	l->platforms = arena_array(a, n + 1, sizeof(*l->platforms));
	l->artifacts = arena_array(a, n + 1, sizeof(*l->artifacts));
	for (size_t i = 0; r == 0 && i < n; i++) {
		bool artifact = l->is_index && descriptor_is_artifact(&manifests[i]);

		if (!artifact)
			r = read_listed(s, &manifests[i], &read, a, &at[i], e);
		if (r < 0 && manifests[i].platform)
			err_context(e, "%s", platform_text(manifests[i].platform, a));
		if (r == 0 && (artifact || (l->is_index && is_no_image(&at[i]))))
			l->artifacts[l->n_artifacts++] = manifests[i];
		else
			l->platforms[l->n_platforms++] = at[i];
	}
	return r;
}

int look_read(struct place_source *s, const struct descriptor *root, struct arena *a,
	      struct look *ret, struct err *e)
{
	struct look l = { .root = *root, .is_index = is_index(root) };
	struct descriptor *manifests;
	struct image_index index;
	size_t n;
	int r = place_manifests(s, root, a, &manifests, &n, e);

	if (r == 0 && l.is_index)
		r = place_source_read(s, root, a, &l.root_json, e);
	if (r == 0 && l.is_index)
		r = image_index_read(l.root_json, look_digest(&root->digest, a), a, &index, e);
	if (r == 0 && l.is_index)
		l.annotations = index.annotations;
	if (r == 0)
		r = read_all(s, manifests, n, a, &l, e);
	if (r == 0 && !l.is_index)
		r = need_image(l.platforms, a, e);
	if (r < 0)
		return r;
	if (!l.is_index)
		l.root_json = l.platforms[0].manifest_json;
	*ret = l;
	return 0;
}

int look_read_one(struct place_source *s, const struct descriptor *root,
		  const struct platform_choice *choice, struct arena *a, struct look *ret,
		  struct err *e)
{
	struct look l = { .root = *root,
			  .is_index = is_index(root),
			  .platforms = arena_new(a, struct look_platform),
			  .n_platforms = 1 };
	struct descriptor manifest;
	int r = place_choose(s, root, choice, a, &manifest, e);

	if (r == 0)
		r = read_platform(s, &manifest, a, l.platforms, e);
	if (r == 0)
		r = need_image(l.platforms, a, e);
	if (r == 0 && l.is_index)
		r = place_source_read(s, root, a, &l.root_json, e);
	else if (r == 0)
		l.root_json = l.platforms->manifest_json;
	if (r == 0)
		*ret = l;
	return r;
}

static void count_layer(struct look_layers *all, struct map *seen, const struct descriptor *d)
{
	struct view key = view_make((const char *)d->digest.bytes, SHA256_BYTES);

	if (map_get(seen, key))
		return;
	*map_put(seen, key) = (void *)(uintptr_t)d;
	all->n++;
	if (!checked_add(all->bytes, d->size, &all->bytes))
		all->bytes = UINT64_MAX;
}

struct look_layers look_layers(const struct look *l)
{
	struct look_layers all = { 0 };
	auto_map seen = MAP_EMPTY;

	for (size_t i = 0; i < l->n_platforms; i++) {
		const struct manifest *m = &l->platforms[i].manifest;

		for (size_t k = 0; k < m->n_layers; k++)
			count_layer(&all, &seen, &m->layers[k]);
	}
	return all;
}

const struct history *look_layer_history(const struct image_config *c, size_t i)
{
	for (size_t k = 0; k < c->n_history; k++) {
		if (c->history[k].empty_layer)
			continue;
		if (i-- == 0)
			return &c->history[k];
	}
	return NULL;
}

int look_open(const char *text, const char *store_dir, const struct place_access *access,
	      struct arena *a, struct look_image *ret, struct err *e)
{
	struct look_image i = { 0 };
	struct place p;
	int r = place_parse(text, a, &p, e);

	if (r < 0)
		return r;
	p.access = access;
	if (p.kind != PLACE_STORE) {
		r = place_open(&p, store_dir, a, &i.source, &i.root, e);
	} else {
		r = store_open(store_dir, &i.store, e);
		if (r == 0)
			r = store_resolve(i.store, p.ref, a, &i.root, e);
		if (r == 0)
			i.source = place_source_of_store(i.store);
	}
	if (r < 0)
		look_close(&i);
	else
		*ret = i;
	return r;
}

void look_close(struct look_image *i)
{
	place_source_close(i->source);
	if (i->store)
		store_close(i->store);
	*i = (struct look_image){ 0 };
}
