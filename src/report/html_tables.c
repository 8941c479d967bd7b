/* SPDX-License-Identifier: Apache-2.0 */
/* Layers, packages and images side by side, as tables with bars. */
#include "base/array.h"
#include "report/escape.h"
#include "report/html.h"
#include "report/text.h"
#include "report/words.h"

#include <stdlib.h>
#include <string.h>

void html_text(struct buf *to, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len <= HTML_MAX_TEXT) {
		escape_markup(to, view_make(text, len));
		return;
	}
	for (len = HTML_MAX_TEXT; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		;
	escape_markup(to, view_make(text, len));
	buf_add_str(to, "…");
}

void html_size(struct buf *to, uint64_t bytes)
{
	auto_buf size = BUF_EMPTY;

	buf_add_size(&size, bytes);
	for (size_t i = 0; i < size.len; i++)
		if (size.data[i] == ' ')
			buf_add_str(to, "&nbsp;");
		else
			buf_add_char(to, size.data[i]);
}

/* The number is what a column is sorted by. */
static void size_cell(struct buf *to, uint64_t bytes)
{
	buf_printf(to, "<td class=num data-n=%llu>", (unsigned long long)bytes);
	html_size(to, bytes);
	buf_add_str(to, "</td>");
}

static void number_cell(struct buf *to, uint64_t n)
{
	buf_printf(to, "<td class=num data-n=%llu>", (unsigned long long)n);
	words_digits(n, to);
	buf_add_str(to, "</td>");
}

static double part_of(uint64_t n, uint64_t whole)
{
	return whole ? 100.0 * (double)n / (double)whole : 0;
}

/* A bar: the living part and, behind it, the dead one; `most` is the whole width. */
static void add_bar(struct buf *to, uint64_t alive, uint64_t dead, uint64_t most)
{
	buf_printf(to,
		   "<td class=bar><svg viewBox=\"0 0 100 8\" preserveAspectRatio=none "
		   "aria-hidden=true><rect class=alive width=\"%.2f\" height=8 />"
		   "<rect class=lost x=\"%.2f\" width=\"%.2f\" height=8 /></svg></td>",
		   part_of(alive, most), part_of(alive, most), part_of(dead, most));
}

/* ---- layers ---- */

static void add_layer(struct buf *to, const struct report_layer *l, size_t number, uint64_t most)
{
	uint64_t dead = l->dead_bytes < l->content_bytes ? l->dead_bytes : l->content_bytes;

	buf_printf(to, "<tr><td class=num>%zu</td><td class=made>", number);
	if (l->instruction) {
		buf_add_str(to, "<code>");
		html_text(to, l->instruction);
		buf_add_str(to, "</code>");
	}
	if (l->digest)
		buf_printf(to, "<span class=digest>%.19s</span>", l->digest);
	buf_add_str(to, "</td>");
	add_bar(to, l->content_bytes - dead, dead, most);
	size_cell(to, l->compressed_bytes);
	size_cell(to, l->content_bytes);
	size_cell(to, l->dead_bytes);
	number_cell(to, l->n_files);
	buf_add_str(to, "</tr>\n");
}

void html_layers(struct buf *to, const struct report_image *i)
{
	uint64_t most = 0;

	if (i->layers.n == 0)
		return;
	for (size_t k = 0; k < i->layers.n; k++)
		if (i->layers.at[k].content_bytes > most)
			most = i->layers.at[k].content_bytes;
	buf_add_str(
		to,
		"<section><h2>Layers</h2>\n<p class=muted>Dead bytes are those that a later "
		"layer overwrites or deletes: they are stored and moved, and nobody sees "
		"them.</p><div class=scroll><table class=layers><thead><tr><th class=num>#</th>"
		"<th>Made by</th><th class=bar></th><th class=num>Compressed</th>"
		"<th class=num>Unpacked</th><th class=num>Dead</th><th class=num>Files</th></tr>"
		"</thead><tbody>\n");
	for (size_t k = 0; k < i->layers.n && k < HTML_MAX_LAYERS; k++)
		add_layer(to, &i->layers.at[k], k + 1, most);
	buf_add_str(to, "</tbody></table></div></section>\n");
}

/* ---- packages ---- */

