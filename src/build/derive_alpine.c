/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alpine, for programs of musl: the newest release that has their libraries, since musl runs what
 * was linked with an older one; which package has a library is what the index says by `so:` names.
 */
#include "build/derive_dynamic.h"

#include "pkg/apk/depends.h"
#include "pkg/apk/repository.h"
#include "pkg/apk/version.h"
#include "recipe/reader.h"

#include <string.h>

struct opened {
	struct apk_context apk;
	struct apk_repository **at;
	size_t n;
};

static void close_repositories(void *of)
{
	struct opened *o = of;

	for (size_t i = 0; i < o->n; i++)
		apk_repository_close(o->at[i]);
	apk_context_done(&o->apk);
}

static struct apk_context context_of(const struct deriving *x)
{
	const struct build_context *ctx = x->ctx;

	return (struct apk_context){ .http = ctx->http,
				     .cache_fd = ctx->cache_fd,
				     .monitor = ctx->monitor,
				     .keyrings = (const char *const *)x->wishes->keyring.at,
				     .n_keyrings = x->wishes->keyring.n,
				     .keys_path = ctx->mirrors->alpine_keys,
				     .root = "",
				     .mirror = ctx->mirrors->alpine,
				     .base_dir = x->cwd,
				     .offline = ctx->offline,
				     .allow_unsigned = ctx->allow_unsigned };
}

/* A mirror that nobody named isn't one that lacks the release. */
static int check_mirror(const struct supply *ar, const struct opened *o, struct err *e)
{
	const char *url;

	if (apk_uri_resolve(&o->apk, APK_URI_ALPINE, "", ar->x->a, &url, e) == 0)
		return 0;
	return fail(e, FAIL_UNSUPPORTED,
		    "'%s' is linked with musl, so its libraries are Alpine's, and no mirror of "
		    "Alpine is configured\n"
		    "use --mirror, set PARE_ALPINE_MIRROR, or take this machine's libraries with "
		    "--libs=host",
		    ar->x->program->path);
}

static int open_line(struct supply *ar, struct opened *o, const char *line, struct err *e)
{
	struct apk_source source;
	int rc = apk_source_parse(view_of(line), ar->x->a, &source, e);

	if (rc == 0)
		rc = apk_repository_open(&o->apk, &source, &ar->x->program->arch->alpine, 1,
					 &o->at[o->n], e);
	if (rc == 0)
		o->n++;
	return rc;
}

static int open_all(struct supply *ar, struct opened *o, struct err *e)
{
	struct strings lines = { 0 };
	int rc = 0;

	release_write_repositories(ar->release, ar->x->a, &lines);
	o->at = arena_array(ar->x->a, lines.n + 1, sizeof(struct apk_repository *));
	for (size_t i = 0; rc == 0 && i < lines.n; i++)
		rc = open_line(ar, o, lines.at[i], e);
	return rc;
}

static int open_release(struct supply *ar, const char **ret_lacks, struct err *e)
{
	struct arena *a = ar->x->a;
	struct opened *o = arena_new(a, struct opened);
	bool missing = false;
	int rc;

	o->apk = context_of(ar->x);
	ar->of = o;
	rc = check_mirror(ar, o, e);
	if (rc == 0)
		rc = apk_context_open_keys(&o->apk, e);
	if (rc == 0) {
		rc = open_all(ar, o, e);
		missing = rc == -FAIL_NOT_FOUND && !ar->x->wishes->release;
	}
	if (rc == 0)
		return 0;
	supply_done(ar);
	if (missing) {
		*ret_lacks = arena_printf(a, "the mirror has no Alpine %s", ar->release->name);
		ar->detail = arena_strdup(a, e->msg);
		return 0;
	}
	return rc == -FAIL_UNSUPPORTED
		       ? rc
		       : err_context(e, "look for libraries in Alpine %s", ar->release->name);
}

/* The version in which a package provides a name; ptr is NULL when it has none. */
static struct view provided_version(const struct package *p, struct view name)
{
	struct view rest = p->provides, word;
	struct err ignored;
	struct atom atom;

	while (view_word(&rest, &word))
		if (apk_atom_parse(word, &atom, &ignored) == 0 && view_eq(atom.name, name))
			return atom.version;
	return (struct view){ NULL, 0 };
}

struct provider {
	struct package package;
	struct view version;
	bool any;
};

static bool is_better(const struct provider *a, const struct provider *b)
{
	if (!b->any || a->package.provider_priority != b->package.provider_priority)
		return !b->any || a->package.provider_priority > b->package.provider_priority;
	return apk_version_compare(a->version, b->version) > 0;
}

/* As the solver would choose it: the highest priority, then the highest version. */
static void search(const struct index *index, struct view name, struct provider *best)
{
	const uint32_t *ids;
	size_t n = index_providing(index, name, &ids);

	for (size_t i = 0; i < n; i++) {
		struct provider p = { .any = true };

		if (!index_package(index, ids[i], &p.package))
			continue;
		p.version = provided_version(&p.package, name);
		if (is_better(&p, best))
			*best = p;
	}
}

/* Names that musl's loader takes for its own: libc, and what is in it elsewhere. */
static bool is_libc(struct view soname)
{
	static const char *const names[] = { "c", "pthread", "rt", "m", "dl", "util", "xnet" };
	struct view rest = soname, stem;

	if (!view_starts(soname, "lib"))
		return false;
	rest = view_make(soname.ptr + 3, soname.len - 3);
	if (!view_split(&rest, '.', &stem) || !rest.ptr)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_is(stem, names[i]))
			return true;
	return false;
}

static int find(struct supply *ar, const char *soname, const char **ret, struct err *e)
{
	struct view name = view_of(arena_printf(ar->x->a, "so:%s", soname));
	const struct opened *o = ar->of;
	struct provider best = { 0 };

	(void)e;
	for (size_t i = 0; i < o->n; i++)
		search(o->at[i]->indexes[0].index, name, &best);
	*ret = best.any			  ? arena_view(ar->x->a, best.package.name)
	       : is_libc(view_of(soname)) ? archive_alpine.libc
					  : NULL;
	return 0;
}

static const char *why(const struct deriving *x, const struct release *r, const char *newer)
{
	return arena_printf(x->a, "dynamic, with musl: libraries of Alpine %s, %s%s", r->name,
			    x->wishes->release ? "as asked for"
			    : newer	       ? "since "
					       : "the newest release known",
			    x->wishes->release || !newer ? "" : newer);
}

/* The newest first. */
static int releases(const struct deriving *x, struct release **ret, size_t *ret_n, struct err *e)
{
	if (!x->wishes->release)
		return releases_alpine(x->a, ret, ret_n, e);
	*ret = arena_new(x->a, struct release);
	*ret_n = 1;
	return release_find_alpine(x->wishes->release, x->a, *ret, e);
}

const struct archive archive_alpine = {
	.title = "Alpine",
	.libc = "musl",
	.advice =
		"name a release with --release, or take this machine's libraries with --libs=host",
	.releases = releases,
	.open = open_release,
	.find = find,
	.close = close_repositories,
	.why = why,
};
