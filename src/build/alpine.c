/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts and addresses of Alpine's packages. */
#include "build/alpine.h"

#include <string.h>

struct apk_context alpine_context(const struct build_context *ctx, const struct recipe *r,
				  struct arena *a)
{
	struct apk_key_text *texts = arena_array(a, r->n_keys + 1, sizeof(*texts));

	for (size_t i = 0; i < r->n_keys; i++)
		texts[i] = (struct apk_key_text){ r->keys[i].name, r->keys[i].content };
	return (struct apk_context){ .http = ctx->http,
				     .cache_fd = ctx->cache_fd,
				     .monitor = ctx->monitor,
				     .keyrings = (const char *const *)r->keyring.at,
				     .n_keyrings = r->keyring.n,
				     .key_texts = texts,
				     .n_key_texts = r->n_keys,
				     .keys_path = ctx->mirrors->alpine_keys,
				     .root = "",
				     .mirror = ctx->mirrors->alpine,
				     .base_dir = r->dir,
				     .offline = ctx->offline,
				     .allow_unsigned = ctx->allow_unsigned };
}

int alpine_package_url(const struct apk_context *apk, const struct lock *l,
		       const struct lock_package *p, struct arena *a, const char **ret,
		       struct err *e)
{
	const char *uri = l->indexes[p->index].uri, *tail = p->url + strlen(uri);

	while (*tail == '/')
		tail++;
	return apk_uri_resolve(apk, uri, tail, a, ret, e);
}
