/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out rows; see table.h. */
#include "report/table.h"

#include "base/array.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

enum { TABLE_GAP = 2 };

void table_init(struct table *t, const struct table_column *columns, size_t n_columns)
{
	*t = (struct table){ .columns = columns, .n_columns = n_columns };
}

void table_done(struct table *t)
{
	free(t->cells.at);
	arena_done(&t->arena);
}

void table_add_row(struct table *t, const char *const *cells)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		auto_buf safe = BUF_EMPTY;

		text_add_safe(&safe, view_of(cells[i] ? cells[i] : ""));
		*array_push(&t->cells) = arena_view(&t->arena, buf_view(&safe));
	}
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = text_width(view_of(t->columns[column].title));

	for (size_t i = column; i < t->cells.n; i += t->n_columns) {
		size_t cell = text_width(view_of(t->cells.at[i]));

		if (cell > width)
			width = cell;
	}
	return width;
}

static void add_spaces(struct buf *to, size_t n)
{
	while (n--)
		buf_add_char(to, ' ');
}

/* The last cell, cut (with an ellipsis) where the line would pass `max_columns`. */
static void add_cut(struct buf *to, struct view cell, size_t used, size_t max_columns)
{
	size_t room = max_columns > used ? max_columns - used : 1;

	if (max_columns == 0 || text_width(cell) <= room) {
		buf_add_view(to, cell);
		return;
	}
	buf_add_view(to, text_head(cell, room - 1));
	buf_add_str(to, "…");
}

static void drop_spaces(struct buf *to, size_t line_start)
{
	while (to->len > line_start && to->data[to->len - 1] == ' ')
		to->data[--to->len] = '\0';
}

static void write_line(const struct table *t, const char *const *cells, const size_t *widths,
		       size_t max_columns, struct buf *to)
{
	size_t line_start = to->len, used = 0;

	for (size_t i = 0; i < t->n_columns; i++) {
		struct view cell = view_of(cells[i]);
		size_t pad = widths[i] - text_width(cell);

		if (i)
			add_spaces(to, TABLE_GAP);
		used += i ? TABLE_GAP : 0;
		if (t->columns[i].right)
			add_spaces(to, pad);
		if (i + 1 == t->n_columns)
			add_cut(to, cell, used + (t->columns[i].right ? pad : 0), max_columns);
		else
			buf_add_view(to, cell);
		if (!t->columns[i].right)
			add_spaces(to, pad);
		used += widths[i];
	}
	drop_spaces(to, line_start);
}

void table_write(const struct table *t, const struct table_style *style, struct buf *to)
{
	size_t *widths = mem_resize(NULL, t->n_columns, sizeof(*widths));
	const char **titles = mem_resize(NULL, t->n_columns, sizeof(*titles));

	for (size_t i = 0; i < t->n_columns; i++) {
		titles[i] = t->columns[i].title;
		widths[i] = column_width(t, i);
	}
	if (style->color)
		buf_add_str(to, "\033[1m");
	write_line(t, titles, widths, style->max_columns, to);
	buf_add_str(to, style->color ? "\033[0m\n" : "\n");
	for (size_t i = 0; i < t->cells.n; i += t->n_columns) {
		write_line(t, t->cells.at + i, widths, style->max_columns, to);
		buf_add_char(to, '\n');
	}
	free(titles);
	free(widths);
}
