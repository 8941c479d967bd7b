/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which package would help: by the archives' own Contents where they can be had, else by the names
 * that Debian's policy gives to the packages of libraries (8.1).
 */
#include "base/array.h"
#include "build/proof.h"
#include "build/sonames.h"
#include "pkg/deb/context.h"
#include "pkg/deb/owners.h"

#include <ctype.h>
#include <string.h>

/* What scripts ask for, of all the packages that have a file of this name. */
static const struct {
	const char *file, *package;
} programs[] = {
	{ "bash", "bash" }, { "dash", "dash" },	      { "env", "coreutils" }, { "node", "nodejs" },
	{ "perl", "perl" }, { "python3", "python3" }, { "ruby", "ruby" },     { "sh", "dash" },
};

static const char *by_table(const char *name, struct arena *a)
{
	for (size_t i = 0; i < COUNT_OF(programs); i++)
		if (strcmp(name, programs[i].file) == 0)
			return programs[i].package;
	if (strncmp(name, "ld-musl-", 8) == 0)
		return "musl";
	return soname_package(name, a);
}

/* libssl.so.3 → libssl3, libfoo2.so.1 → libfoo2-1, libgcc_s.so.1 → libgcc-s1. */
static const char *by_policy(const char *name, struct arena *a)
{
	const char *so = strstr(name, ".so.");
	char *text;

	if (!so || strncmp(name, "lib", 3) != 0)
		return NULL;
	text = arena_printf(a, "%.*s%s%s", (int)(so - name), name,
			    isdigit((unsigned char)so[-1]) ? "-" : "", so + 4);
	for (char *c = text; *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return text;
}

static const char *in_source(const struct build *b, struct deb_context *deb, const char *line,
			     const char *name, struct arena *a)
{
	auto_owners owners = NULL;
	struct deb_source source;
	struct deb_owner owner;
	struct err ignored;

	if (deb_source_parse(view_of(line), b->recipe->dir, a, &source, &ignored) < 0 ||
	    !deb_source_has_arch(&source, b->arch->debian) ||
	    deb_owners_open(deb, &source, b->arch->debian, &owners, &ignored) < 0)
		return NULL;
	if (deb_owners_of_soname(owners, name, &owner) ||
	    deb_owners_named(owners, view_of(name), &owner, 1) > 0)
		return arena_view(a, owner.package);
	return NULL;
}

static const char *by_contents(const struct build *b, const char *name, struct arena *a)
{
	const struct build_context *ctx = b->ctx;
	const struct strings *lines = &b->recipe->repositories;
	struct deb_context deb = { .http = ctx->http,
				   .cache_fd = ctx->cache_fd,
				   .now_s = ctx->now_s,
				   .mirrors = *ctx->mirrors,
				   .keyrings = (const char *const *)b->recipe->keyring.at,
				   .n_keyrings = b->recipe->keyring.n,
				   .root = "/",
				   .offline = ctx->offline,
				   .allow_unsigned = ctx->allow_unsigned };
	const char *found = NULL;

	for (size_t i = 0; i < lines->n && !found; i++)
		found = in_source(b, &deb, lines->at[i], name, a);
	deb_context_done(&deb);
	return found;
}

const char *build_package_with(const struct build *b, const char *file, struct arena *a)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	const char *found;

	/* Alpine's packages provide libraries by name. */
	if (recipe_is_alpine(b->recipe))
		return strstr(name, ".so") ? arena_printf(a, "so:%s", name) : NULL;
	found = by_table(name, a);

	if (!found)
		found = by_contents(b, name, a);
	return found ? found : by_policy(name, a);
}
