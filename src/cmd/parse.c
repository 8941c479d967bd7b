/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks argv once. Which options there are, and where their values go, is the tables' business;
 * what a value means, value.c's.
 */
#include "cmd/parse.h"

#include "base/array.h"
#include "base/suggest.h"
#include "cmd/value.h"

#include <string.h>

enum { PARSE_MAX_CANDIDATES = 64 }; /* more options than any verb has, with their negations */

static const char *const color_choices[] = { "auto", "always", "never", NULL };
static const char *const format_choices[] = { "table", "json", NULL };
static const char *const tls_choices[] = {
	[REMOTE_TLS_AUTO] = "auto",
	[REMOTE_TLS_TRUE] = "true",
	[REMOTE_TLS_FALSE] = "false",
	NULL,
};

static const struct option global_rows[] = {
	OPTION('q', "quiet", BOOL, struct globals, quiet, NULL, "say nothing but warnings"),
	OPTION('v', "verbose", BOOL, struct globals, verbose, NULL, "say what is done"),
	OPTION(0, "color", CHOICE, struct globals, color, "WHEN", "auto, always or never",
	       .choices = color_choices),
	OPTION('h', "help", BOOL, struct globals, help, NULL, "show this help"),
	OPTION(0, "version", BOOL, struct globals, version, NULL, "show the version"),
};

static const struct option format_rows[] = {
	OPTION(0, "format", CHOICE, struct globals, format, "FORMAT", "table or json",
	       .choices = format_choices),
};

static const struct option json_rows[] = {
	OPTION(0, "json", BOOL, struct globals, json, NULL, "the same as --format=json"),
};

/* Where --format is something else. */
static const struct option only_json_rows[] = {
	OPTION(0, "json", BOOL, struct globals, json, NULL, "print the result as JSON"),
};

static const struct option registry_rows[] = {
	OPTION(0, "tls-verify", CHOICE, struct globals, remote.tls_verify, "WHEN",
	       "false: take any certificate, and plain HTTP", .choices = tls_choices),
	OPTION(0, "authfile", STRING, struct globals, remote.auth_file, "FILE",
	       "of credentials for registries", .complete = COMPLETE_FILE),
	OPTION(0, "cert-dir", STRING, struct globals, remote.cert_dir, "DIR",
	       "of a registry's certificates", .complete = COMPLETE_FOLDER),
};

const struct option_table global_options = OPTION_TABLE(global_rows);
static const struct option_table format_options = OPTION_TABLE(format_rows);
static const struct option_table json_options = OPTION_TABLE(json_rows);
static const struct option_table only_json_options = OPTION_TABLE(only_json_rows);
static const struct option_table registry_options = OPTION_TABLE(registry_rows);

static bool has_own(const struct verb *v, const char *name)
{
	for (size_t i = 0; i < v->options.n; i++)
		if (strcmp(v->options.at[i].name, name) == 0)
			return true;
	return false;
}

const struct option_table *shared_options(const struct verb *v, size_t i)
{
	bool own_format = has_own(v, "format");
	const struct option_table *tables[] = {
		v->asks_registries ? &registry_options : NULL,
		v->shows && !own_format ? &format_options : NULL,
		v->shows ? own_format ? &only_json_options : &json_options : NULL,
	};

	for (size_t k = 0; k < COUNT_OF(tables); k++)
		if (tables[k] && i-- == 0)
			return tables[k];
	return NULL;
}

struct parser {
	struct command *c;
	char **words;
	int n, at;
	void *options; /* NULL until the verb is known */
	const char **operands;
	int n_operands;
};

/* An option and the struct that its value goes to. */
struct target {
	const struct option *option;
	void *base;
	bool negated;
};

static bool match_name(const struct option *o, struct view name, bool *ret_negated)
{
	*ret_negated = false;
	if (view_is(name, o->name))
		return true;
	if (!o->negatable || !view_starts(name, "no-"))
		return false;
	*ret_negated = true;
	return view_is(view_make(name.ptr + 3, name.len - 3), o->name);
}

static bool find_in(const struct option_table *table, void *base, struct view name, char letter,
		    struct target *ret)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct option *o = &table->at[i];
		bool negated = false;

		if (letter ? o->letter == letter : match_name(o, name, &negated)) {
			*ret = (struct target){ o, base, negated };
			return true;
		}
	}
	return false;
}

