/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolution of a recipe: its Debian repositories are opened once for all architectures, each
 * architecture is solved for itself, and the lock is written from what came out.
 */
#include "build/resolve.h"

#include "base/array.h"
#include "base/date.h"
#include "base/mem.h"
#include "pkg/deb/context.h"
#include "pkg/deb/repository.h"
#include "pkg/deb/source.h"
#include "pkg/solve.h"

#include <stdlib.h>
#include <string.h>

#define DEBUG_PACKAGE "busybox-static"

enum { SECURITY_PRIORITY = 1 };

struct resolution {
	const struct build_context *ctx;
	const struct recipe *recipe;
	const struct resolve_options *o;
	struct deb_context deb;
	struct arena arena;
	struct deb_repository **repositories;
	size_t n_repositories;
	struct solve_rules rules;
	struct lock *lock;
};

static int open_repositories(struct resolution *r, struct err *e)
{
	const struct strings *lines = &r->recipe->repositories;
	const char **archs = arena_array(&r->arena, r->o->n_archs, sizeof(*archs));

	for (size_t i = 0; i < r->o->n_archs; i++)
		archs[i] = arch_by_oci(r->o->archs[i])->debian;
	r->repositories = arena_array(&r->arena, lines->n + 1, sizeof(struct deb_repository *));
	for (size_t i = 0; i < lines->n; i++) {
		struct deb_source source;
		int rc = deb_source_parse(view_of(lines->at[i]), r->recipe->dir, &r->arena, &source,
					  e);

		if (rc == 0)
			rc = deb_repository_open(&r->deb, &source, archs, r->o->n_archs,
						 &r->repositories[r->n_repositories], e);
		if (rc < 0)
			return err_context(e, "repository '%s'", lines->at[i]);
		r->n_repositories++;
	}
	return 0;
}

static const char *lock_date(struct arena *a, int64_t s)
{
	char text[DATE_TEXT_BYTES];

	date_format_rfc3339(s, text);
	return arena_strdup(a, text);
}

static void fill_indexes(struct resolution *r)
{
	struct lock *l = r->lock;

	l->n_indexes = r->n_repositories;
	l->indexes = arena_array(&l->arena, r->n_repositories + 1, sizeof(*l->indexes));
	for (size_t i = 0; i < r->n_repositories; i++) {
		const struct deb_repository *from = r->repositories[i];

		l->indexes[i] = (struct lock_index){
			.uri = arena_strdup(&l->arena, from->uri),
			.suite = arena_strdup(&l->arena, from->suite),
			.codename = arena_strdup(&l->arena, from->codename),
			.date = lock_date(&l->arena, from->date_s),
			.digest = from->inrelease,
			.signer = from->signer ? arena_strdup(&l->arena, from->signer) : NULL,
			.security = from->security,
		};
	}
}

/* The indexes of one architecture, and which repository each is of. */
struct candidates {
	struct solve_index *indexes;
	uint32_t *repository;
	size_t n;
};

static struct candidates candidates_of(struct resolution *r, const char *debian)
{
	struct candidates c = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < r->n_repositories; i++)
		n += r->repositories[i]->n_indexes;
	c.indexes = arena_array(&r->arena, n + 1, sizeof(*c.indexes));
	c.repository = arena_array(&r->arena, n + 1, sizeof(*c.repository));
	for (size_t i = 0; i < r->n_repositories; i++) {
		const struct deb_repository *from = r->repositories[i];

		for (size_t x = 0; x < from->n_indexes; x++) {
			if (strcmp(from->indexes[x].arch, debian) != 0)
				continue;
			c.repository[c.n] = (uint32_t)i;
			c.indexes[c.n++] = (struct solve_index){
				.index = from->indexes[x].index,
				.name = from->suite,
				.priority = from->security ? SECURITY_PRIORITY : 0,
				.security = from->security,
			};
		}
	}
	return c;
}

