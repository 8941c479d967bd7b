/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's repositories in a resolution. */
#include "build/resolve_world.h"

#include "base/array.h"
#include "base/date.h"
#include "pkg/deb/context.h"
#include "pkg/deb/repository.h"
#include "pkg/deb/source.h"

#include <string.h>

enum { SECURITY_PRIORITY = 1 };

struct deb_opened {
	struct deb_context deb;
	struct deb_repository **repositories;
	size_t n;
};

static const char *arch_name(const struct arch *arch)
{
	return arch->debian;
}

static struct deb_context context_of(const struct resolution *r)
{
	const struct build_context *ctx = r->ctx;

	return (struct deb_context){ .http = ctx->http,
				     .cache_fd = ctx->cache_fd,
				     .monitor = ctx->monitor,
				     .now_s = ctx->now_s,
				     .mirrors = *ctx->mirrors,
				     .keyrings = (const char *const *)r->recipe->keyring.at,
				     .n_keyrings = r->recipe->keyring.n,
				     .root = "/",
				     .offline = ctx->offline,
				     .allow_unsigned = ctx->allow_unsigned };
}

static int open_repositories(struct resolution *r, struct deb_opened *o, struct err *e)
{
	const struct strings *lines = &r->recipe->repositories;
	const char **archs = arena_array(&r->arena, r->o->n_archs, sizeof(*archs));

	for (size_t i = 0; i < r->o->n_archs; i++)
		archs[i] = arch_by_oci(r->o->archs[i])->debian;
	o->repositories = arena_array(&r->arena, lines->n + 1, sizeof(struct deb_repository *));
	for (size_t i = 0; i < lines->n; i++) {
		struct deb_source source;
		int rc = deb_source_parse(view_of(lines->at[i]), r->recipe->dir, &r->arena, &source,
					  e);

		if (rc == 0)
			rc = deb_repository_open(&o->deb, &source, archs, r->o->n_archs,
						 &o->repositories[o->n], e);
		if (rc < 0)
			return err_context(e, "repository '%s'", lines->at[i]);
		o->n++;
	}
	return 0;
}

static const char *lock_date(struct arena *a, int64_t s)
{
	char text[DATE_TEXT_BYTES];

	date_format_rfc3339(s, text);
	return arena_strdup(a, text);
}

static void offer(struct resolution *r, const struct deb_repository *from, uint32_t lock_index)
{
	for (size_t i = 0; i < from->n_indexes; i++)
		*array_push(&r->offers) = (struct offer){
			.oci = arch_by_debian(from->indexes[i].arch)->oci,
			.index = { .index = from->indexes[i].index,
				   .name = from->suite,
				   .priority = from->security ? SECURITY_PRIORITY : 0,
				   .security = from->security },
			.lock_index = lock_index,
		};
}

static void fill_indexes(struct resolution *r, const struct deb_opened *o)
{
	struct lock *l = r->lock;

	l->n_indexes = o->n;
	l->indexes = arena_array(&l->arena, o->n + 1, sizeof(*l->indexes));
	for (size_t i = 0; i < o->n; i++) {
		const struct deb_repository *from = o->repositories[i];

		l->indexes[i] = (struct lock_index){
			.uri = arena_strdup(&l->arena, from->uri),
			.suite = arena_strdup(&l->arena, from->suite),
			.codename = arena_strdup(&l->arena, from->codename),
			.date = lock_date(&l->arena, from->date_s),
			.digest = from->inrelease,
			.signer = from->signer ? arena_strdup(&l->arena, from->signer) : NULL,
			.security = from->security,
		};
		offer(r, from, (uint32_t)i);
	}
}

static int deb_open(struct resolution *r, struct err *e)
{
	struct deb_opened *o = arena_new(&r->arena, struct deb_opened);
	int rc;

	r->opened = o;
	o->deb = context_of(r);
	rc = open_repositories(r, o, e);
	if (rc == 0)
		fill_indexes(r, o);
	return rc;
}

static void deb_close(struct resolution *r)
{
	struct deb_opened *o = r->opened;

	for (size_t i = 0; o && i < o->n; i++)
		deb_repository_close(o->repositories[i]);
	if (o)
		deb_context_done(&o->deb);
}

const struct resolve_world resolve_deb = {
	.title = "Debian",
	.solver = &deb_world,
	.debug_package = "busybox-static",
	.arch_name = arch_name,
	.open = deb_open,
	.close = deb_close,
};
