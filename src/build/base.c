/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a base by its name, once, and afterwards by its digest: in the store, where every base
 * lies that was built on before, else in its place.
 */
#include "build/base.h"

#include "base/mem.h"
#include "io/basic.h"
#include "place/choose.h"
#include "place/source.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "view/start.h"

#include <stdlib.h>
#include <string.h>

static int parse_place(const struct build_context *ctx, const struct recipe *r, struct arena *a,
		       struct place *ret, struct err *e)
{
	int rc = place_parse(r->base_place, a, ret, e);

	ret->registry = ctx->registry;
	ret->access = ctx->access;
	return rc < 0 ? err_context(e, "base") : 0;
}

const char *build_base_name(const struct recipe *r, struct arena *a)
{
	struct err ignored;
	struct place p;

	return place_parse(r->base_place, a, &p, &ignored) < 0 ? r->base : place_base_name(&p, a);
}

static int open_place(const struct build_context *ctx, const struct recipe *r,
		      const struct place *p, struct arena *a, struct place_source **ret,
		      struct descriptor *ret_root, struct err *e)
{
	int rc;

	if (ctx->offline && p->kind == PLACE_REGISTRY)
		return fail(e, FAIL_UNSUPPORTED,
			    "base '%s': it isn't in the store, and --offline forbids to get it",
			    r->base);
	rc = place_open(p, store_path(ctx->store), a, ret, ret_root, e);
	return rc < 0 ? err_context(e, "base '%s'", r->base) : 0;
}

/* ---- into the store ---------------------------------------------------------------------- */

/* One blob on its way from the place into the store. */
struct bringing {
	const struct build_context *ctx;
	struct place_source *from;
	const struct descriptor *d;
	struct err err;
};

static void writer_cleanup(struct blob_writer **w)
{
	blob_writer_free(*w);
}

static int bring_blob(struct bringing *x, uint32_t task, struct err *e)
{
	__attribute__((cleanup(writer_cleanup))) struct blob_writer *w = NULL;
	auto_source source = NULL;
	auto_sink shown = NULL;
	struct sha256 digest;
	uint64_t size;
	int rc = place_source_open(x->from, x->d, &source, e);

	if (rc == 0)
		rc = blob_writer_new(x->ctx->store, &w, e);
	if (rc < 0)
		return rc;
	shown = monitor_sink_new(blob_writer_sink(w), x->ctx->monitor, task);
	rc = stream_copy(source, shown, NULL, e);
	if (rc == 0)
		rc = sink_finish(shown, e);
	return rc < 0 ? rc : blob_writer_commit(w, &digest, &size, e);
}

static void bring(void *arg)
{
	struct bringing *x = arg;
	char hex[SHA256_HEX_CHARS + 1];
	auto_free char *what = NULL;
	uint32_t task;
	int rc;

	if (store_blob_is_right(x->ctx->store, &x->d->digest, x->d->size))
		return;
	sha256_to_hex(&x->d->digest, hex);
	what = mem_printf("base's layer %.12s", hex);
	task = monitor_begin(x->ctx->monitor, what, x->d->size);
	rc = bring_blob(x, task, &x->err);
	monitor_end(x->ctx->monitor, task, rc < 0);
}

static int bring_layers(const struct build_context *ctx, struct place_source *from,
			const struct manifest *m, struct arena *a, struct err *e)
{
	struct bringing *jobs = arena_array(a, m->n_layers + 1, sizeof(*jobs));
	struct work_group group = { 0 };

	for (size_t i = 0; i < m->n_layers; i++) {
		jobs[i] = (struct bringing){ ctx, from, &m->layers[i], { 0 } };
		work_group_submit(ctx->workers, &group, bring, &jobs[i]);
	}
	work_group_wait(ctx->workers, &group);
	for (size_t i = 0; i < m->n_layers; i++)
		if (jobs[i].err.code) {
			*e = jobs[i].err;
			return -(int)e->code;
		}
	return 0;
}

static int put_document(const struct build_context *ctx, struct view json, struct err *e)
{
	struct sha256 ignored;

	return store_put_blob(ctx->store, json.ptr, json.len, &ignored, e);
}

