/* SPDX-License-Identifier: Apache-2.0 */
/* Reads registries.conf line by line; see conf.h. */
#include "registry/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"

enum section { SECTION_TOP, SECTION_REGISTRY, SECTION_MIRROR, SECTION_ALIASES, SECTION_OTHER };

struct reader {
	const char *name;
	struct view rest;
	unsigned line;
	enum section section;
	struct arena *arena;
	struct conf *conf;
	size_t n_before; /* registries of other files */
	struct err *err;
};

static int fail_line(struct reader *r, const char *expected)
{
	return fail(r->err, FAIL_FORMAT, "%s: line %u: expected %s", r->name, r->line, expected);
}

static char peek(const struct reader *r)
{
	return r->rest.len ? r->rest.ptr[0] : '\0';
}

static void step(struct reader *r)
{
	if (!r->rest.len)
		return;
	r->line += r->rest.ptr[0] == '\n';
	r->rest = view_make(r->rest.ptr + 1, r->rest.len - 1);
}

/* Blanks, and with `lines` newlines and comments too. */
static void skip(struct reader *r, bool lines)
{
	for (;;) {
		char c = peek(r);

		if (r->rest.len && (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))) {
			step(r);
		} else if (c == '#') {
			while (r->rest.len && peek(r) != '\n')
				step(r);
			if (!lines)
				return;
		} else {
			return;
		}
	}
}

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static char unescape(char c)
{
	return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

/* "…" or '…' on one line. */
static int read_string(struct reader *r, const char **ret)
{
	char quote = peek(r);
	auto_buf text = BUF_EMPTY;

	step(r);
	while (r->rest.len && peek(r) != quote) {
		char c = peek(r);

		if (c == '\n' || text.len == CONF_MAX_STRING_BYTES)
			return fail_line(r, "the end of the string");
		step(r);
		if (c == '\\' && quote == '"') {
			c = peek(r);
			if (!c || !strchr("\"\\ntr", c))
				return fail_line(r, "an escape of \\\" \\\\ \\n \\r \\t");
			c = unescape(c);
			step(r);
		}
		buf_add_char(&text, c);
	}
	if (!r->rest.len)
		return fail_line(r, "the end of the string");
	step(r);
	if (memchr(buf_str(&text), '\0', text.len))
		return fail_line(r, "a string without NULs");
	*ret = arena_view(r->arena, buf_view(&text));
	return 0;
}

static int read_key(struct reader *r, const char **ret)
{
	struct view word = r->rest;

	if (peek(r) == '"' || peek(r) == '\'')
		return read_string(r, ret);
	word.len = 0;
	while (r->rest.len && (is_bare(peek(r)) || peek(r) == '.')) {
		word.len++;
		step(r);
	}
	if (!word.len)
		return fail_line(r, "a key, [table] or [[table]]");
	*ret = arena_view(r->arena, word);
	return 0;
}

struct value {
	const char *string; /* or NULL */
	bool boolean, is_boolean, is_array;
	const char *strings[CONF_MAX_SEARCHED]; /* of an array: so many as are of interest */
	size_t n_strings;
};

static int read_value(struct reader *r, unsigned depth, struct value *ret);

static int read_array(struct reader *r, unsigned depth, struct value *ret)
{
	struct value v;

	ret->is_array = true;
	step(r);
	for (;;) {
		int rc;

		skip(r, true);
		if (peek(r) == ']')
			break;
		rc = read_value(r, depth + 1, &v);
		if (rc < 0)
			return rc;
		if (v.string && ret->n_strings < COUNT_OF(ret->strings))
			ret->strings[ret->n_strings++] = v.string;
		skip(r, true);
		if (peek(r) == ',')
			step(r);
		else if (peek(r) != ']')
			return fail_line(r, "',' or ']'");
	}
	step(r);
	return 0;
}

/* Numbers, dates and inline tables are nothing that concerns us. */
static int read_value(struct reader *r, unsigned depth, struct value *ret)
{
	struct view word = r->rest;

	*ret = (struct value){ 0 };
	if (depth > 8)
		return fail_line(r, "arrays less deep");
	if (peek(r) == '"' || peek(r) == '\'')
		return read_string(r, &ret->string);
	if (peek(r) == '[')
		return read_array(r, depth, ret);
	word.len = 0;
	while (r->rest.len && (is_bare(peek(r)) || strchr("+.:", peek(r))) && peek(r)) {
		word.len++;
		step(r);
	}
	if (!word.len)
		return fail_line(r, "a string, true, false or an array");
	ret->is_boolean = view_is(word, "true") || view_is(word, "false");
	ret->boolean = view_is(word, "true");
	return 0;
}

static int open_table(struct reader *r)
{
	struct conf *c = r->conf;
	const char *key;
	bool array;
	int rc;

	step(r);
	array = peek(r) == '[';
	if (array)
		step(r);
	skip(r, false);
	rc = read_key(r, &key);
	if (rc < 0)
		return rc;
	skip(r, false);
	for (int i = 0; i <= array; i++) {
		if (peek(r) != ']')
			return fail_line(r, "']'");
		step(r);
	}
	r->section = SECTION_OTHER;
	if (!array && strncmp(key, "registries.", strlen("registries.")) == 0)
		return fail_line(r, "[[registry]] tables: version 1 of this file is not read");
	if (array && strcmp(key, "registry") == 0) {
		if (c->n_registries >= CONF_MAX_REGISTRIES)
			return fail(r->err, FAIL_LIMIT, "%s: more than %d registries", r->name,
				    CONF_MAX_REGISTRIES);
		*array_push_to(c->registries, c->n_registries, c->cap_registries) =
			(struct conf_registry){ 0 };
		r->section = SECTION_REGISTRY;
	} else if (array && strcmp(key, "registry.mirror") == 0) {
		struct conf_registry *g =
			c->n_registries > r->n_before ? &c->registries[c->n_registries - 1] : NULL;

		if (!g || g->n_mirrors >= CONF_MAX_MIRRORS)
			return fail_line(r, "a [[registry]] with not too many mirrors");
		*array_push_to(g->mirrors, g->n_mirrors, g->cap_mirrors) =
			(struct conf_mirror){ 0 };
		r->section = SECTION_MIRROR;
	} else if (!array && strcmp(key, "aliases") == 0) {
		r->section = SECTION_ALIASES;
	}
	return 0;
}

/* A member that pare knows must have the right type. */
static int set_text(struct reader *r, const struct value *v, const char **to)
{
	if (!v->string || !*v->string)
		return fail_line(r, "a string");
	*to = v->string;
	return 0;
}

static int set_flag(struct reader *r, const struct value *v, bool *to)
{
	if (!v->is_boolean)
		return fail_line(r, "true or false");
	*to = v->boolean;
	return 0;
}

/* One of `words`, whose place in the list it is; "" is the first. */
static int set_word(struct reader *r, const struct value *v, const char *const *words, unsigned *to)
{
	for (unsigned i = 0; v->string && words[i]; i++) {
		if (strcmp(v->string, words[i]) != 0 && *v->string)
			continue;
		*to = i;
		return 0;
	}
	return fail_line(
		r, arena_printf(r->arena, "'%s', '%s' or '%s'", words[0], words[1], words[2]));
}

static int set_list(struct reader *r, const struct value *v, const char *expected,
		    const char *to[CONF_MAX_SEARCHED], size_t *to_n)
{
	if (!v->is_array)
		return fail_line(r, expected);
	memcpy(to, v->strings, sizeof(v->strings));
	*to_n = v->n_strings;
	return 0;
}

static int set_top(struct reader *r, const char *key, const struct value *v)
{
	static const char *const modes[] = { "permissive", "enforcing", "disabled", NULL };
	unsigned mode = 0;
	int rc;

	if (strcmp(key, "short-name-mode") == 0) {
		rc = set_word(r, v, modes, &mode);
		r->conf->short_names = (enum conf_short_names)mode;
		return rc;
	}
	if (strcmp(key, "unqualified-search-registries") == 0)
		return set_list(r, v, "a list of registries", r->conf->searched,
				&r->conf->n_searched);
	if (strcmp(key, "credential-helpers") == 0)
		return set_list(r, v, "a list of helpers", r->conf->helpers, &r->conf->n_helpers);
	return 0;
}

static int set_registry(struct reader *r, const char *key, const struct value *v)
{
	struct conf_registry *g = &r->conf->registries[r->conf->n_registries - 1];

	if (strcmp(key, "prefix") == 0)
		return set_text(r, v, &g->prefix);
	if (strcmp(key, "location") == 0)
		return set_text(r, v, &g->location);
	if (strcmp(key, "insecure") == 0)
		return set_flag(r, v, &g->insecure);
	if (strcmp(key, "blocked") == 0)
		return set_flag(r, v, &g->blocked);
	if (strcmp(key, "mirror-by-digest-only") == 0)
		return set_flag(r, v, &g->mirror_by_digest_only);
	return 0;
}

static int set_mirror(struct reader *r, const char *key, const struct value *v)
{
	static const char *const kinds[] = { "all", "digest-only", "tag-only", NULL };
	struct conf_registry *g = &r->conf->registries[r->conf->n_registries - 1];
	struct conf_mirror *m = &g->mirrors[g->n_mirrors - 1];
	unsigned serves = 0;
	int rc;

	if (strcmp(key, "location") == 0)
		return set_text(r, v, &m->location);
	if (strcmp(key, "insecure") == 0)
		return set_flag(r, v, &m->insecure);
	if (strcmp(key, "pull-from-mirror") != 0)
		return 0;
	rc = set_word(r, v, kinds, &serves);
	m->serves = (enum conf_serves)serves;
	return rc;
}

static int set(struct reader *r, const char *key, const struct value *v)
{
	struct conf *c = r->conf;

	switch (r->section) {
	case SECTION_TOP:
		return set_top(r, key, v);
	case SECTION_REGISTRY:
		return set_registry(r, key, v);
	case SECTION_MIRROR:
		return set_mirror(r, key, v);
	case SECTION_ALIASES:
		if (v->string)
			*array_push_to(c->aliases, c->n_aliases, c->cap_aliases) =
				(struct conf_alias){ key, v->string };
		return 0;
	case SECTION_OTHER:
		break;
	}
	return 0;
}

static int read_line(struct reader *r)
{
	struct value v;
	const char *key;
	int rc;

	if (peek(r) == '[') {
		rc = open_table(r);
	} else {
		rc = read_key(r, &key);
		skip(r, false);
		if (rc == 0 && peek(r) != '=')
			rc = fail_line(r, "'='");
		if (rc < 0)
			return rc;
		step(r);
		skip(r, false);
		rc = read_value(r, 0, &v);
		if (rc == 0)
			rc = set(r, key, &v);
	}
	if (rc < 0)
		return rc;
	skip(r, false);
	return r->rest.len && peek(r) != '\n' ? fail_line(r, "the end of the line") : 0;
}

static int check_registry(struct conf_registry *g, const char *name, struct err *e)
{
	if (!g->prefix && !g->location)
		return fail(e, FAIL_FORMAT, "%s: a [[registry]] has neither prefix nor location",
			    name);
	for (size_t k = 0; k < g->n_mirrors; k++) {
		struct conf_mirror *m = &g->mirrors[k];

		if (!m->location)
			return fail(e, FAIL_FORMAT, "%s: a mirror has no location", name);
		if (g->mirror_by_digest_only && m->serves != CONF_SERVES_ALL)
			return fail(e, FAIL_FORMAT,
				    "%s: pull-from-mirror of '%s' beside mirror-by-digest-only",
				    name, m->location);
		if (g->mirror_by_digest_only)
			m->serves = CONF_SERVES_DIGESTS;
	}
	return 0;
}

/* Of what files before this one said only what it doesn't say itself. */
static void drop_overridden(struct conf *c, size_t n_before)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_registries; i++) {
		bool over = false;

		for (size_t k = n_before; i < n_before && k < c->n_registries; k++)
			over = over || strcmp(conf_prefix(&c->registries[i]),
					      conf_prefix(&c->registries[k])) == 0;
		if (over)
			free(c->registries[i].mirrors);
		else
			c->registries[kept++] = c->registries[i];
	}
	c->n_registries = kept;
}

int conf_read(struct view text, const char *name, struct arena *a, struct conf *ret, struct err *e)
{
	const size_t before = ret->n_registries;
	struct reader r = { name, text, 1, SECTION_TOP, a, ret, before, e };

	if (text.len > CONF_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "%s: larger than %d bytes", name, CONF_MAX_BYTES);
	for (skip(&r, true); r.rest.len; skip(&r, true)) {
		int rc = read_line(&r);

		if (rc < 0)
			return rc;
	}
	for (size_t i = before; i < ret->n_registries; i++)
		if (check_registry(&ret->registries[i], name, e) < 0)
			return -(int)e->code;
	drop_overridden(ret, before);
	return 0;
}

void conf_done(struct conf *c)
{
	for (size_t i = 0; i < c->n_registries; i++)
		free(c->registries[i].mirrors);
	free(c->registries);
	free(c->aliases);
	*c = (struct conf){ 0 };
}
