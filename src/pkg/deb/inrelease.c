/* SPDX-License-Identifier: Apache-2.0 */
/* Gets an InRelease from a mirror or the cache, and decides whether to trust it. */
#include "pkg/deb/inrelease.h"

#include "crypto/cleartext.h"
#include "pkg/deb/keyring.h"
#include "sys/fd.h"
#include "sys/files.h"

#define RELEASES "releases"

enum { DAY_S = 24 * 60 * 60 };

void deb_context_done(struct deb_context *ctx)
{
	openpgp_keyring_free(ctx->default_keys);
	ctx->default_keys = NULL;
}

/* ---- what was seen before ---- */

/* One file per place and suite. */
static void memory_name(const struct deb_inrelease *r, char ret[SHA256_HEX_CHARS + 1])
{
	struct sha256 digest;

	sha256_of(r->dist_url, strlen(r->dist_url), &digest);
	sha256_to_hex(&digest, ret);
}

/* FAIL_NOT_FOUND when this suite was never seen. */
static int recall(const struct deb_context *ctx, const struct deb_inrelease *r, struct arena *a,
		  struct view *ret, struct err *e)
{
	char name[SHA256_HEX_CHARS + 1];
	auto_buf bytes = BUF_EMPTY;
	auto_fd dir_fd = -1;
	int rc = dir_open_at(ctx->cache_fd, RELEASES, 0, &dir_fd, e);

	if (rc < 0)
		return rc;
	memory_name(r, name);
	rc = file_read(dir_fd, name, CLEARTEXT_MAX_BYTES, &bytes, e);
	if (rc == 0)
		*ret = view_make(arena_view(a, buf_view(&bytes)), bytes.len);
	return rc;
}

#define ARMOR "-----BEGIN PGP SIGNATURE-----"

/*
 * A Release and what follows it from the first line of armor on, empty when there is none. No line
 * of a Release begins like that, but an InRelease's does: its text is not cut here.
 */
static struct view split_detached(struct view bytes, struct view *ret_signature)
{
	struct view rest = bytes, line;

	*ret_signature = view_make(bytes.ptr + bytes.len, 0);
	if (view_starts(bytes, "-----BEGIN "))
		return bytes;
	while (view_split(&rest, '\n', &line)) {
		size_t at = (size_t)(line.ptr - bytes.ptr);

		if (!view_starts(line, ARMOR))
			continue;
		*ret_signature = view_make(line.ptr, bytes.len - at);
		return view_make(bytes.ptr, at);
	}
	return bytes;
}

/* The text of a document that nobody vouches for: signed or not. */
static struct view unverified_text(struct view bytes, struct arena *a)
{
	struct cleartext parts;
	struct err ignored = { 0 };
	struct view signature;

	if (cleartext_parse(bytes, a, &parts, &ignored) == 0)
		return parts.text;
	return split_detached(bytes, &signature);
}

/* The Date of the newest one seen, or 0. Only a hint to refuse others: it need not be verified. */
static int64_t last_date(const struct deb_context *ctx, const struct deb_inrelease *r)
{
	struct deb_release before;
	auto_arena a = ARENA_EMPTY;
	struct err ignored = { 0 };
	struct view bytes;

	if (recall(ctx, r, &a, &bytes, &ignored) < 0 ||
	    deb_release_parse(unverified_text(bytes, &a), "", &a, &before, &ignored) < 0)
		return 0;
	return before.date_s;
}

int deb_inrelease_remember(const struct deb_context *ctx, const struct deb_inrelease *r,
			   struct err *e)
{
	char name[SHA256_HEX_CHARS + 1];
	auto_arena a = ARENA_EMPTY;
	auto_fd dir_fd = -1;
	struct view before;
	int rc;

	/* Another process may have seen a newer one since. */
	if (recall(ctx, r, &a, &before, e) == 0 &&
	    (view_eq(before, r->bytes) || last_date(ctx, r) > r->release.date_s))
		return 0;
	rc = dir_open_at(ctx->cache_fd, RELEASES, 0755, &dir_fd, e);
	if (rc < 0)
		return rc;
	memory_name(r, name);
	return file_write_atomic(dir_fd, name, r->bytes.ptr, r->bytes.len, 0644, e);
}

/* ---- where it is ---- */

