/* SPDX-License-Identifier: Apache-2.0 */
/*
 * E. Myers, "An O(ND) Difference Algorithm and Its Variations": how far each diagonal gets with d
 * edits, kept for every d, and walked back from the end. Equal starts and ends are cut off before.
 */
#include "report/unified.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

struct lines {
	struct view *at;
	size_t n, cap;
};

struct comparing {
	struct lines a, b;
	bool *gone, *new;	    /* per line: only in a, only in b */
	size_t start, end_a, end_b; /* what lies between the equal parts */
};

bool unified_is_text(struct view v)
{
	return v.len == 0 || !memchr(v.ptr, '\0', v.len < 8000 ? v.len : 8000);
}

/* With their newlines: the last one may lack it. */
static void split(struct view text, struct lines *to)
{
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) + 1 : text.len;

		*array_push(to) = view_make(text.ptr, len);
		text = view_make(text.ptr + len, text.len - len);
	}
}

static void trim(struct comparing *c)
{
	c->end_a = c->a.n;
	c->end_b = c->b.n;
	while (c->start < c->end_a && c->start < c->end_b &&
	       view_eq(c->a.at[c->start], c->b.at[c->start]))
		c->start++;
	while (c->end_a > c->start && c->end_b > c->start &&
	       view_eq(c->a.at[c->end_a - 1], c->b.at[c->end_b - 1])) {
		c->end_a--;
		c->end_b--;
	}
}

/* ---- the algorithm ----------------------------------------------------------------------- */

struct paths {
	long **reach; /* per number of edits d: x on the diagonals -d … d, at [k + d] */
	long n, m, d;
};

static long step(const struct comparing *c, struct paths *p, long d, long k)
{
	const long *before = d ? p->reach[d - 1] : NULL;
	long x = 0, y;

	if (d) {
		bool down = k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);

		x = down ? before[k + 1 + d - 1] : before[k - 1 + d - 1] + 1;
	}
	for (y = x - k; x < p->n && y >= 0 && y < p->m &&
			view_eq(c->a.at[c->start + (size_t)x], c->b.at[c->start + (size_t)y]);
	     x++, y++)
		;
	return x;
}

/* True when the end was reached with p->d edits. */
static bool find_paths(const struct comparing *c, struct paths *p)
{
	long max = p->n + p->m < UNIFIED_MAX_EDITS ? p->n + p->m : UNIFIED_MAX_EDITS;

	for (p->d = 0; p->d <= max; p->d++) {
		p->reach[p->d] = mem_resize(NULL, (size_t)(2 * p->d + 1), sizeof(long));
		for (long k = -p->d; k <= p->d; k += 2) {
			long x = step(c, p, p->d, k);

			p->reach[p->d][k + p->d] = x;
			if (x >= p->n && x - k >= p->m)
				return true;
		}
	}
	p->d--;
	return false;
}

static void walk_back(struct comparing *c, const struct paths *p)
{
	long x = p->n, y = p->m;

	for (long d = p->d; d > 0; d--) {
		const long *before = p->reach[d - 1];
		long k = x - y;
		bool down = k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
		long from = down ? k + 1 : k - 1;

		x = before[from + d - 1];
		y = x - from;
		if (down)
			c->new[c->start + (size_t)y] = true;
		else
			c->gone[c->start + (size_t)x] = true;
	}
}

static void mark_all(struct comparing *c)
{
	for (size_t i = c->start; i < c->end_a; i++)
		c->gone[i] = true;
	for (size_t i = c->start; i < c->end_b; i++)
		c->new[i] = true;
}

static void compare(struct comparing *c)
{
	struct paths p = { .n = (long)(c->end_a - c->start), .m = (long)(c->end_b - c->start) };

	p.reach = mem_zalloc((UNIFIED_MAX_EDITS + 2) * sizeof(*p.reach));
	if (find_paths(c, &p))
		walk_back(c, &p);
	else
		mark_all(c);
	for (long i = 0; i <= UNIFIED_MAX_EDITS; i++)
		free(p.reach[i]);
	free(p.reach);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void add_line(struct buf *to, char sign, struct view line)
{
	buf_add_char(to, sign);
	buf_add_view(to, line);
	if (!view_ends(line, "\n"))
		buf_add_str(to, "\n\\ No newline at end of file\n");
}

/* A run of changes with less than two contexts of equal lines between them. */
struct hunk {
	size_t a, b, end_a, end_b;
};

/* From the changed lines at a, b on; true and the hunk's end, without context. */
static void grow(const struct comparing *c, struct hunk *h)
{
	size_t a = h->a, b = h->b, equal = 0;

	h->end_a = a;
	h->end_b = b;
	while ((a < c->a.n || b < c->b.n) && equal <= 2 * UNIFIED_CONTEXT) {
		if (a < c->a.n && c->gone[a]) {
			h->end_a = ++a;
			h->end_b = b;
			equal = 0;
		} else if (b < c->b.n && c->new[b]) {
			h->end_b = ++b;
			h->end_a = a;
			equal = 0;
		} else {
			a++;
			b++;
			equal++;
		}
	}
}

static void add_range(struct buf *to, char sign, size_t start, size_t n)
{
	buf_printf(to, "%c%zu", sign, n ? start + 1 : start);
	if (n != 1)
		buf_printf(to, ",%zu", n);
}

static void write_hunk(const struct comparing *c, const struct hunk *change, struct buf *to)
{
	size_t before = change->a < UNIFIED_CONTEXT ? change->a : UNIFIED_CONTEXT;
	size_t left = c->a.n - change->end_a;
	size_t after = left < UNIFIED_CONTEXT ? left : UNIFIED_CONTEXT;
	struct hunk h = { change->a - before, change->b - before, change->end_a + after,
			  change->end_b + after };

	buf_add_str(to, "@@ ");
	add_range(to, '-', h.a, h.end_a - h.a);
	buf_add_char(to, ' ');
	add_range(to, '+', h.b, h.end_b - h.b);
	buf_add_str(to, " @@\n");
	while (h.a < h.end_a || h.b < h.end_b) {
		if (h.a < h.end_a && c->gone[h.a]) {
			add_line(to, '-', c->a.at[h.a++]);
		} else if (h.b < h.end_b && c->new[h.b]) {
			add_line(to, '+', c->b.at[h.b++]);
		} else {
			add_line(to, ' ', c->a.at[h.a++]);
			h.b++;
		}
	}
}

static void write_hunks(const struct comparing *c, struct buf *to)
{
	size_t a = 0, b = 0;

	while (a < c->a.n || b < c->b.n) {
		struct hunk h = { a, b, 0, 0 };

		if ((a < c->a.n && c->gone[a]) || (b < c->b.n && c->new[b])) {
			grow(c, &h);
			write_hunk(c, &h, to);
			a = h.end_a;
			b = h.end_b;
		} else {
			a++;
			b++;
		}
	}
}

void unified_write(struct view a, struct view b, const char *name_a, const char *name_b,
		   struct buf *to)
{
	struct comparing c = { 0 };

	if (view_eq(a, b))
		return;
	split(a, &c.a);
	split(b, &c.b);
	c.gone = mem_zalloc(c.a.n + 1);
	c.new = mem_zalloc(c.b.n + 1);
	trim(&c);
	compare(&c);
	buf_printf(to, "--- %s\n+++ %s\n", name_a, name_b);
	write_hunks(&c, to);
	free(c.gone);
	free(c.new);
	free(c.a.at);
	free(c.b.at);
}
