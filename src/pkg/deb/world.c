/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's answers to what resolution asks a package world. */
#include "pkg/world.h"

#include "base/array.h"
#include "pkg/deb/depends.h"
#include "pkg/deb/version.h"

#include <stdlib.h>

/*
 * Does the version begin with these components? The epoch only counts when the bound has one, and
 * a number must end where the bound's does: 1.20 is not like 1.2.
 */
static bool is_like(struct view version, struct view bound)
{
	const char *colon = version.len ? memchr(version.ptr, ':', version.len) : NULL;
	char last, next;

	if (bound.len == 0)
		return false;
	if (colon && !memchr(bound.ptr, ':', bound.len)) {
		version.len -= (size_t)(colon + 1 - version.ptr);
		version.ptr = colon + 1;
	}
	if (version.len < bound.len || memcmp(version.ptr, bound.ptr, bound.len) != 0)
		return false;
	if (version.len == bound.len)
		return true;
	last = bound.ptr[bound.len - 1];
	next = version.ptr[bound.len];
	return !(last >= '0' && last <= '9' && next >= '0' && next <= '9');
}

static bool version_fits(struct view version, enum relation relation, struct view bound)
{
	if (relation == RELATION_ANY)
		return true;
	if (relation == RELATION_LIKE)
		return is_like(version, bound);
	return relation_holds(relation, deb_version_compare(version, bound));
}

static bool arch_fits(struct view arch, struct view target)
{
	return view_eq(arch, target) || view_is(arch, "all");
}

/* dpkg counts a package of architecture "all" as one of the native architecture. */
static bool qualifier_fits(const struct atom *atom, const struct package *p, struct view target)
{
	switch (atom->qualifier) {
	case QUALIFIER_ANY:
		return p->multi_arch == MULTI_ARCH_ALLOWED;
	case QUALIFIER_NAMED:
		return view_eq(atom->arch, target);
	default:
		return true;
	}
}

static bool is_name(struct view name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      (i > 0 && (c == '+' || c == '-' || c == '.'))))
			return false;
	}
	return name.len >= 2;
}

static size_t wish_sign(struct view rest, enum relation *ret)
{
	static const struct {
		const char *sign;
		enum relation relation;
	} signs[] = {
		{ "<<", RELATION_LESS },     { "<=", RELATION_AT_MOST }, { ">>", RELATION_MORE },
		{ ">=", RELATION_AT_LEAST }, { "<", RELATION_LESS },	 { ">", RELATION_MORE },
		{ "=", RELATION_EQUAL },     { "~", RELATION_LIKE },
	};

	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		if (view_starts(rest, signs[i].sign)) {
			*ret = signs[i].relation;
			return strlen(signs[i].sign);
		}
	}
	return 0;
}

static int parse_wish(struct view text, struct atom *ret, struct err *e)
{
	struct view all = view_trim(text), rest = all;
	struct atom atom = { 0 };
	struct err why;
	const char *colon;
	size_t n = 0;

	while (n < all.len && !strchr("=~<>", all.ptr[n]))
		n++;
	atom.name = view_trim(view_make(all.ptr, n));
	rest = view_make(all.ptr + n, all.len - n);
	colon = atom.name.len ? memchr(atom.name.ptr, ':', atom.name.len) : NULL;
	if (colon) {
		size_t before = (size_t)(colon - atom.name.ptr);

		atom.arch = view_make(colon + 1, atom.name.len - before - 1);
		atom.name.len = before;
		atom.qualifier = QUALIFIER_NAMED;
	}
	if (!is_name(atom.name) || (colon && atom.arch.len == 0))
		return fail(e, FAIL_FORMAT, "'%.*s' is no package name", VIEW_ARG(all));
	if (rest.len) {
		atom.version = view_trim(view_make(rest.ptr, rest.len));
		n = wish_sign(rest, &atom.relation);
		atom.version = view_trim(view_make(rest.ptr + n, rest.len - n));
		if (deb_version_check(atom.version, &why) < 0)
			return fail(e, FAIL_FORMAT, "'%.*s': %s", VIEW_ARG(all), why.msg);
	}
	*ret = atom;
	return 0;
}

