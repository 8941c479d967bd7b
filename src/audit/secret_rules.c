/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rules for secrets (the form is described in data/secrets.txt) and compiles them. */
#include "base/array.h"
#include "base/embed.h"

#include "audit/secret_pattern.h"

#include <string.h>

extern const struct embedded pare_secrets[];

enum { MAX_RULE_LINES = 1024 };

struct reader {
	struct secret_rules *rules;
	struct arena *a;
	const char *name;
	size_t line;
	size_t cap_rules, cap_patterns;
};

/* One pattern being read. */
struct source {
	struct reader *r;
	struct view left;
	struct item items[PATTERN_MAX_ITEMS];
	size_t n;
};

static int fail_line(const struct reader *r, struct err *e, const char *what)
{
	return fail(e, FAIL_FORMAT, "%s: line %zu: %s", r->name, r->line, what);
}

static bool take_char(struct view *v, char c)
{
	if (v->len == 0 || v->ptr[0] != c)
		return false;
	*v = view_make(v->ptr + 1, v->len - 1);
	return true;
}

static int take_number(struct source *s, uint32_t *ret, struct err *e)
{
	size_t n = 0;
	uint64_t value;

	while (n < s->left.len && s->left.ptr[n] >= '0' && s->left.ptr[n] <= '9')
		n++;
	if (!view_to_u64(view_make(s->left.ptr, n), &value) || value > PATTERN_MAX_REPEAT)
		return fail_line(s->r, e, "expected a number up to 4096");
	s->left = view_make(s->left.ptr + n, s->left.len - n);
	*ret = (uint32_t)value;
	return 0;
}

/* ---- items ---- */

static int read_text(struct source *s, struct item *item, char quote, struct err *e)
{
	const char *end = memchr(s->left.ptr, quote, s->left.len);

	if (!end || end == s->left.ptr)
		return fail_line(s->r, e, "a text that doesn't end, or an empty one");
	item->kind = quote == '"' ? ITEM_FOLDED : ITEM_TEXT;
	item->text = view_make(s->left.ptr, (size_t)(end - s->left.ptr));
	item->text = view_make(arena_view(s->r->a, item->text), item->text.len);
	s->left = view_make(end + 1, s->left.len - item->text.len - 1);
	return 0;
}

static void set_add(uint64_t set[4], unsigned char from, unsigned char to)
{
	for (unsigned c = from; c <= to; c++)
		set[c / 64] |= UINT64_C(1) << c % 64;
}

static void set_add_text(uint64_t set[4], const char *chars)
{
	for (; *chars; chars++)
		set_add(set, (unsigned char)*chars, (unsigned char)*chars);
}

/* A byte of a class, or false for \s, which is several and goes right into the set. */
static bool read_class_byte(struct source *s, struct item *item, unsigned char *ret)
{
	bool escaped = take_char(&s->left, '\\') && s->left.len;
	char c = s->left.len ? s->left.ptr[0] : ']';

	if (s->left.len)
		s->left = view_make(s->left.ptr + 1, s->left.len - 1);
	if (escaped && c == 's') {
		set_add_text(item->set, " \t\r\n");
		return false;
	}
	if (escaped)
		c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
	*ret = (unsigned char)c;
	return true;
}

static int read_repeat(struct source *s, struct item *item, struct err *e)
{
	int r;

	item->least = item->most = 1;
	if (take_char(&s->left, '?')) {
		item->least = 0;
		return 0;
	}
	if (!take_char(&s->left, '{'))
		return 0;
	r = take_number(s, &item->least, e);
	if (r < 0)
		return r;
	item->most = item->least;
	if (take_char(&s->left, ',')) {
		item->most = PATTERN_MAX_REPEAT;
		if (s->left.len && s->left.ptr[0] != '}')
			r = take_number(s, &item->most, e);
		if (r < 0)
			return r;
	}
	if (!take_char(&s->left, '}') || item->most < item->least)
		return fail_line(s->r, e, "expected {N}, {N,} or {N,M}");
	return 0;
}

static int read_class(struct source *s, struct item *item, struct err *e)
{
	bool inverted = take_char(&s->left, '^');

	item->kind = ITEM_CLASS;
	while (s->left.len && s->left.ptr[0] != ']') {
		unsigned char from, to;

		if (!read_class_byte(s, item, &from))
			continue;
		to = from;
		if (s->left.len >= 2 && s->left.ptr[0] == '-' && s->left.ptr[1] != ']') {
			(void)take_char(&s->left, '-');
			if (!read_class_byte(s, item, &to) || to < from)
				return fail_line(s->r, e, "a range that runs backwards");
		}
		set_add(item->set, from, to);
	}
	if (!take_char(&s->left, ']'))
		return fail_line(s->r, e, "a class that doesn't end");
	for (size_t i = 0; inverted && i < 4; i++)
		item->set[i] = ~item->set[i];
	return read_repeat(s, item, e);
}

