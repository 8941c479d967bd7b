/* SPDX-License-Identifier: Apache-2.0 */
/* From an image's root down to its layers. Media types that pare doesn't know are leaves. */
#include "place/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "oci/image.h"

bool is_index_type(const char *t)
{
	return strcmp(t, MEDIA_TYPE_INDEX) == 0 || strcmp(t, MEDIA_TYPE_DOCKER_INDEX) == 0;
}

bool is_manifest_type(const char *t)
{
	return strcmp(t, MEDIA_TYPE_MANIFEST) == 0 || strcmp(t, MEDIA_TYPE_DOCKER_MANIFEST) == 0;
}

static int visit(struct walk *w, const struct descriptor *d, unsigned int depth, struct err *e);

static int visit_all(struct walk *w, const struct descriptor *at, size_t n, unsigned int depth,
		     struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int r = visit(w, &at[i], depth, e);

		if (r)
			return r;
	}
	return 0;
}

static int visit_children(struct walk *w, const struct descriptor *d, const char *name,
			  unsigned int depth, struct err *e)
{
	struct image_index x;
	struct manifest m;
	struct view text;
	int r = w->source ? place_source_read(w->source, d, w->arena, &text, e)
			  : store_read_blob(w->store, &d->digest, OCI_MAX_DOCUMENT_BYTES, w->arena,
					    &text, e);

	if (r == -FAIL_NOT_FOUND && w->missing_ok)
		return 0;
	if (r)
		return r;
	if (is_index_type(d->media_type)) {
		r = image_index_read(text, name, w->arena, &x, e);
		return r ? r : visit_all(w, x.manifests, x.n_manifests, depth + 1, e);
	}
	r = manifest_read(text, name, w->arena, &m, e);
	if (!r)
		r = visit(w, &m.config, depth + 1, e);
	return r ? r : visit_all(w, m.layers, m.n_layers, depth + 1, e);
}

/* What has no children is never too deep; a manifest may call anything its config. */
static bool is_too_deep(const struct descriptor *d, unsigned int depth)
{
	return is_index_type(d->media_type)
		       ? depth >= WALK_MAX_DEPTH
		       : is_manifest_type(d->media_type) && depth > WALK_MAX_DEPTH;
}

static int visit(struct walk *w, const struct descriptor *d, unsigned int depth, struct err *e)
{
	char *name = arena_alloc(w->arena, 7 + SHA256_HEX_CHARS + 1);
	struct view hex = { name + 7, SHA256_HEX_CHARS };
	int r = 0;

	memcpy(name, "sha256:", 7);
	sha256_to_hex(&d->digest, name + 7);
	if (map_find(&w->seen, hex))
		return 0;
	if (is_too_deep(d, depth))
		return fail(e, FAIL_LIMIT, "%s: indexes are nested more than %d levels deep", name,
			    WALK_MAX_DEPTH);
	if (w->n >= WALK_MAX_BLOBS)
		return fail(e, FAIL_LIMIT, "%s: more than %d blobs", name, WALK_MAX_BLOBS);
	map_put(&w->seen, hex);
	if (is_index_type(d->media_type) || is_manifest_type(d->media_type))
		r = visit_children(w, d, name, depth, e);
	if (!r)
		*array_push(w) = *d;
	return r;
}

int walk_image(struct walk *w, const struct descriptor *root, struct err *e)
{
	return visit(w, root, 0, e);
}

void walk_done(struct walk *w)
{
	map_done(&w->seen);
	free(w->at);
	w->at = NULL;
	w->n = w->cap = 0;
}
