/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over a dense array of entries; see map.h. */
#include "base/map.h"

#include "base/array.h"
#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 16 };

/* FNV-1a with a final mix. */
static uint64_t hash_of(struct view key)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
	return h ^ (h >> 29);
}

void map_done(struct map *m)
{
	free(m->at);
	free(m->slots);
	*m = (struct map)MAP_EMPTY;
}

/* The slot that holds the key, or the free one where it would go. */
static uint32_t *slot_of(const struct map *m, struct view key, uint64_t hash)
{
	size_t mask = m->n_slots - 1;

	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		uint32_t *slot = &m->slots[i];

		if (*slot == 0)
			return slot;
		if (m->at[*slot - 1].hash == hash && view_eq(m->at[*slot - 1].key, key))
			return slot;
	}
}

static void grow(struct map *m)
{
	m->n_slots = m->n_slots ? m->n_slots * 2 : FIRST_SLOTS;
	free(m->slots);
	m->slots = mem_zalloc(m->n_slots * sizeof(*m->slots));
	for (size_t i = 0; i < m->n; i++)
		*slot_of(m, m->at[i].key, m->at[i].hash) = (uint32_t)i + 1;
}

void **map_find(const struct map *m, struct view key)
{
	uint32_t *slot;

	if (m->n == 0)
		return NULL;
	slot = slot_of(m, key, hash_of(key));
	return *slot ? &m->at[*slot - 1].value : NULL;
}

void *map_get(const struct map *m, struct view key)
{
	void **found = map_find(m, key);

	return found ? *found : NULL;
}

void **map_put(struct map *m, struct view key)
{
	uint64_t hash = hash_of(key);
	uint32_t *slot;

	if (m->n * 2 >= m->n_slots)
		grow(m);
	slot = slot_of(m, key, hash);
	if (*slot == 0) {
		struct map_entry *entry = array_push(m);

		*entry = (struct map_entry){ .key = key, .hash = hash };
		*slot = (uint32_t)m->n;
	}
	return &m->at[*slot - 1].value;
}
