/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image around the layers: config, manifest, index; and whether there is anything to do at
 * all.
 */
#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/interrupt.h"
#include "build/base.h"
#include "build/host.h"
#include "build/host_hash.h"
#include "build/image_cache.h"
#include "build/layers.h"
#include "build/proof.h"
#include "build/rules.h"
#include "io/encode.h"
#include "oci/convert.h"
#include "oci/history.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGES_DIR "images"
#define ANNOTATION_PROFILE "pare.profile"

enum {
	/* Raised when the same inputs would give other bytes. */
	BUILD_VERSION = 4,
};

/* NULL when no input has a date: "56 years ago" would be a lie. */
static const char *date_text(const struct build_context *ctx, int64_t s, struct arena *a)
{
	char text[DATE_TEXT_BYTES];

	if (s == 0 && ctx->source_date_epoch < 0)
		return NULL;
	date_format_rfc3339(s, text);
	return arena_strdup(a, text);
}

static void add_pair(struct pairs *to, const char *key, const char *value)
{
	if (value && !pairs_get(to, key))
		*array_push(to) = (struct pair){ key, value };
}

/*
 * Annotations of the recipe, and what the field expects of every image. `base` has the digest of
 * what this manifest or index is built on; NULL: nothing.
 */
static void set_annotations(const struct recipe *r, const char *created,
			    const struct descriptor *base, struct arena *a, struct pairs *to)
{
	for (size_t i = 0; i < r->annotations.n; i++)
		*array_push(to) = r->annotations.at[i];
	add_pair(to, ANNOTATION_CREATED, created);
	add_pair(to, ANNOTATION_BASE_NAME, base ? build_base_name(r, a) : "scratch");
	if (base)
		add_pair(to, ANNOTATION_BASE_DIGEST, look_digest(&base->digest, a));
	add_pair(to, ANNOTATION_PROFILE, r->profile);
}

/* The base's layers, byte for byte, and its history. */
static void add_base(const struct build_base *base, struct image_config *c, struct manifest *m)
{
	const struct look_platform *p = &base->view->platform;

	/* one that tells of too few layers would have ours tell of theirs */
	c->n_history = history_fit(p->config.history, p->config.n_history, p->manifest.n_layers,
				   "layer of the base", c->history);
	for (size_t i = 0; i < p->manifest.n_layers; i++) {
		m->layers[m->n_layers] = p->manifest.layers[i];
		/* Docker's name in a manifest of OCI's would be refused by some */
		m->layers[m->n_layers++].media_type =
			document_type_in(DOCUMENT_OCI, p->manifest.layers[i].media_type);
		c->diff_ids[c->n_diff_ids++] = p->config.diff_ids[i];
	}
}

/* The base's, the recipe's remarks, then an entry for each layer. */
static void set_layers(const struct build *b, const struct layer *layers, size_t n,
		       const char *created, struct arena *a, struct image_config *c,
		       struct manifest *m)
{
	const struct look_platform *base = b->base ? &b->base->view->platform : NULL;
	const struct recipe *r = b->recipe;
	size_t n_below = base ? base->manifest.n_layers : 0;
	size_t n_before = base ? base->config.n_history + n_below : 0;

	c->diff_ids = arena_array(a, n_below + n + 1, sizeof(*c->diff_ids));
	c->history = arena_array(a, n_before + r->history.n + n + 1, sizeof(*c->history));
	m->layers = arena_array(a, n_below + n + 1, sizeof(*m->layers));
	if (base)
		add_base(b->base, c, m);
	for (size_t i = 0; i < r->history.n; i++)
		c->history[c->n_history++] =
			(struct history){ .created = created,
					  .created_by = arena_printf(a, "pare build: %s",
								     r->history.at[i]),
					  .empty_layer = true };
	for (size_t i = 0; i < n; i++) {
		c->diff_ids[c->n_diff_ids++] = layers[i].diff_id;
		c->history[c->n_history++] =
			(struct history){ .created = created,
					  .created_by = arena_printf(a, "pare build: %s",
								     layers[i].comment) };
		m->layers[m->n_layers++] = layers[i].descriptor;
	}
}

static int put_json(struct store *s, const struct buf *json, const char *media_type,
		    struct descriptor *ret, struct err *e)
{
	ret->media_type = media_type;
	ret->size = json->len;
	return store_put_blob(s, json->data, json->len, &ret->digest, e);
}

