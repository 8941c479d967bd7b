/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table for people: columns aligned by what the terminal shows, cells made harmless, no space
 * at the end of a line. Machines get JSON instead.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct table_column {
	const char *title;
	bool right; /* numbers */
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t n_columns;
	struct arena arena;
	struct {
		const char **at;
		size_t n, cap;
	} cells; /* row after row */
};

struct table_style {
	size_t max_columns; /* the last cell of a line is cut there; 0: never */
	bool wrap;	    /* … goes on below itself instead */
	bool color;
};

void table_init(struct table *t, const struct table_column *columns, size_t n_columns);
void table_done(struct table *t);
/* n_columns strings, which are copied; NULL is an empty cell. */
void table_add_row(struct table *t, const char *const *cells);
/* Title line and rows; nothing but the title line when there are no rows. */
void table_write(const struct table *t, const struct table_style *style, struct buf *to);

/* Of the longest line, nothing cut. */
size_t table_width(const struct table *t);
/*
 * The same table with a line for each column and a column for each row, whose first cells are the
 * titles. `columns` has room for one more than there are rows; `ret` is to be given to table_done()
 * before `t` is.
 */
void table_turn(const struct table *t, struct table_column *columns, struct table *ret);

#define auto_table __attribute__((cleanup(table_done))) struct table
