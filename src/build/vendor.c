/* SPDX-License-Identifier: Apache-2.0 */
/* Packages of a lock into a folder of the user's. */
#include "build/vendor.h"

#include "base/array.h"
#include "base/date.h"
#include "base/map.h"
#include "build/alpine.h"
#include "build/base.h"
#include "io/hash.h"
#include "net/file_url.h"
#include "place/choose.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The file of that digest in a folder, as a URL; NULL: there is none. */
static const char *kept_file(const char *folder, const struct sha256 *digest, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_free char *path = NULL;

	if (!folder)
		return NULL;
	sha256_to_hex(digest, hex);
	path = realpath(arena_printf(a, "%s/%s", folder, hex), NULL);
	return path ? file_url(path, a) : NULL;
}

/* With room for one more in front. */
static int debian_urls(const struct build_context *ctx, const struct lock *l,
		       const struct lock_package *p, struct arena *a, const char ***ret,
		       size_t *ret_n, struct err *e)
{
	const struct lock_index *index = &l->indexes[p->index];
	const char *tail = p->url + strlen(index->uri);
	const char *const *bases;
	const char **urls;
	int64_t date_s = 0;
	int rc;

	(void)date_parse_rfc3339(view_of(index->date), &date_s);
	rc = deb_mirror_urls(ctx->mirrors, index->uri, date_s, a, &bases, ret_n, e);
	if (rc < 0)
		return rc;
	while (*tail == '/')
		tail++;
	*ret = urls = arena_array(a, *ret_n + 1, sizeof(*urls));
	for (size_t i = 0; i < *ret_n; i++)
		urls[i + 1] = arena_printf(a, "%s/%s", bases[i], tail);
	return 0;
}

static int alpine_urls(const struct apk_context *apk, const struct lock *l,
		       const struct lock_package *p, struct arena *a, const char ***ret,
		       size_t *ret_n, struct err *e)
{
	const char **urls = arena_array(a, 2, sizeof(*urls));
	int rc = alpine_package_url(apk, l, p, a, &urls[1], e);

	*ret = urls;
	*ret_n = 1;
	return rc;
}

int build_package_urls(const struct build_context *ctx, const struct apk_context *apk,
		       const struct lock *l, const struct lock_package *p, const char *folder,
		       struct arena *a, const char *const **ret, size_t *ret_n, struct err *e)
{
	const char *kept = kept_file(folder, &p->digest, a);
	const char **urls;
	size_t n;
	int rc = l->indexes[p->index].alpine ? alpine_urls(apk, l, p, a, &urls, &n, e)
					     : debian_urls(ctx, l, p, a, &urls, &n, e);

	if (rc < 0 && kept) { /* no mirror is known, and perhaps none needed */
		urls = arena_array(a, 1, sizeof(*urls));
		n = 0;
	} else if (rc < 0) {
		return rc;
	}
	if (kept)
		urls[0] = kept;
	*ret = kept ? urls : urls + 1;
	*ret_n = n + (kept != NULL);
	return 0;
}

struct vendoring {
	const struct build_context *ctx;
	const struct recipe *recipe;
	const struct lock *lock;
	struct apk_context apk;
	const char *packages_path; /* of the cache */
	int dir_fd;
	struct arena arena;
	struct http_file *files;
	size_t n, cap;
	struct map seen; /* digests: what several architectures share is one file */
	struct vendored *sum;
};

