/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about findings; see words.h. */
#include "report/words.h"

#include <stdio.h>

void words_digits(uint64_t n, struct buf *to)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(to, ',');
		buf_add_char(to, digits[i]);
	}
}

void words_number(uint64_t n, const char *one, const char *many, struct buf *to)
{
	words_digits(n, to);
	buf_printf(to, " %s", n == 1 ? one : many);
}

static void add_count(struct buf *to, size_t start, uint64_t n, const char *one, const char *many)
{
	if (n == 0)
		return;
	if (to->len > start)
		buf_add_str(to, ", ");
	words_number(n, one, many, to);
}

void words_counts(const struct finding_counts *c, struct buf *to)
{
	size_t start = to->len;

	add_count(to, start, c->errors, "error", "errors");
	add_count(to, start, c->warnings, "warning", "warnings");
	add_count(to, start, c->notes, "note", "notes");
	if (to->len == start)
		buf_add_str(to, "nothing found");
	add_count(to, start, c->ignored, "ignored", "ignored");
}

void words_layer(const struct finding *f, struct buf *to)
{
	if (f->layer == FINDING_NO_LAYER) {
		buf_add_str(to, f->instruction ? f->instruction : "");
		return;
	}
	buf_printf(to, "layer %d", f->layer + 1);
	if (f->instruction)
		buf_printf(to, " (%s)", f->instruction);
}

void words_place(const struct finding *f, struct buf *to)
{
	if (!f->path)
		return;
	buf_add_str(to, f->path);
	if (f->line)
		buf_printf(to, ":%llu", (unsigned long long)f->line);
	if (f->n_paths > 1) {
		buf_add_str(to, " and ");
		words_digits(f->n_paths - 1, to);
		buf_add_str(to, " more");
	}
}

size_t words_group_end(const struct findings *f, size_t i)
{
	size_t end = i + 1;

	while (end < f->n && f->at[end].rule == f->at[i].rule && f->at[end].level == f->at[i].level)
		end++;
	return end;
}
