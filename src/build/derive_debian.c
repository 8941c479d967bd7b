/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian, for programs of glibc: the oldest release whose libraries are new enough, since that is
 * where programs run longest, and which package has a library by data/sonames.txt or the Contents
 * index.
 */
#include "build/derive_dynamic.h"

#include "build/sonames.h"
#include "pkg/deb/context.h"
#include "pkg/deb/owners.h"
#include "pkg/deb/repository.h"
#include "recipe/reader.h"

#include <string.h>

int derive_open_owners(const struct deriving *x, const struct release *r, const char *arch,
		       const char *what, struct deb_owners **ret, struct err *e)
{
	const struct build_context *ctx = x->ctx;
	const struct strings *keyring = &x->wishes->keyring;
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

	release_write_repositories(r, x->a, &lines);
	rc = deb_source_parse(view_of(lines.at[0]), NULL, x->a, &source, e);
	if (rc == 0)
		rc = deb_owners_open(&deb, &source, arch, ret, e);
	deb_context_done(&deb);
	return rc < 0 ? err_context(e, "look for %s in %s", what, r->codename) : 0;
}

static int find(struct supply *ar, const char *soname, const char **ret, struct err *e)
{
	struct deb_owner owner;
	struct deb_owners *owners;

	*ret = soname_package(soname, ar->x->a);
	if (*ret)
		return 0;
	if (!ar->of) {
		if (derive_open_owners(ar->x, ar->release, ar->x->program->arch->debian,
				       "libraries", &owners, e) < 0)
			return -(int)e->code;
		ar->of = owners;
	}
	if (deb_owners_of_soname(ar->of, soname, &owner))
		*ret = arena_view(ar->x->a, owner.package);
	return 0;
}

static void close_owners(void *of)
{
	deb_owners_close(of);
}

static const char *lacks(const struct deriving *x, const struct release *r)
{
	const char *has;
	struct view version = release_lacks(r, &x->program->symbols, &has);

	return version.ptr ? arena_printf(x->a, "it needs %.*s, and Debian %s has %s",
					  VIEW_ARG(version), r->codename, has)
			   : NULL;
}

static const char *why(const struct deriving *x, const struct release *r, const char *older)
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

/* The oldest first. */
static int releases(const struct deriving *x, struct release **ret, size_t *ret_n, struct err *e)
{
	if (!x->wishes->release)
		return releases_builtin(x->a, ret, ret_n, e);
	*ret = arena_new(x->a, struct release);
	*ret_n = 1;
	return release_find(x->wishes->release, x->a, *ret, e);
}

const struct archive archive_debian = {
	.title = "Debian",
	.libc = "libc6",
	.advice = "build it on an older system, or take this machine's libraries with --libs=host",
	.releases = releases,
	.lacks = lacks,
	.find = find,
	.close = close_owners,
	.why = why,
};