static int choose(struct place_source *from, const struct recipe *r, const struct descriptor *root,
		  const struct arch *arch, struct arena *a, struct descriptor *ret, struct err *e)
{
	const struct platform_choice choice = { .wanted = arch->oci, .name = r->base };

	return place_choose(from, root, &choice, a, ret, e);
}

/* The index too, if there is one, so that the next build finds its way without the place. */
static int bring_manifest(const struct build_context *ctx, struct place_source *from,
			  const struct descriptor *root, const struct descriptor *manifest,
			  struct arena *a, struct err *e)
{
	struct look look;
	struct view json;
	int rc = look_read(from, manifest, a, &look, e);

	if (rc == 0)
		rc = place_source_read(from, root, a, &json, e);
	if (rc == 0)
		rc = put_document(ctx, json, e);
	if (rc == 0)
		rc = put_document(ctx, look.platforms[0].manifest_json, e);
	if (rc == 0)
		rc = put_document(ctx, look.platforms[0].config_json, e);
	return rc < 0 ? rc : bring_layers(ctx, from, &look.platforms[0].manifest, a, e);
}

static int bring_image(const struct build_context *ctx, const struct recipe *r,
		       struct place_source *from, const struct descriptor *root,
		       const struct arch *arch, struct arena *a, struct err *e)
{
	struct descriptor manifest;
	int rc = choose(from, r, root, arch, a, &manifest, e);

	return rc < 0 ? rc : bring_manifest(ctx, from, root, &manifest, a, e);
}

static bool is_in_store(const struct build_context *ctx, const struct recipe *r,
			const struct descriptor *root, const struct arch *arch, struct arena *a)
{
	auto_place_source s = place_source_of_store(ctx->store);
	struct descriptor manifest;
	struct err ignored;
	struct look look;

	if (!store_has_blob(ctx->store, &root->digest, root->size) ||
	    choose(s, r, root, arch, a, &manifest, &ignored) < 0 ||
	    look_read(s, &manifest, a, &look, &ignored) < 0)
		return false;
	for (size_t i = 0; i < look.platforms[0].manifest.n_layers; i++) {
		const struct descriptor *d = &look.platforms[0].manifest.layers[i];

		if (!store_blob_is_right(ctx->store, &d->digest, d->size))
			return false;
	}
	return true;
}

/* The place by the digest that is locked, where it can be asked for that. */
static void pin(struct place *p, const struct sha256 *digest, struct arena *a)
{
	struct reference ref;
	struct err ignored;

	if (p->kind != PLACE_REGISTRY || reference_parse(p->ref, a, &ref, &ignored) < 0)
		return;
	p->ref = arena_printf(a, "%s/%s@%s", ref.host, ref.name, look_digest(digest, a));
}

static int bring_from_place(const struct build_context *ctx, const struct recipe *r,
			    const struct descriptor *root, const struct arch *arch, struct arena *a,
			    struct err *e)
{
	auto_place_source from = NULL;
	struct descriptor now;
	struct place p;
	int rc = parse_place(ctx, r, a, &p, e);

	if (rc == 0) {
		pin(&p, &root->digest, a);
		rc = open_place(ctx, r, &p, a, &from, &now, e);
	}
	if (rc < 0)
		return rc;
	rc = bring_image(ctx, r, from, root, arch, a, e);
	if (rc == -FAIL_NOT_FOUND && !sha256_eq(&now.digest, &root->digest))
		return fail(e, FAIL_NOT_FOUND,
			    "base '%s' is sha256:%s now, and sha256:%s, which is locked, is not "
			    "there any more\nbuild on the new one with: pare lock --update",
			    r->base, look_short_digest(&now.digest, a),
			    look_short_digest(&root->digest, a));
	return rc < 0 ? err_context(e, "base '%s'", r->base) : 0;
}

/* Out of the folder that pare vendor fills. */
static int bring_vendored(const struct build_context *ctx, const struct recipe *r,
			  const struct descriptor *root, const struct arch *arch, struct arena *a,
			  struct err *e)
{
	auto_place_source from = NULL;
	int fd, rc;

