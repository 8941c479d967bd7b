/* SPDX-License-Identifier: Apache-2.0 */
/* The report for a terminal: findings by level and rule, each with its evidence and what to do. */
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"
#include "report/words.h"

#include "base/array.h"

#include <string.h>

enum {
	FEW = 5, /* findings of one rule, unless all are wanted */
	EVIDENCE_INDENT = 4,
	MIN_TEXT_COLUMNS = 40,
};

struct writer {
	struct buf *to;
	const struct report_style *style;
};

/* On white nobody reads yellow, green or cyan, and on black no blue. */
static const char *color_of(enum audit_level l)
{
	static const char *const colors[] = { "", "", "\033[35m", "\033[31m" };

	return colors[l];
}

static void add_colored(struct writer *w, const char *color, const char *text)
{
	if (w->style->color && *color)
		buf_printf(w->to, "%s%s\033[0m", color, text);
	else
		buf_add_str(w->to, text);
}

/* Words in lines that fit; a line that goes on is indented. A word that is too long stays whole. */
static void add_wrapped(struct writer *w, const char *first, const char *text, size_t indent)
{
	size_t columns = w->style->columns, used = indent;
	auto_buf safe = BUF_EMPTY;
	struct view rest, word;
	bool fresh = true;

	text_add_safe(&safe, view_of(text));
	rest = buf_view(&safe);
	if (columns && columns < indent + MIN_TEXT_COLUMNS)
		columns = indent + MIN_TEXT_COLUMNS;
	buf_printf(w->to, "%*s%s", (int)(indent - text_width(view_of(first))), "", first);
	while (view_word(&rest, &word)) {
		size_t width = text_width(word);

		if (!fresh && columns && used + 1 + width > columns) {
			buf_printf(w->to, "\n%*s", (int)indent, "");
			used = indent;
		} else if (!fresh) {
			buf_add_char(w->to, ' ');
			used++;
		}
		buf_add_view(w->to, word);
		used += width;
		fresh = false;
	}
	buf_add_char(w->to, '\n');
}

/* One line, cut. */
static void add_cut(struct writer *w, const char *text, size_t indent)
{
	auto_buf safe = BUF_EMPTY;
	struct view line;
	size_t room = w->style->columns > indent + MIN_TEXT_COLUMNS ? w->style->columns - indent
								    : MIN_TEXT_COLUMNS;

	text_add_safe(&safe, view_of(text));
	line = buf_view(&safe);
	buf_printf(w->to, "%*s", (int)indent, "");
	if (w->style->color)
		buf_add_str(w->to, "\033[2m");
	if (w->style->columns == 0 || text_width(line) <= room) {
		buf_add_view(w->to, line);
	} else {
		buf_add_view(w->to, text_head(line, room - 1));
		buf_add_str(w->to, "…");
	}
	buf_add_str(w->to, w->style->color ? "\033[0m\n" : "\n");
}

static void add_separated(struct buf *to, const char *text)
{
	if (!text || !*text)
		return;
	if (to->len)
		buf_add_str(to, ", ");
	buf_add_str(to, text);
}

/* "/usr/bin/su, util-linux 2.38, 72 kB, layer 1 (ADD rootfs)": what the message doesn't say. */
static void add_evidence(struct writer *w, const struct finding *f)
{
	auto_buf line = BUF_EMPTY, part = BUF_EMPTY;

	if (f->path && (!strstr(f->message, f->path) || f->line || f->n_paths > 1)) {
		words_place(f, &part);
		add_separated(&line, buf_str(&part));
	}
	if (f->package && !strstr(f->message, f->package))
		add_separated(&line, f->package);
	if (f->bytes) {
		buf_clear(&part);
		buf_add_size(&part, f->bytes);
		if (!strstr(f->message, buf_str(&part)))
			add_separated(&line, buf_str(&part));
	}
	buf_clear(&part);
	words_layer(f, &part);
	if (part.len)
		add_separated(&line, buf_str(&part));
	if (line.len)
		add_cut(w, buf_str(&line), EVIDENCE_INDENT);
}

static void add_detail(struct writer *w, const char *detail)
{
	struct view rest = view_of(detail), line;

	while (rest.ptr && view_split(&rest, '\n', &line)) {
		auto_free char *text = mem_strndup(line.ptr, line.len);

		if (line.len)
			add_cut(w, text, EVIDENCE_INDENT + 2);
	}
}

static void add_heading(struct writer *w, const struct finding *f)
{
	add_colored(w, color_of(f->level), audit_level_name(f->level));
	buf_add_str(w->to, "  ");
	add_colored(w, "\033[1m", f->rule->id);
	buf_printf(w->to, "  %s\n", f->rule->title);
}

/* Advice is for the rule, mostly: it's told once, under the last that gives it. */
static bool is_last_of_advice(const struct finding *f, size_t i, size_t end)
{
	return i + 1 == end || strcmp(f[i].advice, f[i + 1].advice) != 0;
}

