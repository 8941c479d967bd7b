/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images in registries, taken apart; see reference.h. */
#include "registry/reference.h"

#include "oci/name.h"

#include <string.h>

#define DEFAULT_PREFIX "library/"

static int fail_digest(const char *text, struct err *e)
{
	return fail(e, FAIL_USAGE,
		    "the digest in '%.300s' must be 'sha256:' and 64 lower-case hex digits", text);
}

/* Cuts "@sha256:…" off the end of *rest. */
static int cut_digest(const char *text, struct view *rest, struct reference *r, struct err *e)
{
	const char *at = memchr(rest->ptr, '@', rest->len);
	struct view digest;

	if (!at)
		return 0;
	digest = view_make(at + 1, rest->len - (size_t)(at + 1 - rest->ptr));
	if (view_starts(digest, "sha512:"))
		return fail(e, FAIL_UNSUPPORTED, "'%.300s' has a digest other than sha256", text);
	if (!view_starts(digest, "sha256:"))
		return fail_digest(text, e);
	digest = view_make(digest.ptr + 7, digest.len - 7);
	for (size_t i = 0; i < digest.len; i++)
		if (digest.ptr[i] >= 'A' && digest.ptr[i] <= 'F')
			return fail_digest(text, e);
	if (!sha256_from_hex(digest, &r->digest))
		return fail_digest(text, e);
	r->has_digest = true;
	rest->len = (size_t)(at - rest->ptr);
	return 0;
}

static int cut_tag(const char *text, struct view *rest, struct arena *a, struct reference *r,
		   struct err *e)
{
	const char *slash = memrchr(rest->ptr, '/', rest->len);
	const char *from = slash ? slash : rest->ptr;
	const char *colon = memchr(from, ':', rest->len - (size_t)(from - rest->ptr));
	struct view tag;

	if (!colon)
		return 0;
	tag = view_make(colon + 1, rest->len - (size_t)(colon + 1 - rest->ptr));
	if (!image_tag_valid(tag))
		return fail(e, FAIL_USAGE,
			    "the tag in '%.300s' must be 1 to %d of A-Z a-z 0-9 _ . - and not "
			    "begin with . or -",
			    text, IMAGE_TAG_MAX_CHARS);
	r->tag = arena_view(a, tag);
	rest->len = (size_t)(colon - rest->ptr);
	return 0;
}

static void set_default_host(struct view name, struct arena *a, struct reference *r)
{
	bool one_word = !memchr(name.ptr, '/', name.len);

	r->host = HUB_HOST;
	r->name = arena_printf(a, "%s%.*s", one_word ? DEFAULT_PREFIX : "", VIEW_ARG(name));
}

int reference_parse(const char *text, struct arena *a, struct reference *ret, struct err *e)
{
	struct view rest = view_of(text), name, host;
	struct reference r = { 0 };
	bool is_short = true;
	int rc;

	if (view_starts(rest, REFERENCE_SCHEME)) {
		rest = view_of(text + strlen(REFERENCE_SCHEME));
		is_short = false;
	}
	rc = cut_digest(text, &rest, &r, e);
	if (rc == 0)
		rc = cut_tag(text, &rest, a, &r, e);
	if (rc < 0)
		return rc;
	if (rest.len > IMAGE_NAME_MAX_CHARS || !image_name_valid(rest))
		return fail(e, FAIL_USAGE,
			    "'%.300s' is no image name: expected [HOST[:PORT]/]NAME[:TAG|@DIGEST] "
			    "with a NAME in lower case such as 'team/app'",
			    text);
	name = rest;
	view_split(&name, '/', &host);
	if (name.ptr && image_host_like(host)) {
		r.host = arena_view(a, host);
		r.name = arena_view(a, name);
		if (strcmp(r.host, "index." HUB_HOST) == 0)
			set_default_host(name, a, &r);
		else if (strcmp(r.host, HUB_HOST) == 0)
			set_default_host(name, a, &r);
	} else {
		r.given = is_short ? arena_view(a, rest) : NULL;
		set_default_host(rest, a, &r);
	}
	*ret = r;
	return 0;
}

const char *reference_target(const struct reference *r, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];

	if (!r->has_digest)
		return r->tag ? r->tag : "latest";
	sha256_to_hex(&r->digest, hex);
	return arena_printf(a, "sha256:%s", hex);
}

const char *reference_text(const struct reference *r, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1] = "";

	if (r->has_digest)
		sha256_to_hex(&r->digest, hex);
	return arena_printf(a, "%s/%s%s%s%s%s", r->host, r->name, r->tag ? ":" : "",
			    r->tag ? r->tag : "", r->has_digest ? "@sha256:" : "", hex);
}
