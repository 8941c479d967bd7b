/* SPDX-License-Identifier: Apache-2.0 */
/* The growable buffer. */
#include "base/buf.h"

#include "base/checked.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_EMPTY;
}

char *buf_grow(struct buf *b, size_t extra)
{
	size_t need;

	if (!checked_add(b->len, extra, &need) || !checked_add(need, (size_t)1, &need))
		need = SIZE_MAX; /* the allocation below then fails with the one message */
	if (need > b->cap) {
		size_t cap = b->cap + b->cap / 2;

		if (cap < need)
			cap = need;
		if (cap < 64)
			cap = 64;
		b->data = mem_resize(b->data, cap, 1);
		b->cap = cap;
	}
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	char *to = buf_grow(b, len);

	if (len)
		memcpy(to, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_view(struct buf *b, struct view v)
{
	buf_add(b, v.ptr, v.len);
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	va_start(ap, fmt);
	vsnprintf(buf_grow(b, (size_t)n), (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void buf_add_size(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		buf_printf(b, "%llu B", (unsigned long long)bytes);
		return;
	}
	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	buf_printf(b, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_steal(struct buf *b)
{
	char *data;

	buf_grow(b, 0);
	data = b->data;
	*b = (struct buf)BUF_EMPTY;
	return data;
}