/* By name, or by letter when that isn't 0. */
static bool find_option(struct parser *p, struct view name, char letter, struct target *ret)
{
	const struct verb *verb = p->c->verb;
	const struct option_table *t;

	if (verb && find_in(&verb->options, p->options, name, letter, ret))
		return true;
	for (size_t i = 0; verb && (t = shared_options(verb, i)); i++)
		if (find_in(t, &p->c->globals, name, letter, ret))
			return true;
	return find_in(&global_options, &p->c->globals, name, letter, ret);
}

static size_t add_names(const struct option_table *table, const char **names, size_t n)
{
	for (size_t i = 0; i < table->n && n < PARSE_MAX_CANDIDATES; i++)
		names[n++] = table->at[i].name;
	return n;
}

static const char *hint_command(const struct command *c)
{
	return c->verb ? c->verb->name : "";
}

static int fail_unknown(struct parser *p, struct view name, struct err *e)
{
	const struct verb *verb = p->c->verb;
	const char *names[PARSE_MAX_CANDIDATES], *meant;
	char *word = arena_view(p->c->arena, name);
	const struct option_table *t;
	size_t n = add_names(&global_options, names, 0);

	if (verb)
		n = add_names(&verb->options, names, n);
	for (size_t i = 0; verb && (t = shared_options(verb, i)); i++)
		n = add_names(t, names, n);
	meant = suggest_nearest(word, names, n);
	if (meant)
		return fail(e, FAIL_USAGE, "unknown option '--%s'\ndid you mean '--%s'?", word,
			    meant);
	return fail(e, FAIL_USAGE, "unknown option '--%s'\nsee 'pare %s%s--help'", word,
		    hint_command(p->c), verb ? " " : "");
}

static bool needs_value(const struct option *o)
{
	return o->kind != OPTION_BOOL && o->kind != OPTION_OPTIONAL;
}

/* The next word as the value of the option written as `shown`. */
static int next_value(struct parser *p, const struct option *o, const char *shown, const char **ret,
		      struct err *e)
{
	if (p->at == p->n)
		return fail(e, FAIL_USAGE, "option '%s' needs a value: %s", shown, o->value);
	*ret = p->words[p->at++];
	return 0;
}

static int store_value(struct parser *p, const struct target *t, const char *shown,
		       const char *value, struct err *e)
{
	return value_store(t->option, (char *)t->base + t->option->offset, shown, value,
			   p->c->arena, e);
}

static void store_flag(const struct target *t)
{
	void *at = (char *)t->base + t->option->offset;

	if (t->option->kind == OPTION_BOOL)
		*(bool *)at = !t->negated;
	else
		*(struct optional *)at = (struct optional){ .given = !t->negated, .value = NULL };
}

static int parse_long(struct parser *p, const char *word, struct err *e)
{
	const char *equals = strchr(word, '='), *value = NULL;
	struct view name =
		equals ? view_make(word + 2, (size_t)(equals - word) - 2) : view_of(word + 2);
	const char *shown = arena_printf(p->c->arena, "--%.*s", VIEW_ARG(name));
	struct target t;
	int r;

	if (!find_option(p, name, 0, &t))
		return fail_unknown(p, name, e);
	if (equals)
		value = equals + 1;
	if (value && (t.negated || t.option->kind == OPTION_BOOL))
		return fail(e, FAIL_USAGE, "option '%s' takes no value", shown);
	if (!value && (t.negated || !needs_value(t.option))) {
		store_flag(&t);
		return 0;
	}
	if (!value) {
		r = next_value(p, t.option, shown, &value, e);
		if (r < 0)
			return r;
	}
	return store_value(p, &t, shown, value, e);
}

/* -qv, -t NAME, -tNAME; -uNAME of an option whose value may be missing */
static int parse_letters(struct parser *p, const char *word, struct err *e)
{
	for (const char *at = word + 1; *at; at++) {
		const char shown[] = { '-', *at, '\0' }, *value = at + 1;
		struct target t;
		int r;

		if (!find_option(p, view_of(""), *at, &t))
			return fail(e, FAIL_USAGE, "unknown option '%s'\nsee 'pare %s%s--help'",
				    shown, hint_command(p->c), p->c->verb ? " " : "");
		if (t.option->kind == OPTION_OPTIONAL ? !*value : !needs_value(t.option)) {
			store_flag(&t);
			continue;
		}
		if (!*value) {
			r = next_value(p, t.option, shown, &value, e);
			if (r < 0)
				return r;
		}
		return store_value(p, &t, shown, value, e);
	}
	return 0;
}

