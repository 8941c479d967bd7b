/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same image with other media types, or with its layers compressed anew. What is new lies in
 * the stage, and is read from there; configs and what is in the layers stay as they are.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/mem.h"
#include "copy/private.h"
#include "io/basic.h"
#include "io/codec.h"
#include "oci/convert.h"
#include "place/store.h"

enum { SHORT_DIGITS = 12 };

/* What a layer's bytes may unpack to: more fits no registry. */
#define MAX_LAYER_BYTES (UINT64_C(64) << 30)

static bool is_layer(const struct descriptor *d)
{
	const char *type = document_type_in(DOCUMENT_OCI, d->media_type);

	return strcmp(type, MEDIA_TYPE_LAYER_TAR) == 0 ||
	       strcmp(type, MEDIA_TYPE_LAYER_GZIP) == 0 || strcmp(type, MEDIA_TYPE_LAYER_ZSTD) == 0;
}

/* A layer's tar, whatever it is packed with. */
static int open_plain(struct copy *c, const struct descriptor *d, struct source **ret,
		      struct err *e)
{
	struct source *from = NULL;
	struct view start;
	int rc = place_source_open(c->source, d, &from, e);

	if (rc < 0)
		return rc;
	from = peek_source_new(from, CODEC_DETECT_BYTES);
	rc = source_peek(from, &start, e);
	if (rc < 0) {
		source_close(from);
		return rc;
	}
	rc = decode_source_new(codec_detect(start), from, "layer", &from, e);
	if (rc == 0)
		*ret = limit_source_new(from, MAX_LAYER_BYTES, "layer");
	return rc;
}

static int compress_layer(struct copy *c, struct store *to, struct descriptor *d, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	struct blob_writer *w = NULL;
	auto_source from = NULL;
	auto_sink sink = NULL;
	uint32_t task;
	int rc;

	sha256_to_hex(&d->digest, hex);
	task = monitor_begin(c->o->monitor,
			     arena_printf(c->arena, "compress %.*s", SHORT_DIGITS, hex), 0);
	rc = open_plain(c, d, &from, e);
	if (rc == 0)
		rc = blob_writer_new(to, &w, e);
	if (rc == 0)
		rc = encode_sink_new(c->o->codec, c->o->level, c->workers, blob_writer_sink(w),
				     &sink, e);
	if (rc == 0)
		rc = stream_copy(from, sink, NULL, e);
	if (rc == 0)
		rc = sink_finish(sink, e);
	if (rc == 0)
		rc = blob_writer_commit(w, &d->digest, &d->size, e);
	sink_close(steal(sink));
	blob_writer_free(w);
	monitor_end(c->o->monitor, task, rc < 0);
	d->media_type = c->o->codec == CODEC_ZSTD ? MEDIA_TYPE_LAYER_ZSTD : MEDIA_TYPE_LAYER_GZIP;
	return rc < 0 ? err_context(e, "layer %.*s", SHORT_DIGITS, hex) : 0;
}

struct change {
	struct descriptor before, after;
};

struct changes {
	struct change *at;
	size_t n, cap;
	bool docker; /* what the document at hand is to be */
};

static const struct descriptor *changed(const struct changes *all, const struct sha256 *digest)
{
	for (size_t i = 0; i < all->n; i++)
		if (sha256_eq(&all->at[i].before.digest, digest))
			return &all->at[i].after;
	return NULL;
}

static int compress_all(struct copy *c, struct store *to, struct changes *all, struct err *e)
{
	for (size_t i = 0; i < c->n_blobs; i++) {
		struct descriptor d = c->blobs[i];
		int rc;

		if (!is_layer(&d))
			continue;
		rc = compress_layer(c, to, &d, e);
		if (rc < 0)
			return rc;
		*array_push(all) = (struct change){ c->blobs[i], d };
	}
	return 0;
}

/* For convert.h: what stands in a document for a descriptor. */
static void replace(void *ctx, struct descriptor *d)
{
	const struct changes *all = ctx;
	const struct descriptor *after = changed(all, &d->digest);

	if (!after)
		return;
	d->digest = after->digest;
	d->size = after->size;
	d->media_type = after->media_type;
}

static bool wants_docker(const struct copy *c, const struct document *doc)
{
	if (c->o->format != COPY_FORMAT_KEEP)
		return c->o->format == COPY_FORMAT_DOCKER;
	return document_form_of(doc->d.media_type) == DOCUMENT_DOCKER;
}

static int convert_document(struct copy *c, struct store *to, struct document *doc,
			    struct changes *all, struct err *e)
{
	struct descriptor after = doc->d;
	auto_buf text = BUF_EMPTY;
	int rc = document_convert(doc->bytes, wants_docker(c, doc) ? DOCUMENT_DOCKER : DOCUMENT_OCI,
				  replace, all, &text, &after.media_type, e);

	if (rc < 0)
		return rc;
	after.size = text.len;
	rc = store_put_blob(to, text.data, text.len, &after.digest, e);
	*array_push(all) = (struct change){ doc->d, after };
	doc->bytes = view_make(arena_view(c->arena, buf_view(&text)), text.len);
	doc->d = after;
	return rc;
}

static void follow(struct copy *c, const struct changes *all)
{
	for (size_t i = 0; i < c->n_blobs; i++) {
		const struct descriptor *after = changed(all, &c->blobs[i].digest);

		if (after)
			c->blobs[i] = *after;
	}
	c->root = c->documents[c->n_documents - 1].d;
}

int copy_convert(struct copy *c, struct err *e)
{
	struct changes all = { 0 };
	struct store *to = NULL;
	int rc;

	if (c->o->format == COPY_FORMAT_KEEP && c->o->codec == CODEC_PLAIN)
		return 0;
	rc = store_open(c->stage_path, &to, e);
	if (rc == 0 && c->o->codec != CODEC_PLAIN) {
		c->workers = workers_new(0);
		rc = compress_all(c, to, &all, e);
		workers_free(c->workers);
	}
	for (size_t i = 0; rc == 0 && i < c->n_documents; i++)
		rc = convert_document(c, to, &c->documents[i], &all, e);
	if (rc == 0)
		follow(c, &all);
	store_close(to);
	free(all.at);
	return rc;
}
