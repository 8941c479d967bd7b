/* SPDX-License-Identifier: Apache-2.0 */
/* Alpine's answers to what resolution asks a package world. */
#include "pkg/world.h"

#include "pkg/apk/depends.h"
#include "pkg/apk/version.h"

static bool version_fits(struct view version, enum relation relation, struct view bound)
{
	if (relation == RELATION_ANY)
		return true;
	if (relation >= RELATION_LIKE && apk_version_begins(version, bound))
		return true;
	return relation_holds(relation, apk_version_compare(version, bound));
}

static bool arch_fits(struct view arch, struct view target)
{
	return view_eq(arch, target) || view_is(arch, "noarch");
}

static bool qualifier_fits(const struct atom *atom, const struct package *p, struct view target)
{
	(void)atom;
	(void)p;
	(void)target;
	return true;
}

static int parse_wish(struct view text, struct atom *ret, struct err *e)
{
	return apk_atom_parse(view_trim(text), ret, e);
}

/* Conflicts are dependencies with a '!' in front. */
static void divide(const struct atom *all, size_t n, struct arena *a, struct dependencies *ret)
{
	struct clause *needs = arena_array(a, n + 1, sizeof(*needs));
	struct atom *refuses = arena_array(a, n + 1, sizeof(*refuses));

	for (size_t i = 0; i < n; i++) {
		if (all[i].refused)
			refuses[ret->n_refuses++] = all[i];
		else
			needs[ret->n_needs++] = (struct clause){ &all[i], 1 };
	}
	ret->needs = needs;
	ret->refuses = refuses;
}

static int parse_all(const struct package *p, struct arena *a, struct dependencies *ret,
		     struct err *e)
{
	struct atom *depends, *provides, *joins;
	size_t n;
	int rc = apk_depends_parse(p->depends, "depend", a, &depends, &n, e);

	if (rc == 0) {
		divide(depends, n, a, ret);
		rc = apk_depends_parse(p->provides, "provides", a, &provides, &ret->n_provides, e);
	}
	if (rc == 0) {
		ret->provides = provides;
		rc = apk_depends_parse(p->joins, "install_if", a, &joins, &ret->n_joins, e);
	}
	if (rc < 0)
		return rc;
	ret->joins = joins;
	for (size_t i = 0; i < ret->n_provides; i++)
		if (provides[i].refused || (provides[i].relation != RELATION_ANY &&
					    provides[i].relation != RELATION_EQUAL))
			return fail(e, FAIL_FORMAT, "provides: '%.*s' in other than one version",
				    VIEW_ARG(provides[i].name));
	return 0;
}

static int parse_dependencies(const struct package *p, struct arena *a, struct dependencies *ret,
			      struct err *e)
{
	*ret = (struct dependencies){ 0 };
	if (parse_all(p, a, ret, e) < 0)
		return err_context(e, "package '%.*s' %.*s", VIEW_ARG(p->name),
				   VIEW_ARG(p->version));
	return 0;
}

static void write_atom(const struct atom *atom, struct buf *to)
{
	static const char *const signs[] = { "", "<", "<=", "=", ">=", ">", "~", "<~", ">~" };

	buf_printf(to, "%s%.*s", atom->refused ? "!" : "", VIEW_ARG(atom->name));
	if (atom->tag.len)
		buf_printf(to, "@%.*s", VIEW_ARG(atom->tag));
	if (atom->relation != RELATION_ANY)
		buf_printf(to, "%s%.*s", signs[atom->relation], VIEW_ARG(atom->version));
}

const struct world apk_world = {
	.name = "apk",
	.wishes_take_providers = true,
	.versions_take_names = true,
	.packages_join = true,
	.compare_versions = apk_version_compare,
	.version_fits = version_fits,
	.arch_fits = arch_fits,
	.qualifier_fits = qualifier_fits,
	.parse_wish = parse_wish,
	.parse_dependencies = parse_dependencies,
	.write_atom = write_atom,
};
