/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rules and applies them. */
#include "recipe/evidence.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/glob.h"
#include "recipe/reader.h"

#include <string.h>

extern const struct embedded pare_evidence[];

enum { MAX_RULE_LINES = 4096 };

static const char *const names[EXTRAS] = {
	[EXTRA_CERTIFICATES] = "ca-certificates",
	[EXTRA_TZDATA] = "tzdata",
	[EXTRA_LOCALE] = "locale",
	[EXTRA_NSS] = "nss",
	[EXTRA_GCONV] = "gconv",
	[EXTRA_PASSWD] = "passwd",
	[EXTRA_TMP] = "tmp",
	[EXTRA_DLOPEN] = "dlopen",
	[EXTRA_MODULES] = "modules",
	[EXTRA_SHELL] = "shell",
};

const char *extra_name(enum extra x)
{
	return names[x];
}

bool extra_by_name(const char *name, enum extra *ret)
{
	for (size_t i = 0; i < EXTRAS; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = (enum extra)i;
			return true;
		}
	}
	return false;
}

const char *extra_list(struct arena *a)
{
	auto_buf list = BUF_EMPTY;

	for (size_t i = 0; i < EXTRAS; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	return arena_strdup(a, buf_str(&list));
}

/* ---- the rules ---- */

struct rules_reader {
	struct evidence_rules *rules;
	struct arena *a;
	const char *name;
	size_t line;
};

static int fail_rule(const struct rules_reader *r, struct err *e, const char *what)
{
	return fail(e, FAIL_FORMAT, "%s: line %zu: %s", r->name, r->line, what);
}

static bool read_kind(struct view word, enum evidence_kind *ret)
{
	static const char *const words[] = { "holds", "imports", "reaches", "links", "says" };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (view_is(word, words[i])) {
			*ret = (enum evidence_kind)i;
			return true;
		}
	}
	return false;
}

/* Texts are shared by the rules that look for the same one. */
static int add_text(struct rules_reader *r, struct evidence_rule *rule, struct err *e)
{
	struct evidence_rules *all = r->rules;
	struct view text = view_of(rule->pattern);

	if (text.len < SCAN_MIN_TEXT_BYTES || text.len > SCAN_MAX_TEXT_BYTES)
		return fail_rule(r, e, "a text has 8 to 64 bytes");
	for (size_t i = 0; i < all->n_texts; i++) {
		if (view_eq(all->texts[i], text)) {
			rule->text = (unsigned)i;
			return 0;
		}
	}
	if (all->n_texts == SCAN_MAX_TEXTS)
		return fail_rule(r, e, "more than 64 texts");
	rule->text = (unsigned)all->n_texts;
	all->texts[all->n_texts++] = text;
	return 0;
}

/* "load", or "load:EXTRA" for another extra than `modules`. */
static bool read_extra(struct view first, struct arena *a, bool *ret_load, enum extra *ret)
{
	*ret_load = view_is(first, "load") || view_starts(first, "load:");
	if (view_is(first, "load"))
		*ret = EXTRA_MODULES;
	else if (*ret_load)
		return extra_by_name(arena_strndup(a, first.ptr + 5, first.len - 5), ret);
	else
		return extra_by_name(arena_view(a, first), ret);
	return true;
}

static int read_load(struct rules_reader *r, struct evidence_rule *rule, struct view *rest,
		     struct err *e)
{
	struct view package, paths;

	if (!view_word(rest, &package) || !view_word(rest, &paths) || paths.ptr[0] != '/')
		return fail_rule(r, e, "expected a package and paths");
	rule->package = view_is(package, "-") ? NULL : arena_view(r->a, package);
	rule->paths = arena_view(r->a, paths);
	return 0;
}

static int read_deaf(struct rules_reader *r, struct view rest, struct err *e)
{
	struct view library, function;

	if (!view_word(&rest, &library) || !view_word(&rest, &function))
		return fail_rule(r, e, "expected a library and a function");
	*append(r->a, r->rules->deaf, r->rules->n_deaf) =
		(struct evidence_deaf){ arena_view(r->a, library), arena_view(r->a, function) };
	return 0;
}

static int read_rule(struct rules_reader *r, struct view first, struct view rest, struct err *e)
{
	struct evidence_rule rule = { 0 };
	struct view kind, pattern;
	bool load;
	int rc = 0;

	if (view_is(first, "deaf"))
		return read_deaf(r, rest, e);
	if (!read_extra(first, r->a, &load, &rule.extra))
		return fail_rule(r, e, "no such extra");
	if (!view_word(&rest, &kind) || !read_kind(kind, &rule.kind))
		return fail_rule(r, e, "expected holds, imports, reaches, links or says");
	if (!view_word(&rest, &pattern))
		return fail_rule(r, e, "expected a pattern");
	rule.pattern = arena_view(r->a, pattern);
	if (rule.kind == EVIDENCE_HOLDS || rule.kind == EVIDENCE_SAYS)
		rc = add_text(r, &rule, e);
	if (rc == 0 && load)
		rc = read_load(r, &rule, &rest, e);
	if (rc < 0)
		return rc;
	rest = view_trim(rest);
	if (!rest.len)
		return fail_rule(r, e, "expected a reason");
	rule.reason = arena_view(r->a, rest);
	*append(r->a, r->rules->at, r->rules->n) = rule;
	return 0;
}

