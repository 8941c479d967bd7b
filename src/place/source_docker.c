/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker-archive, read: manifest.json names a config and layers by their paths. Their digests are
 * taken here, and a manifest is made of them, so that who reads sees what every other place has.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "fmt/json.h"
#include "io/basic.h"
#include "io/codec.h"
#include "oci/image.h"
#include "place/source_private.h"

struct known {
	struct sha256 digest;
	struct member_range at;
	enum codec codec;
	struct view bytes; /* of the manifest, which is no member */
};

struct docker_source {
	struct place_source base;
	struct members members;
	struct known *blobs;
	size_t n_blobs;
	struct monitor *monitor; /* with `task`, while it is opened */
	uint32_t task;
};

/* NULL, and an error, when there is none. */
static const struct known *find_known(const struct docker_source *s, const struct descriptor *d,
				      struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];

	for (size_t i = 0; i < s->n_blobs; i++)
		if (sha256_eq(&s->blobs[i].digest, &d->digest))
			return &s->blobs[i];
	sha256_to_hex(&d->digest, hex);
	fail(e, FAIL_NOT_FOUND, "'%s' has no blob sha256:%s", s->members.path, hex);
	return NULL;
}

static int docker_open(struct place_source *base, const struct descriptor *d, struct source **ret,
		       struct err *e)
{
	struct docker_source *s = (struct docker_source *)base;
	const struct known *k = find_known(s, d, e);

	if (!k)
		return -(int)e->code;
	*ret = k->bytes.ptr ? mem_source_new(k->bytes) : members_source(&s->members, &k->at);
	return 0;
}

static int docker_file(struct place_source *base, const struct descriptor *d, struct blob_file *ret,
		       struct err *e)
{
	struct docker_source *s = (struct docker_source *)base;
	const struct known *k = find_known(s, d, e);

	if (!k)
		return -(int)e->code;
	if (k->bytes.ptr)
		return fail(e, FAIL_NOT_FOUND, "a manifest that was made here is in no file");
	ret->offset = k->at.offset;
	ret->fd = fcntl(s->members.fd, F_DUPFD_CLOEXEC, 0);
	return ret->fd < 0 ? fail_sys(e, "share '%s'", s->members.path) : 0;
}

static void docker_close(struct place_source *base)
{
	struct docker_source *s = (struct docker_source *)base;

	members_done(&s->members);
	free(s);
}

static const struct place_source_ops docker_ops = {
	.open = docker_open,
	.file = docker_file,
	.close = docker_close,
};

/* ---- which image ------------------------------------------------------------------------- */

/* Docker writes short names, skopeo whole ones. */
static struct view short_name(const char *name)
{
	struct view v = view_of(name);

	for (size_t i = 0; i < 2; i++) {
		const char *prefix = i == 0 ? "docker.io/" : "library/";

		if (view_starts(v, prefix))
			v = view_make(v.ptr + strlen(prefix), v.len - strlen(prefix));
	}
	return v;
}

static bool has_name(const struct json *image, const char *ref)
{
	const struct json *tags = json_get(image, "RepoTags");

	for (size_t i = 0; i < json_length(tags); i++) {
		const char *tag = json_str(json_at(tags, i));

		if (tag && view_eq(short_name(tag), short_name(ref)))
			return true;
	}
	return false;
}

static int find_image(const struct json *images, const char *path, const char *ref, struct arena *a,
		      const struct json **ret, struct err *e)
{
	size_t n = json_length(images);
	const char **names = arena_array(a, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++) {
		const struct json *image = json_at(images, i);

		names[i] = json_str(json_at(json_get(image, "RepoTags"), 0));
		if (ref ? has_name(image, ref) : n == 1) {
			*ret = image;
			return 0;
		}
	}
	if (n == 0)
		return fail(e, FAIL_NOT_FOUND, "no image in '%s'", path);
	if (ref)
		return fail(e, FAIL_NOT_FOUND, "no image '%s' in '%s'\nit holds %s", ref, path,
			    list_names(names, n, a));
	return fail(e, FAIL_USAGE,
		    "which image? '%s' holds %s\nadd its name: docker-archive:%s:NAME", path,
		    list_names(names, n, a), path);
}

/* ---- its manifest ------------------------------------------------------------------------ */

static const char *layer_type(enum codec c)
{
	switch (c) {
	case CODEC_GZIP:
		return MEDIA_TYPE_LAYER_GZIP;
	case CODEC_ZSTD:
		return MEDIA_TYPE_LAYER_ZSTD;
	default:
		return MEDIA_TYPE_LAYER_TAR;
	}
}

static int hash_member(const struct docker_source *s, struct known *k, struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_sink nowhere = monitor_sink_new(null_sink_new(), s->monitor, s->task);
	auto_source from = NULL;
	struct view start;
	struct source *peek;
	int r;

	peek = peek_source_new(members_source(&s->members, &k->at), CODEC_DETECT_BYTES);
	from = digest_source_new(peek, h, NULL);
	r = source_peek(peek, &start, e);
	if (r)
		return r;
	k->codec = codec_detect(start);
	r = stream_copy(from, nowhere, NULL, e);
	if (!r)
		sha256_final(h, &k->digest);
	return r;
}

