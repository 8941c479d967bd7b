/* SPDX-License-Identifier: Apache-2.0 */
/* Gets indexes from a mirror, a folder or the cache, verifies them, and opens their binary form. */
#include "pkg/apk/repository.h"

#include "base/array.h"
#include "base/mem.h"
#include "net/file_url.h"
#include "pkg/apk/signed_index.h"
#include "pkg/index_file.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELEASES "releases"
#define INDEXES "indexes"
#define INDEX_NAME "APKINDEX.tar.gz"
#define INDEX_NAME_V3 "Packages.adb"
#define ARCH_VARIABLE "${APK_ARCH}"

enum {
	READER_VERSION = 1, /* raise it when apk_index_read keeps something else */
	MAX_REPOSITORIES_BYTES = 1 << 20,
};

void apk_context_done(struct apk_context *ctx)
{
	apk_keyring_free(ctx->keys);
	ctx->keys = NULL;
}

/* ---- sources ---- */

bool apk_uri_is_local(const char *uri)
{
	return !strstr(uri, "://") && strncmp(uri, APK_URI_ALPINE, strlen(APK_URI_ALPINE)) != 0;
}

bool apk_source_is(const char *line)
{
	return strncmp(line, "deb ", 4) != 0;
}

static const char *const forms[] = {
	[APK_SOURCE_V2] = "v2", [APK_SOURCE_V3] = "v3", [APK_SOURCE_NDX] = "ndx"
};

static bool parse_form(struct view word, enum apk_source_form *ret)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		if (view_is(word, forms[i])) {
			*ret = (enum apk_source_form)i;
			return true;
		}
	}
	return false;
}

static int bad_source(struct err *e)
{
	return fail(e, FAIL_FORMAT, "a repository is '[v2|v3|ndx] [@TAG] URI [COMPONENT…]'");
}

int apk_source_parse(struct view line, struct arena *a, struct apk_source *ret, struct err *e)
{
	struct view rest = line, word;
	bool formed;

	*ret = (struct apk_source){ 0 };
	if (!view_word(&rest, &word))
		return bad_source(e);
	formed = parse_form(word, &ret->form);
	if (formed && !view_word(&rest, &word))
		return bad_source(e);
	if (word.ptr[0] == '@') {
		ret->tag = arena_strndup(a, word.ptr + 1, word.len - 1);
		if (word.len == 1 || !view_word(&rest, &word))
			return bad_source(e);
	}
	/* A folder's name may have blanks. */
	if (word.ptr[0] == '/' || word.ptr[0] == '.') {
		word.len += rest.len;
		word = view_trim(word);
		rest = view_of("");
	}
	while (word.len > 1 && word.ptr[word.len - 1] == '/')
		word.len--;
	ret->uri = arena_view(a, word);
	if (!formed && (view_ends(word, ".adb") || view_ends(word, ".tar.gz")))
		ret->form = APK_SOURCE_NDX;
	ret->components = view_trim(rest);
	if (ret->components.len && ret->form == APK_SOURCE_NDX)
		return fail(e, FAIL_FORMAT, "'%.*s' behind the index's URI",
			    VIEW_ARG(ret->components));
	ret->components = view_of(arena_view(a, ret->components));
	return 0;
}

const char *apk_source_write(const struct apk_source *s, struct view component, struct arena *a)
{
	return arena_printf(a, "%s%s%s%s%s%s%s%.*s", s->form == APK_SOURCE_V2 ? "" : forms[s->form],
			    s->form == APK_SOURCE_V2 ? "" : " ", s->tag ? "@" : "",
			    s->tag ? s->tag : "", s->tag ? " " : "", s->uri,
			    component.len ? "/" : "", VIEW_ARG(component));
}

/* The first repository that the host has, without the release and component at its end. */
static const char *host_mirror(const char *root, struct arena *a)
{
	auto_free char *path = mem_printf("%s/etc/apk/repositories", root);
	auto_buf bytes = BUF_EMPTY;
	struct view text, line;
	struct err ignored;

	if (file_read(AT_FDCWD, path, MAX_REPOSITORIES_BYTES, &bytes, &ignored) < 0)
		return NULL;
	text = buf_view(&bytes);
	while (view_split(&text, '\n', &line)) {
		line = view_trim(line);
		if (!view_starts(line, "http://") && !view_starts(line, "https://"))
			continue;
		for (int cut = 0; cut < 2; cut++)
			while (line.len && line.ptr[--line.len] != '/')
				;
		return arena_view(a, line);
	}
	return NULL;
}

int apk_uri_resolve(const struct apk_context *ctx, const char *uri, const char *tail,
		    struct arena *a, const char **ret, struct err *e)
{
	const char *mirror = ctx->mirror;

