/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs from a registry: streamed, or into files; tokens that run out meanwhile are renewed. */
#include <string.h>

#include "base/mem.h"
#include "registry/private.h"

enum { MAX_RENEWALS = 100 }; /* of one blob: an hour's token, and a link as slow as can be */

static char *blob_url(const struct repository *p, const struct sha256 *digest)
{
	char rest[] = "blobs/sha256:"
		      "0123456789012345678901234567890123456789012345678901234567891234";

	sha256_to_hex(digest, rest + strlen("blobs/sha256:"));
	return repository_url(p, rest);
}

int repository_has_blob(struct repository *p, const struct descriptor *d, bool *ret, struct err *e)
{
	auto_free char *url = blob_url(p, &d->digest);
	struct registry_request q = { .method = "HEAD", .url = url, .redirects = true };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	struct view length;
	uint64_t size;
	int rc = repository_request(p, &q, &answer, e);

	if (rc < 0)
		return rc;
	if (answer.status == 404) {
		*ret = false;
		return 0;
	}
	if (answer.status != 200)
		return repository_refused(p, &answer, "look for a blob", e);
	*ret = !http_answer_header(&answer, "content-length", 0, &length) ||
	       (view_to_u64(length, &size) && size == d->size);
	return 0;
}

/* The header line as http.h takes it. */
struct carried {
	struct http_with with;
	const char *line;
	unsigned generation;
};

static void carried_done(struct carried *c)
{
	free((void *)(uintptr_t)c->line);
}

static void carry(struct repository *p, const char *url, struct carried *ret)
{
	*ret = (struct carried){ .with = { .trust = &p->endpoints[p->at].trust } };
	ret->line = access_line(p, url, &ret->generation);
	ret->with.headers = &ret->line;
	ret->with.n_headers = ret->line ? 1 : 0;
}

#define auto_carried __attribute__((cleanup(carried_done))) struct carried

/* A blob is refused without a word: a request that may say why, and what to do about it. */
static int knock(struct repository *p, const struct descriptor *d, struct err *e)
{
	bool there;
	int rc = repository_has_blob(p, d, &there, e);

	if (rc == 0 && !there)
		rc = fail(e, FAIL_NOT_FOUND, "%s: a blob of the image is not there", p->text);
	return rc;
}

/* After FAIL_AUTH at `before` bytes: whether it is worth going on. */
static int renew(struct repository *p, const struct descriptor *d, unsigned generation, int *times,
		 struct err *e)
{
	struct err why = *e;
	unsigned now;
	int rc;

	if (++*times > MAX_RENEWALS)
		return -(int)why.code;
	rc = knock(p, d, e); /* renews if it is refused, too */
	if (rc < 0)
		return rc;
	free(access_line(p, p->base, &now));
	if (now != generation || *times == 1)
		return 0;
	*e = why;
	return -(int)why.code;
}

int repository_fetch_blob(struct repository *p, const struct descriptor *d, const char *what,
			  int dir_fd, const char *name, struct err *e)
{
	int times = 0;

	for (;;) {
		auto_free char *url = blob_url(p, &d->digest);
		auto_carried c = { 0 };
		struct http_file f = {
			.urls = (const char *const *)&url,
			.n_urls = 1,
			.what = what,
			.dir_fd = dir_fd,
			.name = name,
			.size_bytes = d->size,
			.digest = d->digest,
			.with = &c.with,
		};
		int rc;

		carry(p, url, &c);
		rc = http_get_files(p->registry->o.http, &f, 1, NULL, NULL, e);
		if (rc == -FAIL_AUTH)
			rc = renew(p, d, c.generation, &times, e);
		else if (rc == 0 || rc == -FAIL_INTERRUPTED || rc == -FAIL_IO ||
			 !repository_next_endpoint(p))
			return rc;
		else
			rc = 0;
		if (rc < 0)
			return rc;
	}
}

/* ---- streams ----------------------------------------------------------------------------- */

struct blob_source {
	struct source base;
	struct repository *p;
	struct descriptor d;
	char *what;
	struct source *from; /* NULL: to be opened */
	uint64_t at;
	int times;
	unsigned generation;
};

static int open_from(struct blob_source *s, struct err *e)
{
	auto_free char *url = blob_url(s->p, &s->d.digest);
	auto_carried c = { 0 };

	carry(s->p, url, &c);
	s->generation = c.generation;
	return http_open_at(s->p->registry->o.http, url, s->what, s->d.size, s->at, &c.with,
			    &s->from, e);
}

static int blob_read(struct source *base, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct blob_source *s = (struct blob_source *)base;
	int rc;

	for (;;) {
		rc = s->from ? 0 : open_from(s, e);
		if (rc == 0)
			rc = source_read(s->from, to, size, ret_n, e);
		if (rc != -FAIL_AUTH)
			break;
		source_close(steal(s->from));
		rc = renew(s->p, &s->d, s->generation, &s->times, e);
		if (rc < 0)
			return rc;
	}
	if (rc == 0)
		s->at += *ret_n;
	return rc;
}

static void blob_close(struct source *base)
{
	struct blob_source *s = (struct blob_source *)base;

	source_close(s->from);
	free(s->what);
	free(s);
}

static const struct source_ops blob_ops = { blob_read, blob_close };

int repository_open_blob(struct repository *p, const struct descriptor *d, const char *what,
			 struct source **ret, struct err *e)
{
	struct blob_source *s = mem_zalloc(sizeof(*s));

	(void)e;
	source_init(&s->base, &blob_ops);
	s->p = p;
	s->d = *d;
	s->what = mem_strdup(what);
	*ret = &s->base;
	return 0;
}
