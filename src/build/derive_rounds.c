/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounds of a derivation, until nothing is added any more: the tree of the packages so far, what is
 * reached in it, and what the evidence in that asks for.
 */
#include "build/derive_dynamic.h"

#include "build/resolve.h"
#include "recipe/reader.h"

#include <string.h>

enum { MAX_ROUNDS = 8 }; /* libraries that open libraries that open libraries … */

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

static const struct monitor_ops quiet_ops = { quiet_say, quiet_begin, quiet_advance, quiet_end,
					      NULL };

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

int derive_rounds(struct supply *ar, struct err *e)
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