static int read_skip(struct source *s, struct item *item, struct err *e)
{
	uint32_t most = 0;
	int r = take_number(s, &most, e);

	if (r < 0)
		return r;
	if (!take_char(&s->left, '\'')) {
		if (!take_char(&s->left, '"'))
			return fail_line(s->r, e, "expected a text behind *N");
		r = read_text(s, item, '"', e);
	} else {
		r = read_text(s, item, '\'', e);
	}
	item->least = item->kind == ITEM_FOLDED;
	item->kind = ITEM_SKIP;
	item->most = most;
	return r;
}

static int read_checker(struct source *s, struct item *item, struct err *e)
{
	size_t n = 0;

	while (n < s->left.len && s->left.ptr[n] > ' ' && s->left.ptr[n] != ')')
		n++;
	item->kind = ITEM_CHECKER;
	item->checker = pattern_checker_find(view_make(s->left.ptr, n));
	if (!item->checker)
		return fail_line(s->r, e, "no such matcher behind '@'");
	s->left = view_make(s->left.ptr + n, s->left.len - n);
	return 0;
}

static void make_class(struct item *item, const char *chars, uint32_t least, uint32_t most)
{
	*item = (struct item){ .kind = ITEM_CLASS, .least = least, .most = most };
	set_add_text(item->set, chars);
}

static int read_item(struct source *s, struct item *item, struct err *e)
{
	char c = s->left.ptr[0];

	*item = (struct item){ 0 };
	s->left = view_make(s->left.ptr + 1, s->left.len - 1);
	switch (c) {
	case '\'':
	case '"':
		return read_text(s, item, c, e);
	case '[':
		return read_class(s, item, e);
	case '*':
		return read_skip(s, item, e);
	case '@':
		return read_checker(s, item, e);
	case '~':
		make_class(item, " \t", 0, 16);
		return 0;
	case ':':
		make_class(item, " \t\"'=:>|,\\", 1, 24);
		return take_char(&s->left, '=') ? 0 : fail_line(s->r, e, "expected ':='");
	case '<':
		item->kind = ITEM_START;
		return 0;
	case '>':
		item->kind = ITEM_END;
		return 0;
	case '(':
		item->kind = ITEM_OPEN;
		return 0;
	case ')':
		item->kind = ITEM_CLOSE;
		return 0;
	default:
		return fail_line(s->r, e, "expected a text, a class or a sign");
	}
}

/* ---- patterns ---- */

static int find_keyword(struct source *s, struct pattern *p, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct item *item = &s->items[i];

		if (item->kind == ITEM_TEXT || item->kind == ITEM_FOLDED) {
			p->keyword = item->text;
			p->folded = item->kind == ITEM_FOLDED;
			break;
		}
		if (item->kind == ITEM_CLASS) {
			if (item->least != item->most)
				return fail_line(s->r, e, "before the keyword only fixed counts");
			p->lead += item->most;
		} else if (item->kind == ITEM_SKIP || item->kind == ITEM_CHECKER) {
			return fail_line(s->r, e, "the keyword comes first");
		}
	}
	if (p->keyword.len < KEYWORD_MIN_BYTES || p->keyword.len > KEYWORD_MAX_BYTES)
		return fail_line(s->r, e, "a keyword has 3 to 64 bytes");
	if (p->lead > PATTERN_LEAD_BYTES)
		return fail_line(s->r, e, "over 64 bytes before the keyword");
	return 0;
}

static int read_pattern(struct reader *r, struct view line, struct err *e)
{
	struct source s = { .r = r, .left = line };
	struct secret_rules *rules = r->rules;
	struct pattern p = { 0 };
	int rc;

	if (rules->n == 0)
		return fail_line(r, e, "a pattern before the first rule");
	while (s.left.len) {
		if (take_char(&s.left, ' ') || take_char(&s.left, '\t'))
			continue;
		if (s.n == PATTERN_MAX_ITEMS)
			return fail_line(r, e, "over 48 items");
		rc = read_item(&s, &s.items[s.n++], e);
		if (rc < 0)
			return rc;
	}
	rc = find_keyword(&s, &p, e);
	if (rc < 0)
		return rc;
	p.items = arena_array(r->a, s.n, sizeof(*p.items));
	memcpy(p.items, s.items, s.n * sizeof(*p.items));
	p.n_items = s.n;
	p.next = NULL;
	/* The rules move while they grow: their number for now. */
	p.rule = (const struct secret_rule *)(uintptr_t)(rules->n - 1);
	*array_push_to(rules->patterns, rules->n_patterns, r->cap_patterns) = p;
	return 0;
}

