/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic programs of glibc or musl: the release, of those that the program's world has, that is
 * new enough and has all libraries; then derive_rounds.c's rounds.
 */
#include "build/derive_dynamic.h"

#include "build/host_view.h"
#include "recipe/reader.h"

#include <string.h>

int supply_find(struct supply *ar, const char *soname, const char **ret, struct err *e)
{
	if (ar->host) {
		*ret = host_view_find(ar->host, soname);
		return 0;
	}
	return ar->archive->find(ar, soname, ret, e);
}

void supply_done(struct supply *ar)
{
	if (ar->of)
		ar->archive->close(ar->of);
	ar->of = NULL;
}

struct choice {
	struct deriving *x;
	const struct archive *archive;
	const struct wanted_list *wanted;
	const char **packages; /* of each that is wanted */
	const char *why_not;   /* the last release that didn't fit */
	bool other_arch;       /* … because of its architecture */
};

static int find_packages(struct choice *c, struct supply *ar, bool *ret_all, struct err *e)
{
	*ret_all = true;
	for (size_t i = 0; i < c->wanted->n && *ret_all; i++) {
		const struct wanted *w = &c->wanted->at[i];

		if (supply_find(ar, w->soname, &c->packages[i], e) < 0)
			return -(int)e->code;
		if (c->packages[i])
			continue;
		*ret_all = false;
		c->why_not = arena_printf(c->x->a, "%s needs %s, which no package of %s %s has",
					  w->by, w->soname, c->archive->title, ar->release->name);
	}
	return 0;
}

static int try_release(struct choice *c, const struct release *r, struct supply *ar, bool *ret_fits,
		       struct err *e)
{
	int rc;

	*ret_fits = false;
	*ar = (struct supply){ .x = c->x, .release = r, .archive = c->archive };
	c->why_not = release_lacks_arch(r, c->x->program->arch, c->x->a);
	c->other_arch = c->why_not;
	if (!c->why_not && c->archive->lacks)
		c->why_not = c->archive->lacks(c->x, r);
	if (!c->why_not && c->archive->open && c->archive->open(ar, &c->why_not, e) < 0)
		return -(int)e->code;
	if (c->why_not)
		return 0;
	rc = find_packages(c, ar, ret_fits, e);
	if (rc < 0 || !*ret_fits)
		supply_done(ar);
	return rc;
}

static int fail_release(const struct choice *c, const char *detail, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED, "no release fits '%s': %s%s%s\n%s", c->x->program->path,
		    c->why_not, detail ? ": " : "", detail ? detail : "",
		    c->other_arch ? "a recipe may name an archive that has it: see pare.yaml(5)"
				  : c->archive->advice);
}

static int choose_release(struct deriving *x, const struct archive *archive,
			  const struct wanted_list *wanted, struct supply *ar,
			  const char ***ret_packages, struct err *e)
{
	struct choice c = { .x = x, .archive = archive, .wanted = wanted };
	struct release *all;
	size_t n;
	int rc = archive->releases(x, &all, &n, e);

	c.packages = arena_array(x->a, wanted->n + 1, sizeof(*c.packages));
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *before = c.why_not;
		bool fits;

		rc = try_release(&c, &all[i], ar, &fits, e);
		if (rc < 0 || !fits)
			continue;
		x->d->release = &all[i];
		x->d->reason = archive->why(x, &all[i], before);
		*ret_packages = c.packages;
		return 0;
	}
	return rc < 0 ? rc : fail_release(&c, ar->detail, e);
}

int derive_packages(struct deriving *x, const struct archive *archive, struct err *e)
{
	const char *interpreter = x->program->elf.interpreter.ptr;
	struct wanted_list wanted = { 0 };
	const char **packages = NULL;
	struct supply ar = { 0 };
	int rc = derive_own(x, &wanted, e);

	if (rc == 0)
		rc = choose_release(x, archive, &wanted, &ar, &packages, e);
	if (rc < 0)
		return rc;
	x->d->strategy = "packages";
	x->d->n_own_needs = x->d->n_needs;
	derived_add(x->d, &x->d->packages, archive->libc,
		    arena_printf(x->a, "%s, the program's loader", strrchr(interpreter, '/') + 1));
	for (size_t i = 0; i < wanted.n; i++)
		derived_add(x->d, &x->d->packages, packages[i],
			    arena_printf(x->a, "%s: needed by %s", wanted.at[i].soname,
					 wanted.at[i].by));
	derive_os_release(x);
	rc = derive_rounds(&ar, e);
	x->d->resolved = rc == 0;
	supply_done(&ar);
	return rc;
}
