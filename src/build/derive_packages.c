/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic programs of glibc: the oldest release that is new enough and has all libraries; then, in
 * rounds until nothing is added any more, the tree of the packages so far, what is reached in it,
 * and what the evidence in that asks for.
 */
#include "build/derive_dynamic.h"

#include "build/host_view.h"
#include "build/resolve.h"
#include "build/sonames.h"
#include "pkg/deb/context.h"
#include "recipe/reader.h"

#include <string.h>

enum { MAX_ROUNDS = 8 }; /* libraries that open libraries that open libraries … */

/* ---- soname → package ---- */

static int open_owners(struct supply *ar, struct err *e)
{
	const struct build_context *ctx = ar->x->ctx;
	const struct strings *keyring = &ar->x->wishes->keyring;
	struct deb_context deb = { .http = ctx->http,
				   .cache_fd = ctx->cache_fd,
				   .monitor = ctx->monitor,
				   .now_s = ctx->now_s,
				   .mirrors = *ctx->mirrors,
				   .keyrings = (const char *const *)keyring->at,
				   .n_keyrings = keyring->n,
				   .root = "/",
				   .offline = ctx->offline,
				   .allow_unsigned = ctx->allow_unsigned };
	struct strings lines = { 0 };
	struct deb_source source;
	int rc;

	release_write_repositories(ar->release, ar->x->a, &lines);
	rc = deb_source_parse(view_of(lines.at[0]), NULL, ar->x->a, &source, e);
	if (rc == 0)
		rc = deb_owners_open(&deb, &source, ar->x->program->arch->debian, &ar->owners, e);
	deb_context_done(&deb);
	return rc < 0 ? err_context(e, "look for libraries in %s", ar->release->codename) : 0;
}

int supply_find(struct supply *ar, const char *soname, const char **ret, struct err *e)
{
	struct deb_owner owner;

	if (ar->host) {
		*ret = host_view_find(ar->host, soname);
		return 0;
	}
	*ret = soname_package(soname, ar->x->a);
	if (*ret)
		return 0;
	if (!ar->owners && open_owners(ar, e) < 0)
		return -(int)e->code;
	if (deb_owners_of_soname(ar->owners, soname, &owner))
		*ret = arena_view(ar->x->a, owner.package);
	return 0;
}

void supply_done(struct supply *ar)
{
	deb_owners_close(ar->owners);
	ar->owners = NULL;
}

/* ---- the release ---- */

struct choice {
	struct deriving *x;
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
		c->why_not = arena_printf(c->x->a, "%s needs %s, which no package of Debian %s has",
					  w->by, w->soname, ar->release->codename);
	}
	return 0;
}

static int try_release(struct choice *c, const struct release *r, struct supply *ar, bool *ret_fits,
		       struct err *e)
{
	struct view lacks;
	const char *has;
	int rc;

	*ret_fits = false;
	*ar = (struct supply){ .x = c->x, .release = r };
	c->why_not = release_lacks_arch(r, c->x->program->arch, c->x->a);
	c->other_arch = c->why_not;
	if (c->why_not)
		return 0;
	lacks = release_lacks(r, &c->x->program->symbols, &has);
	if (lacks.ptr) {
		c->why_not = arena_printf(c->x->a, "it needs %.*s, and Debian %s has %s",
					  VIEW_ARG(lacks), r->codename, has);
		return 0;
	}
	rc = find_packages(c, ar, ret_fits, e);
	if (rc < 0 || !*ret_fits)
		supply_done(ar);
	return rc;
}

static const char *why_release(const struct deriving *x, const struct release *r, const char *older)
{
	struct view glibc = program_newest_version(&x->program->symbols, "GLIBC_");
	const char *has = "";

	for (size_t i = 0; i < r->n_provides; i++)
		if (strncmp(r->provides[i], "GLIBC_", strlen("GLIBC_")) == 0)
			has = r->provides[i];
	if (x->wishes->release)
		return arena_printf(x->a,
				    "dynamic, with glibc: libraries of Debian %s (%s), as "
				    "asked for",
				    r->version, r->codename);
	if (older)
		return arena_printf(x->a,
				    "dynamic, with glibc: libraries of Debian %s (%s), since "
				    "%s",
				    r->version, r->codename, older);
	return arena_printf(x->a,
			    "dynamic, with glibc: libraries of Debian %s (%s), the oldest "
			    "supported release; needed is %.*s, there is %s",
			    r->version, r->codename, glibc.ptr ? (int)glibc.len : 8,
			    glibc.ptr ? glibc.ptr : "no newer", has);
}