	if (uri[0] == '/') {
		*ret = file_url(arena_printf(a, "%s/%s", uri, tail), a);
	} else if (apk_uri_is_local(uri)) {
		*ret = file_url(
			arena_printf(a, "%s/%s/%s", ctx->base_dir ? ctx->base_dir : "", uri, tail),
			a);
	} else if (strncmp(uri, APK_URI_ALPINE, strlen(APK_URI_ALPINE)) != 0) {
		*ret = arena_printf(a, "%s/%s", uri, tail);
	} else {
		if (!mirror && ctx->root)
			mirror = host_mirror(ctx->root, a);
		if (!mirror)
			return fail(e, FAIL_NOT_FOUND,
				    "no mirror is configured for '%s': use --mirror, set "
				    "PARE_ALPINE_MIRROR, or write 'alpine-mirror = URL' to "
				    "pare's config file",
				    uri);
		*ret = arena_printf(a, "%s/%s/%s", mirror, uri + strlen(APK_URI_ALPINE), tail);
	}
	return 0;
}

/* ---- one index ---- */

struct opening {
	struct apk_context *ctx;
	const char *url, *what, *arch;
	const char *folder; /* of the packages, below the repository */
	struct buf bytes;
	struct apk_index_parts parts;
	struct arena *arena;
};

static void memory_name(const char *url, char ret[SHA256_HEX_CHARS + 1])
{
	struct sha256 digest;

	sha256_of(url, strlen(url), &digest);
	sha256_to_hex(&digest, ret);
}

static int recall(const struct opening *o, struct buf *to, struct err *e)
{
	char name[SHA256_HEX_CHARS + 1];
	auto_fd dir_fd = -1;
	int rc = dir_open_at(o->ctx->cache_fd, RELEASES, 0, &dir_fd, e);

	memory_name(o->url, name);
	return rc < 0 ? rc : file_read(dir_fd, name, APK_MAX_INDEX_BYTES, to, e);
}

/* For offline use. */
static int remember(const struct opening *o, struct err *e)
{
	char name[SHA256_HEX_CHARS + 1];
	auto_buf before = BUF_EMPTY;
	auto_fd dir_fd = -1;
	struct err ignored;
	int rc;

	if (recall(o, &before, &ignored) == 0 && view_eq(buf_view(&before), buf_view(&o->bytes)))
		return 0;
	rc = dir_open_at(o->ctx->cache_fd, RELEASES, 0755, &dir_fd, e);
	memory_name(o->url, name);
	return rc < 0 ? rc : file_write_atomic(dir_fd, name, o->bytes.data, o->bytes.len, 0644, e);
}

static int get(struct opening *o, struct err *e)
{
	const char *path = file_url_path(o->url, o->arena);
	int rc;

	if (path) {
		rc = file_read(AT_FDCWD, path, APK_MAX_INDEX_BYTES, &o->bytes, e);
		return rc < 0 ? err_context(e, "index") : 0;
	}
	if (!o->ctx->offline)
		return http_get_bytes(o->ctx->http, o->url, o->what, APK_MAX_INDEX_BYTES, &o->bytes,
				      e);
	rc = recall(o, &o->bytes, e);
	if (rc == -FAIL_NOT_FOUND)
		rc = fail(e, FAIL_NOT_FOUND, "%s is not in the cache, and this is offline", o->url);
	return rc;
}

int apk_context_open_keys(struct apk_context *ctx, struct err *e)
{
	const char *const *files = ctx->keyrings;
	size_t n = ctx->n_keyrings;

	if (ctx->keys)
		return 0;
	if (n == 0 && ctx->n_key_texts == 0 && ctx->keys_path) {
		files = &ctx->keys_path;
		n = 1;
	}
	return apk_keyring_open(files, n, ctx->key_texts, ctx->n_key_texts, ctx->root, &ctx->keys,
				e);
}

static int verify(struct opening *o, struct err *e)
{
	struct apk_context *ctx = o->ctx;
	int rc = apk_context_open_keys(ctx, e);

	if (rc < 0)
		return rc;
	rc = apk_index_verify(buf_view(&o->bytes), o->url, ctx->keys, o->arena, &o->parts, e);
	if (rc != -FAIL_VERIFY || !ctx->allow_unsigned || !o->parts.body.len)
		return rc;
	monitor_warn(ctx->monitor, "used without a valid signature: %s", e->msg);
	return 0;
}

static int make_index(const struct opening *o, int dir_fd, const char *name, struct err *e)
{
	struct index_writer *w = index_writer_new();
	int rc = apk_index_read_body(&o->parts, o->url, o->arch, o->folder, w, e);

	if (rc == 0)
		rc = index_writer_save(w, dir_fd, name, e);
	index_writer_free(w);
	return rc;
}

