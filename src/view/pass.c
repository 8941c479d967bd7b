/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a layer, once: its entries go into an index, its files' bytes past the digest, the
 * scanners and, where wanted, into a spool. A large layer is decompressed in one thread, digested
 * in a second and taken apart in a third; each scanner has one, too.
 */
#include "view/private.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "io/ahead.h"
#include "io/basic.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "tree/spool.h"
#include "tree/tar_in.h"
#include "view/cache.h"
#include "view/kept_scans.h"
#include "view/lanes.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
	AHEAD_BYTES = 1 << 20,
	/* below that, threads cost more than they save */
	AHEAD_MIN_LAYER_BYTES = 1 << 20,
};

/* The files of one image that are kept at hand: more than any image has in programs. */
#define MAX_SPOOLED_BYTES (UINT64_C(16) << 30)

/* One layer on its way through. */
struct reading {
	struct image_view *view;
	const struct pass *pass;
	size_t layer;
	bool needed;	   /* it must be read */
	uint32_t total;	   /* the monitor's task for all layers */
	atomic_bool *stop; /* another layer failed */
	struct err err;
	int rc;

	const char *name;
	struct entries *entries;
	struct source *tar; /* borrowed by `entries`; NULL: a folder */
	struct hasher *tar_hasher, *file_hasher;
	uint64_t tar_bytes;
	struct layer_writer *writer;			 /* NULL: the index is there */
	struct lanes *lanes;				 /* to the scanners */
	struct view_scanner scanners[VIEW_MAX_SCANNERS]; /* that the cache has nothing for */
	size_t n_scanners;
	size_t entry;
	struct buf kept;
};

/* ---- where entries come from ------------------------------------------------------------- */

/* How large the files of a folder are is seen too late to ask. */
static bool is_large(const struct reading *r)
{
	return r->view->own->dir_fd >= 0 ||
	       r->view->layers[r->layer].compressed_bytes >= AHEAD_MIN_LAYER_BYTES;
}

static int open_entries(struct reading *r, struct err *e)
{
	int rc;

	if (r->view->own->dir_fd >= 0) {
		r->entries = dir_entries_new(r->view->own->dir_fd, r->name);
		return 0;
	}
	rc = view_open_tar(r->view, r->layer, &r->tar, e);
	if (rc < 0)
		return rc;
	r->tar_hasher = hasher_new(DIGEST_SHA256);
	if (is_large(r))
		r->tar = ahead_source_new(r->tar, AHEAD_BYTES);
	r->tar = digest_source_new(r->tar, r->tar_hasher, &r->tar_bytes);
	if (is_large(r))
		r->tar = ahead_source_new(r->tar, AHEAD_BYTES);
	return tar_entries_new(source_borrow(r->tar), r->name, &r->entries, e);
}

/* ---- one file ---------------------------------------------------------------------------- */

/* The next bytes, where the scanners find them. */
static int read_chunk(struct reading *r, struct view *ret, struct err *e)
{
	size_t have = 0, room, n;
	char *at = lanes_room(r->lanes, &room);

	do {
		int rc = r->entries->ops->read(r->entries, at + have, room - have, &n, e);

		if (rc < 0)
			return rc;
		have += n;
	} while (n && have < room);
	*ret = view_make(at, have);
	return interrupt_check(e);
}

static bool is_wanted(const struct pass *p, const struct view_layer *l, size_t entry,
		      const struct tar_entry *t, enum file_kind kind)
{
	if (!p->want || t->size == 0)
		return false;
	if (p->visible_only && !view_is_visible(l, entry))
		return false;
	return p->want(p->want_ctx, t, kind);
}

/* What lies in a folder is at hand. */
static bool wants(const struct image_view *v, const struct pass *p)
{
	return p->want && v->own->dir_fd < 0;
}

static int open_spool(struct reading *r, struct spool **ret, struct err *e)
{
	struct layer_contents *c = &r->view->own->contents[r->layer];
	int rc = 0;

	if (!c->spool)
		rc = spool_new(r->view->own->spool_dir_fd, MAX_SPOOLED_BYTES, &c->spool, e);
	*ret = c->spool;
	return rc;
}

/* What is done with the bytes of the current file. */
struct uses {
	bool keep, scan, digest;
	struct spool *spool;
	enum file_kind kind;
};