int parse_verb(const char *word, const struct verb **ret, struct err *e)
{
	const char *names[PARSE_MAX_CANDIDATES], *meant;
	size_t n = 0;

	*ret = verb_find(word);
	if (*ret)
		return 0;
	while (n < n_verbs && n < PARSE_MAX_CANDIDATES) {
		names[n] = verbs[n]->name;
		n++;
	}
	meant = suggest_nearest(word, names, n);
	if (meant)
		return fail(e, FAIL_USAGE, "unknown verb '%s'\ndid you mean 'pare %s'?", word,
			    meant);
	return fail(e, FAIL_USAGE, "unknown verb '%s'\nsee 'pare --help'", word);
}

static void take_verb(struct parser *p, const struct verb *verb)
{
	p->c->verb = verb;
	p->options = arena_alloc(p->c->arena, verb->options_size + 1);
	if (verb->defaults)
		memcpy(p->options, verb->defaults, verb->options_size);
}

static int take_word(struct parser *p, const char *word, struct err *e)
{
	const struct verb *verb;
	int r;

	if (p->c->verb) {
		p->operands[p->n_operands++] = word;
		return 0;
	}
	r = parse_verb(word, &verb, e);
	if (r < 0)
		return r;
	take_verb(p, verb);
	return 0;
}

/* Whether the last word was an operand behind which there are only arguments; takes them. */
static bool take_arguments(struct parser *p)
{
	struct command *c = p->c;

	if (!c->verb || !c->verb->ends_options || p->n_operands == 0)
		return false;
	if (p->at < p->n && strcmp(p->words[p->at], "--") == 0)
		p->at++;
	while (p->at < p->n)
		c->arguments[c->n_arguments++] = p->words[p->at++];
	return true;
}

/* What follows "--": arguments for verbs that take them, operands for the others. */
static int take_rest(struct parser *p, struct err *e)
{
	if (p->c->verb && p->c->verb->takes_arguments) {
		while (p->at < p->n)
			p->c->arguments[p->c->n_arguments++] = p->words[p->at++];
		return 0;
	}
	while (p->at < p->n) {
		int r = take_word(p, p->words[p->at++], e);

		if (r < 0)
			return r;
		if (take_arguments(p))
			break;
	}
	return 0;
}

static int check_arity(const struct command *c, struct err *e)
{
	const struct verb *v = c->verb;

	if (c->n_operands >= v->min_operands && c->n_operands <= v->max_operands)
		return 0;
	if (c->n_operands < v->min_operands)
		return fail(e, FAIL_USAGE, "'%s' needs %s\nsee 'pare %s --help'", v->name,
			    v->operands, v->name);
	if (v->max_operands == 0)
		return fail(e, FAIL_USAGE, "'%s' takes no operands, but '%s' was given", v->name,
			    c->operands[0]);
	return fail(e, FAIL_USAGE, "too many operands for '%s': '%s'\nsee 'pare %s --help'",
		    v->name, c->operands[v->max_operands], v->name);
}

static int parse_words(struct parser *p, struct err *e)
{
	int r = 0;

	while (r == 0 && p->at < p->n) {
		const char *word = p->words[p->at++];

		if (strcmp(word, "--") == 0)
			return take_rest(p, e);
		if (strncmp(word, "--", 2) == 0)
			r = parse_long(p, word, e);
		else if (word[0] == '-' && word[1])
			r = parse_letters(p, word, e);
		else
			r = take_word(p, word, e);
		if (r == 0 && take_arguments(p))
			break;
	}
	return r;
}

static int parse_all(struct parser *p, void **ret_options, struct err *e)
{
	struct command *c = p->c;
	size_t room = (size_t)p->n + 1;
	int r;

	p->operands = arena_array(c->arena, room, sizeof(*p->operands));
	c->arguments = arena_array(c->arena, room, sizeof(*c->arguments));
	r = parse_words(p, e);
	if (c->globals.json)
		c->globals.format = FORMAT_JSON;
	c->operands = p->operands;
	c->n_operands = p->n_operands;
	*ret_options = p->options;
	if (r < 0 || !c->verb || c->globals.help || c->globals.version)
		return r;
	return check_arity(c, e);
}

int parse_verb_command(const struct verb *verb, int n, char **words, struct command *c,
		       void **ret_options, struct err *e)
{
	struct parser p = { .c = c, .words = words, .n = n };

	take_verb(&p, verb);
	return parse_all(&p, ret_options, e);
}

int parse_command(int argc, char **argv, struct command *c, void **ret_options, struct err *e)
{
	struct parser p = { .c = c, .words = argv, .n = argc, .at = argc ? 1 : 0 };

	return parse_all(&p, ret_options, e);
}
