/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and indexes, got and put byte for byte. */
#include <string.h>

#include "base/mem.h"
#include "fmt/json.h"
#include "oci/descriptor_json.h"
#include "registry/private.h"

#define ACCEPT                                                                    \
	MEDIA_TYPE_MANIFEST ", " MEDIA_TYPE_INDEX ", " MEDIA_TYPE_DOCKER_MANIFEST \
			    ", " MEDIA_TYPE_DOCKER_INDEX

static bool is_known_type(struct view t)
{
	return view_is(t, MEDIA_TYPE_MANIFEST) || view_is(t, MEDIA_TYPE_INDEX) ||
	       view_is(t, MEDIA_TYPE_DOCKER_MANIFEST) || view_is(t, MEDIA_TYPE_DOCKER_INDEX);
}

/* The Content-Type without its parameters. */
static struct view content_type(const struct http_answer *a)
{
	struct view value = { "", 0 }, type;

	(void)http_answer_header(a, "content-type", 0, &value);
	return view_split(&value, ';', &type) ? view_trim(type) : value;
}

/* What the document says of itself, else what the server says, else what it looks like. */
static int media_type(const struct http_answer *a, const char *name, struct arena *arena,
		      const char **ret, struct err *e)
{
	struct view said = content_type(a);
	auto_json doc = NULL;
	const char *own;
	int rc;

	if (view_starts(said, "application/vnd.docker.distribution.manifest.v1"))
		return fail(e, FAIL_UNSUPPORTED,
			    "%s: is of Docker's old schema 1, which was given up in 2017", name);
	rc = json_parse(buf_view(&a->body), name, &doc, e);
	if (rc < 0)
		return rc;
	own = json_str(json_get(json_root(doc), "mediaType"));
	if (own && is_known_type(view_of(own)))
		*ret = arena_strdup(arena, own);
	else if (is_known_type(said))
		*ret = arena_view(arena, said);
	else if (own)
		return fail(e, FAIL_UNSUPPORTED, "%s: is of type '%.100s', which is no image", name,
			    own);
	else if (json_is_array(json_get(json_root(doc), "manifests")))
		*ret = MEDIA_TYPE_INDEX;
	else if (json_is_object(json_get(json_root(doc), "config")))
		*ret = MEDIA_TYPE_MANIFEST;
	else
		return fail(e, FAIL_FORMAT, "%s: is neither a manifest nor an index", name);
	return 0;
}

static bool wanted_digest(const char *target, struct sha256 *ret)
{
	return strncmp(target, "sha256:", 7) == 0 && sha256_from_hex(view_of(target + 7), ret);
}

/* The digest that was asked for, and the one that the server names, must be that of the bytes. */
static int check_digest(const char *target, const struct http_answer *a, const char *name,
			struct sha256 *ret, struct err *e)
{
	struct sha256 named;
	struct view value;
	bool by_digest;

	sha256_of(buf_str(&a->body), a->body.len, ret);
	by_digest = wanted_digest(target, &named);
	if (by_digest && !sha256_eq(ret, &named))
		return fail(e, FAIL_VERIFY, "%s: the registry sends other bytes", name);
	if (!by_digest && http_answer_header(a, "docker-content-digest", 0, &value) &&
	    view_starts(value, "sha256:") &&
	    sha256_from_hex(view_make(value.ptr + 7, value.len - 7), &named) &&
	    !sha256_eq(ret, &named))
		return fail(e, FAIL_VERIFY,
			    "%s: the registry names another digest than that of what it sends",
			    name);
	return 0;
}

static int head_descriptor(const struct http_answer *a, struct arena *arena, struct descriptor *ret)
{
	struct view digest, length, type = content_type(a);

	if (!http_answer_header(a, "docker-content-digest", 0, &digest) ||
	    !view_starts(digest, "sha256:") ||
	    !sha256_from_hex(view_make(digest.ptr + 7, digest.len - 7), &ret->digest) ||
	    !http_answer_header(a, "content-length", 0, &length) ||
	    !view_to_u64(length, &ret->size) || !is_known_type(type))
		return -1;
	ret->media_type = arena_view(arena, type);
	return 0;
}

/* HOST/NAME:TAG or HOST/NAME@DIGEST; heap. */
static char *full_name(const struct repository *p, const char *target)
{
	return mem_printf("%s%c%s", p->text, strncmp(target, "sha256:", 7) == 0 ? '@' : ':',
			  target);
}

