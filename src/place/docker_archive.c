/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker-archive: what 'docker load' takes since 1.10: manifest.json, the config and the layers,
 * plus the older `repositories`. Layers stay compressed by gzip, which every Docker undoes; zstd
 * ones are written plain, so that their diff_ids hold.
 */
#include "place/docker_archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fmt/json.h"
#include "io/basic.h"
#include "io/codec.h"
#include "oci/artifact.h"
#include "oci/convert.h"
#include "place/name.h"
#include "place/put.h"
#include "place/walk.h"
#include "sys/machine.h"

/* What fits a tar's size field; more than any layer unpacked that Docker could store. */
static const uint64_t MAX_LAYER_BYTES = 8ULL << 30;

struct docker_member {
	char path[SHA256_HEX_CHARS + 8];
	const struct descriptor *blob;
	const struct sha256 *unpack_to; /* the diff_id of a layer that is written plain */
	struct view bytes;		/* when there is no blob */
};

static bool is_for(const struct descriptor *d, const char *architecture)
{
	return d->platform && strcmp(d->platform->architecture, architecture) == 0;
}

/* The index's only image, or the one for this machine. */
static int choose(const struct image_index *x, const struct descriptor **ret, struct err *e)
{
	const char *host = machine_architecture();
	auto_buf has = BUF_EMPTY;
	const struct descriptor *found = NULL, *only = NULL;
	size_t n_for_host = 0, n = 0;

	for (size_t i = 0; i < x->n_manifests; i++) {
		const struct descriptor *d = &x->manifests[i];

		if (!is_index_type(d->media_type) && descriptor_is_artifact(d))
			continue;
		buf_printf(&has, "%s%s", n++ ? ", " : "",
			   d->platform ? d->platform->architecture : "?");
		only = d;
		if (is_for(d, host) && n_for_host++ == 0)
			found = d;
	}
	if (n != 1 && n_for_host != 1)
		return fail(e, FAIL_USAGE,
			    "Docker's archives and engines take one image, and this one is for "
			    "%.200s: choose with --arch",
			    n ? buf_str(&has) : "nothing");
	*ret = n == 1 ? only : found;
	return 0;
}

static int find_manifest(struct docker_image *im, const struct descriptor *d, unsigned int depth,
			 struct err *e)
{
	struct image_index x;
	struct view text;
	int r = place_source_read(im->from, d, im->arena, &text, e);

	if (r)
		return r;
	if (!is_index_type(d->media_type))
		return manifest_read(text, "manifest", im->arena, &im->manifest, e);
	if (depth >= WALK_MAX_DEPTH)
		return fail(e, FAIL_LIMIT, "indexes are nested more than %d levels deep",
			    WALK_MAX_DEPTH);
	r = image_index_read(text, "index", im->arena, &x, e);
	if (!r)
		r = choose(&x, &d, e);
	return r ? r : find_manifest(im, d, depth + 1, e);
}

static int name_layer(const struct descriptor *d, const struct sha256 *diff_id,
		      struct docker_member *m, struct err *e)
{
	const char *type = document_type_in(DOCUMENT_OCI, d->media_type);
	char hex[SHA256_HEX_CHARS + 1];

	m->blob = d;
	if (strcmp(type, MEDIA_TYPE_LAYER_ZSTD) == 0)
		m->unpack_to = diff_id;
	else if (strcmp(type, MEDIA_TYPE_LAYER_TAR) != 0 &&
		 strcmp(type, MEDIA_TYPE_LAYER_GZIP) != 0)
		return fail(e, FAIL_UNSUPPORTED, "a layer of type '%.100s' can't go into it", type);
	sha256_to_hex(m->unpack_to ? diff_id : &d->digest, hex);
	snprintf(m->path, sizeof(m->path), "%s.tar%s", hex,
		 !m->unpack_to && view_ends(view_of(type), "gzip") ? ".gz" : "");
	return 0;
}

int docker_image_read(struct docker_image *im, const struct descriptor *root, struct err *e)
{
	const struct manifest *m = &im->manifest;
	struct view text;
	int r = find_manifest(im, root, 0, e);

	if (!r)
		r = place_source_read(im->from, &m->config, im->arena, &text, e);
	if (!r)
		r = image_config_read(text, "config", im->arena, &im->config, e);
	if (r)
		return r;
	if (m->n_layers != im->config.n_diff_ids)
		return fail(e, FAIL_FORMAT, "the manifest has %zu layers and the config %zu",
			    m->n_layers, im->config.n_diff_ids);
	im->layers = arena_array(im->arena, m->n_layers, sizeof(*im->layers));
	for (size_t i = 0; !r && i < m->n_layers; i++)
		r = name_layer(&m->layers[i], &im->config.diff_ids[i], &im->layers[i], e);
	return r;
}

uint64_t docker_image_bytes(const struct docker_image *im)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < im->manifest.n_layers; i++)
		sum += im->manifest.layers[i].size; /* only for people: it may wrap */
	return sum;
}

