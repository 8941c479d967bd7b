/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for all keywords at once: a filter (secret_places.h) says where one may start, and only
 * there patterns are compared. Pieces are gathered in a window, so that a pattern always sees what
 * is around its keyword.
 */
#include "audit/secret_pattern.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>

enum {
	WINDOW_BYTES = 288 << 10,
	/* What stays in front of the place where the search goes on. */
	BEHIND_BYTES = 256,
};

struct found {
	const struct secret_rules *rules;
	secret_found *tell;
	void *ctx;
	unsigned n;
	const struct secret_rule *last_rule; /* of the latest hit, and where it ended */
	uint64_t last_end;
	uint64_t base;	/* offset of the window in the file */
	uint64_t lines; /* newlines before `counted` in the window */
	size_t counted;
	bool binary;
	bool only_errors;
};

struct secret_scan {
	struct found found;
	size_t len;  /* bytes in the window */
	size_t done; /* of them searched */
	char window[WINDOW_BYTES];
};

/* In counters of 16 bits, of which twice as many fit into a register as of 32. */
static uint64_t count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;

	while (n) {
		size_t part = n < UINT16_MAX ? n : UINT16_MAX;
		uint16_t some = 0;

		for (size_t i = 0; i < part; i++)
			some = (uint16_t)(some + (p[i] == '\n'));
		lines += some;
		p += part;
		n -= part;
	}
	return lines;
}

static void count_to(struct found *f, const char *window, size_t at)
{
	if (f->binary || at <= f->counted)
		return;
	f->lines += count_lines(window + f->counted, at - f->counted);
	f->counted = at;
}

/* The line of a place that may lie before what was counted. */
static uint64_t line_of(struct found *f, const char *window, size_t at)
{
	if (f->binary)
		return 0;
	count_to(f, window, at);
	return 1 + f->lines - count_lines(window + at, f->counted - at);
}

static void search(struct found *f, struct view window, size_t from, size_t to);

static void hear_nothing(void *ctx, const struct secret_hit *hit)
{
	(void)ctx;
	(void)hit;
}

/* Whether a rule that is sure of itself will tell of the same: the token in an address. */
static bool has_better(const struct secret_rules *rules, struct view value)
{
	struct found f = { .rules = rules, .tell = hear_nothing, .only_errors = true };

	search(&f, value, 0, value.len);
	return f.n > 0;
}

static void tell(struct found *f, const struct secret_rule *rule, struct view window,
		 const struct match *m)
{
	struct view value = view_make(window.ptr + m->open, m->close - m->open);
	struct secret_hit hit = {
		.rule = rule->id,
		.title = rule->title,
		.kind = rule->kind,
		.level = rule->level,
		.offset = f->base + m->open,
		.value_bytes = value.len,
	};
	auto_buf masked = BUF_EMPTY;

	/* Two patterns of a rule may see the same; what contains another one is told first. */
	if (f->last_end > hit.offset && (f->last_rule == rule || rule->level < AUDIT_ERROR ||
					 f->last_end >= f->base + m->close))
		return;
	if (f->n == SECRET_MAX_HITS || (rule->level < AUDIT_ERROR && has_better(f->rules, value)))
		return;
	f->n++;
	f->last_rule = rule;
	f->last_end = f->base + m->close;
	hit.line = line_of(f, window.ptr, m->open);
	secret_mask(value, &masked);
	hit.masked = buf_str(&masked);
	f->tell(f->ctx, &hit);
}

static void look_closer(struct found *f, struct view window, size_t at)
{
	const struct secret_rules *rules = f->rules;
	const struct pattern *p = rules->buckets[bucket_slot(window.ptr + at)];

	for (; p; p = p->next) {
		struct match m;

		if ((p->rule->only_text && f->binary) ||
		    (f->only_errors && p->rule->level < AUDIT_ERROR) ||
		    !pattern_match(p, window, at, &m))
			continue;
		if (!p->rule->any_value &&
		    secret_is_placeholder(view_make(window.ptr + m.open, m.close - m.open)))
			continue;
		tell(f, p->rule, window, &m);
	}
}

/* Keywords that start in [from, to) of the window. */
static void search(struct found *f, struct view window, size_t from, size_t to)
{
	/* Four bytes must be there; a shorter keyword at the very end can't have a value. */
	size_t last = window.len >= 4 ? window.len - 3 : 0, n;
	uint16_t places[PLACES_MAX_BYTES];

	to = to < last ? to : last;
	for (; from < to; from += n) {
		size_t found;

		n = to - from < PLACES_MAX_BYTES ? to - from : PLACES_MAX_BYTES;
		found = places_find(&f->rules->places, window.ptr + from, n, places);
		for (size_t i = 0; i < found; i++)
			look_closer(f, window, from + places[i]);
	}
}

static void found_init(struct found *f, const struct secret_rules *rules, secret_found *tell_,
		       void *ctx)
{
	*f = (struct found){ .rules = rules, .tell = tell_, .ctx = ctx };
}

/* ---- files ---- */

struct secret_scan *secret_scan_new(const struct secret_rules *rules)
{
	struct secret_scan *s = mem_alloc(sizeof(*s));

	found_init(&s->found, rules, NULL, NULL);
	s->len = s->done = 0;
	return s;
}

void secret_scan_free(struct secret_scan *s)
{
	free(s);
}

