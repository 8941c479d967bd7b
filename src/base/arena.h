/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for one operation: handed out in pieces, given back all at once. Parsed documents live
 * in the arena that their caller gives. Not for use by two threads at once.
 */
#pragma once

#include "base/view.h"

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;
	char *next;
	size_t left;
	size_t bytes; /* all that it holds */
};

#define ARENA_EMPTY              \
	{                        \
		NULL, NULL, 0, 0 \
	}

void arena_done(struct arena *a);
/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
/* n items of `size` bytes; an overflow of the product counts as out of memory. */
void *arena_array(struct arena *a, size_t n, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull, nonnull));
/* NUL-terminated copy. */
char *arena_strndup(struct arena *a, const char *s, size_t len) __attribute__((returns_nonnull));
char *arena_view(struct arena *a, struct view v) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* auto_arena a = ARENA_EMPTY; */
#define auto_arena __attribute__((cleanup(arena_done))) struct arena
