/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See manifests.h. What is listed again is passed over, or a few indexes of a few kB that list each
 * other often would be read for years.
 */
#include "place/manifests.h"

#include "base/array.h"
#include "base/map.h"
#include "base/mem.h"
#include "oci/image.h"
#include "oci/platform.h"
#include "place/walk.h"

#include <stdlib.h>
#include <string.h>

struct listing {
	struct place_source *source;
	struct arena *arena;
	struct map seen;
	struct descriptor *at;
	size_t n, cap;
};

static bool is_seen(struct listing *l, const struct descriptor *d)
{
	char hex[SHA256_HEX_CHARS + 1];
	const char *key;

	sha256_to_hex(&d->digest, hex);
	key = arena_printf(l->arena, "%s %s", hex,
			   d->platform ? platform_text(d->platform, l->arena) : "");
	if (map_find(&l->seen, view_of(key)))
		return true;
	map_put(&l->seen, view_of(key));
	return false;
}

static int list(struct listing *l, const struct descriptor *d, unsigned int depth, struct err *e);

static int list_index(struct listing *l, const struct descriptor *d, unsigned int depth,
		      struct err *e)
{
	struct image_index x;
	struct view json;
	int rc;

	if (depth == WALK_MAX_DEPTH)
		return fail(e, FAIL_LIMIT, "indexes are nested more than %d levels deep",
			    WALK_MAX_DEPTH);
	rc = place_source_read(l->source, d, l->arena, &json, e);
	if (rc == 0)
		rc = image_index_read(json, "index", l->arena, &x, e);
	for (size_t i = 0; rc == 0 && i < x.n_manifests; i++)
		rc = list(l, &x.manifests[i], depth + 1, e);
	return rc;
}

static int list(struct listing *l, const struct descriptor *d, unsigned int depth, struct err *e)
{
	if (is_seen(l, d))
		return 0;
	if (is_index_type(d->media_type))
		return list_index(l, d, depth, e);
	if (l->n == OCI_MAX_MANIFESTS)
		return fail(e, FAIL_LIMIT, "indexes in indexes list more than %d manifests",
			    OCI_MAX_MANIFESTS);
	*array_push(l) = *d;
	return 0;
}

int place_manifests(struct place_source *s, const struct descriptor *root, struct arena *a,
		    struct descriptor **ret, size_t *ret_n, struct err *e)
{
	struct listing l = { .source = s, .arena = a, .seen = MAP_EMPTY };
	int rc = list(&l, root, 0, e);

	if (rc == 0) {
		*ret = arena_array(a, l.n + 1, sizeof(**ret));
		if (l.n)
			memcpy(*ret, l.at, l.n * sizeof(*l.at));
		*ret_n = l.n;
	}
	map_done(&l.seen);
	free(l.at);
	return rc;
}