void secret_scan_begin(struct secret_scan *s, secret_found *found, void *ctx)
{
	found_init(&s->found, s->found.rules, found, ctx);
	s->len = s->done = 0;
}

/* Makes room: what is searched goes, but for what patterns may look back at. */
static void slide(struct secret_scan *s)
{
	size_t gone = s->done > BEHIND_BYTES ? s->done - BEHIND_BYTES : 0;

	count_to(&s->found, s->window, gone);
	memmove(s->window, s->window + gone, s->len - gone);
	s->len -= gone;
	s->done -= gone;
	s->found.base += gone;
	s->found.counted -= s->found.counted < gone ? s->found.counted : gone;
}

static void search_to(struct secret_scan *s, size_t to)
{
	if (to <= s->done)
		return;
	search(&s->found, view_make(s->window, s->len), s->done, to);
	s->done = to;
}

void secret_scan_feed(struct secret_scan *s, struct view piece)
{
	while (piece.len) {
		size_t n = WINDOW_BYTES - s->len < piece.len ? WINDOW_BYTES - s->len : piece.len;

		memcpy(s->window + s->len, piece.ptr, n);
		s->found.binary = s->found.binary || memchr(piece.ptr, '\0', n);
		s->len += n;
		piece = view_make(piece.ptr + n, piece.len - n);
		if (s->len == WINDOW_BYTES) {
			search_to(s, s->len - SECRET_REACH_BYTES);
			slide(s);
		}
	}
}

void secret_scan_end(struct secret_scan *s)
{
	search_to(s, s->len);
	s->len = s->done = 0;
}

/* ---- strings ---- */

static unsigned scan_string(const struct secret_rules *rules, struct view text, secret_found *found,
			    void *ctx)
{
	struct found f;

	found_init(&f, rules, found, ctx);
	f.binary = memchr(text.ptr ? text.ptr : "", '\0', text.len) != NULL;
	search(&f, text, 0, text.len);
	return f.n;
}

void secret_scan_text(const struct secret_rules *rules, struct view text, secret_found *found,
		      void *ctx)
{
	(void)scan_string(rules, text, found, ctx);
}

static bool is_plain(struct view value)
{
	static const char *const words[] = { "true", "false", "yes",  "no",   "on",   "off",
					     "none", "null",  "auto", "file", "text", "random" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (value.len == strlen(words[i]) &&
		    strncasecmp(value.ptr, words[i], value.len) == 0)
			return true;
	return value.len < 4 || value.ptr[0] == '/' || view_starts(value, "./") ||
	       view_starts(value, "http://") || view_starts(value, "https://") ||
	       view_starts(value, "file:");
}

static const struct secret_rule *named_rule(const struct secret_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		if (strcmp(rules->at[i].id, "named-secret") == 0)
			return &rules->at[i];
	return NULL;
}

/* Only by its name; the value is at `base` in what is looked at. */
static void judge_name(const struct secret_rules *rules, struct view name, struct view value,
		       uint64_t base, secret_found *found, void *ctx)
{
	const struct secret_rule *rule = named_rule(rules);
	struct match m = { .window = value, .close = value.len };
	struct found f;

	if (!rule || !secret_name_tells(name) || is_plain(value) || secret_is_placeholder(value))
		return;
	found_init(&f, rules, found, ctx);
	f.base = base;
	tell(&f, rule, value, &m);
}

void secret_scan_named(const struct secret_rules *rules, struct view name, struct view value,
		       secret_found *found, void *ctx)
{
	auto_buf whole = BUF_EMPTY;

	/* Patterns such as aws_secret_access_key := … need the name. */
	buf_add_view(&whole, name);
	buf_add_char(&whole, '=');
	buf_add_view(&whole, value);
	if (scan_string(rules, buf_view(&whole), found, ctx) == 0)
		judge_name(rules, name, value, name.len + 1, found, ctx);
}

static bool is_name(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!isalnum((unsigned char)v.ptr[i]) && v.ptr[i] != '_')
			return false;
	return v.len && !isdigit((unsigned char)v.ptr[0]);
}

static struct view unquote(struct view v)
{
	while (v.len && strchr("\"';&)", v.ptr[v.len - 1]))
		v.len--;
	while (v.len && (v.ptr[0] == '"' || v.ptr[0] == '\''))
		v = view_make(v.ptr + 1, v.len - 1);
	return v;
}

static void ignore(void *ctx, const struct secret_hit *hit)
{
	(void)ctx;
	(void)hit;
}

void secret_scan_command(const struct secret_rules *rules, struct view command, secret_found *found,
			 void *ctx)
{
	struct view rest = command, word, before = { 0 }, last = { 0 };
	bool any = scan_string(rules, command, found, ctx) > 0;

	while (view_word(&rest, &word)) {
		struct view bare = unquote(word);
		const char *equals = memchr(bare.ptr ? bare.ptr : "", '=', bare.len);
		size_t n = equals ? (size_t)(equals - bare.ptr) : 0;

		struct view name = view_make(bare.ptr, n), value = bare;

		if (equals)
			value = unquote(view_make(equals + 1, bare.len - n - 1));
		else
			name = view_is(before, "ENV") ? last : (struct view){ "", 0 };
		/* what a pattern has told is not told again */
		if (is_name(name) && !(any && scan_string(rules, word, ignore, NULL)))
			judge_name(rules, name, value, (uint64_t)(value.ptr - command.ptr), found,
				   ctx);
		before = last;
		last = word;
	}
}
