/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolution of a recipe: its repositories are opened once for all architectures, each
 * architecture is solved for itself, and the lock is written from what came out.
 */
#include "build/resolve.h"

#include "base/array.h"
#include "base/mem.h"
#include "build/base.h"
#include "build/resolve_world.h"

#include <stdlib.h>
#include <string.h>

/* The indexes of one architecture. */
static size_t indexes_of(struct resolution *r, const char *oci, struct solve_index **ret,
			 uint32_t **ret_lock_index)
{
	size_t n = 0;

	*ret = arena_array(&r->arena, r->offers.n + 1, sizeof(**ret));
	*ret_lock_index = arena_array(&r->arena, r->offers.n + 1, sizeof(**ret_lock_index));
	for (size_t i = 0; i < r->offers.n; i++) {
		if (strcmp(r->offers.at[i].oci, oci) != 0)
			continue;
		(*ret_lock_index)[n] = r->offers.at[i].lock_index;
		(*ret)[n++] = r->offers.at[i].index;
	}
	return n;
}

static void add_wishes(struct resolution *r, struct solve_request *q)
{
	const struct strings *packages = &r->recipe->packages;
	struct solve_wish *wishes = arena_array(&r->arena, packages->n + 1, sizeof(*wishes));

	for (size_t i = 0; i < packages->n; i++)
		wishes[q->n_wishes++] = (struct solve_wish){ packages->at[i], r->recipe->name };
	if (r->recipe->debug)
		wishes[q->n_wishes++] =
			(struct solve_wish){ r->world->debug_package, "variant debug" };
	q->wishes = wishes;
}

/* What the base has needn't be there twice: the same version, while the archive has that. */
static void add_base_pins(const struct build_base *base, bool apk, struct arena *a,
			  struct solve_pin *pins, struct solve_request *q)
{
	for (size_t i = 0; i < base->view->n_packages; i++) {
		const struct view_package *p = &base->view->packages[i];

		if ((p->kind == VIEW_APK) == apk)
			pins[q->n_pins++] = (struct solve_pin){ arena_strdup(a, p->name),
								arena_strdup(a, p->version) };
	}
}

/* The base's come last: they count more. */
static void add_pins(struct resolution *r, const char *arch, const struct build_base *base,
		     struct solve_request *q)
{
	static const struct lock_arch none = { .n_packages = 0 };
	const struct lock_arch *old = r->o->old ? lock_find_arch(r->o->old, arch) : NULL;
	struct solve_pin *pins;

	old = old ? old : &none;
	pins = arena_array(&r->arena, old->n_packages + (base ? base->view->n_packages : 0) + 1,
			   sizeof(*pins));
	for (size_t i = 0; i < old->n_packages; i++) {
		const struct lock_package *p = &old->packages[i];

		if (!r->o->update_package || strcmp(p->name, r->o->update_package) != 0)
			pins[q->n_pins++] = (struct solve_pin){ p->name, p->version };
	}
	if (base)
		add_base_pins(base, recipe_is_alpine(r->recipe), &r->arena, pins, q);
	q->pins = pins;
}

static enum solve_depends depends_of(const struct recipe *r)
{
	switch (r->depends) {
	case DEPENDS_NONE:
		return SOLVE_NONE;
	case DEPENDS_FULL:
		return SOLVE_FULL;
	case DEPENDS_RUNTIME:
		break;
	}
	return SOLVE_RUNTIME;
}

static const char *package_url(struct lock *l, const struct lock_index *index,
			       const struct package *p)
{
	return arena_printf(&l->arena, "%s/%.*s", index->uri, VIEW_ARG(p->filename));
}

static void add_packages(struct resolution *r, const uint32_t *lock_index,
			 const struct solve_result *result, struct lock_arch *to)
{
	struct lock *l = r->lock;
	struct arena *a = &l->arena;

	to->n_packages = result->n_packages;
	to->packages = arena_array(a, result->n_packages + 1, sizeof(*to->packages));
	for (size_t i = 0; i < result->n_packages; i++) {
		const struct package *p = &result->packages[i].package;
		uint32_t index = lock_index[result->packages[i].index];

		to->packages[i] = (struct lock_package){
			.name = arena_view(a, p->name),
			.version = arena_view(a, p->version),
			.arch = arena_view(a, p->arch),
			.source = arena_view(a, p->source),
			.url = package_url(l, &l->indexes[index], p),
			.size_bytes = p->size_bytes,
			.installed_bytes = p->installed_bytes,
			.digest = p->digest,
			.index = index,
			.checksum = p->checksum.len ? arena_view(a, p->checksum) : NULL,
			.asked_by = arena_strdup(a, result->packages[i].asked_by),
		};
	}
}

static void say_left_out(const struct resolution *r, const struct solve_result *result)
{
	for (size_t i = 0; i < result->n_left_out; i++)
		monitor_debug(r->ctx->monitor,
			      "left out '%s', which '%s' needs for its scripts: %s",
			      result->left_out[i].name, result->left_out[i].needed_by,
			      result->left_out[i].reason);
}

