/* SPDX-License-Identifier: Apache-2.0 */
/* The scanners of an audit; see scan.h. */
#include "audit/scan.h"

#include "base/array.h"
#include "base/buf.h"
#include "oci/image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is known of one layer; each of the lists is written by the thread of one scanner. */
struct layer_scan {
	size_t layer;
	struct {
		struct scan_digests *at;
		size_t n, cap;
	} digests;
	struct {
		struct scan_hit *at;
		size_t n, cap;
	} hits;
	struct arena arena; /* of the hits */
};

/* The state of a scanner that digests. */
struct digesting {
	struct layer_scan *layer;
	struct hasher *hasher;
	size_t n; /* files seen */
};

struct looking {
	struct layer_scan *layer;
	struct secret_scan *secrets;
	size_t entry, first_hit; /* of the current file */
};

/* Those that files of Alpine's packages are in. */
struct apk_layers {
	const struct image_view *view;
	bool *marked;
};

struct audit_scan {
	struct arena arena;
	const struct secret_rules *rules;
	struct view_scanner scanners[2];
	struct layer_scan layers[OCI_MAX_LAYERS];
	/* Made once all layers were read. */
	bool joined;
	uint32_t *slots; /* layer's digests by content: index + 1 */
	size_t n_slots;
	struct {
		const struct scan_digests **at;
		size_t n, cap;
	} digests;
	struct {
		struct scan_hit *at;
		size_t n, cap;
	} hits;
};

/* ---- digests ---- */

static struct layer_scan *layer_of(struct audit_scan *s, size_t layer)
{
	assert(layer < OCI_MAX_LAYERS);
	s->layers[layer].layer = layer;
	return &s->layers[layer];
}

static struct digesting *digesting_new(struct audit_scan *s, size_t layer, enum digest_kind kind)
{
	struct digesting *d = mem_zalloc(sizeof(*d));

	d->layer = layer_of(s, layer);
	d->hasher = hasher_new(kind);
	return d;
}

static void digesting_free(void *state, bool failed)
{
	struct digesting *d = state;

	(void)failed;
	hasher_free(d->hasher);
	free(d);
}

static void ignore_name(void *state, size_t entry)
{
	(void)state;
	(void)entry;
}

static void add_bytes(void *state, const char *data, size_t size)
{
	hasher_update(((struct digesting *)state)->hasher, data, size);
}

static void *begin_md5(void *ctx, size_t layer)
{
	return digesting_new(ctx, layer, DIGEST_MD5);
}

static void end_md5_file(void *state, const struct sha256 *digest)
{
	const struct digesting *d = state;
	struct scan_digests x = { .sha256 = *digest };
	uint8_t out[DIGEST_MAX_BYTES];

	hasher_final(d->hasher, out);
	memcpy(x.md5, out, sizeof(x.md5));
	*array_push(&d->layer->digests) = x;
}

/* Version of what is kept: what passed with it is right for as long as layers are. */
static void key_of(const char *what, const struct sha256 *rules, struct sha256 *ret)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);

	hasher_update(h, what, strlen(what));
	if (rules)
		hasher_update(h, rules->bytes, SHA256_BYTES);
	sha256_final(h, ret);
}

static void save_md5(void *state, struct buf *to)
{
	const struct digesting *d = state;

	for (size_t i = 0; i < d->layer->digests.n; i++) {
		const struct scan_digests *x = &d->layer->digests.at[i];

		buf_add(to, x->sha256.bytes, SHA256_BYTES);
		buf_add(to, x->md5, MD5_BYTES);
	}
}

static bool load_md5(void *ctx, size_t layer, struct view kept)
{
	enum { EACH = SHA256_BYTES + MD5_BYTES };
	struct layer_scan *l = layer_of(ctx, layer);

	if (kept.len % EACH)
		return false;
	for (; kept.len; kept = view_make(kept.ptr + EACH, kept.len - EACH)) {
		struct scan_digests x = { 0 };

		memcpy(x.sha256.bytes, kept.ptr, SHA256_BYTES);
		memcpy(x.md5, kept.ptr + SHA256_BYTES, MD5_BYTES);
		*array_push(&l->digests) = x;
	}
	return true;
}

/* A byte whether it is known, and the digest, for each file in order. */
static void save_sha1(void *state, struct buf *to)
{
	const struct digesting *d = state;

	for (size_t i = 0; i < d->layer->digests.n; i++) {
		buf_add_char(to, (char)d->layer->digests.at[i].has_sha1);
		buf_add(to, d->layer->digests.at[i].sha1, SHA1_BYTES);
	}
}

static bool load_sha1(void *ctx, size_t layer, struct view kept)
{
	enum { EACH = 1 + SHA1_BYTES };
	struct layer_scan *l = layer_of(ctx, layer);

	if (kept.len != l->digests.n * EACH)
		return false;
	for (size_t i = 0; i < l->digests.n; i++) {
		struct scan_digests *x = &l->digests.at[i];

		x->has_sha1 = kept.ptr[i * EACH] != 0;
		memcpy(x->sha1, kept.ptr + i * EACH + 1, SHA1_BYTES);
	}
	return true;
}