static void set_base(const struct deb_source *s, const char *base_url, struct arena *a,
		     struct deb_inrelease *r)
{
	size_t n = strlen(s->suite);

	r->base_url = base_url;
	if (!s->exact)
		r->dist_url = arena_printf(a, "%s/dists/%s", base_url, s->suite);
	else if (strcmp(s->suite, "./") == 0)
		r->dist_url = base_url;
	else
		r->dist_url = arena_printf(a, "%s/%.*s", base_url, (int)(n - 1), s->suite);
}

static int base_urls(const struct deb_context *ctx, const struct deb_source *s, struct arena *a,
		     const char *const **ret, size_t *ret_n, struct err *e)
{
	bool security = strcmp(s->uri, DEB_URI_SECURITY) == 0;
	bool known = security ? ctx->mirrors.security : ctx->mirrors.debian;
	int64_t date_s = ctx->snapshot_s;
	int rc;

	/* By the day, so that one day's runs speak of the same place. */
	if (!date_s && !known)
		date_s = ctx->now_s - ctx->now_s % DAY_S;
	rc = deb_mirror_urls(&ctx->mirrors, s->uri, date_s, a, ret, ret_n, e);
	if (rc == 0 && ctx->snapshot_s && deb_uri_is_symbolic(s->uri)) {
		*ret += *ret_n - 1;
		*ret_n = 1;
	}
	return rc;
}

static int fetch(const struct deb_context *ctx, const struct deb_inrelease *r, const char *name,
		 struct arena *a, struct view *ret, struct err *e)
{
	const char *url = arena_printf(a, "%s/%s", r->dist_url, name);
	const char *what = arena_printf(a, "%s %s", strrchr(r->dist_url, '/') + 1, name);
	auto_buf bytes = BUF_EMPTY;
	int rc = http_get_bytes(ctx->http, url, what, CLEARTEXT_MAX_BYTES, &bytes, e);

	if (rc == 0)
		*ret = view_make(arena_view(a, buf_view(&bytes)), bytes.len);
	return rc;
}

/* For archives from before InRelease. FAIL_NOT_FOUND when there is no Release. */
static int fetch_detached(const struct deb_context *ctx, struct arena *a, struct deb_inrelease *r,
			  struct err *e)
{
	struct view release, signature;
	auto_buf both = BUF_EMPTY;
	int rc = fetch(ctx, r, "Release", a, &release, e);

	if (rc < 0)
		return rc;
	rc = fetch(ctx, r, "Release.gpg", a, &signature, e);
	if (rc == -FAIL_NOT_FOUND && ctx->allow_unsigned) {
		r->bytes = release;
		return 0;
	}
	if (rc == -FAIL_NOT_FOUND)
		return fail(
			e, FAIL_VERIFY,
			"%s/Release: not signed: there is neither an InRelease nor a Release.gpg",
			r->dist_url);
	if (rc < 0)
		return rc;
	if (!view_starts(signature, ARMOR) || release.len == 0 ||
	    release.ptr[release.len - 1] != '\n')
		return fail(e, FAIL_VERIFY,
			    "%s/Release.gpg: not a signature in ASCII armor of a text file",
			    r->dist_url);
	buf_add_view(&both, release);
	buf_add_view(&both, signature);
	r->bytes = view_make(arena_view(a, buf_view(&both)), both.len);
	return 0;
}

static int get_bytes(const struct deb_context *ctx, struct arena *a, struct deb_inrelease *r,
		     struct err *e)
{
	struct err missing;
	int rc;

	if (ctx->offline) {
		rc = recall(ctx, r, a, &r->bytes, e);
		if (rc == -FAIL_NOT_FOUND)
			rc = fail(e, FAIL_NOT_FOUND,
				  "%s/InRelease is not in the cache, and this is offline",
				  r->dist_url);
		return rc;
	}
	rc = fetch(ctx, r, "InRelease", a, &r->bytes, e);
	if (rc != -FAIL_NOT_FOUND)
		return rc;
	missing = *e;
	rc = fetch_detached(ctx, a, r, e);
	if (rc == -FAIL_NOT_FOUND)
		*e = missing;
	return rc;
}

/* ---- whether to trust it ---- */

static int choose_keys(struct deb_context *ctx, const struct deb_source *s,
		       struct openpgp_keyring **ret_own, const struct openpgp_keyring **ret,
		       struct err *e)
{
	int rc;

