/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on a file's bytes: a few, replaced in turn. */
#include "tree/windows.h"

#include "base/mem.h"

#include <string.h>

enum { WINDOW_BYTES = 32 << 10 };

void windows_done(struct windows *w)
{
	for (size_t i = 0; i < WINDOWS_COUNT; i++)
		free(w->at[i].bytes);
}

static int read_piece(struct windows *w, uint64_t offset, void *to, size_t n, struct err *e)
{
	const struct content *c = &w->inode->content;
	auto_source from = NULL;

	if (c->provider->ops->open(c->provider, c->offset + offset, n, &from, e) == 0 &&
	    source_read_full(from, to, n, e) == 0)
		return 0;
	w->failed = true;
	return -(int)e->code;
}

static struct window *load(struct windows *w, uint64_t offset, struct err *e)
{
	struct window *to = &w->at[w->next];
	uint64_t left = w->inode->content.size - offset;

	w->next = (w->next + 1) % WINDOWS_COUNT;
	if (!to->bytes)
		to->bytes = mem_alloc(WINDOW_BYTES);
	to->at = offset;
	to->len = 0;
	left = left < WINDOW_BYTES ? left : WINDOW_BYTES;
	if (read_piece(w, offset, to->bytes, (size_t)left, e) < 0)
		return NULL;
	to->len = (size_t)left;
	return to;
}

static const struct window *window_with(struct windows *w, uint64_t offset, struct err *e)
{
	for (size_t i = 0; i < WINDOWS_COUNT; i++) {
		const struct window *have = &w->at[i];

		if (offset >= have->at && offset - have->at < have->len)
			return have;
	}
	/* Rounded down, so that what lies next to each other shares a window. */
	return load(w, offset - offset % (WINDOW_BYTES / 2), e);
}

int windows_read(void *ctx, uint64_t offset, void *to, size_t n, struct err *e)
{
	struct windows *w = ctx;
	char *at = to;

	if (!w->inode->content.provider) {
		if (n)
			memcpy(to, w->inode->content.bytes + offset, n);
		return 0;
	}
	if (n > WINDOW_BYTES)
		return read_piece(w, offset, to, n, e);
	while (n) {
		const struct window *have = window_with(w, offset, e);
		size_t skip, part;

		if (!have)
			return -(int)e->code;
		skip = (size_t)(offset - have->at);
		part = have->len - skip < n ? have->len - skip : n;
		memcpy(at, have->bytes + skip, part);
		at += part;
		offset += part;
		n -= part;
	}
	return 0;
}
