/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs from a registry: streamed, or into files; tokens that run out meanwhile are renewed. */
#include <string.h>

#include "base/mem.h"
#include "registry/private.h"

enum { MAX_RENEWALS = 100 }; /* of one blob: an hour's token, and a link as slow as can be */

static char *blob_url(const struct site *s, const struct sha256 *digest)
{
	char rest[] = "blobs/sha256:"
		      "0123456789012345678901234567890123456789012345678901234567891234";

	sha256_to_hex(digest, rest + strlen("blobs/sha256:"));
	return site_url(s, rest);
}

static int ask_for_blob(struct site *s, const struct descriptor *d, struct http_answer *ret,
			struct err *e)
{
	auto_free char *url = blob_url(s, &d->digest);
	struct registry_request q = { .method = "HEAD", .url = url, .redirects = true };

	return site_request(s, &q, ret, e);
}

static bool is_whole(const struct http_answer *a, const struct descriptor *d)
{
	struct view length;
	uint64_t size;

	return !http_answer_header(a, "content-length", 0, &length) ||
	       (view_to_u64(length, &size) && size == d->size);
}

/* It isn't there, or can't be looked for: what a redirect leads to may be signed for GET alone. */
static bool is_to_be_sent(const struct http_answer *a)
{
	return a->status == 400 || a->status == 404 || a->status == 405 || a->status == 501 ||
	       (a->elsewhere && a->status > 400 && a->status < 500);
}

int repository_has_blob(struct repository *p, const struct descriptor *d, bool *ret, struct err *e)
{
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc = ask_for_blob(repository_site(p), d, &answer, e);

	if (rc < 0)
		return rc;
	if (answer.status != 200 && !is_to_be_sent(&answer))
		return repository_refused(p, &answer, "look for a blob", e);
	*ret = answer.status == 200 && is_whole(&answer, d);
	return 0;
}

/* ---- who is asked, and as whom ------------------------------------------------------------ */

/* One blob's way from whichever server has it. */
struct getting {
	struct repository *p;
	const struct descriptor *d;
	struct site *site;
	unsigned generation; /* of the site's authorization that was last sent */
	int times;	     /* that it was refused */
};

/* The header line and trust as http.h takes them. */
struct carried {
	struct http_with with;
	struct http_trust trust;
	const char *line;
	char *url;
};

static void carried_done(struct carried *c)
{
	free(c->url);
	free((void *)(uintptr_t)c->line);
}

#define auto_carried __attribute__((cleanup(carried_done))) struct carried

static void carry(struct getting *g, struct carried *ret)
{
	ret->url = blob_url(g->site, &g->d->digest);
	ret->line = access_line(g->site, ret->url, &g->generation);
	ret->trust = site_trust(g->site, ret->url);
	ret->with.trust = &ret->trust;
	ret->with.headers = &ret->line;
	ret->with.n_headers = ret->line ? 1 : 0;
}

/* A blob is refused without a word: a request that may say why, and what to do about it. */
static int knock(struct getting *g, struct err *e)
{
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc = ask_for_blob(g->site, g->d, &answer, e);

	if (rc == 0 && (answer.status == 404 || (answer.status == 200 && !is_whole(&answer, g->d))))
		return fail(e, FAIL_NOT_FOUND, "%s: a blob of the image is not there", g->p->text);
	if (rc == 0 && answer.status != 200 && !answer.elsewhere)
		return repository_refused(g->p, &answer, "look for a blob", e);
	return rc;
}

/* After FAIL_AUTH: whether it is worth asking the same server again. */
static int renew(struct getting *g, struct err *e)
{
	struct err why = *e;
	unsigned now;
	int rc;

	if (++g->times > MAX_RENEWALS)
		return -(int)why.code;
	rc = knock(g, e); /* renews if it is refused, too */
	if (rc < 0)
		return rc;
	free(access_line(g->site, g->site->base, &now));
	if (now != g->generation || g->times == 1)
		return 0;
	*e = why;
	return -(int)why.code;
}

/* What to do after `e`: 0 to ask again, there or elsewhere. */
static int recover(struct getting *g, struct err *e)
{
	struct err why = *e;

	if (why.code == FAIL_AUTH && renew(g, e) == 0)
		return 0;
	if (e->code == FAIL_INTERRUPTED || e->code == FAIL_IO ||
	    !repository_leave_site(g->p, g->site))
		return -(int)e->code;
	monitor_note(g->p->registry->o.monitor, "%s; trying the next mirror", e->msg);
	g->site = repository_site(g->p);
	g->times = 0;
	return 0;
}

int repository_fetch_blob(struct repository *p, const struct descriptor *d, const char *what,
			  int dir_fd, const char *name, struct err *e)
{
	struct getting g = { .p = p, .d = d, .site = repository_site(p) };
	int rc;

	do {
		auto_carried c = { 0 };
		struct http_file f = {
			.n_urls = 1,
			.what = what,
			.dir_fd = dir_fd,
			.name = name,
			.size_bytes = d->size,
			.digest = d->digest,
			.with = &c.with,
		};

		carry(&g, &c);
		f.urls = (const char *const *)&c.url;
		rc = http_get_files(p->registry->o.http, &f, 1, NULL, NULL, e);
		if (rc == 0)
			return 0;
		rc = recover(&g, e);
	} while (rc == 0);
	return rc;
}

/* ---- streams ----------------------------------------------------------------------------- */

struct blob_source {
	struct source base;
	struct getting get;
	struct descriptor d;
	char *what;
	struct carried carried; /* borrowed from while `from` is open */
	struct source *from;	/* NULL: to be opened */
	uint64_t at;
};

static void let_go(struct blob_source *s)
{
	source_close(steal(s->from));
	carried_done(&s->carried);
	s->carried = (struct carried){ 0 };
}

static int open_from(struct blob_source *s, struct err *e)
{
	carry(&s->get, &s->carried);
	return http_open_at(s->get.p->registry->o.http, s->carried.url, s->what, s->d.size, s->at,
			    &s->carried.with, &s->from, e);
}

static int blob_read(struct source *base, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct blob_source *s = (struct blob_source *)base;
	int rc;

	do {
		rc = s->from ? 0 : open_from(s, e);
		if (rc == 0)
			rc = source_read(s->from, to, size, ret_n, e);
		if (rc == 0) {
			s->at += *ret_n;
			return 0;
		}
		let_go(s);
		rc = recover(&s->get, e);
	} while (rc == 0);
	return rc;
}

static void blob_close(struct source *base)
{
	struct blob_source *s = (struct blob_source *)base;

	let_go(s);
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
	s->d = *d;
	s->get = (struct getting){ .p = p, .d = &s->d, .site = repository_site(p) };
	s->what = mem_strdup(what);
	*ret = &s->base;
	return 0;
}