static void *begin_sha1(void *ctx, size_t layer)
{
	return digesting_new(ctx, layer, DIGEST_SHA1);
}

/* The files come in the same order as when they passed before. */
static void end_sha1_file(void *state, const struct sha256 *digest)
{
	struct digesting *d = state;
	struct scan_digests *x;
	uint8_t out[DIGEST_MAX_BYTES];

	hasher_final(d->hasher, out);
	if (d->n == d->layer->digests.n)
		return;
	x = &d->layer->digests.at[d->n++];
	if (!sha256_eq(&x->sha256, digest))
		return;
	memcpy(x->sha1, out, sizeof(x->sha1));
	x->has_sha1 = true;
}

/* ---- secrets ---- */

static void *begin_looking(void *ctx, size_t layer)
{
	struct audit_scan *s = ctx;
	struct looking *l = mem_zalloc(sizeof(*l));

	l->layer = layer_of(s, layer);
	l->secrets = secret_scan_new(s->rules);
	return l;
}

static void end_looking(void *state, bool failed)
{
	struct looking *l = state;

	(void)failed;
	secret_scan_free(l->secrets);
	free(l);
}

static void keep_hit(void *ctx, const struct secret_hit *hit)
{
	const struct looking *l = ctx;
	struct layer_scan *to = l->layer;

	if (to->hits.n >= SCAN_MAX_LAYER_HITS)
		return;
	*array_push(&to->hits) = (struct scan_hit){
		.layer = to->layer,
		.entry = l->entry,
		.kind = hit->kind,
		.title = arena_strdup(&to->arena, hit->title),
		.masked = arena_strdup(&to->arena, hit->masked),
		.level = hit->level,
		.line = hit->line,
	};
}

static void look_file(void *state, size_t entry)
{
	struct looking *l = state;

	l->entry = entry;
	l->first_hit = l->layer->hits.n;
	secret_scan_begin(l->secrets, keep_hit, l);
}

static void look_bytes(void *state, const char *data, size_t size)
{
	secret_scan_feed(((struct looking *)state)->secrets, view_make(data, size));
}

static void end_look_file(void *state, const struct sha256 *digest)
{
	const struct looking *l = state;

	secret_scan_end(l->secrets);
	for (size_t i = l->first_hit; i < l->layer->hits.n; i++)
		l->layer->hits.at[i].content = *digest;
}

/* What is kept of a hit: never the secret, but how a report shows it. The texts follow. */
struct kept_hit {
	uint64_t entry, line;
	uint32_t kind, level, title_bytes, masked_bytes;
	uint8_t content[SHA256_BYTES];
};

static void save_hits(void *state, struct buf *to)
{
	const struct looking *l = state;

	for (size_t i = 0; i < l->layer->hits.n; i++) {
		const struct scan_hit *hit = &l->layer->hits.at[i];
		struct kept_hit k = { .entry = hit->entry,
				      .line = hit->line,
				      .kind = hit->kind,
				      .level = hit->level,
				      .title_bytes = (uint32_t)strlen(hit->title),
				      .masked_bytes = (uint32_t)strlen(hit->masked) };

		memcpy(k.content, hit->content.bytes, SHA256_BYTES);
		buf_add(to, &k, sizeof(k));
		buf_add(to, hit->title, k.title_bytes);
		buf_add(to, hit->masked, k.masked_bytes);
	}
}

static bool take(struct view *rest, size_t n, const char **ret)
{
	if (n > rest->len)
		return false;
	*ret = rest->ptr;
	*rest = view_make(rest->ptr + n, rest->len - n);
	return true;
}

static bool load_hit(struct layer_scan *l, struct view *rest)
{
	const char *at, *title, *masked;
	struct scan_hit hit = { .layer = l->layer };
	struct kept_hit k;

	if (!take(rest, sizeof(k), &at))
		return false;
	memcpy(&k, at, sizeof(k));
	if (k.kind > SECRET_CREDENTIAL || k.level > AUDIT_ERROR ||
	    l->hits.n == SCAN_MAX_LAYER_HITS || !take(rest, k.title_bytes, &title) ||
	    !take(rest, k.masked_bytes, &masked))
		return false;
	hit.entry = (size_t)k.entry;
	hit.line = k.line;
	hit.kind = (enum secret_kind)k.kind;
	hit.level = (enum audit_level)k.level;
	hit.title = arena_strndup(&l->arena, title, k.title_bytes);
	hit.masked = arena_strndup(&l->arena, masked, k.masked_bytes);
	memcpy(hit.content.bytes, k.content, SHA256_BYTES);
	*array_push(&l->hits) = hit;
	return true;
}

static bool load_hits(void *ctx, size_t layer, struct view kept)
{
	struct layer_scan *l = layer_of(ctx, layer);

	while (kept.len) {
		if (load_hit(l, &kept))
			continue;
		l->hits.n = 0;
		return false;
	}
	return true;
}

