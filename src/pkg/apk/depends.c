/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts dependency words into their parts. */
#include "pkg/apk/depends.h"

#include "base/array.h"
#include "pkg/apk/version.h"

#include <stdlib.h>
#include <string.h>

enum { LESS = 1, MORE = 2, EQUAL = 4, LIKE = 8 };

static bool is_operator(char c)
{
	return c == '<' || c == '>' || c == '=' || c == '~';
}

struct view apk_atom_name(struct view word)
{
	size_t n = 0;

	while (n < word.len && !is_operator(word.ptr[n]) && word.ptr[n] != '@')
		n++;
	return view_make(word.ptr, n);
}

static unsigned bit_of(char c)
{
	return c == '<' ? LESS : c == '>' ? MORE : c == '=' ? EQUAL : LIKE | EQUAL;
}

static bool relation_of(unsigned bits, enum relation *ret)
{
	static const struct {
		unsigned bits;
		enum relation relation;
	} table[] = {
		{ LESS, RELATION_LESS },
		{ LESS | EQUAL, RELATION_AT_MOST },
		{ EQUAL, RELATION_EQUAL },
		{ MORE | EQUAL, RELATION_AT_LEAST },
		{ MORE, RELATION_MORE },
		{ LIKE | EQUAL, RELATION_LIKE },
		{ LIKE | EQUAL | LESS, RELATION_LIKE_OR_LESS },
		{ LIKE | EQUAL | MORE, RELATION_LIKE_OR_MORE },
		{ LESS | MORE | EQUAL, RELATION_ANY },
		{ LESS | MORE | EQUAL | LIKE, RELATION_ANY },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (table[i].bits == bits) {
			*ret = table[i].relation;
			return true;
		}
	}
	return false;
}

static int parse_bound(struct view word, struct view rest, struct atom *atom, struct err *e)
{
	unsigned bits = 0;
	size_t n = 0;
	struct err why;

	while (n < rest.len && is_operator(rest.ptr[n]))
		bits |= bit_of(rest.ptr[n++]);
	if (!relation_of(bits, &atom->relation))
		return fail(e, FAIL_UNSUPPORTED,
			    "'%.*s' asks for a package by its checksum, which only a local file is",
			    VIEW_ARG(word));
	atom->version = view_make(rest.ptr + n, rest.len - n);
	if (apk_version_check(atom->version, &why) < 0)
		return fail(e, FAIL_FORMAT, "'%.*s': %s", VIEW_ARG(word), why.msg);
	return 0;
}

static bool is_name(struct view name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == 0x7f)
			return false;
	return name.len > 0 && name.ptr[0] != '!';
}

int apk_atom_parse(struct view word, struct atom *ret, struct err *e)
{
	struct atom atom = { 0 };
	struct view rest = word;
	size_t n = 0;

	if (rest.len && rest.ptr[0] == '!') {
		atom.refused = true;
		rest = view_make(rest.ptr + 1, rest.len - 1);
	}
	atom.name = apk_atom_name(rest);
	if (!is_name(atom.name))
		return fail(e, FAIL_FORMAT, "'%.*s' is no package name", VIEW_ARG(word));
	rest = view_make(rest.ptr + atom.name.len, rest.len - atom.name.len);
	if (rest.len && rest.ptr[0] == '@') {
		while (n < rest.len && !is_operator(rest.ptr[n]))
			n++;
		atom.tag = view_make(rest.ptr + 1, n - 1);
		rest = view_make(rest.ptr + n, rest.len - n);
		if (!is_name(atom.tag))
			return fail(e, FAIL_FORMAT, "'%.*s' has no tag after '@'", VIEW_ARG(word));
	}
	if (rest.len && parse_bound(word, rest, &atom, e) < 0)
		return -(int)e->code;
	*ret = atom;
	return 0;
}

int apk_depends_parse(struct view text, const char *field, struct arena *a, struct atom **ret,
		      size_t *ret_n, struct err *e)
{
	struct view rest = text, word;
	struct atom *atoms;
	size_t n = 0, i = 0;

	while (view_word(&rest, &word))
		n++;
	if (n > APK_MAX_DEPENDENCIES)
		return fail(e, FAIL_LIMIT, "%s: more than %d dependencies", field,
			    APK_MAX_DEPENDENCIES);
	atoms = arena_array(a, n + 1, sizeof(*atoms));
	for (rest = text; view_word(&rest, &word); i++)
		if (apk_atom_parse(word, &atoms[i], e) < 0)
			return err_context(e, "%s", field);
	*ret = atoms;
	*ret_n = n;
	return 0;
}