static int open_base(struct resolution *r, const struct arch *arch, struct build_base **ret,
		     struct err *e)
{
	*ret = NULL;
	if (!r->lock->base || r->offers.n == 0)
		return 0;
	return build_base_open(r->ctx, r->recipe, r->lock->base, arch, ret, e);
}

static int resolve_arch(struct resolution *r, const char *oci, struct lock_arch *to,
			struct buf *why, struct err *e)
{
	struct solve_index *indexes;
	uint32_t *lock_index;
	size_t n = indexes_of(r, oci, &indexes, &lock_index);
	struct solve_request q = { .world = r->world->solver,
				   .indexes = indexes,
				   .n_indexes = n,
				   .arch = r->world->arch_name(arch_by_oci(oci)),
				   .depends = depends_of(r->recipe),
				   .script_only = r->rules };
	auto_solve_result result = NULL;
	struct build_base *base;
	int rc = open_base(r, arch_by_oci(oci), &base, e);

	if (rc < 0)
		return rc;
	add_wishes(r, &q);
	add_pins(r, oci, base, &q);
	build_base_close(base);
	rc = solve(&q, &result, why, e);
	if (rc < 0)
		return r->o->n_archs > 1 ? err_context(e, "%s", oci) : rc;
	to->arch = arena_strdup(&r->lock->arena, oci);
	add_packages(r, lock_index, result, to);
	say_left_out(r, result);
	return 0;
}

static int by_arch(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int resolve_all(struct resolution *r, struct buf *why, struct err *e)
{
	const char **archs = arena_array(&r->arena, r->o->n_archs, sizeof(*archs));
	struct lock *l = r->lock;

	memcpy(archs, r->o->archs, r->o->n_archs * sizeof(*archs));
	qsort(archs, r->o->n_archs, sizeof(*archs), by_arch);
	l->archs = arena_array(&l->arena, r->o->n_archs, sizeof(*l->archs));
	for (size_t i = 0; i < r->o->n_archs; i++) {
		int rc;

		if (i && strcmp(archs[i - 1], archs[i]) == 0)
			continue;
		rc = resolve_arch(r, archs[i], &l->archs[l->n_archs++], why, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_archs(const struct resolution *r, struct err *e)
{
	for (size_t i = 0; i < r->o->n_archs; i++) {
		const struct arch *arch = arch_by_oci(r->o->archs[i]);

		if (!arch || !r->world->arch_name(arch))
			return fail(e, FAIL_UNSUPPORTED, "%s has no packages for %s",
				    r->world->title, r->o->archs[i]);
	}
	return 0;
}

/* The one that was locked, unless it is to move or is another's. */
static int lock_base(struct resolution *r, struct err *e)
{
	const struct lock_base *old = r->o->old ? r->o->old->base : NULL;
	struct arena *a = &r->lock->arena;

	if (!r->recipe->base)
		return 0;
	r->lock->base = arena_new(a, struct lock_base);
	if (!old || strcmp(old->place, r->recipe->base) != 0)
		return build_base_resolve(r->ctx, r->recipe, a, r->lock->base, e);
	*r->lock->base = *old;
	r->lock->base->place = arena_strdup(a, old->place);
	r->lock->base->media_type = arena_strdup(a, old->media_type);
	return 0;
}

int build_resolve(const struct build_context *ctx, const struct recipe *r,
		  const struct resolve_options *o, struct lock **ret, struct buf *why,
		  struct err *e)
{
	struct resolution res = {
		.ctx = ctx,
		.recipe = r,
		.o = o,
		.world = recipe_is_alpine(r) ? &resolve_apk : &resolve_deb,
		.lock = mem_zalloc(sizeof(struct lock)),
	};
	int rc = check_archs(&res, e);

	if (rc == 0)
		rc = lock_base(&res, e);
	if (rc == 0 && r->depends == DEPENDS_RUNTIME)
		rc = solve_rules_builtin(res.world->solver->name, &res.arena, &res.rules, e);
	if (rc == 0 && (r->packages.n || r->debug))
		rc = res.world->open(&res, e);
	if (rc == 0) {
		recipe_resolution_digest(r, &res.lock->recipe);
		rc = resolve_all(&res, why, e);
	}
	if (rc == 0 && res.world->identify)
		rc = res.world->identify(&res, e);
	if (rc == 0)
		*ret = steal(res.lock);
	res.world->close(&res);
	free(res.offers.at);
	arena_done(&res.arena);
	lock_free(res.lock);
	return rc;
}

bool build_lock_is_current(const struct lock *l, const struct recipe *r, const char *const *archs,
			   size_t n_archs)
{
	struct sha256 digest;

	recipe_resolution_digest(r, &digest);
	if (!sha256_eq(&digest, &l->recipe))
		return false;
	for (size_t i = 0; i < n_archs; i++)
		if (!lock_find_arch(l, archs[i]))
			return false;
	return true;
}
