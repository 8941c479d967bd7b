/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine as a target. It takes an image as a whole, in one stream that is made while it is sent,
 * and can't say which layers it has; but an image that it has already only gets its name.
 */
#include <string.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "io/pushed.h"
#include "place/docker_archive.h"
#include "place/name.h"
#include "place/target_private.h"

struct daemon_target {
	struct place_target base;
	struct engine *engine;
	struct arena arena;
	struct monitor *monitor;
	const char *full, *name, *tag;
	const char *loaded;	     /* the id of the image, which is there already; or NULL */
	struct place_source *source; /* of the blobs; borrowed, unless they are in the stage */
	struct place_target *stage;  /* or NULL */
	struct store *stage_store;
	struct place_source *staged;
	bool sent;
};

static struct daemon_target *of(struct place_target *t)
{
	return (struct daemon_target *)t;
}

/* Without a stage nothing need be brought here: finish() reads what it sends. */
static int daemon_has(struct place_target *t, const struct descriptor *d, bool *ret, struct err *e)
{
	*ret = true;
	if (of(t)->loaded || !of(t)->stage)
		return 0;
	return place_target_has(of(t)->stage, d, ret, e);
}

static int daemon_folder(const struct place_target *t)
{
	const struct place_target *stage = ((const struct daemon_target *)t)->stage;

	return stage ? place_target_folder(stage) : -1;
}

static int daemon_put(struct place_target *t, const struct descriptor *d,
		      const struct blob_file *from, struct monitor *m, uint32_t task, struct err *e)
{
	return place_target_put(of(t)->stage, d, from, m, task, e);
}

static int daemon_put_document(struct place_target *t, const struct descriptor *d,
			       struct view bytes, struct err *e)
{
	return of(t)->stage ? place_target_put_document(of(t)->stage, d, bytes, e) : 0;
}

/* ---- the stream -------------------------------------------------------------------------- */

struct pushing {
	struct docker_image image;
	const char *name;
	int64_t created_s;
};

static int push_archive(void *ctx, struct sink *to, struct err *e)
{
	struct pushing *p = ctx;
	auto_archive t = ARCHIVE_NONE;
	int r;

	archive_start(&t, to, p->created_s);
	r = docker_image_write(&p->image, p->name, &t, e);
	return r ? r : archive_commit(&t, e);
}

static int load(struct daemon_target *t, struct pushing *p, struct err *e)
{
	auto_free char *what = mem_printf("load %s", t->full);
	auto_source stream = NULL;
	uint32_t task;
	int r = pushed_source_new(push_archive, p, &stream, e);

	if (r)
		return r;
	task = monitor_begin(t->monitor, what, docker_image_bytes(&p->image));
	r = engine_load(t->engine, stream, task, e);
	monitor_end(t->monitor, task, r < 0);
	return r;
}

static int send(struct daemon_target *t, const struct descriptor *root, int64_t created_s,
		struct err *e)
{
	struct pushing p = {
		.image = { .from = t->source, .arena = &t->arena },
		.name = t->full,
		.created_s = created_s,
	};
	int r = docker_image_read(&p.image, root, e);

	if (!r)
		r = load(t, &p, e);
	t->sent = !r;
	return r;
}

static int daemon_finish(struct place_target *base, const struct descriptor *root,
			 struct view bytes, int64_t created_s, struct err *e)
{
	struct daemon_target *t = of(base);
	int r;

	if (t->loaded)
		r = engine_tag(t->engine, t->loaded, t->name, t->tag, e);
	else
		r = daemon_put_document(base, root, bytes, e);
	if (!r && !t->loaded)
		r = send(t, root, created_s, e);
	return r ? err_context(e, "docker-daemon:%s", t->full) : 0;
}

static bool daemon_sent(const struct place_target *t)
{
	return ((const struct daemon_target *)t)->sent;
}

static void daemon_close(struct place_target *base)
{
	struct daemon_target *t = of(base);

	if (t->engine)
		engine_close(t->engine);
	place_source_close(t->staged);
	store_close(t->stage_store);
	place_target_close(t->stage);
	arena_done(&t->arena);
	free(t);
}

static const struct place_target_ops daemon_ops = {
	.has = daemon_has,
	.folder = daemon_folder,
	.put = daemon_put,
	.put_bytes = daemon_put_document,
	.put_document = daemon_put_document,
	.finish = daemon_finish,
	.sent = daemon_sent,
	.close = daemon_close,
};

/* ---- opening ----------------------------------------------------------------------------- */

static int open_stage(struct daemon_target *t, const struct target_options *o, struct err *e)
{
	const struct place to = { .kind = PLACE_OCI, .path = o->stage };
	int r;

	if (!o->stage) {
		t->source = o->source;
		return 0;
	}
	r = layout_target_open(&to, o, &t->stage, e);
	if (!r)
		r = store_open(o->stage, &t->stage_store, e);
	if (!r)
		t->source = t->staged = place_source_of_store(t->stage_store);
	return r;
}

static int find_id(struct daemon_target *t, const struct sha256 *digest, struct err *e)
{
	char id[7 + SHA256_HEX_CHARS + 1] = "sha256:";
	struct engine_image found;
	int r;

	sha256_to_hex(digest, id + 7);
	r = engine_find(t->engine, id, &t->arena, &found, e);
	if (!r && strcmp(found.id, id) == 0)
		t->loaded = found.id;
	return r == -FAIL_NOT_FOUND ? 0 : r;
}

/*
 * An engine's id of an image is its config's digest, but with containerd's store that of what names
 * it: the manifest or index that was pulled. What was loaded there has a manifest that containerd
 * made, which nobody can know, and is sent again.
 */
static int find_loaded(struct daemon_target *t, const struct target_options *o, struct err *e)
{
	int r = o->config ? find_id(t, o->config, e) : 0;

	if (!r && !t->loaded && o->root)
		r = find_id(t, o->root, e);
	return r;
}

static int open_engine(struct daemon_target *t, const struct place *to, struct err *e)
{
	const struct http_options *http = to->access ? &to->access->http : NULL;

	t->monitor = http ? http->monitor : NULL;
	return engine_open(http, &t->engine, e);
}

int daemon_target_open(const struct place *to, const struct target_options *o,
		       struct place_target **ret, struct err *e)
{
	struct daemon_target *t = mem_zalloc(sizeof(*t));
	int r;

	t->base.ops = &daemon_ops;
	r = image_name_parse(to->ref, &t->arena, &t->full, &t->name, &t->tag, e);
	if (!r)
		r = open_engine(t, to, e);
	if (!r)
		r = find_loaded(t, o, e);
	if (!r)
		r = open_stage(t, o, e);
	if (r) {
		daemon_close(&t->base);
		return err_context(e, "docker-daemon:%s", to->ref);
	}
	*ret = &t->base;
	return 0;
}
