/* SPDX-License-Identifier: Apache-2.0 */
/* A repository as a source: manifests whole, blobs as streams; nothing is fetched before it is
 * asked for. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/basic.h"
#include "place/source_private.h"
#include "place/walk.h"

struct registry_source {
	struct place_source base;
	struct repository *repository;
	struct registry *own; /* when none was given */
	struct http *own_http;
	struct arena arena;
	struct reference ref;
	struct descriptor root;
	struct view root_bytes;
	struct kept kept;
};

static struct registry_source *of(struct place_source *s)
{
	return (struct registry_source *)s;
}

/* A stream over bytes that it owns. */
struct text_source {
	struct source base;
	struct source *from;
	struct arena arena;
};

static int text_read(struct source *base, void *to, size_t size, size_t *ret_n, struct err *e)
{
	return source_read(((struct text_source *)base)->from, to, size, ret_n, e);
}

static void text_close(struct source *base)
{
	struct text_source *t = (struct text_source *)base;

	source_close(t->from);
	arena_done(&t->arena);
	free(t);
}

static const struct source_ops text_ops = { text_read, text_close };

static int open_document(struct registry_source *s, const struct descriptor *d, struct source **ret,
			 struct err *e)
{
	char target[7 + SHA256_HEX_CHARS + 1] = "sha256:";
	struct text_source *t = mem_zalloc(sizeof(*t));
	struct view bytes = s->root_bytes;
	struct descriptor got;
	int rc = 0;

	source_init(&t->base, &text_ops);
	sha256_to_hex(&d->digest, target + 7);
	if (!sha256_eq(&d->digest, &s->root.digest))
		rc = repository_get_manifest(s->repository, target, &t->arena, &got, &bytes, e);
	if (rc < 0) {
		text_close(&t->base);
		return rc;
	}
	t->from = mem_source_new(bytes);
	*ret = &t->base;
	return 0;
}

static int registry_open(struct place_source *base, const struct descriptor *d, struct source **ret,
			 struct err *e)
{
	struct registry_source *s = of(base);
	char hex[SHA256_HEX_CHARS + 1], what[32];

	if (is_index_type(d->media_type) || is_manifest_type(d->media_type))
		return open_document(s, d, ret, e);
	sha256_to_hex(&d->digest, hex);
	snprintf(what, sizeof(what), "get %.12s", hex);
	return repository_open_blob(s->repository, d, what, ret, e);
}

static int registry_fetch(struct place_source *base, const struct descriptor *d, const char *what,
			  int dir_fd, const char *name, struct err *e)
{
	return repository_fetch_blob(of(base)->repository, d, what, dir_fd, name, e);
}

static struct kept *registry_kept(struct place_source *base)
{
	return &of(base)->kept;
}

static const struct reference *registry_origin(struct place_source *base,
					       const struct descriptor *d)
{
	(void)d;
	return &of(base)->ref;
}

static void registry_close(struct place_source *base)
{
	struct registry_source *s = of(base);

	repository_close(s->repository);
	registry_free(s->own);
	http_free(s->own_http);
	kept_done(&s->kept);
	arena_done(&s->arena);
	free(s);
}

static const struct place_source_ops registry_ops = {
	.open = registry_open,
	.fetch = registry_fetch,
	.kept = registry_kept,
	.origin = registry_origin,
	.close = registry_close,
};

static struct registry *need_registry(struct registry_source *s, const struct place *p)
{
	struct place_access how = { 0 };

	if (p->registry)
		return p->registry;
	if (p->access)
		how = *p->access;
	how.registry.http = s->own_http = http_new(&how.http);
	s->own = registry_new(&how.registry);
	return s->own;
}

int registry_source_open(const struct place *p, struct arena *a, struct place_source **ret,
			 struct descriptor *ret_root, struct err *e)
{
	struct registry_source *s = mem_zalloc(sizeof(*s));
	int rc = reference_parse(p->ref, &s->arena, &s->ref, e);

	s->base.ops = &registry_ops;
	kept_init(&s->kept);
	if (rc == 0)
		rc = repository_open(need_registry(s, p), &s->ref, REGISTRY_PULL, &s->repository,
				     e);
	if (rc == 0)
		rc = repository_get_manifest(s->repository, reference_target(&s->ref, a), &s->arena,
					     &s->root, &s->root_bytes, e);
	if (rc < 0) {
		registry_close(&s->base);
		return rc;
	}
	*ret_root = s->root;
	ret_root->media_type = arena_strdup(a, s->root.media_type);
	*ret = &s->base;
	return 0;
}
