/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer into the store. Its cache key covers every attribute and content digest of the nodes
 * in it and how it is compressed, so that a layer made once is never made again, whichever recipe
 * asks for it.
 */
#include "base/buf.h"
#include "base/interrupt.h"
#include "base/map.h"
#include "build/layers.h"
#include "build/record.h"
#include "io/basic.h"
#include "io/encode.h"
#include "tree/tar_out.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

/* Feeds a key: the nodes of one layer, with the folders above them. */
struct keying {
	const struct layering *l;
	size_t layer;
	struct hasher *h;
	const struct node *last_parent;
	struct map inodes; /* inodes with several names, by address → position + 1 */
	uintptr_t n;
};

static void key_u64(struct hasher *h, uint64_t value)
{
	uint64_t le = htole64(value);

	hasher_update(h, &le, sizeof(le));
}

static void key_string(struct hasher *h, const char *s)
{
	key_u64(h, s ? strlen(s) + 1 : 0);
	if (s)
		hasher_update(h, s, strlen(s));
}

static void key_inode(struct hasher *h, const struct inode *i)
{
	key_u64(h, (uint64_t)i->type);
	key_u64(h, i->mode);
	key_u64(h, i->uid);
	key_u64(h, i->gid);
	key_u64(h, (uint64_t)i->mtime_s);
	key_u64(h, (uint64_t)i->dev_major << 32 | i->dev_minor);
	key_string(h, i->target);
	key_u64(h, i->content.size);
	hasher_update(h, i->content.digest.bytes, SHA256_BYTES);
	for (size_t x = 0; x < i->n_xattrs; x++) {
		key_string(h, i->xattrs[x].name);
		key_u64(h, i->xattrs[x].value.len);
		hasher_update(h, i->xattrs[x].value.ptr, i->xattrs[x].value.len);
	}
}

/* Which of the names of one inode came first makes the file, the others links to it. */
static void key_links(struct keying *k, const struct inode *const *i)
{
	void **seen;

	k->n++;
	if ((*i)->n_links < 2)
		return;
	seen = map_put(&k->inodes, view_make((const char *)(const void *)i, sizeof(*i)));
	if (!*seen)
		*seen = (void *)k->n;
	key_u64(k->h, (uintptr_t)*seen);
}

static int key_node(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct keying *k = ctx;

	(void)e;
	if (layering_of(k->l, n) != k->layer)
		return 0;
	if (n->parent != k->last_parent)
		for (const struct node *up = n->parent; up; up = up->parent)
			key_inode(k->h, up->inode);
	k->last_parent = n->parent;
	key_string(k->h, path);
	key_inode(k->h, n->inode);
	key_links(k, (const struct inode *const *)&n->inode);
	return 0;
}

static int key_of(const struct build *b, const struct layering *l, size_t i,
		  const struct layer_options *o, char ret[SHA256_HEX_CHARS + 1], struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	struct keying k = { .l = l, .layer = i, .h = h };
	struct sha256 key;
	int rc;

	key_u64(h, LAYER_WRITER_VERSION);
	key_string(h, encode_version(o->codec));
	key_u64(h, (uint64_t)o->level);
	rc = tree_walk(&b->tree, key_node, &k, e);
	map_done(&k.inodes);
	sha256_final(h, &key);
	sha256_to_hex(&key, ret);
	return rc;
}

static bool take_digest(const struct json *from, const char *key, struct sha256 *ret)
{
	const char *hex = json_str(json_get(from, key));

	return hex && sha256_from_hex(view_of(hex), ret);
}

static bool find_cached(struct build *b, int cache_fd, const char *key, struct layer *ret)
{
	auto_json doc = NULL;
	const struct json *root;

	if (!record_read(cache_fd, key, &doc))
		return false;
	root = json_root(doc);
	return take_digest(root, "digest", &ret->descriptor.digest) &&
	       take_digest(root, "diff_id", &ret->diff_id) &&
	       json_u64(json_get(root, "size"), &ret->descriptor.size) &&
	       store_blob_is_right(b->ctx->store, &ret->descriptor.digest, ret->descriptor.size);
}

static void save_record(int cache_fd, const char *key, const struct layer *layer)
{
	char digest[SHA256_HEX_CHARS + 1], diff_id[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct json_writer w;

	sha256_to_hex(&layer->descriptor.digest, digest);
	sha256_to_hex(&layer->diff_id, diff_id);
	json_writer_init(&w, &text, 0);
	json_open_object(&w);
	json_member_string(&w, "digest", digest);
	json_member_string(&w, "diff_id", diff_id);
	json_member_u64(&w, "size", layer->descriptor.size);
	json_close_object(&w);
	record_write(cache_fd, key, &text);
}

static void blob_cleanup(struct blob_writer **w)
{
	blob_writer_free(*w);
}

struct selection {
	const struct layering *l;
	size_t layer;
};

static bool is_selected(const struct node *n, void *ctx)
{
	const struct selection *s = ctx;

	return layering_of(s->l, n) == s->layer;
}

static int write_layer(struct build *b, const struct layering *l, size_t i,
		       const struct layer_options *o, uint32_t task, struct layer *ret,
		       struct err *e)
{
	__attribute__((cleanup(blob_cleanup))) struct blob_writer *blob = NULL;
	auto_hasher h = hasher_new(DIGEST_SHA256);
	struct selection selection = { l, i };
	auto_sink tar = NULL;
	int rc = blob_writer_new(b->ctx->store, &blob, e);

	if (rc == 0)
		rc = encode_sink_new(o->codec, o->level, b->ctx->workers, blob_writer_sink(blob),
				     &tar, e);
	if (rc < 0)
		return rc;
	tar = monitor_sink_new(digest_sink_new(tar, h, NULL), b->ctx->monitor, task);
	rc = tree_write_tar(&b->tree, is_selected, &selection, tar, e);
	if (rc == 0)
		rc = sink_finish(tar, e);
	if (rc < 0)
		return rc;
	sha256_final(h, &ret->diff_id);
	return blob_writer_commit(blob, &ret->descriptor.digest, &ret->descriptor.size, e);
}

/* The same, shown as a task. */
static int write_shown(struct build *b, const struct layering *l, size_t i,
		       const struct layer_options *o, struct layer *ret, struct err *e)
{
	const struct layer_plan *plan = &l->layers[i];
	char what[128];
	uint32_t task;
	int rc;

	snprintf(what, sizeof(what), "layer %zu: %s", i + 1, plan->comment);
	task = monitor_begin(b->ctx->monitor, what, plan->bytes);
	rc = write_layer(b, l, i, o, task, ret, e);
	monitor_end(b->ctx->monitor, task, rc < 0);
	return rc;
}

int layer_make(struct build *b, const struct layering *l, size_t i, const struct layer_options *o,
	       int cache_fd, struct layer *ret, struct err *e)
{
	char key[SHA256_HEX_CHARS + 1];
	int rc = interrupt_check(e);

	if (rc == 0)
		rc = key_of(b, l, i, o, key, e);
	if (rc < 0)
		return rc;
	ret->descriptor.media_type =
		o->codec == CODEC_ZSTD ? MEDIA_TYPE_LAYER_ZSTD : MEDIA_TYPE_LAYER_GZIP;
	if (!find_cached(b, cache_fd, key, ret)) {
		rc = write_shown(b, l, i, o, ret, e);
		if (rc < 0)
			return rc;
		save_record(cache_fd, key, ret);
	}
	if (b->ctx->layer_made)
		b->ctx->layer_made(b->ctx->layer_ctx, &ret->descriptor);
	return 0;
}