static int fail_release(const struct choice *c, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED, "no release fits '%s': %s\n%s", c->x->program->path,
		    c->why_not,
		    c->other_arch ? "a recipe may name an archive that has it: see pare.yaml(5)"
				  : "build it on an older system, or take this machine's libraries "
				    "with --libs=host");
}

static int choose_release(struct deriving *x, const struct wanted_list *wanted, struct supply *ar,
			  const char ***ret_packages, struct err *e)
{
	struct choice c = { .x = x, .wanted = wanted };
	struct release *all;
	size_t n;
	int rc = releases_builtin(x->a, &all, &n, e);

	if (rc == 0 && x->wishes->release) {
		all = arena_new(x->a, struct release);
		n = 1;
		rc = release_find(x->wishes->release, x->a, all, e);
	}
	c.packages = arena_array(x->a, wanted->n + 1, sizeof(*c.packages));
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *older = c.why_not;
		bool fits;

		rc = try_release(&c, &all[i], ar, &fits, e);
		if (rc < 0 || !fits)
			continue;
		x->d->release = &all[i];
		x->d->reason = why_release(x, &all[i], older);
		*ret_packages = c.packages;
		return 0;
	}
	return rc < 0 ? rc : fail_release(&c, e);
}

/* ---- rounds ---- */

static void probe_done(struct probe *p)
{
	link_result_done(&p->reached);
	link_free(p->link);
	if (p->filled)
		build_done(&p->build);
	lock_free(p->lock);
	recipe_free(p->recipe);
}

static int resolve(struct deriving *x, const struct build_context *ctx, struct probe *p,
		   struct err *e)
{
	const char *archs[] = { x->program->arch->oci };
	struct resolve_options o = { .archs = archs, .n_archs = 1 };
	auto_buf why = BUF_EMPTY;
	int rc = build_resolve(ctx, p->recipe, &o, &p->lock, &why, e);

	if (rc < 0 && why.len)
		monitor_note(x->ctx->monitor, "%s", buf_str(&why));
	return rc;
}

/* A monitor that shows tasks, and leaves it to the build to say what rules warn of. */
struct quiet {
	struct monitor monitor;
	struct monitor *to;
};

static void quiet_say(struct monitor *m, enum monitor_level level, const char *text)
{
	(void)m;
	(void)level;
	(void)text;
}

static uint32_t quiet_begin(struct monitor *m, const char *what, uint64_t total)
{
	return monitor_begin(((struct quiet *)m)->to, what, total);
}

static void quiet_advance(struct monitor *m, uint32_t task, uint64_t bytes)
{
	monitor_advance(((struct quiet *)m)->to, task, bytes);
}

static void quiet_end(struct monitor *m, uint32_t task, int failed)
{
	monitor_end(((struct quiet *)m)->to, task, failed);
}

static const struct monitor_ops quiet_ops = { quiet_say, quiet_begin, quiet_advance, quiet_end };

