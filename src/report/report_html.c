/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one page: no other file is needed, nothing is loaded, and everything but filters
 * can be read without scripts. A policy in the page lets only our own script run, by its digest,
 * should a text from an image ever pass for markup.
 */
#include "report/report.h"

#include "base/embed.h"
#include "crypto/digest.h"
#include "report/escape.h"
#include "report/html.h"
#include "report/words.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded pare_page[];

static struct view page_file(const char *name)
{
	for (size_t i = 0; pare_page[i].name; i++)
		if (strcmp(pare_page[i].name, name) == 0)
			return view_make((const char *)pare_page[i].bytes, pare_page[i].size);
	return view_of("");
}

static void add_base64(struct buf *to, const unsigned char *bytes, size_t n)
{
	static const char signs[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned bits = (unsigned)bytes[i] << 16;

		bits |= left > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
		bits |= left > 2 ? bytes[i + 2] : 0;
		buf_add_char(to, signs[bits >> 18 & 63]);
		buf_add_char(to, signs[bits >> 12 & 63]);
		buf_add_char(to, left > 1 ? signs[bits >> 6 & 63] : '=');
		buf_add_char(to, left > 2 ? signs[bits & 63] : '=');
	}
}

static void add_head(struct buf *to, const struct report *r)
{
	struct view script = page_file("report.js");
	struct sha256 digest;

	sha256_of(script.ptr, script.len, &digest);
	buf_add_str(to, "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
			"<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
			"script-src 'sha256-");
	add_base64(to, digest.bytes, sizeof(digest.bytes));
	buf_add_str(to,
		    "'\">\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=color-scheme content=\"light dark\">\n<title>");
	html_text(to, r->at[0]->name);
	if (r->n > 1)
		buf_printf(to, " and %zu more", r->n - 1);
	buf_add_str(to, " – audit</title>\n<style>\n");
	buf_add_view(to, page_file("report.css"));
	buf_add_str(to, "</style></head>\n<body>\n"
			"<svg width=0 height=0 aria-hidden=true class=defs><defs><pattern id=hatch "
			"width=6 height=6 patternUnits=userSpaceOnUse patternTransform=rotate(45)>"
			"<rect width=6 height=6 class=hatch-back /><rect width=2 height=6 "
			"class=hatch-line /></pattern></defs></svg>\n<main>\n");
}

static void add_fact(struct buf *to, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	buf_printf(to, "<div><dt>%s</dt><dd><code>", name);
	html_text(to, value);
	buf_add_str(to, "</code></dd></div>");
}

static void add_badge(struct buf *to, const char *class, uint64_t n, const char *one,
		      const char *many)
{
	if (n == 0)
		return;
	buf_printf(to, "<span class=\"badge %s\"><b>", class);
	words_digits(n, to);
	buf_printf(to, "</b> %s</span>", n == 1 ? one : many);
}

static void add_header(struct buf *to, const struct report_image *i)
{
	struct finding_counts c = { 0 };

	if (i->findings)
		c = findings_count(i->findings);
	buf_add_str(to, "<header><h1>");
	html_text(to, i->name);
	buf_add_str(to, "</h1><p class=badges>");
	add_badge(to, "error", c.errors, "error", "errors");
	add_badge(to, "warning", c.warnings, "warning", "warnings");
	add_badge(to, "note", c.notes, "note", "notes");
	add_badge(to, "ignored", c.ignored, "ignored", "ignored");
	if (c.errors + c.warnings + c.notes == 0)
		buf_add_str(to, "<span class=\"badge good\">nothing found</span>");
	buf_add_str(to, "</p>\n<dl class=about>");
	add_fact(to, "Platform", i->platform);
	add_fact(to, "Runs", i->entrypoint);
	add_fact(to, "As user", i->user);
	add_fact(to, "Policy", i->policy);
	add_fact(to, "Digest", i->digest);
	buf_add_str(to, "</dl></header>\n");
}

static void open_card(struct buf *to, const char *title)
{
	buf_printf(to, "<div class=card><h3>%s</h3><p>", title);
}

static void add_size_card(struct buf *to, const char *title, uint64_t bytes, const char *more)
{
	open_card(to, title);
	html_size(to, bytes);
	buf_printf(to, "</p><small>%s</small></div>\n", more);
}

static void add_number_card(struct buf *to, const char *title, uint64_t n)
{
	open_card(to, title);
	words_digits(n, to);
	buf_add_str(to, "</p></div>\n");
}

static void add_cards(struct buf *to, const struct report_image *i)
{
	struct report_totals t = report_totals(i);
	char share[64] = "";

	if (t.content_bytes)
		snprintf(share, sizeof(share), "%.1f %% of it",
			 100.0 * (double)t.dead_bytes / (double)t.content_bytes);
	buf_add_str(to, "<div class=cards>\n");
	if (t.compressed_bytes)
		add_size_card(to, "Compressed", t.compressed_bytes, "stored and pulled");
	add_size_card(to, "Unpacked", t.content_bytes, "in all layers");
	add_size_card(to, "Dead", t.dead_bytes, share);
	add_number_card(to, "Layers", i->layers.n);
	add_number_card(to, "Packages", i->packages.n);
	add_number_card(to, "Files", t.n_files);
	buf_add_str(to, "</div>\n");
}

static void add_image(struct buf *to, const struct report *r, size_t k)
{
	const struct report_image *i = r->at[k];

	buf_printf(to, "<article id=image-%zu>\n", k + 1);
	add_header(to, i);
	add_cards(to, i);
	if (i->findings)
		html_findings(to, i->findings);
	html_treemap(to, i, HTML_MAX_TILES / r->n + 10);
	html_layers(to, i);
	html_packages(to, i);
	buf_add_str(to, "</article>\n");
}

void report_html(const struct report *r, struct buf *to)
{
	add_head(to, r);
	if (r->n > 1)
		html_comparison(to, r);
	for (size_t k = 0; k < r->n; k++)
		add_image(to, r, k);
	buf_add_str(to, "</main>\n<footer>pare " PARE_VERSION "</footer>\n<script>");
	buf_add_view(to, page_file("report.js"));
	buf_add_str(to, "</script>\n</body></html>\n");
}
