/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of a GitHub workflow, which become annotations. Of each kind GitHub shows ten per step,
 * so that the findings of one rule share one.
 */
#include "report/report.h"

#include "report/escape.h"
#include "report/words.h"

enum { GITHUB_PLACES = 10 }; /* in one annotation */

static const char *command_of(enum audit_level l)
{
	return l == AUDIT_ERROR ? "error" : l == AUDIT_WARNING ? "warning" : "notice";
}

static void add_property(struct buf *to, const char *name, const char *value)
{
	buf_printf(to, "%s=", name);
	escape_workflow(to, view_of(value), true);
}

static void add_line(struct buf *text, const struct finding *f)
{
	auto_buf place = BUF_EMPTY;

	words_place(f, &place);
	if (text->len)
		buf_add_char(text, '\n');
	buf_add_str(text, f->message);
	if (place.len)
		buf_printf(text, " (%s)", buf_str(&place));
}

static void add_group(struct buf *to, const struct report_image *i, const struct finding *f,
		      size_t n)
{
	const struct finding *first = NULL;
	auto_buf text = BUF_EMPTY, title = BUF_EMPTY;
	size_t shown = 0, counted = 0;

	for (size_t k = 0; k < n; k++) {
		if (f[k].ignored)
			continue;
		first = first ? first : &f[k];
		if (counted++ < GITHUB_PLACES) {
			add_line(&text, &f[k]);
			shown++;
		}
	}
	if (!first)
		return;
	if (shown < counted)
		buf_printf(&text, "\n… and %zu more", counted - shown);
	buf_printf(&text, "\n%s", first->advice);
	buf_printf(&title, "%s: %s", i->name, first->rule->id);
	buf_printf(to, "::%s ", command_of(first->level));
	if (first->path) {
		add_property(to, "file", first->path[0] == '/' ? first->path + 1 : first->path);
		buf_printf(to, ",line=%llu,", (unsigned long long)(first->line ? first->line : 1));
	}
	add_property(to, "title", buf_str(&title));
	buf_add_str(to, "::");
	escape_workflow(to, buf_view(&text), false);
	buf_add_char(to, '\n');
}

void report_github(const struct report *r, struct buf *to)
{
	for (size_t k = 0; k < r->n; k++) {
		const struct findings *f = r->at[k]->findings;

		for (size_t i = 0, end; f && i < f->n; i = end) {
			end = words_group_end(f, i);
			add_group(to, r->at[k], f->at + i, end - i);
		}
	}
}
