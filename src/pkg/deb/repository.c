/* SPDX-License-Identifier: Apache-2.0 */
/* Puts Release and indexes of one source together. */
#include "pkg/deb/repository.h"

#include "base/buf.h"
#include "base/mem.h"
#include "pkg/deb/inrelease.h"
#include "pkg/deb/list.h"

struct opening {
	struct deb_context *ctx;
	const struct deb_source *source;
	const struct deb_inrelease *from;
	struct deb_repository *r;
	bool stale; /* an index is not the one that the Release names */
};

static void list_words(struct buf *to, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%s%s", i ? ", " : "", words[i]);
}

static int no_such(const struct opening *o, const char *what, const char *name,
		   const char *const *has, size_t n, struct err *e)
{
	auto_buf words = BUF_EMPTY;

	list_words(&words, has, n);
	return fail(e, FAIL_NOT_FOUND, "%s has no %s '%s'; it has %s", o->from->dist_url, what,
		    name, n ? buf_str(&words) : "none");
}

static int open_list(struct opening *o, const char *component, const char *arch,
		     const char *list_arch, struct err *e)
{
	struct arena *a = &o->r->arena;
	struct deb_list list = {
		.dir = component[0] ? arena_printf(a, "%s/binary-%s/", component, list_arch) : "",
		.name = arena_printf(a, "%s %s %s", o->source->suite, component, list_arch),
	};
	struct deb_repository_index *x = &o->r->indexes[o->r->n_indexes];
	int rc = deb_list_open(o->ctx, o->from, &list, &x->index, e);

	o->stale = list.stale;
	if (rc < 0)
		return rc;
	x->component = component;
	x->arch = arch;
	o->r->n_indexes++;
	return 0;
}

/* Some archives keep packages for all architectures apart (wiki DebianRepository/Format). */
static bool has_separate_all(const struct opening *o, const char *component)
{
	struct arena *a = &o->r->arena;
	static const char *const suffixes[] = { "", ".xz", ".gz", ".zst" };

	for (size_t i = 0; !o->from->release.all_included && i < 4; i++) {
		if (deb_release_find(&o->from->release, arena_printf(a, "%s/binary-all/Packages%s",
								     component, suffixes[i])))
			return true;
	}
	return false;
}

static int open_component(struct opening *o, const char *component, const char *arch, struct err *e)
{
	const struct deb_release *release = &o->from->release;
	const char *name = arena_strdup(&o->r->arena, component);
	const char *slash = strrchr(name, '/');
	bool known = release->n_components == 0;
	int rc;

	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < release->n_components; i++)
		known = known || strcmp(release->components[i], name) == 0;
	if (!known)
		return no_such(o, "component", component, release->components,
			       release->n_components, e);
	rc = open_list(o, name, arch, arch, e);
	if (rc == 0 && has_separate_all(o, name))
		rc = open_list(o, name, arch, "all", e);
	return rc;
}

static int open_arch(struct opening *o, const char *arch, struct err *e)
{
	const struct deb_release *release = &o->from->release;
	int rc = 0;

	if (!deb_source_has_arch(o->source, arch))
		return 0;
	arch = arena_strdup(&o->r->arena, arch);
	if (o->source->exact)
		return open_list(o, "", arch, arch, e);
	if (release->n_archs && !deb_release_has_arch(release, arch))
		return no_such(o, "architecture", arch, release->archs, release->n_archs, e);
	for (size_t i = 0; rc == 0 && i < o->source->n_components; i++)
		rc = open_component(o, o->source->components[i], arch, e);
	return rc;
}

static void describe(struct deb_repository *r, const struct deb_source *source,
		     const struct deb_inrelease *from)
{
	r->uri = arena_strdup(&r->arena, source->uri);
	r->base_url = arena_strdup(&r->arena, from->base_url);
	r->suite = arena_strdup(&r->arena, source->suite);
	r->codename = from->release.codename ? from->release.codename : r->suite;
	r->origin = from->release.origin;
	r->date_s = from->release.date_s;
	r->inrelease = from->digest;
	r->signer = from->signer;
	r->security = deb_release_is_security(&from->release);
}

static int open_all(struct deb_context *ctx, const struct deb_source *source,
		    const char *const *archs, size_t n_archs, bool *ret_stale,
		    struct deb_repository **ret, struct err *e)
{
	struct deb_repository *r = mem_zalloc(sizeof(*r));
	struct deb_inrelease from;
	struct opening o = { ctx, source, &from, r, false };
	int rc = deb_inrelease_get(ctx, source, &r->arena, &from, e);

	if (rc == 0) {
		describe(r, source, &from);
		/* Two for each: packages for all architectures may be apart. */
		r->indexes = arena_array(&r->arena, n_archs * (source->n_components + 1) * 2,
					 sizeof(*r->indexes));
	}
	for (size_t i = 0; rc == 0 && i < n_archs; i++)
		rc = open_arch(&o, archs[i], e);
	/* Only now: offline use needs the indexes, too. */
	if (rc == 0 && !ctx->offline)
		rc = deb_inrelease_remember(ctx, &from, e);
	*ret_stale = o.stale;
	if (rc < 0) {
		deb_repository_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

int deb_repository_open(struct deb_context *ctx, const struct deb_source *source,
			const char *const *archs, size_t n_archs, struct deb_repository **ret,
			struct err *e)
{
	bool stale;
	int rc = open_all(ctx, source, archs, n_archs, &stale, ret, e);

	if (rc == 0 || !stale)
		return rc;
	/* Release and index are of two states of the archive: a mirror in the middle of an update,
	 * or a cache before it. All is asked for anew, once. */
	monitor_note(ctx->monitor, "%s; trying once more from its InRelease on", e->msg);
	http_set_fresh(ctx->http, true);
	rc = open_all(ctx, source, archs, n_archs, &stale, ret, e);
	http_set_fresh(ctx->http, false);
	if (rc == -FAIL_VERIFY)
		return err_hint(e, "this mirror or a cache before it may be in the middle of an "
				   "update: try again later, or another with --mirror");
	return rc;
}

void deb_repository_close(struct deb_repository *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_indexes; i++)
		index_close(r->indexes[i].index);
	arena_done(&r->arena);
	free(r);
}