/* [{"Config":…,"RepoTags":[…],"Layers":[…]}] */
static void write_manifest(const struct docker_image *im, const char *ref, struct buf *to)
{
	char config[SHA256_HEX_CHARS + 8];
	struct json_writer w;

	sha256_to_hex(&im->manifest.config.digest, config);
	strcat(config, ".json");
	json_writer_init(&w, to, 0);
	json_open_array(&w);
	json_open_object(&w);
	json_member_string(&w, "Config", config);
	json_key(&w, "RepoTags");
	if (ref) {
		json_open_array(&w);
		json_put_string(&w, ref);
		json_close_array(&w);
	} else {
		json_put_string(&w, NULL);
	}
	json_key(&w, "Layers");
	json_open_array(&w);
	for (size_t i = 0; i < im->manifest.n_layers; i++)
		json_put_string(&w, im->layers[i].path);
	json_close_array(&w);
	json_close_object(&w);
	json_close_array(&w);
}

/* {"NAME":{"TAG":"the last layer"}} */
static void write_repositories(const struct docker_image *im, const char *name, const char *tag,
			       struct buf *to)
{
	const struct docker_member *last = &im->layers[im->manifest.n_layers - 1];
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_key(&w, name);
	json_open_object(&w);
	json_key(&w, tag);
	json_put_view(&w, view_make(last->path, SHA256_HEX_CHARS));
	json_close_object(&w);
	json_close_object(&w);
}

static int open_plain(const struct docker_image *im, const struct docker_member *m,
		      struct hasher *h, uint64_t *count, struct source **ret, struct err *e)
{
	struct source *blob = NULL, *plain = NULL;
	int r = place_source_open(im->from, m->blob, &blob, e);

	if (!r)
		r = decode_source_new(CODEC_ZSTD, blob, m->path, &plain, e);
	if (!r)
		*ret = digest_source_new(limit_source_new(plain, MAX_LAYER_BYTES, m->path), h,
					 count);
	return r;
}

/* Twice through the codec, as a tar needs the size first; that is quicker than a temporary file. */
static int put_plain(struct archive *t, const struct docker_image *im,
		     const struct docker_member *m, struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_sink nowhere = null_sink_new();
	auto_source first = NULL;
	struct source *second = NULL;
	uint64_t size = 0, again = 0;
	struct sha256 got;
	int r = open_plain(im, m, h, &size, &first, e);

	if (!r)
		r = stream_copy(first, nowhere, NULL, e);
	if (r)
		return r;
	sha256_final(h, &got);
	if (!sha256_eq(&got, m->unpack_to))
		return fail(e, FAIL_VERIFY, "layer '%s' has another diff_id than its config says",
			    m->path);
	r = open_plain(im, m, NULL, &again, &second, e);
	return r ? r : archive_stream(t, m->path, second, size, e);
}

static int compare_members(const void *a, const void *b)
{
	const struct docker_member *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Sorted by path; a layer that the image has twice goes in once. */
static int put_members(struct archive *t, const struct docker_image *im, struct docker_member *at,
		       size_t n, struct err *e)
{
	int r = 0;

	qsort(at, n, sizeof(*at), compare_members);
	for (size_t i = 0; !r && i < n; i++) {
		const struct docker_member *m = &at[i];

		if (i > 0 && strcmp(at[i - 1].path, m->path) == 0)
			continue;
		if (m->unpack_to)
			r = put_plain(t, im, m, e);
		else if (m->blob)
			r = archive_blob(t, m->path, im->from, m->blob, e);
		else
			r = archive_bytes(t, m->path, m->bytes, e);
	}
	return r;
}

/* The members besides the layers, into room for three; returns how many. */
static int small_members(struct docker_image *im, const char *ref, struct docker_member *at,
			 size_t *ret_n, struct buf *manifest, struct buf *repositories,
			 struct err *e)
{
	const char *full, *name, *tag;
	int r = ref ? image_name_parse(ref, im->arena, &full, &name, &tag, e) : 0;

	if (r)
		return r;
	at[0].blob = &im->manifest.config;
	sha256_to_hex(&im->manifest.config.digest, at[0].path);
	strcat(at[0].path, ".json");
	write_manifest(im, ref ? full : NULL, manifest);
	strcpy(at[1].path, "manifest.json");
	at[1].bytes = buf_view(manifest);
	*ret_n = 2;
	if (ref && im->manifest.n_layers > 0) {
		write_repositories(im, name, tag, repositories);
		strcpy(at[2].path, "repositories");
		at[2].bytes = buf_view(repositories);
		*ret_n = 3;
	}
	return 0;
}

int docker_image_write(struct docker_image *im, const char *ref, struct archive *t, struct err *e)
{
	size_t n = im->manifest.n_layers, n_small;
	struct docker_member *at = arena_array(im->arena, n + 3, sizeof(*at));
	auto_buf manifest = BUF_EMPTY, repositories = BUF_EMPTY;
	int r;

	memcpy(at, im->layers, n * sizeof(*at));
	r = small_members(im, ref, at + n, &n_small, &manifest, &repositories, e);
	return r ? r : put_members(t, im, at, n + n_small, e);
}

int put_docker_archive(const struct place *to, struct store *from, const struct descriptor *root,
		       int64_t created_s, struct err *e)
{
	auto_place_source source = place_source_of_store(from);
	auto_arena a = ARENA_EMPTY;
	struct docker_image im = { .from = source, .arena = &a };
	auto_archive t = ARCHIVE_NONE;
	int r = docker_image_read(&im, root, e);

	if (!r)
		r = archive_open(&t, to->path, created_s, e);
	if (!r) {
		archive_watch(&t, place_monitor(to), docker_image_bytes(&im));
		r = docker_image_write(&im, to->ref, &t, e);
	}
	if (!r)
		r = archive_commit(&t, e);
	return r ? err_context(e, "docker-archive:%s", to->path) : 0;
}
