/* SPDX-License-Identifier: Apache-2.0 */
/* Findings and rules in words and as JSON; see audit_print.h. */
#include "cmd/audit_print.h"

#include "fmt/json.h"
#include "report/text.h"

#include <string.h>

enum { DEFAULT_COLUMNS = 80, MAX_COLUMNS = 100 };

/* ---- rules ---- */

static void add_wrapped(struct buf *to, const char *text, size_t indent, size_t columns)
{
	struct view rest = view_of(text), word;
	size_t at = 0;

	while (view_word(&rest, &word)) {
		if (at && at + 1 + text_width(word) > columns) {
			buf_add_char(to, '\n');
			at = 0;
		}
		if (at == 0) {
			buf_printf(to, "%*s", (int)indent, "");
			at = indent;
		} else {
			buf_add_char(to, ' ');
			at++;
		}
		text_add_safe(to, word);
		at += text_width(word);
	}
	buf_add_char(to, '\n');
}

static size_t usable_columns(unsigned columns)
{
	return !columns ? DEFAULT_COLUMNS : columns > MAX_COLUMNS ? MAX_COLUMNS : columns;
}

static void add_rule(const struct audit_rule *r, size_t columns, struct buf *to)
{
	buf_printf(to, "%s (%s, %s)\n\n", r->id, audit_level_name(r->level),
		   audit_group_name(r->group));
	add_wrapped(to, r->title, 0, columns);
	buf_add_char(to, '\n');
	add_wrapped(to, r->text, 0, columns);
	buf_add_char(to, '\n');
	add_wrapped(to, r->advice, 0, columns);
	if (r->peers)
		buf_printf(to, "\nIn other tools: %s\n", r->peers);
}

static void list_rules(struct buf *to)
{
	for (size_t g = 0; g < AUDIT_GROUPS; g++) {
		buf_printf(to, "%s%s (%s)\n", g ? "\n" : "", audit_group_title((enum audit_group)g),
			   audit_group_name((enum audit_group)g));
		for (size_t i = 0; i < AUDIT_RULES; i++)
			if (audit_rules[i].group == g)
				buf_printf(to, "  %-28s %-8s %s\n", audit_rules[i].id,
					   audit_level_name(audit_rules[i].level),
					   audit_rules[i].title);
	}
}

void audit_explain_text(const struct audit_rule *rule, unsigned columns, struct buf *to)
{
	if (rule)
		add_rule(rule, usable_columns(columns), to);
	else
		list_rules(to);
}

static void rule_json(const struct audit_rule *r, struct json_writer *w)
{
	json_open_object(w);
	json_member_string(w, "id", r->id);
	json_member_string(w, "group", audit_group_name(r->group));
	json_member_string(w, "level", audit_level_name(r->level));
	json_member_string(w, "title", r->title);
	json_member_string(w, "text", r->text);
	json_member_string(w, "advice", r->advice);
	json_member_string(w, "peers", r->peers);
	json_close_object(w);
}

void audit_explain_json(const struct audit_rule *rule, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_array(&w);
	for (size_t i = 0; i < AUDIT_RULES; i++)
		if (!rule || rule == &audit_rules[i])
			rule_json(&audit_rules[i], &w);
	json_close_array(&w);
}

/* ---- findings ---- */

static void finding_json(const struct finding *f, struct json_writer *w)
{
	json_open_object(w);
	json_member_string(w, "rule", f->rule->id);
	json_member_string(w, "group", audit_group_name(f->rule->group));
	json_member_string(w, "level", audit_level_name(f->level));
	json_member_string(w, "message", f->message);
	if (f->layer >= 0)
		json_member_u64(w, "layer", (uint64_t)f->layer + 1);
	json_member_string(w, "layerDigest", f->layer_digest);
	json_member_string(w, "instruction", f->instruction);
	json_member_string(w, "path", f->path);
	if (f->line)
		json_member_u64(w, "line", f->line);
	if (f->n_paths > 1)
		json_member_u64(w, "paths", f->n_paths);
	json_member_string(w, "package", f->package);
	if (f->bytes)
		json_member_u64(w, "bytes", f->bytes);
	json_member_string(w, "detail", f->detail);
	json_member_string(w, "advice", f->advice);
	json_member_string(w, "ignored", f->ignored);
	json_close_object(w);
}

void audit_json(const struct audit *a, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	json_member_string(&w, "image", a->view->name);
	json_member_string(&w, "policy", a->policy->name);
	json_key(&w, "counts");
	json_open_object(&w);
	json_member_u64(&w, "error", a->counts.errors);
	json_member_u64(&w, "warning", a->counts.warnings);
	json_member_u64(&w, "note", a->counts.notes);
	json_member_u64(&w, "ignored", a->counts.ignored);
	json_close_object(&w);
	json_key(&w, "findings");
	json_open_array(&w);
	for (size_t i = 0; i < a->findings.n; i++)
		finding_json(&a->findings.at[i], &w);
	json_close_array(&w);
	json_close_object(&w);
}

void audit_text(const struct audit *a, unsigned columns, bool color, struct buf *to)
{
	size_t width = usable_columns(columns);

	(void)color;
	for (size_t i = 0; i < a->findings.n; i++) {
		const struct finding *f = &a->findings.at[i];

		if (f->ignored)
			continue;
		buf_printf(to, "%-8s %s\n", audit_level_name(f->level), f->rule->id);
		add_wrapped(to, f->message, 9, width);
		if (f->path)
			add_wrapped(to, f->path, 9, width);
	}
	buf_printf(to, "%llu errors, %llu warnings, %llu notes (policy %s)\n",
		   (unsigned long long)a->counts.errors, (unsigned long long)a->counts.warnings,
		   (unsigned long long)a->counts.notes, a->policy->name);
}
