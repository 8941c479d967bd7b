/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in words and as JSON; see audit_print.h. */
#include "cmd/audit_print.h"

#include "fmt/json.h"
#include "report/text.h"

#include <string.h>

enum { DEFAULT_COLUMNS = 80, MAX_COLUMNS = 100 };

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
