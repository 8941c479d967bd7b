/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from strings to pointers that remembers the order of insertion, so that walking it gives
 * the same result everywhere. Keys are borrowed: they must live as long as the map.
 */
#pragma once

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct map_entry {
	struct view key;
	void *value;
	uint64_t hash;
};

struct map {
	struct map_entry *at; /* in order of insertion; walk with n */
	size_t n, cap;
	uint32_t *slots; /* index + 1 into `at`, 0 is free */
	size_t n_slots;
};

#define MAP_EMPTY                   \
	{                           \
		NULL, 0, 0, NULL, 0 \
	}

void map_done(struct map *m);
/* The value, or NULL. */
void *map_get(const struct map *m, struct view key);
/* Where the key's value is kept, made (as NULL) if it isn't there. Valid until the next insertion.
 */
void **map_put(struct map *m, struct view key) __attribute__((returns_nonnull));
/* Where the key's value is kept, or NULL. */
void **map_find(const struct map *m, struct view key);

#define auto_map __attribute__((cleanup(map_done))) struct map
