/* SPDX-License-Identifier: Apache-2.0 */
/* See kept.h. */
#include "place/kept.h"

#include <string.h>

void kept_init(struct kept *k)
{
	*k = (struct kept){ .arena = ARENA_EMPTY, .at = MAP_EMPTY };
	pthread_mutex_init(&k->lock, NULL);
}

void kept_done(struct kept *k)
{
	map_done(&k->at);
	arena_done(&k->arena);
	pthread_mutex_destroy(&k->lock);
}

static struct view key_of(const struct sha256 *digest)
{
	return view_make((const char *)digest->bytes, SHA256_BYTES);
}

bool kept_find(struct kept *k, const struct sha256 *digest, struct view *ret)
{
	const struct view *found;

	pthread_mutex_lock(&k->lock);
	found = map_get(&k->at, key_of(digest));
	if (found)
		*ret = *found;
	pthread_mutex_unlock(&k->lock);
	return found;
}

void kept_add(struct kept *k, const struct sha256 *digest, struct view bytes)
{
	struct sha256 *own;
	struct view *v;

	pthread_mutex_lock(&k->lock);
	if (!map_get(&k->at, key_of(digest)) && bytes.len <= KEPT_MAX_BYTES - k->bytes) {
		own = arena_new(&k->arena, struct sha256);
		v = arena_new(&k->arena, struct view);
		*own = *digest;
		*v = view_make(arena_view(&k->arena, bytes), bytes.len);
		*map_put(&k->at, key_of(own)) = v;
		k->bytes += bytes.len;
	}
	pthread_mutex_unlock(&k->lock);
}