static int use_chunk(struct reading *r, const struct uses *u, struct view chunk, struct err *e)
{
	if (u->scan)
		lanes_bytes(r->lanes, chunk.len);
	if (u->digest)
		hasher_update(r->file_hasher, chunk.ptr, chunk.len);
	if (u->keep)
		buf_add_view(&r->kept, chunk);
	return u->spool ? spool_write(u->spool, chunk.ptr, chunk.len, e) : 0;
}

static int decide_uses(struct reading *r, const struct tar_entry *t, struct view head,
		       struct uses *u, struct err *e)
{
	const struct view_layer *l = &r->view->layers[r->layer];

	u->kind = file_kind_of(head);
	u->scan = r->n_scanners > 0;
	if (u->scan)
		lanes_file(r->lanes, r->entry);
	u->keep = r->writer && t->size <= LAYER_INDEX_MAX_KEPT_FILE_BYTES &&
		  t->size <= layer_writer_room(r->writer) && layer_index_is_kept(t->path);
	buf_clear(&r->kept);
	return wants(r->view, r->pass) && is_wanted(r->pass, l, r->entry, t, u->kind)
		       ? open_spool(r, &u->spool, e)
		       : 0;
}

static void known_digest(const struct reading *r, struct sha256 *ret)
{
	struct layer_entry entry;

	if (layer_index_get(r->view->own->indexes[r->layer], r->entry, &entry))
		*ret = entry.digest;
}

static void end_file(struct reading *r, const struct tar_entry *t, const struct uses *u,
		     struct sha256 *digest)
{
	struct content at;

	if (u->digest)
		sha256_final(r->file_hasher, digest);
	else
		known_digest(r, digest);
	if (u->spool) {
		spool_end(u->spool, &at);
		layer_contents_add(&r->view->own->contents[r->layer], t->offset, &at);
	}
	if (u->scan)
		lanes_file_end(r->lanes, digest);
}

static int read_file(struct reading *r, const struct tar_entry *t, struct sha256 *digest,
		     struct uses *u, struct err *e)
{
	struct view chunk;
	int rc = read_chunk(r, &chunk, e);

	u->digest = r->writer != NULL;
	if (rc == 0)
		rc = decide_uses(r, t, chunk, u, e);
	if (rc == 0 && !u->digest && !u->scan && !u->spool)
		return 0; /* the reader skips the rest */
	while (rc == 0 && chunk.len) {
		rc = use_chunk(r, u, chunk, e);
		if (rc == 0)
			rc = read_chunk(r, &chunk, e);
	}
	if (rc == 0)
		end_file(r, t, u, digest);
	else if (u->spool)
		spool_drop(u->spool);
	return rc;
}

static int read_entry(struct reading *r, const struct tar_entry *t, struct err *e)
{
	struct sha256 digest = { 0 };
	struct uses u = { 0 };
	struct view kept;
	int rc = 0;

	if (r->entry >= TREE_MAX_TAR_ENTRIES)
		return fail(e, FAIL_LIMIT, "%s: more than %d entries", r->name,
			    TREE_MAX_TAR_ENTRIES);
	if (t->type == TAR_FILE)
		rc = read_file(r, t, &digest, &u, e);
	kept = buf_view(&r->kept);
	if (rc == 0 && r->writer)
		rc = layer_writer_add(r->writer, t, &digest, u.kind, u.keep ? &kept : NULL, e);
	r->entry++;
	return rc;
}

/* ---- one layer --------------------------------------------------------------------------- */