/* ---- rules ---- */

static bool read_kind(struct view word, enum secret_kind *ret)
{
	static const char *const names[] = { "key", "token", "credential" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (view_is(word, names[i])) {
			*ret = (enum secret_kind)i;
			return true;
		}
	}
	return false;
}

static int read_rule(struct reader *r, struct view line, struct err *e)
{
	struct secret_rules *rules = r->rules;
	struct secret_rule rule = { 0 };
	struct view word, rest;

	if (!view_word(&line, &word) || !view_is(word, "rule") || !view_word(&line, &word))
		return fail_line(r, e, "expected 'rule ID KIND LEVEL TITLE'");
	rule.id = arena_view(r->a, word);
	if (!view_word(&line, &word) || !read_kind(word, &rule.kind))
		return fail_line(r, e, "expected key, token or credential");
	if (!view_word(&line, &word) || !audit_level_by_name(arena_view(r->a, word), &rule.level) ||
	    rule.level == AUDIT_OFF)
		return fail_line(r, e, "expected error, warning or note");
	for (rest = line; view_word(&rest, &word); line = rest) {
		if (view_is(word, "text"))
			rule.only_text = true;
		else if (view_is(word, "any"))
			rule.any_value = true;
		else
			break;
	}
	line = view_trim(line);
	if (!line.len)
		return fail_line(r, e, "expected a title");
	rule.title = arena_view(r->a, line);
	for (size_t i = 0; i < rules->n; i++)
		if (strcmp(rules->at[i].id, rule.id) == 0)
			return fail_line(r, e, "a rule of that name is there already");
	*array_push_to(rules->at, rules->n, r->cap_rules) = rule;
	return 0;
}

/* ---- keywords ---- */

/* What may follow the keyword: what its pattern's next item takes. */
static const uint64_t *next_bytes(const struct pattern *p)
{
	static const uint64_t any[4] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	size_t i = 0;

	while (p->items[i].text.ptr != p->keyword.ptr)
		i++;
	while (++i < p->n_items)
		if (p->items[i].kind == ITEM_CLASS && p->items[i].least > 0)
			return p->items[i].set;
		else if (p->items[i].kind < ITEM_START || p->items[i].kind == ITEM_CHECKER)
			return any;
	return any;
}

static void add_keyword(struct secret_rules *rules, struct pattern *p)
{
	struct pattern **bucket;
	char start[4] = { 0 };

	places_add(&rules->places, p->keyword, p->folded, next_bytes(p));
	memcpy(start, p->keyword.ptr, p->keyword.len < 4 ? p->keyword.len : 4);
	bucket = &rules->buckets[bucket_slot(start)];
	p->next = *bucket;
	*bucket = p;
}

static void *keep(struct arena *a, void *grown, size_t n, size_t size)
{
	void *kept = arena_array(a, n + 1, size);

	if (n)
		memcpy(kept, grown, n * size);
	free(grown);
	return kept;
}

static int read_lines(struct reader *r, struct view text, struct err *e)
{
	struct view line;

	while (view_split(&text, '\n', &line)) {
		int rc;

		if (++r->line > MAX_RULE_LINES)
			return fail(e, FAIL_LIMIT, "%s: over %d lines", r->name, MAX_RULE_LINES);
		if (view_trim(line).len == 0 || line.ptr[0] == '#')
			continue;
		rc = line.ptr[0] == '\t' ? read_pattern(r, view_trim(line), e)
					 : read_rule(r, line, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int secret_rules_parse(struct view text, const char *name, struct arena *a,
		       const struct secret_rules **ret, struct err *e)
{
	struct secret_rules *rules = arena_new(a, struct secret_rules);
	struct reader r = { .rules = rules, .a = a, .name = name };
	int rc = read_lines(&r, text, e);

	rules->at = keep(a, rules->at, rules->n, sizeof(*rules->at));
	rules->patterns = keep(a, rules->patterns, rules->n_patterns, sizeof(*rules->patterns));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rules->n_patterns; i++) {
		rules->patterns[i].rule = &rules->at[(uintptr_t)rules->patterns[i].rule];
		add_keyword(rules, &rules->patterns[i]);
	}
	*ret = rules;
	return 0;
}

void secret_rules_digest(struct sha256 *ret)
{
	sha256_of(pare_secrets[0].bytes, pare_secrets[0].size, ret);
}

int secret_rules_builtin(struct arena *a, const struct secret_rules **ret, struct err *e)
{
	return secret_rules_parse(
		view_make((const char *)pare_secrets[0].bytes, pare_secrets[0].size), "secrets.txt",
		a, ret, e);
}