static int write_image(struct build *b, struct image_config *c, const struct layer *layers,
		       size_t n, struct arena *a, struct descriptor *ret, struct err *e)
{
	const char *created = date_text(b->ctx, b->created_s, a);
	const struct descriptor *base = b->base ? &b->base->view->platform.descriptor : NULL;
	auto_buf config_json = BUF_EMPTY, manifest_json = BUF_EMPTY;
	struct platform *platform = arena_new(a, struct platform);
	struct manifest m = { .media_type = MEDIA_TYPE_MANIFEST };
	int rc;

	*platform = (struct platform){ arena_strdup(a, c->platform.os),
				       arena_strdup(a, c->platform.architecture),
				       c->platform.variant ? arena_strdup(a, c->platform.variant)
							   : NULL }; /* outlives the base's */
	c->created = created;
	set_annotations(b->recipe, created, base, a, &m.annotations);
	set_layers(b, layers, n, created, a, c, &m);
	image_config_write(c, &config_json);
	rc = put_json(b->ctx->store, &config_json, MEDIA_TYPE_CONFIG, &m.config, e);
	if (rc == 0) {
		manifest_write(&m, &manifest_json);
		rc = put_json(b->ctx->store, &manifest_json, MEDIA_TYPE_MANIFEST, ret, e);
	}
	ret->platform = platform;
	free(m.annotations.at);
	return rc;
}

/* Whether cached packages turned out to be damaged; says which. */
static bool find_damaged(const struct build *b)
{
	bool found = false;

	for (size_t i = 0; i < b->n_packages; i++) {
		const struct build_package *p = &b->packages[i];

		if (!p->damaged && !(p->contents && p->contents->damaged))
			continue;
		found = true;
		monitor_warn(b->ctx->monitor,
			     "the cached package of %s %s is damaged; getting it again",
			     p->locked->name, p->locked->version);
	}
	return found;
}

static int build_once(struct build *b, const struct lock *lock, const struct lock_arch *locked,
		      const struct layer_options *o, struct arena *a, struct descriptor *ret,
		      struct err *e)
{
	struct image_config config;
	struct layer *layers;
	size_t n;
	int rc = build_fill(b, lock, locked, e);

	if (rc < 0)
		return rc;
	build_config(b, a, &config);
	rc = build_config_user(b, a, &config, e);
	if (rc == 0)
		rc = build_prove(b, &config, e);
	if (rc == 0)
		rc = build_layers(b, o, a, &layers, &n, e);
	return rc < 0 ? rc : write_image(b, &config, layers, n, a, ret, e);
}

static int build_platform(const struct build_context *ctx, const struct recipe *r,
			  const struct lock *lock, const struct arch *arch,
			  const struct layer_options *o, struct arena *a, struct descriptor *ret,
			  int64_t *created_s, struct err *e)
{
	const struct lock_arch *locked = lock_find_arch(lock, arch->oci);
	bool again = false;
	int rc;

	if (!locked)
		return fail(e, FAIL_NOT_FOUND, "the lock has no packages for %s; lock again",
			    arch->oci);
	do {
		struct build b = {
			.ctx = ctx, .recipe = r, .arch = arch, .recheck = again, .spool_fd = -1
		};

		rc = build_once(&b, lock, locked, o, a, ret, e);
		if (rc == 0 && b.created_s > *created_s)
			*created_s = b.created_s;
		again = rc == -FAIL_VERIFY && !b.recheck && find_damaged(&b);
		build_done(&b);
	} while (again);
	return rc < 0 && r->archs.n > 1 ? err_context(e, "%s", arch->oci) : rc;
}

static int write_index(const struct build_context *ctx, const struct recipe *r,
		       const struct lock *lock, struct descriptor *manifests, size_t n,
		       int64_t created_s, struct arena *a, struct descriptor *ret, struct err *e)
{
	struct image_index x = { .media_type = MEDIA_TYPE_INDEX,
				 .manifests = manifests,
				 .n_manifests = n };
	struct descriptor base = { 0 };
	auto_buf json = BUF_EMPTY;
	int rc;

	if (lock->base)
		base.digest = lock->base->digest;
	set_annotations(r, date_text(ctx, created_s, a), lock->base ? &base : NULL, a,
			&x.annotations);
	image_index_write(&x, &json);
	rc = put_json(ctx->store, &json, MEDIA_TYPE_INDEX, ret, e);
	free(x.annotations.at);
	return rc;
}

