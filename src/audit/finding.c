/* SPDX-License-Identifier: Apache-2.0 */
/* The list of findings: order and counts; see finding.h. */
#include "audit/finding.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void findings_init(struct findings *f)
{
	*f = (struct findings){ .arena = ARENA_EMPTY };
}

void findings_done(struct findings *f)
{
	free(f->at);
	arena_done(&f->arena);
	*f = (struct findings){ .arena = ARENA_EMPTY };
}

struct finding *finding_add(struct findings *f, enum audit_rule_number number)
{
	const struct audit_rule *rule = &audit_rules[number];
	struct finding *x = array_push(f);

	*x = (struct finding){
		.rule = rule,
		.level = rule->level,
		.layer = FINDING_NO_LAYER,
		.advice = rule->advice,
		.message = rule->title,
	};
	return x;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_findings(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;
	int c;

	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->layer != b->layer)
		return a->layer < b->layer ? -1 : 1;
	c = compare_text(a->path, b->path);
	if (c == 0)
		c = a->line < b->line ? -1 : a->line > b->line;
	return c ? c : compare_text(a->message, b->message);
}

void findings_sort(struct findings *f)
{
	if (f->n)
		qsort(f->at, f->n, sizeof(*f->at), compare_findings);
}

struct finding_counts findings_count(const struct findings *f)
{
	struct finding_counts c = { 0 };

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->at[i];

		if (x->ignored)
			c.ignored++;
		else if (x->level == AUDIT_ERROR)
			c.errors++;
		else if (x->level == AUDIT_WARNING)
			c.warnings++;
		else if (x->level == AUDIT_NOTE)
			c.notes++;
	}
	return c;
}

enum audit_level findings_worst(const struct findings *f)
{
	enum audit_level worst = AUDIT_OFF;

	for (size_t i = 0; i < f->n; i++)
		if (!f->at[i].ignored && f->at[i].level > worst)
			worst = f->at[i].level;
	return worst;
}
