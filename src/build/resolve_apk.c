/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alpine's repositories in a resolution. Their indexes name packages by a SHA-1 only, so every
 * package is fetched before it is locked, checked down to its last byte, and locked with its
 * SHA-256. That is remembered in the cache, by all that the index says of the package.
 */
#include "build/resolve_world.h"

#include "base/array.h"
#include "base/mem.h"
#include "build/alpine.h"
#include "pkg/apk/package_file.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKAGES_DIR "packages"
#define KNOWN_DIR "apk"

struct apk_opened {
	struct apk_context apk;
	struct apk_repository **repositories;
	size_t n;
};

static const char *arch_name(const struct arch *arch)
{
	return arch->alpine;
}

/* Folders below the recipe's are locked as seen from there, so that a checkout may move. */
static const char *lock_uri(const struct resolution *r, const char *uri)
{
	size_t len = strlen(r->recipe->dir);

	if (strncmp(uri, r->recipe->dir, len) == 0 && uri[len] == '/')
		return arena_printf(&r->lock->arena, "./%s", uri + len + 1);
	return arena_strdup(&r->lock->arena, uri);
}

static int open_one(struct resolution *r, struct apk_opened *o, const char *line,
		    const char *const *archs, struct err *e)
{
	struct apk_source source;
	int rc = apk_source_parse(view_of(line), &r->arena, &source, e);

	if (rc == 0)
		rc = apk_repository_open(&o->apk, &source, archs, r->o->n_archs,
					 &o->repositories[o->n], e);
	if (rc < 0)
		return err_context(e, "repository '%s'", line);
	o->n++;
	return 0;
}

static void offer_all(struct resolution *r, const struct apk_opened *o)
{
	struct lock *l = r->lock;

	l->indexes = arena_array(&l->arena, o->n * r->o->n_archs + 1, sizeof(*l->indexes));
	for (size_t i = 0; i < o->n; i++) {
		const struct apk_repository *from = o->repositories[i];

		for (size_t k = 0; k < from->n_indexes; k++) {
			const struct apk_repository_index *x = &from->indexes[k];

			*array_push(&r->offers) = (struct offer){
				.oci = r->o->archs[k],
				.index = { .index = x->index, .name = from->uri, .tag = from->tag },
				.lock_index = (uint32_t)l->n_indexes,
			};
			l->indexes[l->n_indexes++] = (struct lock_index){
				.uri = lock_uri(r, x->uri),
				.suite = arena_strdup(&l->arena, x->arch),
				.digest = x->digest,
				.signer = x->signer ? arena_strdup(&l->arena, x->signer) : NULL,
				.alpine = true,
				.tag = from->tag ? arena_strdup(&l->arena, from->tag) : NULL,
			};
		}
	}
}

static int apk_open(struct resolution *r, struct err *e)
{
	const struct strings *lines = &r->recipe->repositories;
	struct apk_opened *o = arena_new(&r->arena, struct apk_opened);
	const char **archs = arena_array(&r->arena, r->o->n_archs + 1, sizeof(*archs));
	int rc = 0;

	r->opened = o;
	o->apk = alpine_context(r->ctx, r->recipe, &r->arena);
	o->repositories = arena_array(&r->arena, lines->n + 1, sizeof(struct apk_repository *));
	for (size_t i = 0; i < r->o->n_archs; i++)
		archs[i] = arch_by_oci(r->o->archs[i])->alpine;
	for (size_t i = 0; rc == 0 && i < lines->n; i++)
		rc = open_one(r, o, lines->at[i], archs, e);
	if (rc == 0)
		offer_all(r, o);
	return rc;
}

static void apk_close(struct resolution *r)
{
	struct apk_opened *o = r->opened;

	for (size_t i = 0; o && i < o->n; i++)
		apk_repository_close(o->repositories[i]);
	if (o)
		apk_context_done(&o->apk);
}

/* ---- digests ---- */

struct identify {
	struct resolution *r;
	int packages_fd, known_fd;
	struct http_file *files;
	size_t n;
};

/* What the index says of a package, as a name. */
static void name_of(const struct lock_package *p, char ret[SHA256_HEX_CHARS + 1])
{
	auto_free char *text = mem_printf("%s %s %s %llu %s", p->name, p->version, p->arch,
					  (unsigned long long)p->size_bytes, p->checksum);
	struct sha256 digest;

	sha256_of(text, strlen(text), &digest);
	sha256_to_hex(&digest, ret);
}

