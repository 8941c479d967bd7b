/* SPDX-License-Identifier: Apache-2.0 */
/* A hand-written parser over one field; errors say at which byte of the field it stopped. */
#include "pkg/deb/depends.h"

#include "base/array.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

struct parser {
	struct view field;
	size_t at;
	const char *name;
	struct err *e;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->field.len && is_blank(p->field.ptr[p->at]))
		p->at++;
}

/* The next byte, or NUL at the end. */
static char peek(const struct parser *p)
{
	return p->at < p->field.len ? p->field.ptr[p->at] : '\0';
}

static int wrong(struct parser *p, const char *expected)
{
	size_t left = p->field.len - p->at;

	return fail(p->e, FAIL_FORMAT, "%s: byte %zu: expected %s, found '%.*s'", p->name,
		    p->at + 1, expected, (int)(left > 20 ? 20 : left), p->field.ptr + p->at);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       c == '+' || c == '-' || c == '.' || c == '_';
}

/* A run of name characters; empty if there's none. */
static struct view take_name(struct parser *p)
{
	size_t start = p->at;

	while (is_name_char(peek(p)))
		p->at++;
	return view_make(p->field.ptr + start, p->at - start);
}

static enum relation take_relation(struct parser *p)
{
	/* The longer ones first; < and > without a second sign are old spellings (policy 7.1). */
	static const struct {
		const char *sign;
		enum relation relation;
	} signs[] = {
		{ "<<", RELATION_LESS },    { "<=", RELATION_AT_MOST },	 { ">>", RELATION_MORE },
		{ "=", RELATION_EQUAL },    { ">=", RELATION_AT_LEAST }, { "<", RELATION_AT_MOST },
		{ ">", RELATION_AT_LEAST },
	};
	struct view rest = view_make(p->field.ptr + p->at, p->field.len - p->at);

	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		if (view_starts(rest, signs[i].sign)) {
			p->at += strlen(signs[i].sign);
			return signs[i].relation;
		}
	}
	return RELATION_ANY;
}

/* "(>= 1.2)" */
static int parse_version(struct parser *p, struct atom *atom)
{
	size_t start;

	p->at++;
	skip_blanks(p);
	atom->relation = take_relation(p);
	if (atom->relation == RELATION_ANY)
		return wrong(p, "one of << <= = >= >>");
	skip_blanks(p);
	start = p->at;
	while (p->at < p->field.len && peek(p) != ')' && !is_blank(peek(p)))
		p->at++;
	atom->version = view_make(p->field.ptr + start, p->at - start);
	if (atom->version.len == 0)
		return wrong(p, "a version");
	skip_blanks(p);
	if (peek(p) != ')')
		return wrong(p, "')'");
	p->at++;
	return 0;
}

static int parse_atom(struct parser *p, struct atom *atom)
{
	*atom = (struct atom){ 0 };
	skip_blanks(p);
	atom->name = take_name(p);
	if (atom->name.len == 0)
		return wrong(p, "a package name");
	if (peek(p) == ':') {
		p->at++;
		atom->arch = take_name(p);
		if (atom->arch.len == 0)
			return wrong(p, "an architecture");
		atom->qualifier = view_is(atom->arch, "any") ? QUALIFIER_ANY : QUALIFIER_NAMED;
	}
	skip_blanks(p);
	if (peek(p) == '(') {
		int r = parse_version(p, atom);

		if (r < 0)
			return r;
		skip_blanks(p);
	}
	if (peek(p) == '[' || peek(p) == '<')
		return wrong(p, "no list of architectures or profiles in a binary package");
	return 0;
}

struct atoms {
	struct atom *at;
	size_t n, cap;
};

struct clauses {
	struct clause *at;
	size_t n, cap;
};

static int parse_clause(struct parser *p, struct atoms *atoms, struct arena *a, struct clause *ret)
{
	struct atom *copy;
	int r;

	atoms->n = 0;
	for (;;) {
		if (atoms->n >= DEB_MAX_ALTERNATIVES)
			return fail(p->e, FAIL_LIMIT, "%s: more than %d alternatives", p->name,
				    DEB_MAX_ALTERNATIVES);
		if ((r = parse_atom(p, array_push(atoms))) < 0)
			return r;
		if (peek(p) != '|')
			break;
		p->at++;
	}
	copy = arena_array(a, atoms->n, sizeof(*copy));
	memcpy(copy, atoms->at, atoms->n * sizeof(*copy));
	*ret = (struct clause){ copy, atoms->n };
	return 0;
}

static int parse_field(struct parser *p, struct atoms *atoms, struct clauses *clauses,
		       struct arena *a)
{
	int r;

	for (;;) {
		/* Empty clauses, as in "a, , b" or after a last comma, are common in old packages.
		 */
		while (skip_blanks(p), peek(p) == ',')
			p->at++;
		if (p->at >= p->field.len)
			return 0;
		if (clauses->n >= DEB_MAX_CLAUSES)
			return fail(p->e, FAIL_LIMIT, "%s: more than %d clauses", p->name,
				    DEB_MAX_CLAUSES);
		if ((r = parse_clause(p, atoms, a, array_push(clauses))) < 0)
			return r;
		if (p->at < p->field.len && peek(p) != ',')
			return wrong(p, "',' or '|'");
	}
}

int deb_depends_parse(struct view field, const char *name, struct arena *a,
		      struct clause **ret_clauses, size_t *ret_n, struct err *e)
{
	struct parser p = { .field = field, .name = name, .e = e };
	struct atoms atoms = { 0 };
	struct clauses clauses = { 0 };
	int r = parse_field(&p, &atoms, &clauses, a);

	if (r == 0) {
		*ret_clauses = arena_array(a, clauses.n, sizeof(**ret_clauses));
		if (clauses.n)
			memcpy(*ret_clauses, clauses.at, clauses.n * sizeof(**ret_clauses));
		*ret_n = clauses.n;
	}
	free(atoms.at);
	free(clauses.at);
	return r;
}
