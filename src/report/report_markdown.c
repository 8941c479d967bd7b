/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Markdown with GitHub's tables, for a step summary or a comment. A summary holds 1 MiB: of each
 * rule only the first findings are listed.
 */
#include "report/report.h"

#include "report/escape.h"
#include "report/text.h"
#include "report/words.h"

enum { MARKDOWN_FINDINGS = 20 }; /* of one rule */

static void add_cell(struct buf *to, const char *text)
{
	buf_add_char(to, ' ');
	escape_markdown(to, view_of(text));
	buf_add_str(to, " |");
}

static void add_size(struct buf *to, uint64_t bytes)
{
	buf_add_char(to, ' ');
	buf_add_size(to, bytes);
	buf_add_str(to, " |");
}

static void add_number(struct buf *to, uint64_t n)
{
	buf_add_char(to, ' ');
	words_digits(n, to);
	buf_add_str(to, " |");
}

static void add_row(struct buf *to, const struct finding *f)
{
	auto_buf place = BUF_EMPTY, layer = BUF_EMPTY;

	words_place(f, &place);
	words_layer(f, &layer);
	buf_printf(to, "| %s | `%s` |", audit_level_name(f->level), f->rule->id);
	add_cell(to, f->message);
	add_cell(to, buf_str(&place));
	add_cell(to, buf_str(&layer));
	buf_add_char(to, '\n');
}

static void add_findings(struct buf *to, const struct findings *f)
{
	if (f->n == 0)
		return;
	buf_add_str(to, "\n| Level | Rule | Finding | Where | Layer |\n|---|---|---|---|---|\n");
	for (size_t i = 0, end; i < f->n; i = end) {
		size_t shown = 0, counted = 0;

		end = words_group_end(f, i);
		for (size_t k = i; k < end; k++) {
			if (f->at[k].ignored)
				continue;
			if (counted++ < MARKDOWN_FINDINGS) {
				add_row(to, &f->at[k]);
				shown++;
			}
		}
		if (shown < counted)
			buf_printf(to, "| %s | `%s` | … and %zu more | | |\n",
				   audit_level_name(f->at[i].level), f->at[i].rule->id,
				   counted - shown);
	}
}

static void add_layers(struct buf *to, const struct report_image *i)
{
	if (i->layers.n == 0)
		return;
	buf_add_str(to, "\n<details><summary>Layers</summary>\n\n"
			"| Layer | Made by | Compressed | Unpacked | Dead | Files |\n"
			"|---:|---|---:|---:|---:|---:|\n");
	for (size_t k = 0; k < i->layers.n; k++) {
		const struct report_layer *l = &i->layers.at[k];

		buf_printf(to, "| %zu |", k + 1);
		add_cell(to, l->instruction ? l->instruction : "");
		add_size(to, l->compressed_bytes);
		add_size(to, l->content_bytes);
		add_size(to, l->dead_bytes);
		add_number(to, l->n_files);
		buf_add_char(to, '\n');
	}
	buf_add_str(to, "\n</details>\n");
}

static void add_image(struct buf *to, const struct report_image *i)
{
	struct report_totals t = report_totals(i);
	struct finding_counts counts = { 0 };

	if (i->findings)
		counts = findings_count(i->findings);
	buf_add_str(to, "## ");
	escape_markdown(to, view_of(i->name));
	buf_add_str(to, "\n\n**");
	words_counts(&counts, to);
	buf_add_str(to, "** · ");
	buf_add_size(to, t.compressed_bytes ? t.compressed_bytes : t.content_bytes);
	buf_add_str(to, " in ");
	words_number(i->layers.n, "layer", "layers", to);
	if (t.dead_bytes) {
		buf_add_str(to, ", ");
		buf_add_size(to, t.dead_bytes);
		buf_add_str(to, " dead");
	}
	buf_add_char(to, '\n');
	if (i->findings)
		add_findings(to, i->findings);
	add_layers(to, i);
}

static void add_comparison(struct buf *to, const struct report *r)
{
	buf_add_str(to, "| Image | Compressed | Unpacked | Dead | Layers | Files | Packages |\n"
			"|---|---:|---:|---:|---:|---:|---:|\n");
	for (size_t k = 0; k < r->n; k++) {
		struct report_totals t = report_totals(r->at[k]);

		buf_add_char(to, '|');
		add_cell(to, r->at[k]->name);
		add_size(to, t.compressed_bytes);
		add_size(to, t.content_bytes);
		add_size(to, t.dead_bytes);
		add_number(to, r->at[k]->layers.n);
		add_number(to, t.n_files);
		add_number(to, r->at[k]->packages.n);
		buf_add_char(to, '\n');
	}
	buf_add_char(to, '\n');
}

void report_markdown(const struct report *r, struct buf *to)
{
	if (r->n > 1)
		add_comparison(to, r);
	for (size_t k = 0; k < r->n; k++) {
		if (k)
			buf_add_char(to, '\n');
		add_image(to, r->at[k]);
	}
}