/* Known from before, with the file still there. */
static bool recall(const struct identify *i, const char *name, struct lock_package *p)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct err ignored;
	struct stat st;

	if (file_read(i->known_fd, name, SHA256_HEX_CHARS, &text, &ignored) < 0 ||
	    !sha256_from_hex(buf_view(&text), &p->digest))
		return false;
	sha256_to_hex(&p->digest, hex);
	return fstatat(i->packages_fd, hex, &st, 0) == 0 && (uint64_t)st.st_size == p->size_bytes;
}

/* A package that was fetched: checked, named by its digest, and remembered. */
static int adopt(const struct http_file *f, void *ctx, struct err *e)
{
	const struct identify *i = ctx;
	struct lock_package *p = f->user;
	const struct apk_indexed as = { p->name, p->version, p->checksum };
	char hex[SHA256_HEX_CHARS + 1];
	int rc = apk_package_verify(i->packages_fd, f->name, &as, &p->digest, e);

	if (rc < 0) {
		unlinkat(i->packages_fd, f->name, 0);
		return err_context(e, "package '%s' %s", p->name, p->version);
	}
	sha256_to_hex(&p->digest, hex);
	if (renameat(i->packages_fd, f->name, i->packages_fd, hex) < 0)
		return fail_sys(e, "keep package '%s'", p->name);
	/* A name that leads to no package is asked for again, so that nothing waits for the disk.
	 */
	return file_write_cached(i->known_fd, f->name, hex, SHA256_HEX_CHARS, 0644, e);
}

static int want(struct identify *i, struct lock_package *p, struct err *e)
{
	struct resolution *r = i->r;
	const struct apk_opened *o = r->opened;
	char name[SHA256_HEX_CHARS + 1];
	struct http_file *f = &i->files[i->n];
	const char **url = arena_array(&r->arena, 1, sizeof(*url));
	int rc;

	name_of(p, name);
	if (recall(i, name, p))
		return 0;
	p->digest = (struct sha256){ { 0 } };
	rc = alpine_package_url(&o->apk, r->lock, p, &r->arena, url, e);
	if (rc < 0)
		return rc;
	*f = (struct http_file){ .urls = url,
				 .n_urls = 1,
				 .what = arena_printf(&r->arena, "%s %s", p->name, p->version),
				 .dir_fd = i->packages_fd,
				 .name = arena_strdup(&r->arena, name),
				 .size_bytes = p->size_bytes,
				 .cached = true,
				 .user = p };
	i->n++;
	return 0;
}

static int identify_all(struct identify *i, struct err *e)
{
	struct lock *l = i->r->lock;
	size_t n = 0;
	int rc = 0;

	for (size_t a = 0; a < l->n_archs; a++)
		n += l->archs[a].n_packages;
	i->files = arena_array(&i->r->arena, n + 1, sizeof(*i->files));
	for (size_t a = 0; a < l->n_archs; a++)
		for (size_t k = 0; rc == 0 && k < l->archs[a].n_packages; k++)
			rc = want(i, &l->archs[a].packages[k], e);
	return rc < 0 || i->n == 0 ? rc
				   : http_get_files(i->r->ctx->http, i->files, i->n, adopt, i, e);
}

static int apk_identify(struct resolution *r, struct err *e)
{
	struct identify i = { .r = r, .packages_fd = -1, .known_fd = -1 };
	int rc = dir_open_at(r->ctx->cache_fd, PACKAGES_DIR, 0755, &i.packages_fd, e);

	if (rc == 0)
		rc = dir_open_at(r->ctx->cache_fd, KNOWN_DIR, 0755, &i.known_fd, e);
	if (rc == 0)
		rc = identify_all(&i, e);
	fd_cleanup(&i.packages_fd);
	fd_cleanup(&i.known_fd);
	return rc;
}

const struct resolve_world resolve_apk = {
	.title = "Alpine",
	.solver = &apk_world,
	.debug_package = "busybox-static",
	.arch_name = arch_name,
	.open = apk_open,
	.identify = apk_identify,
	.close = apk_close,
};