/* The blob's digest and size, and by its first bytes what a layer is packed with. */
static int take_member(struct docker_source *s, const char *name, struct descriptor *d,
		       struct err *e)
{
	struct known *k = &s->blobs[s->n_blobs];
	bool met = false;
	int r = members_find(&s->members, name, &k->at, e);

	if (r)
		return r;
	/* a layer may be there twice, but is read once */
	for (size_t i = 0; i < s->n_blobs && !met; i++) {
		met = s->blobs[i].at.offset == k->at.offset;
		if (met)
			*k = s->blobs[i];
	}
	if (!met)
		r = hash_member(s, k, e);
	if (r)
		return r;
	d->media_type = layer_type(k->codec);
	d->size = k->at.size;
	d->digest = k->digest;
	s->n_blobs++;
	return 0;
}

static int take_image(struct docker_source *s, const struct json *image, struct arena *a,
		      struct manifest *m, struct err *e)
{
	const struct json *layers = json_get(image, "Layers");
	const char *config = json_str(json_get(image, "Config"));
	int r;

	m->n_layers = json_length(layers);
	if (!config)
		return fail(e, FAIL_FORMAT, "'%s': manifest.json names no 'Config'",
			    s->members.path);
	if (m->n_layers > OCI_MAX_LAYERS)
		return fail(e, FAIL_LIMIT, "'%s': %zu layers are more than %d", s->members.path,
			    m->n_layers, OCI_MAX_LAYERS);
	s->blobs = arena_array(a, m->n_layers + 2, sizeof(*s->blobs));
	m->layers = arena_array(a, m->n_layers + 1, sizeof(*m->layers));
	r = take_member(s, config, &m->config, e);
	m->config.media_type = MEDIA_TYPE_CONFIG;
	for (size_t i = 0; !r && i < m->n_layers; i++) {
		const char *name = json_str(json_at(layers, i));

		if (!name)
			return fail(e, FAIL_FORMAT, "'%s': 'Layers' in manifest.json must be names",
				    s->members.path);
		r = take_member(s, name, &m->layers[i], e);
	}
	return r;
}

/* Takes the digests of all that is in it, which are nowhere written. */
static int digest_image(struct docker_source *s, const struct json *image, struct arena *a,
			struct manifest *m, struct err *e)
{
	const char *slash = strrchr(s->members.path, '/');
	const char *what = arena_printf(a, "read %s", slash ? slash + 1 : s->members.path);
	struct stat st = { 0 };
	int r;

	(void)fstat(s->members.fd, &st);
	s->task = monitor_begin(s->monitor, what, (uint64_t)st.st_size);
	r = take_image(s, image, a, m, e);
	monitor_end(s->monitor, s->task, r < 0);
	return r;
}

static void add_manifest(struct docker_source *s, const struct manifest *m, struct arena *a,
			 struct descriptor *ret_root)
{
	struct known *k = &s->blobs[s->n_blobs++];
	auto_buf text = BUF_EMPTY;

	manifest_write(m, &text);
	k->bytes = view_make(arena_view(a, buf_view(&text)), text.len);
	sha256_of(k->bytes.ptr, k->bytes.len, &k->digest);
	*ret_root = (struct descriptor){ .media_type = MEDIA_TYPE_MANIFEST,
					 .digest = k->digest,
					 .size = text.len };
}

static int read_images(struct docker_source *s, struct json_doc **ret, struct err *e)
{
	struct view text;
	int r = members_read(&s->members, "manifest.json", OCI_MAX_DOCUMENT_BYTES, &text, e);

	if (r == -FAIL_NOT_FOUND)
		return fail(e, FAIL_FORMAT,
			    "'%s' is no archive of Docker's: it has no manifest.json%s",
			    s->members.path,
			    map_get(&s->members.by_name, view_of("index.json"))
				    ? "\nit may be an oci-archive:"
				    : "");
	if (!r)
		r = json_parse(text, "manifest.json", ret, e);
	if (!r && !json_is_array(json_root(*ret)))
		r = fail(e, FAIL_FORMAT, "'%s': manifest.json must be an array", s->members.path);
	return r;
}

int docker_source_open(struct members *m, const char *ref, struct monitor *monitor, struct arena *a,
		       struct place_source **ret, struct descriptor *ret_root, struct err *e)
{
	struct docker_source *s = mem_zalloc(sizeof(*s));
	struct manifest manifest = { 0 };
	const struct json *image = NULL;
	auto_json doc = NULL;
	int r;

	s->base.ops = &docker_ops;
	s->monitor = monitor;
	s->members = *m;
	*m = (struct members)MEMBERS_NONE;
	r = read_images(s, &doc, e);
	if (!r)
		r = find_image(json_root(doc), s->members.path, ref, a, &image, e);
	if (!r)
		r = digest_image(s, image, a, &manifest, e);
	if (r) {
		docker_close(&s->base);
		return r;
	}
	add_manifest(s, &manifest, a, ret_root);
	*ret = &s->base;
	return 0;
}