static int by_bytes(const void *a, const void *b)
{
	const struct report_package *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Debian's databases have none: its licences are in files. */
static bool have_licences(const struct report_image *i)
{
	for (size_t k = 0; k < i->packages.n; k++)
		if (i->packages.at[k].licence)
			return true;
	return false;
}

static void add_package(struct buf *to, const struct report_package *p, bool licences,
			uint64_t most)
{
	buf_add_str(to, "<tr><td>");
	html_text(to, p->name);
	buf_add_str(to, "</td><td><code>");
	html_text(to, p->version);
	buf_add_str(to, "</code></td>");
	if (licences) {
		buf_add_str(to, "<td>");
		html_text(to, p->licence);
		buf_add_str(to, "</td>");
	}
	add_bar(to, p->bytes, 0, most);
	size_cell(to, p->bytes);
	number_cell(to, p->n_files);
	buf_add_str(to, "</tr>\n");
}

void html_packages(struct buf *to, const struct report_image *i)
{
	size_t n = i->packages.n, shown = n < HTML_MAX_PACKAGES ? n : HTML_MAX_PACKAGES;
	struct report_package *sorted = mem_resize(NULL, n + 1, sizeof(*sorted));
	bool licences = have_licences(i);

	for (size_t k = 0; k < n; k++)
		sorted[k] = i->packages.at[k];
	qsort(sorted, n, sizeof(*sorted), by_bytes);
	buf_add_str(to, "<section><h2>Packages <span class=count>");
	words_digits(n, to);
	buf_add_str(to, "</span></h2>\n");
	if (n == 0) {
		buf_add_str(to,
			    "<p class=muted>The image has no package database that is known.</p>");
	} else {
		buf_add_str(to,
			    "<div class=controls hidden><input type=search class=find-rows "
			    "placeholder=\"Filter packages\" aria-label=\"Filter packages\"></div>"
			    "<div class=\"scroll tall\"><table class=\"packages sortable\"><thead>"
			    "<tr><th>Name</th><th>Version</th>");
		buf_add_str(to, licences ? "<th>Licence</th>" : "");
		buf_add_str(to, "<th class=bar></th><th class=num>Size</th>"
				"<th class=num>Files</th></tr></thead><tbody>\n");
		for (size_t k = 0; k < shown; k++)
			add_package(to, &sorted[k], licences, sorted[0].bytes);
		buf_add_str(to, "</tbody></table></div>\n");
	}
	if (shown < n)
		buf_printf(to, "<p class=muted>… and %zu smaller ones</p>\n", n - shown);
	buf_add_str(to, "</section>\n");
	free(sorted);
}

/* ---- images ---- */

void html_comparison(struct buf *to, const struct report *r)
{
	uint64_t most = 0;

	for (size_t k = 0; k < r->n; k++) {
		struct report_totals t = report_totals(r->at[k]);

		if (t.content_bytes > most)
			most = t.content_bytes;
	}
	buf_add_str(
		to,
		"<section class=compare><h2>Side by side</h2>\n<div class=scroll>"
		"<table class=sortable><thead><tr><th>Image</th><th class=bar></th>"
		"<th class=num>Compressed</th><th class=num>Unpacked</th><th class=num>Dead</th>"
		"<th class=num>Layers</th><th class=num>Files</th><th class=num>Packages</th>"
		"<th>Findings</th></tr></thead><tbody>\n");
	for (size_t k = 0; k < r->n; k++) {
		const struct report_image *i = r->at[k];
		struct report_totals t = report_totals(i);
		struct finding_counts counts = { 0 };
		uint64_t dead = t.dead_bytes < t.content_bytes ? t.dead_bytes : t.content_bytes;

		if (i->findings)
			counts = findings_count(i->findings);
		buf_printf(to, "<tr><td><a href=\"#image-%zu\">", k + 1);
		html_text(to, i->name);
		buf_add_str(to, "</a></td>");
		add_bar(to, t.content_bytes - dead, dead, most);
		size_cell(to, t.compressed_bytes);
		size_cell(to, t.content_bytes);
		size_cell(to, t.dead_bytes);
		number_cell(to, i->layers.n);
		number_cell(to, t.n_files);
		number_cell(to, i->packages.n);
		buf_add_str(to, "<td>");
		words_counts(&counts, to);
		buf_add_str(to, "</td></tr>\n");
	}
	buf_add_str(to, "</tbody></table></div></section>\n");
}