static bool is_there(const struct vendoring *v, const char *name, const struct sha256 *digest,
		     uint64_t size_bytes)
{
	auto_fd fd = openat(v->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && hash_is(fd, size_bytes, digest);
}

/* The next file, which is still to be had; NULL: it is there, or was counted before. */
static struct http_file *next_file(struct vendoring *v, const struct sha256 *digest,
				   uint64_t size_bytes, const char *what, size_t *sum)
{
	char hex[SHA256_HEX_CHARS + 1];
	struct http_file *f;
	void **seen;

	sha256_to_hex(digest, hex);
	seen = map_put(&v->seen, view_of(arena_strdup(&v->arena, hex)));
	if (*seen)
		return NULL;
	*seen = v;
	(*sum)++;
	v->sum->bytes += size_bytes;
	if (is_there(v, hex, digest, size_bytes))
		return NULL;
	f = array_push_to(v->files, v->n, v->cap);
	*f = (struct http_file){ .what = what,
				 .dir_fd = v->dir_fd,
				 .name = arena_strdup(&v->arena, hex),
				 .size_bytes = size_bytes,
				 .digest = *digest };
	return f;
}

static int add(struct vendoring *v, const struct lock_package *p, struct err *e)
{
	const char *what = arena_printf(&v->arena, "%s %s", p->name, p->version);
	struct http_file *f = next_file(v, &p->digest, p->size_bytes, what, &v->sum->n);

	/* The cached file first; where that is damaged, the archive is asked. */
	return f ? build_package_urls(v->ctx, &v->apk, v->lock, p, v->packages_path, &v->arena,
				      &f->urls, &f->n_urls, e)
		 : 0;
}

static int add_all(struct vendoring *v, struct err *e)
{
	const struct lock *l = v->lock;
	int rc = 0;

	for (size_t i = 0; i < l->n_archs; i++)
		for (size_t k = 0; rc == 0 && k < l->archs[i].n_packages; k++)
			rc = add(v, &l->archs[i].packages[k], e);
	return rc;
}

/* ---- the base ---------------------------------------------------------------------------- */

/* Out of the store. */
static void add_blob(struct vendoring *v, const struct descriptor *d)
{
	struct arena *a = &v->arena;
	auto_free char *store = NULL;
	const char **urls;
	struct http_file *f;
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&d->digest, hex);
	f = next_file(v, &d->digest, d->size, arena_printf(a, "base %.12s", hex), &v->sum->n_base);
	if (!f)
		return;
	store = realpath(store_path(v->ctx->store), NULL);
	f->urls = urls = arena_array(a, 1, sizeof(*urls));
	urls[f->n_urls++] =
		file_url(arena_printf(a, "%s/blobs/sha256/%s", store ? store : "", hex), a);
}

static int add_base(struct vendoring *v, const struct arch *arch, struct err *e)
{
	const struct descriptor root = build_base_root(v->lock->base, &v->arena);
	const struct platform_choice choice = { .wanted = arch->oci, .name = v->recipe->base };
	auto_place_source store = place_source_of_store(v->ctx->store);
	struct descriptor manifest;
	struct look look;
	int rc = build_base_bring(v->ctx, v->recipe, &root, arch, &v->arena, e);

	if (rc == 0)
		rc = place_choose(store, &root, &choice, &v->arena, &manifest, e);
	if (rc == 0)
		rc = look_read(store, &manifest, &v->arena, &look, e);
	if (rc < 0)
		return rc;
	add_blob(v, &root);
	add_blob(v, &manifest);
	add_blob(v, &look.platforms[0].manifest.config);
	for (size_t i = 0; i < look.platforms[0].manifest.n_layers; i++)
		add_blob(v, &look.platforms[0].manifest.layers[i]);
	return 0;
}

static int add_bases(struct vendoring *v, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && v->lock->base && i < v->lock->n_archs; i++) {
		const struct arch *arch = arch_by_oci(v->lock->archs[i].arch);

		if (arch)
			rc = add_base(v, arch, e);
	}
	return rc;
}

int build_vendor(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		 int dir_fd, struct vendored *ret, struct err *e)
{
	struct vendoring v = {
		.ctx = ctx, .recipe = r, .lock = lock, .dir_fd = dir_fd, .sum = ret
	};
	int rc;

	*ret = (struct vendored){ 0 };
	v.apk = alpine_context(ctx, r, &v.arena);
	v.packages_path = arena_printf(&v.arena, "%s/packages", ctx->cache_path);
	rc = add_all(&v, e);
	if (rc == 0)
		rc = add_bases(&v, e);
	if (rc == 0 && v.n)
		rc = http_get_files(ctx->http, v.files, v.n, NULL, NULL, e);
	ret->n_new = v.n;
	free(v.files);
	map_done(&v.seen);
	arena_done(&v.arena);
	return rc;
}