static int hint_tags(const struct repository *p, struct err *e)
{
	return err_hint(e, "'pare tags %s' lists what is there", p->text);
}

static int ask(struct repository *p, const char *method, const char *target,
	       struct http_answer *answer, struct err *e)
{
	auto_free char *rest = mem_printf("manifests/%s", target);
	auto_free char *name = full_name(p, target);

	for (;;) {
		struct site *site = repository_site(p);
		auto_free char *url = site_url(site, rest);
		/* where somebody else can be asked instead, there is no waiting for this one */
		bool once = site != &p->sites[p->n_sites - 1] || strcmp(method, "HEAD") == 0;
		struct registry_request q = { .method = method,
					      .url = url,
					      .accept = ACCEPT,
					      .limit = OCI_MAX_DOCUMENT_BYTES,
					      .redirects = true,
					      .once = once };
		int rc = site_request(site, &q, answer, e);
		bool answered = rc == 0;

		if (answered && answer->status == 200)
			return 0;
		if (answered)
			rc = answer_refused(name, answer, NULL, e);
		if (rc == -FAIL_INTERRUPTED || !repository_leave_site(p, site))
			return answered && rc == -FAIL_NOT_FOUND ? hint_tags(p, e) : rc;
		monitor_note(p->registry->o.monitor, "%s; trying the next mirror", e->msg);
	}
}

int repository_get_manifest(struct repository *p, const char *target, struct arena *a,
			    struct descriptor *ret, struct view *ret_bytes, struct err *e)
{
	auto_free char *name = full_name(p, target);
	auto_answer answer = HTTP_ANSWER_EMPTY;
	struct descriptor d = { 0 };
	struct err ignored;
	int rc;

	if (!ret_bytes && ask(p, "HEAD", target, &answer, &ignored) == 0 &&
	    head_descriptor(&answer, a, &d) == 0) {
		*ret = d;
		return 0;
	}
	rc = ask(p, "GET", target, &answer, e);
	if (rc == 0)
		rc = check_digest(target, &answer, name, &d.digest, e);
	if (rc == 0)
		rc = media_type(&answer, name, a, &d.media_type, e);
	if (rc < 0)
		return rc;
	d.size = answer.body.len;
	*ret = d;
	if (ret_bytes)
		*ret_bytes = view_make(arena_view(a, buf_view(&answer.body)), answer.body.len);
	return 0;
}

static int read_view(void *ctx, uint64_t at, void *to, size_t n, struct err *e)
{
	const struct view *v = ctx;

	(void)e;
	memcpy(to, v->ptr + at, n);
	return 0;
}

int repository_put_manifest(struct repository *p, const char *target, const char *type,
			    struct view bytes, bool *ret_subject, struct err *e)
{
	struct site *site = repository_site(p);
	auto_free char *rest = NULL;
	auto_free char *url = NULL;
	auto_answer answer = HTTP_ANSWER_EMPTY;
	char hex[SHA256_HEX_CHARS + 1];
	struct registry_request q = { .method = "PUT",
				      .content_type = type,
				      .body = { bytes.len, read_view, &bytes },
				      .redirects = true };
	struct sha256 digest, named;
	struct view value;
	int rc;

	sha256_of(bytes.ptr, bytes.len, &digest);
	sha256_to_hex(&digest, hex);
	rest = target ? mem_printf("manifests/%s", target) : mem_printf("manifests/sha256:%s", hex);
	url = site_url(site, rest);
	q.url = url;
	rc = site_request(site, &q, &answer, e);
	if (rc < 0)
		return rc;
	if (answer.status < 200 || answer.status > 202) /* some say that they have accepted it */
		return repository_refused(p, &answer, "put the manifest", e);
	if (http_answer_header(&answer, "docker-content-digest", 0, &value) &&
	    view_starts(value, "sha256:") &&
	    sha256_from_hex(view_make(value.ptr + 7, value.len - 7), &named) &&
	    !sha256_eq(&named, &digest))
		return fail(e, FAIL_VERIFY,
			    "%s: the registry has changed the manifest: it is now sha256:%.*s, not "
			    "sha256:%s",
			    p->text, 64, value.ptr + 7, hex);
	if (ret_subject)
		*ret_subject = http_answer_header(&answer, "oci-subject", 0, &value);
	return 0;
}
