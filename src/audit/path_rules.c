/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and asks the table; see path_rules.h. Runs over every file, so it looks at heads first. */
#include "audit/path_rules.h"

#include "base/embed.h"
#include "base/glob.h"

#include <string.h>

extern const struct embedded pare_audit_paths[];

static const char *const kinds[PATH_KINDS] = {
	[PATH_PROGRAM] = "program", [PATH_FILE] = "path",     [PATH_STRANGE] = "strange",
	[PATH_KEEP] = "keep",	    [PATH_VOLUME] = "volume", [PATH_MAY_MISS] = "may-miss",
};

static bool read_kind(struct view word, enum path_kind *ret)
{
	for (size_t i = 0; i < PATH_KINDS; i++) {
		if (view_is(word, kinds[i])) {
			*ret = (enum path_kind)i;
			return true;
		}
	}
	return false;
}

static const char *read_row(struct view line, struct arena *a, struct path_rule *ret)
{
	struct view rule, kind, pattern;
	const struct audit_rule *found;

	if (!view_word(&line, &rule) || !view_word(&line, &kind) || !view_word(&line, &pattern))
		return "expected RULE KIND PATTERN WORDS";
	found = audit_rule_find(arena_view(a, rule));
	if (!found)
		return "no such rule";
	if (!read_kind(kind, &ret->kind))
		return "no such kind";
	ret->rule = (enum audit_rule_number)(found - audit_rules);
	ret->pattern = arena_view(a, pattern);
	ret->fixed = strcspn(ret->pattern, "*?");
	ret->words = arena_view(a, view_trim(line));
	return ret->words[0] ? NULL : "expected words";
}

int path_rules_parse(struct view text, const char *name, struct arena *a, struct path_rules *ret,
		     struct err *e)
{
	size_t number = 0, n = 1;
	struct view line;

	*ret = (struct path_rules){ 0 };
	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	ret->at = arena_array(a, n, sizeof(*ret->at));
	while (view_split(&text, '\n', &line)) {
		struct path_rule row = { 0 };
		const char *wrong;

		number++;
		line = view_trim(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		wrong = read_row(line, a, &row);
		if (wrong)
			return fail(e, FAIL_FORMAT, "%s: line %zu: %s", name, number, wrong);
		ret->at[ret->n++] = row;
	}
	return 0;
}

int path_rules_builtin(struct arena *a, struct path_rules *ret, struct err *e)
{
	return path_rules_parse(
		view_make((const char *)pare_audit_paths[0].bytes, pare_audit_paths[0].size),
		"audit-paths.txt", a, ret, e);
}

static bool fits(const struct path_rule *r, const char *name, size_t len)
{
	if (r->fixed > len || memcmp(r->pattern, name, r->fixed) != 0)
		return false;
	if (!r->pattern[r->fixed])
		return r->fixed == len;
	return glob_match(r->pattern, name);
}

const struct path_rule *path_rules_next(const struct path_rules *r, enum path_kind kind,
					const char *name, size_t *at)
{
	size_t len = strlen(name);

	for (; *at < r->n; (*at)++)
		if (r->at[*at].kind == kind && fits(&r->at[*at], name, len))
			return &r->at[(*at)++];
	return NULL;
}

const struct path_rule *path_rules_file(const struct path_rules *r, const char *path,
					enum audit_group group)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < r->n; i++) {
		const struct path_rule *x = &r->at[i];

		if ((x->kind == PATH_FILE || x->kind == PATH_STRANGE || x->kind == PATH_KEEP) &&
		    audit_rules[x->rule].group == group && fits(x, path, len))
			return x;
	}
	return NULL;
}
