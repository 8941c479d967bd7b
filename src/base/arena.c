/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: a list of chunks, the newest one being filled. */
#include "base/arena.h"

#include "base/checked.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 64 << 10 };

struct arena_chunk {
	struct arena_chunk *older;
	alignas(max_align_t) char bytes[];
};

void arena_done(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->older;
		free(c);
	}
	*a = (struct arena)ARENA_EMPTY;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *c;

	if (!checked_add(size, sizeof(*c), &size))
		size = SIZE_MAX;
	c = mem_zalloc(size);
	a->bytes += size;
	c->older = a->chunks;
	a->chunks = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	void *p;

	if (size == 0) /* a fresh arena has no address to give */
		size = 1;
	if (!checked_add(size, align - 1, &size))
		size = SIZE_MAX;
	size &= ~(align - 1);
	if (size > CHUNK_BYTES / 4)
		return add_chunk(a, size)->bytes;
	if (size > a->left) {
		a->next = add_chunk(a, CHUNK_BYTES)->bytes;
		a->left = CHUNK_BYTES;
	}
	p = a->next;
	a->next += size;
	a->left -= size;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (!checked_mul(n, size, &size))
		size = SIZE_MAX;
	return arena_alloc(a, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_view(struct arena *a, struct view v)
{
	return arena_strndup(a, v.ptr, v.len);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		n = 0;
	text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}