static int append_clauses(struct view field, const char *name, struct arena *a,
			  struct clause **clauses, size_t *n, struct err *e)
{
	struct clause *more, *both;
	size_t n_more;
	int r = deb_depends_parse(field, name, a, &more, &n_more, e);

	if (r < 0 || n_more == 0)
		return r;
	if (*n == 0) {
		*clauses = more;
		*n = n_more;
		return 0;
	}
	both = arena_array(a, *n + n_more, sizeof(*both));
	memcpy(both, *clauses, *n * sizeof(*both));
	memcpy(both + *n, more, n_more * sizeof(*both));
	*clauses = both;
	*n += n_more;
	return 0;
}

/* For fields that have no alternatives: one atom a clause. */
static int flatten(const struct clause *clauses, size_t n, const char *name, struct arena *a,
		   const struct atom **ret, size_t *ret_n, struct err *e)
{
	struct atom *atoms = arena_array(a, n, sizeof(*atoms));

	for (size_t i = 0; i < n; i++) {
		if (clauses[i].n != 1)
			return fail(e, FAIL_FORMAT, "%s: alternatives for '%.*s'", name,
				    VIEW_ARG(clauses[i].atoms[0].name));
		atoms[i] = clauses[i].atoms[0];
	}
	*ret = atoms;
	*ret_n = n;
	return 0;
}

static int parse_provides(const struct package *p, struct arena *a, struct dependencies *ret,
			  struct err *e)
{
	struct clause *clauses = NULL;
	size_t n = 0;
	int r;

	if ((r = append_clauses(p->provides, "Provides", a, &clauses, &n, e)) < 0 ||
	    (r = flatten(clauses, n, "Provides", a, &ret->provides, &ret->n_provides, e)) < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (ret->provides[i].relation != RELATION_ANY &&
		    ret->provides[i].relation != RELATION_EQUAL)
			return fail(e, FAIL_FORMAT, "Provides: '%.*s' in other than one version",
				    VIEW_ARG(ret->provides[i].name));
	}
	return 0;
}

static int parse_all(const struct package *p, struct arena *a, struct dependencies *ret,
		     struct err *e)
{
	struct clause *needs = NULL, *refuses = NULL;
	size_t n_needs = 0, n_refuses = 0;
	int r;

	if ((r = append_clauses(p->pre_depends, "Pre-Depends", a, &needs, &n_needs, e)) < 0 ||
	    (r = append_clauses(p->depends, "Depends", a, &needs, &n_needs, e)) < 0 ||
	    (r = append_clauses(p->conflicts, "Conflicts", a, &refuses, &n_refuses, e)) < 0 ||
	    (r = append_clauses(p->breaks, "Breaks", a, &refuses, &n_refuses, e)) < 0 ||
	    (r = flatten(refuses, n_refuses, "Conflicts or Breaks", a, &ret->refuses,
			 &ret->n_refuses, e)) < 0)
		return r;
	ret->needs = needs;
	ret->n_needs = n_needs;
	return parse_provides(p, a, ret, e);
}

static int parse_dependencies(const struct package *p, struct arena *a, struct dependencies *ret,
			      struct err *e)
{
	int r;

	*ret = (struct dependencies){ 0 };
	r = parse_all(p, a, ret, e);
	if (r < 0)
		return err_context(e, "package '%.*s' %.*s", VIEW_ARG(p->name),
				   VIEW_ARG(p->version));
	return 0;
}

static void write_atom(const struct atom *atom, struct buf *to)
{
	static const char *const signs[] = { "", "<<", "<=", "=", ">=", ">>", "~" };

	buf_add_view(to, atom->name);
	if (atom->qualifier != QUALIFIER_NONE)
		buf_printf(to, ":%.*s", VIEW_ARG(atom->arch));
	if (atom->relation != RELATION_ANY)
		buf_printf(to, " (%s %.*s)", signs[atom->relation], VIEW_ARG(atom->version));
}

const struct world deb_world = {
	.name = "deb",
	.compare_versions = deb_version_compare,
	.version_fits = version_fits,
	.arch_fits = arch_fits,
	.qualifier_fits = qualifier_fits,
	.parse_wish = parse_wish,
	.parse_dependencies = parse_dependencies,
	.write_atom = write_atom,
};
