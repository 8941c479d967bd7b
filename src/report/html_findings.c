/* SPDX-License-Identifier: Apache-2.0 */
/* Findings on the page: a box per rule, which opens without scripts, with all evidence in it. */
#include "report/escape.h"
#include "report/html.h"
#include "report/words.h"

#include <string.h>

static void add_place(struct buf *to, const struct finding *f)
{
	auto_buf place = BUF_EMPTY;

	words_place(f, &place);
	if (place.len) {
		buf_add_str(to, "<code>");
		html_text(to, buf_str(&place));
		buf_add_str(to, "</code>");
	}
}

static void add_facts(struct buf *to, const struct finding *f)
{
	auto_buf layer = BUF_EMPTY;

	words_layer(f, &layer);
	if (f->package) {
		buf_add_str(to, "<span class=fact>package ");
		html_text(to, f->package);
		buf_add_str(to, "</span>");
	}
	if (f->bytes) {
		buf_add_str(to, "<span class=fact>");
		html_size(to, f->bytes);
		buf_add_str(to, "</span>");
	}
	if (layer.len) {
		buf_add_str(to, "<span class=fact>");
		html_text(to, buf_str(&layer));
		buf_add_str(to, "</span>");
	}
}

static void add_finding(struct buf *to, const struct finding *f)
{
	buf_add_str(to, "<li>");
	if (strcmp(f->message, f->rule->title) != 0) {
		buf_add_str(to, "<p class=message>");
		html_text(to, f->message);
		buf_add_str(to, "</p>");
	}
	buf_add_str(to, "<p class=facts>");
	add_place(to, f);
	add_facts(to, f);
	buf_add_str(to, "</p>");
	if (f->detail) {
		buf_add_str(to, "<pre>");
		html_text(to, f->detail);
		buf_add_str(to, "</pre>");
	}
	if (f->ignored) {
		buf_add_str(to, "<p class=ignored>ignored: ");
		html_text(to, f->ignored);
		buf_add_str(to, "</p>");
	} else if (strcmp(f->advice, f->rule->advice) != 0) {
		buf_add_str(to, "<p class=advice>");
		html_text(to, f->advice);
		buf_add_str(to, "</p>");
	}
	buf_add_str(to, "</li>\n");
}

static bool counts(const struct finding *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!f[i].ignored)
			return true;
	return false;
}

static void add_group(struct buf *to, const struct finding *f, size_t n)
{
	const struct audit_rule *rule = f->rule;
	const char *level = counts(f, n) ? audit_level_name(f->level) : "ignored";
	size_t shown = n < HTML_MAX_FINDINGS ? n : HTML_MAX_FINDINGS;

	buf_printf(
		to,
		"<details class=\"rule %s\" data-level=%s%s><summary><span class=level>%s</span>",
		level, level, f->level == AUDIT_ERROR && counts(f, n) ? " open" : "", level);
	buf_add_str(to, "<span class=title>");
	html_text(to, rule->title);
	buf_printf(to, "</span><code class=id>%s</code>", rule->id);
	if (n > 1) {
		buf_add_str(to, "<span class=count>");
		words_digits(n, to);
		buf_add_str(to, "</span>");
	}
	buf_add_str(to, "</summary><div class=body>\n<p class=why>");
	html_text(to, rule->text);
	buf_add_str(to, "</p>\n<p class=advice>");
	html_text(to, rule->advice);
	buf_add_str(to, "</p>\n<ul class=evidence>\n");
	for (size_t i = 0; i < shown; i++)
		add_finding(to, &f[i]);
	buf_add_str(to, "</ul>\n");
	if (shown < n)
		buf_printf(to, "<p class=more>… and %zu more, all of them in the JSON report</p>\n",
			   n - shown);
	buf_add_str(to, "</div></details>\n");
}

void html_findings(struct buf *to, const struct findings *f)
{
	buf_add_str(to, "<section class=findings><h2>Findings</h2>\n");
	if (f->n == 0)
		buf_add_str(to, "<p class=fine>Nothing was found.</p>\n");
	else
		buf_add_str(to, "<div class=controls hidden><input type=search class=find-findings "
				"placeholder=\"Filter findings\" aria-label=\"Filter findings\">"
				"<span class=toggles></span></div>\n");
	for (size_t i = 0, end; i < f->n; i = end) {
		end = words_group_end(f, i);
		add_group(to, f->at + i, end - i);
	}
	buf_add_str(to, "<p class=\"none muted\" hidden>No finding fits.</p></section>\n");
}