int evidence_rules_parse(struct view text, const char *name, struct arena *a,
			 struct evidence_rules *ret, struct err *e)
{
	struct rules_reader r = { .rules = ret, .a = a, .name = name };
	struct view line, word;

	*ret = (struct evidence_rules){ 0 };
	while (view_split(&text, '\n', &line)) {
		int rc;

		if (++r.line > MAX_RULE_LINES)
			return fail(e, FAIL_LIMIT, "%s: over %d lines", name, MAX_RULE_LINES);
		if (!view_word(&line, &word) || word.ptr[0] == '#')
			continue;
		rc = read_rule(&r, word, line, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int evidence_rules_builtin(struct arena *a, struct evidence_rules *ret, struct err *e)
{
	return evidence_rules_parse(
		view_make((const char *)pare_evidence[0].bytes, pare_evidence[0].size),
		"evidence.txt", a, ret, e);
}

void evidence_scan_init(struct scan *s, const struct evidence_rules *rules, bool script,
			uint8_t ret[SCAN_MAX_TEXTS])
{
	struct view texts[SCAN_MAX_TEXTS];
	uint64_t wanted = 0;
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++)
		if (rules->at[i].kind == (script ? EVIDENCE_SAYS : EVIDENCE_HOLDS))
			wanted |= UINT64_C(1) << rules->at[i].text;
	for (size_t i = 0; i < rules->n_texts; i++) {
		if (!(wanted >> i & 1))
			continue;
		ret[n] = (uint8_t)i;
		texts[n++] = rules->texts[i];
	}
	scan_init(s, texts, n);
}

/* ---- what they find ---- */

struct finding {
	const struct evidence_rules *rules;
	const struct evidence_object *objects;
	size_t n;
	uint64_t texts;
	bool script;
	struct arena *a;
};

static bool is_deaf(const struct finding *f, const char *library, const char *function)
{
	for (size_t i = 0; i < f->rules->n_deaf; i++)
		if (glob_match(f->rules->deaf[i].library, library) &&
		    strcmp(f->rules->deaf[i].function, function) == 0)
			return true;
	return false;
}

static const char *imported_by(const struct finding *f, const struct evidence_rule *rule,
			       const struct evidence_object *o)
{
	size_t fixed = strcspn(rule->pattern, "*");

	for (size_t i = 0; i < o->symbols->n_undefined; i++) {
		struct view name = o->symbols->undefined[i].name;
		const char *text;

		if (name.len < fixed || memcmp(name.ptr, rule->pattern, fixed) != 0)
			continue;
		text = arena_view(f->a, name);
		if (glob_match(rule->pattern, text) && (o->own || !is_deaf(f, o->name, text)))
			return text;
	}
	return NULL;
}

static const char *linked_by(const struct finding *f, const struct evidence_rule *rule,
			     const struct evidence_object *o)
{
	for (size_t i = 0; i < o->elf->n_needed; i++) {
		const char *name = arena_view(f->a, o->elf->needed[i]);

		if (glob_match(rule->pattern, name))
			return name;
	}
	return NULL;
}

/* The reason with what was seen, or NULL. */
static const char *seen_in(const struct finding *f, const struct evidence_rule *rule,
			   const struct evidence_object *o)
{
	const char *what;

	if (rule->kind == EVIDENCE_LINKS) {
		what = linked_by(f, rule, o);
		return what ? arena_printf(f->a, "%s: %s needs %s", rule->reason, o->name, what)
			    : NULL;
	}
	if (rule->kind == EVIDENCE_IMPORTS && !o->own)
		return NULL;
	what = imported_by(f, rule, o);
	return what ? arena_printf(f->a, "%s: %s imports %s", rule->reason, o->name, what) : NULL;
}

static const char *find_one(const struct finding *f, const struct evidence_rule *rule)
{
	if (rule->kind == EVIDENCE_HOLDS || rule->kind == EVIDENCE_SAYS)
		return f->script == (rule->kind == EVIDENCE_SAYS) && f->texts >> rule->text & 1
			       ? arena_printf(f->a, "%s: %s", rule->reason, rule->pattern)
			       : NULL;
	for (size_t i = 0; i < f->n; i++) {
		const char *reason = seen_in(f, rule, &f->objects[i]);

		if (reason)
			return reason;
	}
	return NULL;
}

size_t evidence_find(const struct evidence_rules *rules, uint64_t texts, bool script,
		     const struct evidence_object *objects, size_t n, struct arena *a,
		     struct evidence_found **ret)
{
	struct finding f = { rules, objects, n, texts, script, a };
	bool found[EXTRAS] = { false };
	size_t n_found = 0;

	*ret = arena_array(a, rules->n + 1, sizeof(**ret));
	for (size_t i = 0; i < rules->n; i++) {
		const struct evidence_rule *rule = &rules->at[i];
		const char *reason;

		if (found[rule->extra] && !rule->paths)
			continue;
		reason = find_one(&f, rule);
		if (!reason)
			continue;
		found[rule->extra] = true;
		(*ret)[n_found++] = (struct evidence_found){ rule, reason };
	}
	return n_found;
}