static int read_entries(struct reading *r, struct err *e)
{
	struct tar_entry t;
	int rc;

	while ((rc = r->entries->ops->next(r->entries, &t, e)) == 1) {
		if (atomic_load_explicit(r->stop, memory_order_relaxed))
			return fail(e, FAIL_INTERRUPTED, "stopped");
		rc = interrupt_check(e);
		if (rc == 0)
			rc = read_entry(r, &t, e);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* What follows the end-of-archive mark belongs to the digests. */
static int check_tar(struct reading *r, struct sha256 *ret, struct err *e)
{
	struct view_layer *l = &r->view->layers[r->layer];
	size_t room, n;
	char *at = lanes_room(r->lanes, &room);
	int rc;

	do {
		rc = source_read(r->tar, at, room, &n, e);
		if (rc == 0)
			rc = interrupt_check(e);
	} while (rc == 0 && n);
	if (rc < 0)
		return err_context(e, "%s", r->name);
	sha256_final(r->tar_hasher, ret);
	if (l->descriptor && !sha256_eq(ret, &l->diff_id))
		return fail(e, FAIL_VERIFY, "%s unpacks to other bytes than its config says",
			    r->name);
	return 0;
}

/* What layer_writer_write() needs. */
struct writing {
	struct reading *reading;
	const struct sha256 *diff_id;
};

static int write_to(void *ctx, int fd, struct err *e)
{
	const struct writing *w = ctx;

	return layer_writer_write(w->reading->writer, w->diff_id, w->reading->tar_bytes, fd, e);
}

static int write_index(struct reading *r, const struct sha256 *diff_id, struct err *e)
{
	struct layer_index **ret = &r->view->own->indexes[r->layer];
	struct writing w = { r, diff_id };
	auto_fd fd = -1;
	int rc = view_cache_write(r->view, CACHE_LAYERS, diff_id, LAYER_INDEX_VERSION, write_to, &w,
				  &fd, e);

	if (rc == 0 && layer_index_open(fd_steal(&fd), diff_id, ret, e) == 0)
		return 0;
	if (e->code != FAIL_NOT_FOUND)
		monitor_note(r->view->own->options.monitor, "the index of %s is not kept: %s",
			     r->name, e->msg);
	rc = temp_file_open(&fd, e);
	if (rc == 0)
		rc = write_to(&w, fd, e);
	return rc < 0 ? rc : layer_index_open(fd_steal(&fd), diff_id, ret, e);
}

static int read_layer(struct reading *r, struct err *e)
{
	struct sha256 diff_id = { 0 };
	int rc = open_entries(r, e);

	if (rc == 0)
		rc = read_entries(r, e);
	if (rc == 0 && r->tar)
		rc = check_tar(r, &diff_id, e);
	if (rc == 0 && r->writer)
		rc = write_index(r, &diff_id, e);
	if (rc == 0)
		r->view->layers[r->layer].diff_id = diff_id;
	return rc;
}

static void begin_layer(struct reading *r)
{
	r->file_hasher = hasher_new(DIGEST_SHA256);
	if (!r->view->own->indexes[r->layer])
		r->writer = layer_writer_new();
	r->lanes = lanes_new(r->scanners, r->n_scanners, r->layer, is_large(r));
}

/* Only of a layer that is what its image says. */
static void keep_scans(struct reading *r)
{
	lanes_finish(r->lanes);
	for (size_t i = 0; i < r->n_scanners; i++) {
		auto_buf found = BUF_EMPTY;

		if (!r->scanners[i].save)
			continue;
		lanes_save(r->lanes, i, &found);
		kept_scan_save(r->view, &r->scanners[i], r->layer, &found);
	}
}

static void end_layer(struct reading *r)
{
	if (r->rc == 0)
		keep_scans(r);
	if (r->pass->want == r->view->own->options.want)
		r->view->own->contents[r->layer].is_lazy = false;
	lanes_free(r->lanes, r->rc < 0);
	if (r->entries)
		r->entries->ops->close(r->entries);
	source_close(r->tar);
	hasher_free(r->tar_hasher);
	hasher_free(r->file_hasher);
	layer_writer_free(r->writer);
	layer_contents_sort(&r->view->own->contents[r->layer]);
	buf_done(&r->kept);
}

static void run_reading(void *arg)
{
	struct reading *r = arg;
	auto_arena a = ARENA_EMPTY;

	r->name = view_layer_name(r->view, r->layer, &a);
	begin_layer(r);
	r->rc = read_layer(r, &r->err);
	end_layer(r);
	monitor_advance(r->view->own->options.monitor, r->total,
			r->view->layers[r->layer].compressed_bytes);
	if (r->rc < 0)
		atomic_store(r->stop, true);
}

/* ---- all layers -------------------------------------------------------------------------- */

void view_load_index(struct image_view *v, size_t layer)
{
	const struct sha256 *diff_id = &v->layers[layer].diff_id;
	struct err ignored;
	int fd;

	if (v->own->indexes[layer])
		return;
	fd = view_cache_open(v, CACHE_LAYERS, diff_id, LAYER_INDEX_VERSION);
	if (fd >= 0)
		(void)layer_index_open(fd, diff_id, &v->own->indexes[layer], &ignored);
	v->layers[layer].index = v->own->indexes[layer];
}

bool view_is_wanted(const struct image_view *v, size_t layer, size_t entry)
{
	const struct view_options *o = &v->own->options;
	const struct view_layer *l = &v->layers[layer];
	const struct pass p = { .want = o->want, .want_ctx = o->want_ctx };
	struct layer_entry x;

	return l->index && layer_index_get(l->index, entry, &x) && x.tar.type == TAR_FILE &&
	       is_wanted(&p, l, entry, &x.tar, x.kind);
}

int view_read_wanted(struct image_view *v, size_t layer, struct err *e)
{
	const struct view_options *o = &v->own->options;
	const struct pass p = { .want = o->want, .want_ctx = o->want_ctx };
	atomic_bool stop = false;
	struct reading r = { .view = v, .pass = &p, .layer = layer, .stop = &stop };

	run_reading(&r);
	if (r.rc < 0)
		*e = r.err;
	return r.rc;
}

static int first_error(struct reading *readings, size_t n, struct err *e)
{
	struct reading *first = NULL;

	for (size_t i = 0; i < n; i++) {
		struct reading *r = &readings[i];

		/* those that were stopped say nothing of their own */
		if (r->rc < 0 && (!first || first->err.code == FAIL_INTERRUPTED))
			first = r;
	}
	if (!first)
		return 0;
	*e = first->err;
	return first->rc;
}

/* Those of the pass that have to look at the layer. */
static void choose_scanners(struct reading *r)
{
	const struct pass *p = r->pass;

	if (p->only && !p->only[r->layer])
		return;
	assert(p->n_scanners <= VIEW_MAX_SCANNERS);
	for (size_t i = 0; i < p->n_scanners; i++)
		if (!kept_scan_load(r->view, &p->scanners[i], r->layer))
			r->scanners[r->n_scanners++] = p->scanners[i];
}

/* Whether the layer must be read: it has no index yet, or bytes of it are asked for. */
static bool must_read(const struct reading *r)
{
	const struct image_view *v = r->view;
	const struct pass *p = r->pass;
	size_t layer = r->layer;
	const struct layer_index *x = v->own->indexes[layer];
	struct layer_entry entry;

	if (!x)
		return true;
	if (r->n_scanners)
		return true;
	if (p->want == v->own->options.want && v->own->contents[layer].is_lazy)
		return false;
	for (size_t i = 0; wants(v, p) && i < layer_index_count(x); i++)
		if (!layer_index_get(x, i, &entry) ||
		    (entry.tar.type == TAR_FILE &&
		     is_wanted(p, &v->layers[layer], i, &entry.tar, entry.kind)))
			return true;
	return false;
}

/* A layer that was read before for the same, or nearly: what is kept of it may be enough. */
static void load_reads(struct image_view *v, const struct pass *p, size_t layer)
{
	struct layer_contents *c = &v->own->contents[layer];

	if (!v->own->options.keep_reads || p->want != v->own->options.want || c->kept || c->spool)
		return;
	c->kept = kept_reads_open(v, layer);
	c->is_lazy = c->kept != NULL;
}

/* Which layers must be read, and how much that is. */
static uint64_t choose_layers(struct image_view *v, const struct pass *p, struct reading *readings)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < v->n_layers; i++) {
		view_load_index(v, i);
		load_reads(v, p, i);
		readings[i] = (struct reading){ .view = v, .pass = p, .layer = i };
		choose_scanners(&readings[i]);
		readings[i].needed = must_read(&readings[i]);
		if (readings[i].needed)
			bytes += v->layers[i].compressed_bytes; /* only for people: it may wrap */
	}
	return bytes;
}

int view_read_layers(struct image_view *v, const struct pass *p, struct err *e)
{
	struct reading *readings = mem_zalloc((v->n_layers + 1) * sizeof(*readings));
	uint64_t bytes = choose_layers(v, p, readings);
	struct monitor *m = v->own->options.monitor;
	struct work_group group = { 0 };
	atomic_bool stop = false;
	uint32_t total = bytes ? monitor_begin(m, "total", bytes) : 0;
	int rc;

	if (total)
		monitor_gather(m, total);
	for (size_t i = 0; i < v->n_layers; i++) {
		if (!readings[i].needed)
			continue;
		readings[i].stop = &stop;
		readings[i].total = total;
		/* made when there is work: to start threads takes longer than a look at indexes */
		if (!v->own->workers)
			v->own->workers = workers_new(0);
		work_group_submit(v->own->workers, &group, run_reading, &readings[i]);
	}
	if (v->own->workers)
		work_group_wait(v->own->workers, &group);
	rc = first_error(readings, v->n_layers, e);
	if (total)
		monitor_end(m, total, rc < 0);
	free(readings);
	for (size_t i = 0; i < v->n_layers; i++)
		v->layers[i].index = v->own->indexes[i];
	return rc;
}
