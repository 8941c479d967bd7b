/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out rows; see table.h. */
#include "report/table.h"

#include "base/array.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLE_GAP = 2,
	MIN_WRAPPED = 16, /* columns; in less, the terminal may break the line where it likes */
};

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

/* The last cell, below itself where the line would pass `max_columns`; words stay whole. */
static void add_wrapped(struct buf *to, struct view cell, size_t used, size_t max_columns)
{
	while (max_columns >= used + MIN_WRAPPED && text_width(cell) > max_columns - used) {
		struct view head = text_head(cell, max_columns - used);
		size_t n = head.len;

		while (n > head.len / 2 && cell.ptr[n] != ' ')
			n--;
		if (cell.ptr[n] != ' ')
			n = head.len;
		buf_add(to, cell.ptr, n);
		cell = view_trim(view_make(cell.ptr + n, cell.len - n));
		buf_add_char(to, '\n');
		add_spaces(to, used);
	}
	buf_add_view(to, cell);
}

static void drop_spaces(struct buf *to, size_t line_start)
{
	while (to->len > line_start && to->data[to->len - 1] == ' ')
		to->data[--to->len] = '\0';
}

static void add_last(struct buf *to, struct view cell, size_t used, const struct table_style *style)
{
	if (style->wrap && style->max_columns)
		add_wrapped(to, cell, used, style->max_columns);
	else
		add_cut(to, cell, used, style->max_columns);
}

static void write_line(const struct table *t, const char *const *cells, const size_t *widths,
		       const struct table_style *style, struct buf *to)
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
			add_last(to, cell, used + (t->columns[i].right ? pad : 0), style);
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
	write_line(t, titles, widths, style, to);
	buf_add_str(to, style->color ? "\033[0m\n" : "\n");
	for (size_t i = 0; i < t->cells.n; i += t->n_columns) {
		write_line(t, t->cells.at + i, widths, style, to);
		buf_add_char(to, '\n');
	}
	free(titles);
	free(widths);
}

size_t table_width(const struct table *t)
{
	size_t width = 0;

	for (size_t i = 0; i < t->n_columns; i++)
		width += column_width(t, i) + (i ? TABLE_GAP : 0);
	return width;
}

void table_turn(const struct table *t, struct table_column *columns, struct table *ret)
{
	size_t n_rows = t->cells.n / t->n_columns;
	const char **line = mem_resize(NULL, n_rows + 1, sizeof(*line));

	columns[0] = (struct table_column){ t->columns[0].title, false };
	for (size_t i = 0; i < n_rows; i++)
		columns[i + 1] = (struct table_column){ t->cells.at[i * t->n_columns], true };
	table_init(ret, columns, n_rows + 1);
	for (size_t k = 1; k < t->n_columns; k++) {
		line[0] = t->columns[k].title;
		for (size_t i = 0; i < n_rows; i++)
			line[i + 1] = t->cells.at[i * t->n_columns + k];
		table_add_row(ret, line);
	}
	free(line);
}