/* The binary form is under the digest of what was verified. */
static int open_binary(const struct opening *o, const struct sha256 *digest, struct index **ret,
		       struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	char name[SHA256_HEX_CHARS + 64];
	auto_fd dir_fd = -1;
	int rc = dir_open_at(o->ctx->cache_fd, INDEXES, 0755, &dir_fd, e);

	if (rc < 0)
		return rc;
	sha256_to_hex(digest, hex);
	snprintf(name, sizeof(name), "%s-apk%d.%d-%.20s%s", hex, INDEX_VERSION, READER_VERSION,
		 o->arch, o->folder[0] ? "" : "-ndx");
	rc = index_open(dir_fd, name, ret, e);
	if (rc == 0 || (rc != -FAIL_NOT_FOUND && rc != -FAIL_FORMAT))
		return rc;
	rc = make_index(o, dir_fd, name, e);
	return rc < 0 ? rc : index_open(dir_fd, name, ret, e);
}

/* With the architecture where the variable is. */
static const char *expand(const char *uri, const char *arch, struct arena *a)
{
	const char *at = strstr(uri, ARCH_VARIABLE);

	return at ? arena_printf(a, "%.*s%s%s", (int)(at - uri), uri, arch,
				 at + strlen(ARCH_VARIABLE))
		  : uri;
}

static int get_named(struct opening *o, const char *uri, const char *tail, struct err *e)
{
	int rc = apk_uri_resolve(o->ctx, uri, tail, o->arena, &o->url, e);

	buf_clear(&o->bytes);
	return rc < 0 ? rc : get(o, e);
}

/* The bytes of the index, and where its packages are. */
static int find_index(struct opening *o, const struct apk_repository *r, const char **ret_uri,
		      struct err *e)
{
	const char *uri = expand(r->uri, o->arch, o->arena), *slash = strrchr(uri, '/');
	const char *v3 = arena_printf(o->arena, "%s/" INDEX_NAME_V3, o->arch);
	const char *first_url;
	struct err second;
	int rc;

	o->folder = o->arch;
	*ret_uri = uri;
	if (r->form == APK_SOURCE_NDX) {
		if (!slash)
			return fail(e, FAIL_FORMAT, "'%s' is no address of an index", uri);
		o->folder = "";
		*ret_uri = arena_strndup(o->arena, uri, (size_t)(slash - uri));
		return get_named(o, *ret_uri, slash + 1, e);
	}
	if (r->form == APK_SOURCE_V3)
		return get_named(o, uri, v3, e);
	rc = get_named(o, uri, arena_printf(o->arena, "%s/" INDEX_NAME, o->arch), e);
	first_url = o->url;
	if (rc != -FAIL_NOT_FOUND)
		return rc;
	rc = get_named(o, uri, v3, &second);
	if (rc == -FAIL_NOT_FOUND)
		o->url = first_url;
	else if (rc < 0)
		*e = second;
	return rc;
}

static int open_index(struct apk_context *ctx, struct apk_repository *r, const char *arch,
		      struct apk_repository_index *ret, struct err *e)
{
	struct arena *a = &r->arena;
	struct opening o = { .ctx = ctx, .arch = arena_strdup(a, arch), .arena = a };
	int rc;

	o.what = arena_printf(a, "%s %s", r->uri, arch);
	rc = find_index(&o, r, &ret->uri, e);
	if (rc == 0)
		rc = verify(&o, e);
	if (rc == 0) {
		sha256_of(o.bytes.data, o.bytes.len, &ret->digest);
		rc = open_binary(&o, &ret->digest, &ret->index, e);
	}
	if (rc == 0 && !ctx->offline && strncmp(o.url, "file://", 7) != 0)
		rc = remember(&o, e);
	ret->arch = o.arch;
	ret->signer = o.parts.signer;
	buf_done(&o.bytes);
	apk_index_parts_done(&o.parts);
	return rc;
}

int apk_repository_open(struct apk_context *ctx, const struct apk_source *source,
			const char *const *archs, size_t n_archs, struct apk_repository **ret,
			struct err *e)
{
	struct apk_repository *r = mem_zalloc(sizeof(*r));
	int rc = 0;

	r->uri = arena_strdup(&r->arena, source->uri);
	r->tag = source->tag ? arena_strdup(&r->arena, source->tag) : NULL;
	r->form = source->form;
	r->indexes = arena_array(&r->arena, n_archs + 1, sizeof(*r->indexes));
	for (size_t i = 0; rc == 0 && i < n_archs; i++) {
		rc = open_index(ctx, r, archs[i], &r->indexes[r->n_indexes], e);
		r->n_indexes += r->indexes[r->n_indexes].index != NULL;
	}
	if (rc < 0) {
		apk_repository_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void apk_repository_close(struct apk_repository *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_indexes; i++)
		index_close(r->indexes[i].index);
	arena_done(&r->arena);
	free(r);
}