static void add_wishes(struct resolution *r, struct solve_request *q)
{
	const struct strings *packages = &r->recipe->packages;
	struct solve_wish *wishes = arena_array(&r->arena, packages->n + 1, sizeof(*wishes));

	for (size_t i = 0; i < packages->n; i++)
		wishes[q->n_wishes++] = (struct solve_wish){ packages->at[i], r->recipe->name };
	if (r->recipe->debug)
		wishes[q->n_wishes++] = (struct solve_wish){ DEBUG_PACKAGE, "variant debug" };
	q->wishes = wishes;
}

static void add_pins(struct resolution *r, const char *arch, struct solve_request *q)
{
	const struct lock_arch *old = r->o->old ? lock_find_arch(r->o->old, arch) : NULL;
	struct solve_pin *pins;

	if (!old)
		return;
	pins = arena_array(&r->arena, old->n_packages + 1, sizeof(*pins));
	for (size_t i = 0; i < old->n_packages; i++) {
		const struct lock_package *p = &old->packages[i];

		if (!r->o->update_package || strcmp(p->name, r->o->update_package) != 0)
			pins[q->n_pins++] = (struct solve_pin){ p->name, p->version };
	}
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

static void add_packages(struct resolution *r, const struct candidates *c,
			 const struct solve_result *result, struct lock_arch *to)
{
	struct lock *l = r->lock;
	struct arena *a = &l->arena;

	to->n_packages = result->n_packages;
	to->packages = arena_array(a, result->n_packages + 1, sizeof(*to->packages));
	for (size_t i = 0; i < result->n_packages; i++) {
		const struct package *p = &result->packages[i].package;
		uint32_t index = c->repository[result->packages[i].index];

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

static int resolve_arch(struct resolution *r, const char *oci, struct lock_arch *to,
			struct buf *why, struct err *e)
{
	const struct arch *arch = arch_by_oci(oci);
	struct candidates c = candidates_of(r, arch->debian);
	struct solve_request q = { .world = &deb_world,
				   .indexes = c.indexes,
				   .n_indexes = c.n,
				   .arch = arch->debian,
				   .depends = depends_of(r->recipe),
				   .script_only = r->rules };
	auto_solve_result result = NULL;
	int rc;

	add_wishes(r, &q);
	add_pins(r, oci, &q);
	rc = solve(&q, &result, why, e);
	if (rc < 0)
		return r->o->n_archs > 1 ? err_context(e, "%s", oci) : rc;
	to->arch = arena_strdup(&r->lock->arena, oci);
	add_packages(r, &c, result, to);
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

int build_resolve(const struct build_context *ctx, const struct recipe *r,
		  const struct resolve_options *o, struct lock **ret, struct buf *why,
		  struct err *e)
{
	struct resolution res = {
		.ctx = ctx,
		.recipe = r,
		.o = o,
		.deb = { .http = ctx->http,
			 .cache_fd = ctx->cache_fd,
			 .monitor = ctx->monitor,
			 .now_s = ctx->now_s,
			 .mirrors = *ctx->mirrors,
			 .keyrings = (const char *const *)r->keyring.at,
			 .n_keyrings = r->keyring.n,
			 .root = "/",
			 .offline = ctx->offline,
			 .allow_unsigned = ctx->allow_unsigned },
		.lock = mem_zalloc(sizeof(struct lock)),
	};
	int rc = 0;

	if (r->depends == DEPENDS_RUNTIME)
		rc = solve_rules_builtin(&res.arena, &res.rules, e);
	if (rc == 0 && (r->packages.n || r->debug))
		rc = open_repositories(&res, e);
	if (rc == 0) {
		recipe_resolution_digest(r, &res.lock->recipe);
		fill_indexes(&res);
		rc = resolve_all(&res, why, e);
	}
	if (rc == 0)
		*ret = steal(res.lock);
	for (size_t i = 0; i < res.n_repositories; i++)
		deb_repository_close(res.repositories[i]);
	deb_context_done(&res.deb);
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