	if (s->n_signed_by) {
		rc = deb_keyring_open(s->signed_by, s->n_signed_by, NULL, ret_own, e);
		*ret = *ret_own;
		return rc;
	}
	if (!ctx->default_keys) {
		rc = deb_keyring_open(ctx->keyrings, ctx->n_keyrings, ctx->root, &ctx->default_keys,
				      e);
		if (rc < 0)
			return rc;
	}
	*ret = ctx->default_keys;
	return 0;
}

static int verify(struct deb_context *ctx, const struct deb_source *s, struct arena *a,
		  struct deb_inrelease *r, struct view *ret_text, struct err *e)
{
	const struct openpgp_keyring *keys = NULL;
	struct openpgp_keyring *own = NULL;
	struct openpgp_verdict verdict;
	struct view signature, text = split_detached(r->bytes, &signature);
	int rc = choose_keys(ctx, s, &own, &keys, e);

	if (rc == 0)
		rc = signature.len
			     ? openpgp_verify_detached(keys, text, signature, ctx->now_s, a,
						       &verdict, e)
			     : openpgp_verify_cleartext(keys, r->bytes, ctx->now_s, a, &verdict, e);
	openpgp_keyring_free(own);
	if (rc == 0) {
		*ret_text = verdict.text;
		r->signer = verdict.primary;
		return 0;
	}
	if (rc != -FAIL_VERIFY || !ctx->allow_unsigned)
		return rc;
	monitor_warn(ctx->monitor, "%s is used without a valid signature: %s", r->dist_url, e->msg);
	*ret_text = unverified_text(r->bytes, a);
	return 0;
}

static bool is_snapshot(const char *url)
{
	return strstr(url, "://snapshot.debian.org/") != NULL;
}

/* Offline there is no newer one to be had, so that an expired one is only worth a warning. */
static int check(const struct deb_context *ctx, const struct deb_source *s,
		 const struct deb_inrelease *r, const char *name, struct err *e)
{
	const struct deb_release_wishes wishes = {
		.suite = s->exact ? NULL : s->suite,
		.now_s = ctx->now_s,
		.check_valid_until =
			s->check_valid_until && !ctx->offline && !is_snapshot(r->base_url),
		.not_before_s = last_date(ctx, r),
	};

	if (ctx->offline && r->release.valid_until_s && r->release.valid_until_s < ctx->now_s)
		monitor_warn(ctx->monitor, "%s: is no longer valid", name);
	return deb_release_check(&r->release, name, &wishes, e);
}

static int get_from(struct deb_context *ctx, const struct deb_source *s, const char *base_url,
		    struct arena *a, struct deb_inrelease *ret, struct err *e)
{
	struct deb_inrelease r = { 0 };
	struct view text, signature;
	const char *name;
	int rc;

	set_base(s, base_url, a, &r);
	rc = get_bytes(ctx, a, &r, e);
	if (rc == -FAIL_NOT_FOUND && !ctx->offline && !s->exact)
		return err_hint(e, "is there a suite '%s' in this archive?", s->suite);
	if (rc < 0)
		return rc;
	text = split_detached(r.bytes, &signature);
	name = arena_printf(a, "%s/%s", r.dist_url, signature.len ? "Release" : "InRelease");
	sha256_of(text.ptr, text.len, &r.digest);
	rc = verify(ctx, s, a, &r, &text, e);
	if (rc < 0)
		return err_context(e, "%s", name);
	rc = deb_release_parse(text, name, a, &r.release, e);
	if (rc == 0)
		rc = check(ctx, s, &r, name, e);
	if (rc == 0)
		*ret = r;
	return rc;
}

int deb_inrelease_get(struct deb_context *ctx, const struct deb_source *source, struct arena *a,
		      struct deb_inrelease *ret, struct err *e)
{
	const char *const *urls;
	struct err first = { 0 };
	size_t n;
	int rc = base_urls(ctx, source, a, &urls, &n, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		rc = get_from(ctx, source, urls[i], a, ret, e);
		/* Another place helps against a missing file, never against a wrong one. */
		if (rc != -FAIL_NOT_FOUND && rc != -FAIL_NET)
			return rc;
		if (i == 0)
			first = *e;
	}
	*e = first;
	return -(int)e->code;
}