/* Everything that decides the image's bytes. */
static int image_key(const struct build_context *ctx, const struct recipe *r,
		     const struct lock *lock, const struct image_options *o,
		     char ret[SHA256_HEX_CHARS + 1], struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_buf text = BUF_EMPTY;
	struct sha256 key;
	int rc;

	buf_printf(&text, "%s %d %d %s %d %lld\n", ctx->no_verify ? "any" : "proved", BUILD_VERSION,
		   LAYER_WRITER_VERSION, encode_version(o->layers.codec), o->layers.level,
		   (long long)ctx->source_date_epoch);
	for (size_t i = 0; i < o->n_archs; i++)
		buf_printf(&text, "%s\n", o->archs[i]);
	recipe_write(r, &text);
	lock_write(lock, &text);
	hasher_update(h, text.data, text.len);
	rc = host_inputs_digest(ctx->memo, r, h, e);
	sha256_final(h, &key);
	sha256_to_hex(&key, ret);
	return rc;
}

/* Of builds that were killed. Not worth the time where nothing is built. */
static void tidy(const struct build_context *ctx)
{
	static const char *const dirs[] = { "images",	"indexes",  "layers", "listings",
					    "packages", "releases", "spool" };

	for (size_t i = 0; i < COUNT_OF(dirs); i++) {
		auto_fd dir_fd = -1;
		struct err ignored;

		if (dir_open_at(ctx->cache_fd, dirs[i], 0, &dir_fd, &ignored) == 0)
			(void)remove_stale_temps(dir_fd, NULL, &ignored);
		if (dir_fd >= 0)
			http_tidy(dir_fd);
	}
	store_tidy(ctx->store);
}

static int build_all(const struct build_context *ctx, const struct recipe *r,
		     const struct lock *lock, const struct image_options *o, struct arena *a,
		     struct descriptor *ret, struct err *e)
{
	const char *const *archs = o->n_archs ? o->archs : (const char *const *)r->archs.at;
	size_t n = o->n_archs ? o->n_archs : r->archs.n;
	struct descriptor *manifests = arena_array(a, n, sizeof(*manifests));
	int64_t created_s = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct arch *arch = arch_by_oci(archs[i]);

		if (!arch)
			return fail(e, FAIL_USAGE, "architecture '%s' is not known", archs[i]);
		rc = build_platform(ctx, r, lock, arch, &o->layers, a, &manifests[i], &created_s,
				    e);
	}
	if (rc < 0)
		return rc;
	if (n == 1) {
		*ret = manifests[0];
		return 0;
	}
	*ret = (struct descriptor){ 0 }; /* an index is for no platform of its own */
	return write_index(ctx, r, lock, manifests, n, created_s, a, ret, e);
}

/* With a context that has a memo. */
static int find_or_build(const struct build_context *ctx, const struct recipe *r,
			 const struct lock *lock, const struct image_options *o, struct arena *a,
			 struct descriptor *ret, struct err *e)
{
	char key[SHA256_HEX_CHARS + 1], key_after[SHA256_HEX_CHARS + 1];
	auto_fd dir_fd = -1;
	int rc = dir_open_at(ctx->cache_fd, IMAGES_DIR, 0755, &dir_fd, e);

	if (rc == 0)
		rc = image_key(ctx, r, lock, o, key, e);
	if (rc < 0)
		return rc;
	/* Whoever wants to know all is told what the proof sees, also of an image that is there. */
	if (!ctx->thorough && image_cache_find(ctx, dir_fd, key, a, ret))
		return 0;
	tidy(ctx);
	rc = build_all(ctx, r, lock, o, a, ret, e);
	host_memo_forget_young(ctx->memo);
	if (rc == 0)
		rc = image_key(ctx, r, lock, o, key_after, e);
	/* A host file that changed meanwhile: the image is not what the key says. */
	if (rc == 0 && strcmp(key, key_after) == 0)
		image_cache_save(ctx, dir_fd, key, ret);
	return rc;
}

int build_image(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		const struct image_options *o, struct arena *a, struct descriptor *ret,
		struct err *e)
{
	struct host_memo memo = { .now_s = ctx->now_s };
	struct build_context own = *ctx;
	int rc;

	if (!own.memo)
		own.memo = &memo;
	rc = find_or_build(&own, r, lock, o, a, ret, e);
	host_memo_done(&memo);
	return rc;
}
