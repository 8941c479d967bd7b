/* SPDX-License-Identifier: Apache-2.0 */
/* The table of needs that only maintainer scripts have: its format, and looking things up. */
#include "base/array.h"
#include "base/embed.h"
#include "pkg/solve_world.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RULES = 10000 };

extern const struct embedded pare_script_only[];
extern const size_t pare_script_only_count;

static int parse_line(struct view line, struct solve_rule *rule)
{
	static const char *const kinds[] = { [RULE_PACKAGE] = "package",
					     [RULE_FACILITY] = "facility",
					     [RULE_EDGE] = "edge",
					     [RULE_KEEP] = "keep" };
	struct view word;
	size_t kind = 0;

	*rule = (struct solve_rule){ 0 };
	if (!view_word(&line, &word))
		return -1;
	while (kind < COUNT_OF(kinds) && !view_is(word, kinds[kind]))
		kind++;
	if (kind == COUNT_OF(kinds))
		return -1;
	rule->kind = (enum solve_rule_kind)kind;
	if ((rule->kind == RULE_EDGE || rule->kind == RULE_KEEP) && !view_word(&line, &rule->from))
		return -1;
	if (!view_word(&line, &rule->to))
		return -1;
	rule->reason = view_trim(line);
	return rule->reason.len ? 0 : -1;
}

int solve_rules_parse(struct view text, const char *name, struct arena *a, struct solve_rules *ret,
		      struct err *e)
{
	struct {
		struct solve_rule *at;
		size_t n, cap;
	} rules = { 0 };
	struct solve_rule *copy;
	struct view line;
	int r = 0;

	for (size_t number = 1; r == 0 && view_split(&text, '\n', &line); number++) {
		line = view_trim(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (rules.n >= MAX_RULES)
			r = fail(e, FAIL_LIMIT, "%s: more than %d rules", name, MAX_RULES);
		else if (parse_line(line, array_push(&rules)) < 0)
			r = fail(e, FAIL_FORMAT,
				 "%s: line %zu: expected package, facility, edge or keep, "
				 "names and a reason",
				 name, number);
	}
	if (r == 0) {
		copy = arena_array(a, rules.n, sizeof(*copy));
		if (rules.n)
			memcpy(copy, rules.at, rules.n * sizeof(*copy));
		*ret = (struct solve_rules){ copy, rules.n };
	}
	free(rules.at);
	return r;
}

int solve_rules_builtin(const char *world, struct arena *a, struct solve_rules *ret, struct err *e)
{
	/* In the order in which the build embeds them. */
	const struct embedded *file = &pare_script_only[strcmp(world, "apk") == 0];

	if (pare_script_only_count != 2)
		return fail(e, FAIL_NOT_FOUND, "no built-in script-only rules");
	return solve_rules_parse(view_make((const char *)file->bytes, file->size), file->name, a,
				 ret, e);
}

/* One '*' at most stands for any bytes. */
static bool matches(struct view pattern, struct view name)
{
	const char *star = memchr(pattern.ptr, '*', pattern.len);
	size_t head, tail;

	if (!star)
		return view_eq(pattern, name);
	head = (size_t)(star - pattern.ptr);
	tail = pattern.len - head - 1;
	return name.len >= head + tail && memcmp(name.ptr, pattern.ptr, head) == 0 &&
	       memcmp(name.ptr + name.len - tail, star + 1, tail) == 0;
}

/* The rule of this name, for needs of `from`; a keep rule comes before all others. */
static const struct solve_rule *find_rule(const struct solve_rules *rules, struct view from,
					  struct view to)
{
	const struct solve_rule *found = NULL;

	for (size_t i = 0; i < rules->n; i++) {
		const struct solve_rule *rule = &rules->at[i];

		if (!view_eq(rule->to, to) || (rule->from.ptr && !matches(rule->from, from)))
			continue;
		if (rule->kind == RULE_KEEP)
			return rule;
		if (!found || rule->kind == RULE_FACILITY)
			found = rule;
	}
	return found;
}

const struct solve_rule *rules_find(const struct solve_rules *rules, struct view from,
				    const struct clause *clause)
{
	const struct solve_rule *first = NULL, *facility = NULL;
	size_t named = 0;

	for (size_t i = 0; i < clause->n; i++) {
		const struct solve_rule *rule = find_rule(rules, from, clause->atoms[i].name);

		if (!rule)
			continue;
		if (rule->kind == RULE_KEEP)
			return NULL;
		if (rule->kind == RULE_FACILITY)
			facility = rule;
		first = first ? first : rule;
		named++;
	}
	return named == clause->n ? first : facility;
}
