/* SPDX-License-Identifier: Apache-2.0 */
/* The scanners of an audit; see scan.h. */
#include "audit/scan.h"

#include "base/array.h"
#include "oci/image.h"

#include <stdlib.h>
#include <string.h>

struct layer_scan {
	struct audit_scan *scan;
	size_t layer, entry;
	struct hasher *md5, *sha1;
	struct secret_scan *secrets;
	struct arena arena;
	struct {
		struct scan_digests *at;
		size_t n, cap;
	} digests;
	struct {
		struct scan_hit *at;
		size_t n, cap;
	} hits;
	size_t first_hit; /* of the current file */
};

struct audit_scan {
	struct arena arena;
	const struct secret_rules *rules;
	struct view_scanner scanner;
	struct layer_scan *layers[OCI_MAX_LAYERS]; /* each written by one thread */
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

static void layer_scan_free(struct layer_scan *l)
{
	if (!l)
		return;
	hasher_free(l->md5);
	hasher_free(l->sha1);
	secret_scan_free(l->secrets);
	free(l->digests.at);
	free(l->hits.at);
	arena_done(&l->arena);
	free(l);
}

static void *begin(void *ctx, size_t layer)
{
	struct audit_scan *s = ctx;
	struct layer_scan *l = mem_zalloc(sizeof(*l));

	l->scan = s;
	l->layer = layer;
	l->md5 = hasher_new(DIGEST_MD5);
	l->sha1 = hasher_new(DIGEST_SHA1);
	l->secrets = secret_scan_new(s->rules);
	if (layer < OCI_MAX_LAYERS) {
		layer_scan_free(s->layers[layer]); /* a layer that was read once more */
		s->layers[layer] = l;
	}
	return l;
}

static void keep_hit(void *ctx, const struct secret_hit *hit)
{
	struct layer_scan *l = ctx;

	if (l->hits.n >= SCAN_MAX_LAYER_HITS)
		return;
	*array_push(&l->hits) = (struct scan_hit){
		.layer = l->layer,
		.entry = l->entry,
		.kind = hit->kind,
		.title = arena_strdup(&l->arena, hit->title),
		.masked = arena_strdup(&l->arena, hit->masked),
		.level = hit->level,
		.line = hit->line,
	};
}

static bool file(void *state, size_t entry, const struct tar_entry *t)
{
	struct layer_scan *l = state;

	(void)t;
	l->entry = entry;
	l->first_hit = l->hits.n;
	secret_scan_begin(l->secrets, keep_hit, l);
	return true;
}

static void bytes(void *state, const char *data, size_t size)
{
	struct layer_scan *l = state;

	hasher_update(l->md5, data, size);
	hasher_update(l->sha1, data, size);
	secret_scan_feed(l->secrets, view_make(data, size));
}

static void file_end(void *state, const struct sha256 *digest)
{
	struct layer_scan *l = state;
	struct scan_digests d = { .sha256 = *digest };
	uint8_t out[DIGEST_MAX_BYTES];

	hasher_final(l->md5, out);
	memcpy(d.md5, out, sizeof(d.md5));
	hasher_final(l->sha1, out);
	memcpy(d.sha1, out, sizeof(d.sha1));
	*array_push(&l->digests) = d;
	secret_scan_end(l->secrets);
	for (size_t i = l->first_hit; i < l->hits.n; i++)
		l->hits.at[i].content = *digest;
}

static void end(void *state, bool failed)
{
	struct layer_scan *l = state;

	(void)failed;
	secret_scan_free(l->secrets);
	l->secrets = NULL;
	if (l->layer >= OCI_MAX_LAYERS)
		layer_scan_free(l);
}

int audit_scan_new(struct audit_scan **ret, struct err *e)
{
	struct audit_scan *s = mem_zalloc(sizeof(*s));
	int rc = secret_rules_builtin(&s->arena, &s->rules, e);

	if (rc < 0) {
		audit_scan_free(s);
		return rc;
	}
	s->scanner = (struct view_scanner){
		.ctx = s,
		.begin = begin,
		.file = file,
		.bytes = bytes,
		.file_end = file_end,
		.end = end,
	};
	*ret = s;
	return 0;
}

void audit_scan_free(struct audit_scan *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < OCI_MAX_LAYERS; i++)
		layer_scan_free(s->layers[i]);
	free(s->slots);
	free(s->digests.at);
	free(s->hits.at);
	arena_done(&s->arena);
	free(s);
}

const struct view_scanner *audit_scanners(struct audit_scan *s, size_t *ret_n)
{
	*ret_n = 1;
	return &s->scanner;
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
		const struct layer_scan *l = s->layers[i];

		for (size_t k = 0; l && k < l->digests.n; k++)
			*array_push(&s->digests) = &l->digests.at[k];
		for (size_t k = 0; l && k < l->hits.n; k++)
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
