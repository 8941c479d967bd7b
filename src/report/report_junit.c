/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JUnit's XML, as test dashboards read it: a suite per image, a case per finding, and one that
 * passes per rule that found nothing. Errors and warnings are failures, notes are output of a case
 * that passes, ignored findings are skipped.
 */
#include "report/report.h"

#include "report/escape.h"
#include "report/words.h"

static void add_attribute(struct buf *to, const char *name, const char *value)
{
	buf_printf(to, " %s=\"", name);
	escape_markup(to, view_of(value));
	buf_add_char(to, '"');
}

static void add_text(struct buf *to, const struct finding *f)
{
	auto_buf place = BUF_EMPTY, layer = BUF_EMPTY;

	words_place(f, &place);
	words_layer(f, &layer);
	escape_markup(to, view_of(f->message));
	for (size_t i = 0; i < 5; i++) {
		const char *const lines[] = { buf_str(&place), f->package, buf_str(&layer),
					      f->detail, f->advice };

		if (!lines[i] || !*lines[i])
			continue;
		buf_add_char(to, '\n');
		escape_markup(to, view_of(lines[i]));
	}
}

static void open_case(struct buf *to, const struct audit_rule *rule, const char *name)
{
	buf_add_str(to, "    <testcase");
	add_attribute(to, "classname", audit_group_name(rule->group));
	add_attribute(to, "name", name);
	buf_add_str(to, " time=\"0\"");
}

static void add_finding(struct buf *to, const struct finding *f)
{
	auto_buf name = BUF_EMPTY;

	buf_printf(&name, "%s: %s", f->rule->id, f->message);
	open_case(to, f->rule, buf_str(&name));
	if (f->ignored) {
		buf_add_str(to, "><skipped");
		add_attribute(to, "message", f->ignored);
		buf_add_str(to, "/></testcase>\n");
		return;
	}
	if (f->level == AUDIT_NOTE) {
		buf_add_str(to, "><system-out>");
		add_text(to, f);
		buf_add_str(to, "</system-out></testcase>\n");
		return;
	}
	buf_add_str(to, "><failure");
	add_attribute(to, "message", f->message);
	add_attribute(to, "type", audit_level_name(f->level));
	buf_add_char(to, '>');
	add_text(to, f);
	buf_add_str(to, "</failure></testcase>\n");
}

static bool has_finding(const struct findings *f, const struct audit_rule *rule)
{
	for (size_t i = 0; f && i < f->n; i++)
		if (f->at[i].rule == rule)
			return true;
	return false;
}

static void count(const struct report_image *i, uint64_t *ret_tests, uint64_t *ret_failures,
		  uint64_t *ret_skipped)
{
	struct finding_counts c = { 0 };

	if (i->findings)
		c = findings_count(i->findings);
	*ret_tests = i->findings ? i->findings->n : 0;
	*ret_failures = c.errors + c.warnings;
	*ret_skipped = c.ignored;
	for (size_t k = 0; k < AUDIT_RULES; k++)
		*ret_tests += i->checked[k] && !has_finding(i->findings, &audit_rules[k]);
}

static void add_numbers(struct buf *to, uint64_t tests, uint64_t failures, uint64_t skipped)
{
	buf_printf(to, " tests=\"%llu\" failures=\"%llu\" errors=\"0\" skipped=\"%llu\"",
		   (unsigned long long)tests, (unsigned long long)failures,
		   (unsigned long long)skipped);
}

static void add_suite(struct buf *to, const struct report_image *i)
{
	uint64_t tests, failures, skipped;

	count(i, &tests, &failures, &skipped);
	buf_add_str(to, "  <testsuite");
	add_attribute(to, "name", i->name);
	add_numbers(to, tests, failures, skipped);
	buf_add_str(to, " time=\"0\">\n");
	for (size_t k = 0; i->findings && k < i->findings->n; k++)
		add_finding(to, &i->findings->at[k]);
	for (size_t k = 0; k < AUDIT_RULES; k++) {
		if (!i->checked[k] || has_finding(i->findings, &audit_rules[k]))
			continue;
		open_case(to, &audit_rules[k], audit_rules[k].id);
		buf_add_str(to, "/>\n");
	}
	buf_add_str(to, "  </testsuite>\n");
}

void report_junit(const struct report *r, struct buf *to)
{
	uint64_t sum[3] = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		uint64_t one[3];

		count(r->at[i], &one[0], &one[1], &one[2]);
		for (size_t k = 0; k < 3; k++)
			sum[k] += one[k];
	}
	buf_add_str(to,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pare audit\"");
	add_numbers(to, sum[0], sum[1], sum[2]);
	buf_add_str(to, " time=\"0\">\n");
	for (size_t i = 0; i < r->n; i++)
		add_suite(to, r->at[i]);
	buf_add_str(to, "</testsuites>\n");
}