static void add_group(struct writer *w, const struct finding *f, size_t n)
{
	size_t shown = w->style->all || n <= FEW + 1 ? n : FEW;

	add_heading(w, f);
	for (size_t i = 0; i < shown; i++) {
		if (strcmp(f[i].message, f->rule->title) != 0 &&
		    (i == 0 || strcmp(f[i].message, f[i - 1].message) != 0))
			add_wrapped(w, "- ", f[i].message, EVIDENCE_INDENT);
		add_evidence(w, &f[i]);
		if (f[i].detail)
			add_detail(w, f[i].detail);
		if (i + 1 == shown && shown < n)
			buf_printf(w->to, "%*s… and %zu more; --verbose shows all\n",
				   EVIDENCE_INDENT, "", n - shown);
		if (is_last_of_advice(f, i, shown))
			add_wrapped(w, "→ ", f[i].advice, EVIDENCE_INDENT);
	}
	buf_add_char(w->to, '\n');
}

static void add_image(struct writer *w, const struct report_image *i)
{
	struct report_totals t = report_totals(i);
	auto_buf line = BUF_EMPTY;

	text_add_safe(&line, view_of(i->name));
	add_colored(w, "\033[1m", buf_str(&line));
	buf_clear(&line);
	if (i->platform)
		buf_printf(&line, "  %s", i->platform);
	buf_add_str(&line, "  ");
	if (t.compressed_bytes) {
		buf_add_size(&line, t.compressed_bytes);
		buf_add_str(&line, " compressed, ");
	}
	buf_add_size(&line, t.content_bytes);
	buf_add_str(&line, " unpacked in ");
	words_number(i->layers.n, "layer", "layers", &line);
	if (t.dead_bytes) {
		buf_add_str(&line, ", ");
		buf_add_size(&line, t.dead_bytes);
		buf_add_str(&line, " of it dead");
	}
	text_add_safe(w->to, buf_view(&line));
	buf_add_str(w->to, "\n\n");
}

static void add_counts(struct writer *w, const struct report_image *i)
{
	const struct findings *f = i->findings;
	struct finding_counts counts = findings_count(f);
	auto_buf line = BUF_EMPTY;

	words_counts(&counts, &line);
	add_colored(w, color_of(findings_worst(f)), buf_str(&line));
	if (i->policy) {
		buf_add_str(w->to, " (policy ");
		text_add_safe(w->to, view_of(i->policy));
		buf_add_char(w->to, ')');
	}
	buf_add_char(w->to, '\n');
}

/* Ignored findings are only counted; those of a rule that count are moved together. */
static void add_findings(struct writer *w, const struct report_image *image)
{
	const struct findings *f = image->findings;
	struct finding *group = mem_resize(NULL, f->n + 1, sizeof(*group));

	for (size_t i = 0, end; i < f->n; i = end) {
		size_t n = 0;

		end = words_group_end(f, i);
		for (size_t k = i; k < end; k++)
			if (!f->at[k].ignored)
				group[n++] = f->at[k];
		if (n)
			add_group(w, group, n);
	}
	free(group);
	add_counts(w, image);
}

static void add_sizes(const char *cells[], struct arena *a, size_t n, const uint64_t *sizes)
{
	for (size_t i = 0; i < n; i++) {
		auto_buf text = BUF_EMPTY;

		buf_add_size(&text, sizes[i]);
		cells[i] = arena_strdup(a, buf_str(&text));
	}
}

/* Several images side by side, one a line. */
static void add_comparison(struct writer *w, const struct report *r)
{
	static const struct table_column columns[] = {
		{ "IMAGE", false },   { "COMPRESSED", true }, { "UNPACKED", true },
		{ "DEAD", true },     { "LAYERS", true },     { "FILES", true },
		{ "PACKAGES", true }, { "FINDINGS", false },
	};
	struct table_style style = { .max_columns = w->style->columns, .color = w->style->color };
	auto_arena a = ARENA_EMPTY;
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	for (size_t k = 0; k < r->n; k++) {
		const struct report_image *i = r->at[k];
		struct report_totals sum = report_totals(i);
		uint64_t sizes[] = { sum.compressed_bytes, sum.content_bytes, sum.dead_bytes };
		struct finding_counts counts = { 0 };
		const char *cells[COUNT_OF(columns)] = { i->name };
		auto_buf words = BUF_EMPTY;

		if (i->findings)
			counts = findings_count(i->findings);
		words_counts(&counts, &words);
		add_sizes(cells + 1, &a, COUNT_OF(sizes), sizes);
		cells[4] = arena_printf(&a, "%zu", i->layers.n);
		cells[5] = arena_printf(&a, "%llu", (unsigned long long)sum.n_files);
		cells[6] = arena_printf(&a, "%zu", i->packages.n);
		cells[7] = buf_str(&words);
		table_add_row(&t, cells);
	}
	buf_add_char(w->to, '\n');
	table_write(&t, &style, w->to);
}

void report_table(const struct report *r, const struct report_style *style, struct buf *to)
{
	struct writer w = { to, style };

	for (size_t i = 0; i < r->n; i++) {
		if (i)
			buf_add_char(to, '\n');
		add_image(&w, r->at[i]);
		if (r->at[i]->findings)
			add_findings(&w, r->at[i]);
	}
	if (r->n > 1)
		add_comparison(&w, r);
}