	if (!ctx->vendor)
		return fail(e, FAIL_NOT_FOUND, "no folder of vendored packages");
	rc = dir_open(ctx->vendor, 0, &fd, e);
	if (rc < 0)
		return rc;
	from = place_source_of_folder(fd);
	return bring_image(ctx, r, from, root, arch, a, e);
}

int build_base_bring(const struct build_context *ctx, const struct recipe *r,
		     const struct descriptor *root, const struct arch *arch, struct arena *a,
		     struct err *e)
{
	struct err vendored;
	int rc;

	if (is_in_store(ctx, r, root, arch, a) ||
	    bring_vendored(ctx, r, root, arch, a, &vendored) == 0)
		return 0;
	rc = bring_from_place(ctx, r, root, arch, a, e);
	/* A folder without it is as good as none; one with a damaged one isn't. */
	if (rc < 0 && vendored.code != FAIL_NOT_FOUND)
		return err_hint(e, "nor can it be taken from '%s': %s", ctx->vendor, vendored.msg);
	return rc;
}

/* ---- which one it is --------------------------------------------------------------------- */

int build_base_resolve(const struct build_context *ctx, const struct recipe *r, struct arena *a,
		       struct lock_base *ret, struct err *e)
{
	auto_place_source source = NULL;
	struct descriptor root;
	struct place p;
	int rc = parse_place(ctx, r, a, &p, e);

	if (rc == 0)
		rc = open_place(ctx, r, &p, a, &source, &root, e);
	/* An engine gives an image only whole, and should not have to once more. */
	if (rc == 0 && p.kind == PLACE_DAEMON)
		rc = bring_manifest(ctx, source, &root, &root, a, e);
	if (rc < 0)
		return rc;
	*ret = (struct lock_base){ .place = arena_strdup(a, r->base),
				   .media_type = arena_strdup(a, root.media_type),
				   .digest = root.digest,
				   .size_bytes = root.size };
	return 0;
}

/* ---- opening ----------------------------------------------------------------------------- */

static int open_view(const struct build_context *ctx, const struct recipe *r,
		     struct build_base *base, const struct arch *arch, struct err *e)
{
	auto_place_source store = place_source_of_store(ctx->store);
	struct view_options o = { .arch = arch->oci,
				  .source = store,
				  .root = &base->root,
				  .cache_fd = ctx->cache_fd,
				  .workers = ctx->workers,
				  .monitor = ctx->monitor };
	int rc = image_view_open(r->base, &o, &base->view, e);

	if (rc == 0)
		base->source = steal(store);
	if (rc == 0 && !ctx->no_verify)
		rc = image_view_fetch(base->view, view_wants_programs, NULL, e);
	return rc;
}

struct descriptor build_base_root(const struct lock_base *locked, struct arena *a)
{
	return (struct descriptor){ .media_type = arena_strdup(a, locked->media_type),
				    .digest = locked->digest,
				    .size = locked->size_bytes };
}

int build_base_open(const struct build_context *ctx, const struct recipe *r,
		    const struct lock_base *locked, const struct arch *arch,
		    struct build_base **ret, struct err *e)
{
	struct build_base *base = mem_zalloc(sizeof(*base));
	int rc;

	base->name = build_base_name(r, &base->arena);
	base->root = build_base_root(locked, &base->arena);
	rc = build_base_bring(ctx, r, &base->root, arch, &base->arena, e);
	if (rc == 0)
		rc = open_view(ctx, r, base, arch, e);
	if (rc < 0)
		build_base_close(base);
	else
		*ret = base;
	return rc;
}

void build_base_close(struct build_base *base)
{
	struct arena arena;

	if (!base)
		return;
	image_view_free(base->view);
	place_source_close(base->source);
	arena = base->arena;
	arena_done(&arena);
	free(base);
}

const struct view_package *build_base_package(const struct build_base *base, bool apk,
					      const char *name, const char *arch)
{
	for (size_t i = 0; i < base->view->n_packages; i++) {
		const struct view_package *p = &base->view->packages[i];

		if ((p->kind == VIEW_APK) == apk && strcmp(p->name, name) == 0 &&
		    (apk || !p->architecture || strcmp(p->architecture, arch) == 0))
			return p;
	}
	return NULL;
}
