/* SPDX-License-Identifier: Apache-2.0 */
/* Packages of a lock into a folder of the user's. */
#include "build/vendor.h"

#include "base/date.h"
#include "build/alpine.h"
#include "net/file_url.h"

#include <string.h>
#include <sys/stat.h>

int build_package_urls(const struct build_context *ctx, const struct apk_context *apk,
		       const struct lock *l, const struct lock_package *p, struct arena *a,
		       const char *const **ret, size_t *ret_n, struct err *e)
{
	const struct lock_index *index = &l->indexes[p->index];
	const char *tail = p->url + strlen(index->uri);
	const char *const *bases;
	const char **urls;
	int64_t date_s = 0;
	int rc;

	*ret_n = 1;
	if (index->alpine) {
		urls = arena_array(a, 1, sizeof(*urls));
		*ret = urls;
		return alpine_package_url(apk, l, p, a, urls, e);
	}
	(void)date_parse_rfc3339(view_of(index->date), &date_s);
	rc = deb_mirror_urls(ctx->mirrors, index->uri, date_s, a, &bases, ret_n, e);
	if (rc < 0)
		return rc;
	while (*tail == '/')
		tail++;
	urls = arena_array(a, *ret_n, sizeof(*urls));
	for (size_t i = 0; i < *ret_n; i++)
		urls[i] = arena_printf(a, "%s/%s", bases[i], tail);
	*ret = urls;
	return 0;
}

struct vendoring {
	const struct build_context *ctx;
	const struct lock *lock;
	struct apk_context apk;
	int dir_fd;
	struct arena arena;
	struct http_file *files;
	size_t n;
	struct vendored *sum;
};

/* The cached file first; where that is damaged, the archive is asked. */
static int fill_urls(struct vendoring *v, const struct lock_package *p, const char *hex,
		     struct http_file *f, struct err *e)
{
	struct arena *a = &v->arena;
	const char *cached = arena_printf(a, "packages/%s", hex);
	const char *const *urls = NULL;
	const char **all;
	size_t n = 0;
	struct stat st;
	bool is_cached = fstatat(v->ctx->cache_fd, cached, &st, 0) == 0;
	int rc = build_package_urls(v->ctx, &v->apk, v->lock, p, a, &urls, &n, e);

	if (rc < 0 && !is_cached)
		return rc;
	if (rc < 0)
		n = 0;
	f->urls = all = arena_array(a, n + 1, sizeof(*all));
	if (is_cached)
		all[f->n_urls++] =
			file_url(arena_printf(a, "%s/%s", v->ctx->cache_path, cached), a);
	for (size_t i = 0; i < n; i++)
		all[f->n_urls++] = urls[i];
	return 0;
}

static int add(struct vendoring *v, const struct lock_package *p, struct err *e)
{
	struct http_file *f = &v->files[v->n];
	struct arena *a = &v->arena;
	char hex[SHA256_HEX_CHARS + 1];
	struct stat st;

	sha256_to_hex(&p->digest, hex);
	v->sum->n++;
	v->sum->bytes += p->size_bytes;
	if (fstatat(v->dir_fd, hex, &st, 0) == 0 && (uint64_t)st.st_size == p->size_bytes)
		return 0;
	*f = (struct http_file){ .what = arena_printf(a, "%s %s", p->name, p->version),
				 .dir_fd = v->dir_fd,
				 .name = arena_strdup(a, hex),
				 .size_bytes = p->size_bytes,
				 .digest = p->digest };
	v->n++;
	return fill_urls(v, p, hex, f, e);
}

static int add_all(struct vendoring *v, struct err *e)
{
	const struct lock *l = v->lock;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < l->n_archs; i++)
		n += l->archs[i].n_packages;
	v->files = arena_array(&v->arena, n + 1, sizeof(*v->files));
	for (size_t i = 0; i < l->n_archs; i++)
		for (size_t k = 0; rc == 0 && k < l->archs[i].n_packages; k++)
			rc = add(v, &l->archs[i].packages[k], e);
	return rc;
}

int build_vendor(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		 int dir_fd, struct vendored *ret, struct err *e)
{
	struct vendoring v = { .ctx = ctx, .lock = lock, .dir_fd = dir_fd, .sum = ret };
	int rc;

	*ret = (struct vendored){ 0 };
	v.apk = alpine_context(ctx, r, &v.arena);
	rc = add_all(&v, e);
	if (rc == 0 && v.n)
		rc = http_get_files(ctx->http, v.files, v.n, NULL, NULL, e);
	ret->n_new = v.n;
	arena_done(&v.arena);
	return rc;
}