/* ---- both ---- */

int audit_scan_new(struct audit_scan **ret, struct err *e)
{
	struct audit_scan *s = mem_zalloc(sizeof(*s));
	struct sha256 rules;
	int rc = secret_rules_builtin(&s->arena, &s->rules, e);

	if (rc < 0) {
		audit_scan_free(s);
		return rc;
	}
	s->scanners[0] = (struct view_scanner){
		.ctx = s,
		.begin = begin_md5,
		.file = ignore_name,
		.bytes = add_bytes,
		.file_end = end_md5_file,
		.end = digesting_free,
		.save = save_md5,
		.load = load_md5,
	};
	s->scanners[1] = (struct view_scanner){
		.ctx = s,
		.begin = begin_looking,
		.file = look_file,
		.bytes = look_bytes,
		.file_end = end_look_file,
		.end = end_looking,
		.save = save_hits,
		.load = load_hits,
	};
	secret_rules_digest(&rules);
	key_of("md5", NULL, &s->scanners[0].key);
	key_of("secrets 1 " PARE_VERSION, &rules, &s->scanners[1].key);
	*ret = s;
	return 0;
}

void audit_scan_free(struct audit_scan *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < OCI_MAX_LAYERS; i++) {
		free(s->layers[i].digests.at);
		free(s->layers[i].hits.at);
		arena_done(&s->layers[i].arena);
	}
	free(s->slots);
	free(s->digests.at);
	free(s->hits.at);
	arena_done(&s->arena);
	free(s);
}

const struct view_scanner *audit_scanners(struct audit_scan *s, size_t *ret_n)
{
	*ret_n = COUNT_OF(s->scanners);
	return s->scanners;
}

static int mark_layer(struct node *n, const char *path, void *ctx, struct err *e)
{
	const struct apk_layers *l = ctx;
	const struct view_package *p = view_package_of(l->view, n);

	(void)path;
	(void)e;
	if (p && p->kind == VIEW_APK && n->inode->origin->kind == ORIGIN_LAYER)
		l->marked[n->inode->origin->layer] = true;
	return 0;
}

int audit_scan_apk(struct audit_scan *s, struct image_view *v, struct err *e)
{
	bool marked[OCI_MAX_LAYERS] = { false };
	struct apk_layers l = { .view = v, .marked = marked };
	struct view_scanner scanner = {
		.ctx = s,
		.begin = begin_sha1,
		.file = ignore_name,
		.bytes = add_bytes,
		.file_end = end_sha1_file,
		.end = digesting_free,
		.save = save_sha1,
		.load = load_sha1,
	};
	bool any = false;
	int rc;

	for (size_t i = 0; i < v->n_packages; i++)
		any |= v->packages[i].kind == VIEW_APK;
	if (!any)
		return 0;
	key_of("sha1", NULL, &scanner.key);
	rc = tree_walk(&v->tree, mark_layer, &l, e);
	return rc < 0 ? rc : image_view_scan(v, &scanner, marked, e);
}

const struct secret_rules *scan_secret_rules(const struct audit_scan *s)
{
	return s->rules;
}

/* ---- afterwards ---- */

static size_t slot_of(const struct audit_scan *s, const struct sha256 *content)
{
	uint64_t h;

	memcpy(&h, content->bytes, sizeof(h));
	return (size_t)h & (s->n_slots - 1);
}

static void join(struct audit_scan *s)
{
	for (size_t i = 0; i < OCI_MAX_LAYERS; i++) {
		const struct layer_scan *l = &s->layers[i];

		for (size_t k = 0; k < l->digests.n; k++)
			*array_push(&s->digests) = &l->digests.at[k];
		for (size_t k = 0; k < l->hits.n; k++)
			*array_push(&s->hits) = l->hits.at[k];
	}
	for (s->n_slots = 16; s->n_slots < s->digests.n * 2;)
		s->n_slots *= 2;
	s->slots = mem_zalloc(s->n_slots * sizeof(*s->slots));
	for (size_t i = 0; i < s->digests.n; i++) {
		size_t at = slot_of(s, &s->digests.at[i]->sha256);

		while (s->slots[at])
			at = (at + 1) & (s->n_slots - 1);
		s->slots[at] = (uint32_t)i + 1;
	}
	s->joined = true;
}

const struct scan_digests *scan_digests_of(struct audit_scan *s, const struct sha256 *content)
{
	if (!s->joined)
		join(s);
	for (size_t at = slot_of(s, content); s->slots[at]; at = (at + 1) & (s->n_slots - 1)) {
		const struct scan_digests *d = s->digests.at[s->slots[at] - 1];

		if (sha256_eq(&d->sha256, content))
			return d;
	}
	return NULL;
}

const struct scan_hit *scan_hits(struct audit_scan *s, size_t *ret_n)
{
	if (!s->joined)
		join(s);
	*ret_n = s->hits.n;
	return s->hits.at;
}
