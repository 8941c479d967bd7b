/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable byte buffer that owns its memory. `data` is always followed by a NUL that `len`
 * doesn't count, so text in it can be used as a C string; an unused buffer has data == NULL.
 */
#pragma once

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

#define BUF_EMPTY          \
	{                  \
		NULL, 0, 0 \
	}

void buf_done(struct buf *b);
/* Room for `extra` more bytes; returns where they go. buf_grow() alone doesn't change `len`. */
char *buf_grow(struct buf *b, size_t extra) __attribute__((returns_nonnull));
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_add_view(struct buf *b, struct view v);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "815 B", "1.2 kB", "15 MB": three digits at most, 1 kB is 1000 bytes. */
void buf_add_size(struct buf *b, uint64_t bytes);
/* Forget the bytes, keep the memory. */
void buf_clear(struct buf *b);
/* Takes the memory out as a NUL-terminated string that the caller frees; never NULL. */
char *buf_steal(struct buf *b) __attribute__((returns_nonnull, warn_unused_result));

static inline struct view buf_view(const struct buf *b)
{
	return (struct view){ b->data ? b->data : "", b->len };
}

/* As a C string; "" when nothing was added. */
static inline const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* auto_buf b = BUF_EMPTY; */
#define auto_buf __attribute__((cleanup(buf_done))) struct buf