static int probe_open(struct deriving *x, const struct build_context *ctx, struct probe *p,
		      struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc;

	derived_apply_extras(x->d);
	derived_write(x->d, NULL, &text);
	rc = recipe_load_text(buf_view(&text), "recipe in the making", x->cwd, &p->recipe, e);
	if (rc == 0)
		rc = resolve(x, ctx, p, e);
	if (rc < 0)
		return rc;
	p->recipe->keep = KEEP_PACKAGES; /* for now, to see all that could be reached */
	p->build = (struct build){ .ctx = ctx,
				   .recipe = p->recipe,
				   .arch = x->program->arch,
				   .weigh = true,
				   .spool_fd = -1 };
	p->filled = true;
	rc = build_fill(&p->build, p->lock, lock_find_arch(p->lock, x->program->arch->oci), e);
	if (rc < 0)
		return rc;
	p->link = link_new(&p->build.tree);
	return build_find_reached(&p->build, p->link, &p->reached, e);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether the file was met before, under another of its names. */
static bool is_again(const struct link_result *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (r->objects[k]->node == r->objects[i]->node)
			return true;
	return false;
}

static void note_need(struct deriving *x, const struct link_object *o)
{
	const struct origin *from = o->node->inode->origin;

	/* The row of the extra says enough about its modules. */
	if (from->kind != ORIGIN_PACKAGE || o->role == LINK_VARIANT || strstr(o->path, "/gconv/"))
		return;
	derived_need(x->d, arena_strdup(x->a, base_of(o->path)),
		     arena_printf(x->a, "%s %s", from->name, from->version),
		     o->asked_by ? arena_printf(x->a, "needed by %s", base_of(o->asked_by->path))
				 : "opened at run time");
}

/* The evidence in everything that is reached. */
static int look(struct deriving *x, struct probe *p, struct err *e)
{
	struct evidence_object *objects =
		arena_array(x->a, p->reached.n_objects + 1, sizeof(*objects));
	size_t n = 0;

	for (size_t i = 0; i < p->reached.n_objects; i++) {
		const struct link_object *o = p->reached.objects[i];
		const struct elf_symbols *symbols;

		if (!o->elf)
			continue;
		if (link_symbols(p->link, o->node, &symbols, e) < 0)
			return -(int)e->code;
		if (!symbols)
			continue;
		objects[n++] = (struct evidence_object){
			.name = arena_strdup(x->a, base_of(o->path)),
			.elf = o->elf,
			.symbols = symbols,
			.own = o->node->inode->origin->kind == ORIGIN_RECIPE,
		};
	}
	derive_evidence(x, objects, n);
	return 0;
}

/* What a package needs and doesn't depend on: plugins' libraries, mostly. */
static int add_missing(struct supply *ar, struct probe *p, struct err *e)
{
	struct deriving *x = ar->x;

	for (size_t i = 0; i < p->reached.n_problems; i++) {
		const struct link_problem *problem = &p->reached.problems[i];
		const char *package;

		if (problem->kind != LINK_NO_LIBRARY || !problem->fatal)
			continue;
		if (supply_find(ar, problem->name, &package, e) < 0)
			return -(int)e->code;
		if (package)
			derived_add(x->d, &x->d->packages, package,
				    arena_printf(x->a, "%s: needed by %s", problem->name,
						 base_of(problem->object)));
	}
	return 0;
}

static int one_round(struct supply *ar, const struct build_context *ctx, struct err *e)
{
	struct deriving *x = ar->x;
	struct probe p = { 0 };
	int rc = probe_open(x, ctx, &p, e);

	if (rc == 0)
		rc = look(x, &p, e);
	if (rc == 0)
		rc = derive_dlopen(ar, &p, e);
	if (rc == 0)
		rc = derive_gconv(x, &p, e);
	if (rc == 0)
		rc = add_missing(ar, &p, e);
	for (size_t i = 0; rc == 0 && i < p.reached.n_objects; i++)
		if (!is_again(&p.reached, i))
			note_need(x, p.reached.objects[i]);
	probe_done(&p);
	return rc;
}

static int run_rounds(struct supply *ar, struct err *e)
{
	struct derived *d = ar->x->d;
	struct quiet quiet = { { &quiet_ops }, ar->x->ctx->monitor };
	struct build_context ctx = *ar->x->ctx;

	ctx.monitor = &quiet.monitor;
	for (unsigned i = 0; i < MAX_ROUNDS; i++) {
		size_t before;
		int rc;

		derived_apply_extras(d);
		before = d->packages.n + d->includes.n;
		d->notes.n = 0; /* each round says them anew */
		d->n_needs = d->n_own_needs;
		rc = one_round(ar, &ctx, e);
		if (rc < 0)
			return rc;
		derived_apply_extras(d);
		if (d->packages.n + d->includes.n == before)
			return 0;
		/* Of this moment's indexes; packages are still fetched. */
		ctx.offline = true;
	}
	return fail(e, FAIL_LIMIT, "'%s': libraries keep opening others after %d rounds",
		    ar->x->program->path, MAX_ROUNDS);
}

int derive_packages(struct deriving *x, struct err *e)
{
	struct wanted_list wanted = { 0 };
	const char **packages = NULL;
	struct supply ar = { 0 };
	int rc = derive_own(x, &wanted, e);

	if (rc == 0)
		rc = choose_release(x, &wanted, &ar, &packages, e);
	if (rc < 0)
		return rc;
	x->d->strategy = "packages";
	x->d->n_own_needs = x->d->n_needs;
	derived_add(x->d, &x->d->packages, "libc6",
		    arena_printf(x->a, "%s, the program's loader",
				 base_of(x->program->elf.interpreter.ptr)));
	for (size_t i = 0; i < wanted.n; i++)
		derived_add(x->d, &x->d->packages, packages[i],
			    arena_printf(x->a, "%s: needed by %s", wanted.at[i].soname,
					 wanted.at[i].by));
	derive_os_release(x);
	rc = run_rounds(&ar, e);
	x->d->resolved = rc == 0;
	supply_done(&ar);
	return rc;
}
