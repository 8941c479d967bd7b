/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small blob goes in one PUT, a large one in one PATCH and an empty PUT, which is what Docker
 * sends and every registry knows. Chunks are for what is left after a cut, and for who takes no
 * more at once; a registry that refuses one way is offered the other. See upload.h.
 */
#include "registry/upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/mem.h"
#include "net/retry.h"
#include "registry/memory.h"

enum {
	/* Where a cut left nothing: what comes so far is not lost again. Proxies that buffer whole
	 * requests often refuse 100 MB. */
	CHUNK_BYTES = 64 << 20,
	MIN_CHUNK_BYTES = 1 << 20, /* a server that refuses this as too large wants nothing */
	PROGRESS_BYTES = 1 << 20,  /* so much more at the server, and tries count anew */
	BACKOFF_MS = 500,
	WAIT_STEP_MS = 100,
};

static const char *cache_of(const struct upload *u)
{
	return u->p->registry->o.cache_path;
}

static uint64_t next_bytes(const struct upload *u)
{
	uint64_t left = u->d->size - u->offset;

	return left < u->chunk ? left : u->chunk;
}

/* ---- where it goes ----------------------------------------------------------------------- */

static int take_location(struct upload *u, const struct http_answer *a, struct err *e)
{
	auto_arena arena = ARENA_EMPTY;
	struct view value;
	const char *url;

	if (!http_answer_header(a, "location", 0, &value)) {
		if (u->location)
			return 0; /* the old one still holds */
		return fail(e, FAIL_FORMAT, "%s: the registry begins an upload, but not where",
			    u->p->text);
	}
	url = url_follow(a->url, arena_view(&arena, value), &arena);
	if (!url)
		return fail(e, FAIL_FORMAT,
			    "%s: the registry wants the upload at '%.*s', expected http or, as it "
			    "is asked so itself, https",
			    u->p->text, (int)(value.len < 200 ? value.len : 200), value.ptr);
	free(u->location);
	u->location = mem_strdup(url);
	if (u->d->size > UPLOAD_WHOLE_BYTES)
		memory_set_upload(cache_of(u), u->p->text, &u->d->digest, u->location);
	return 0;
}

void upload_forget(struct upload *u)
{
	free(steal(u->location));
	u->offset = 0;
	memory_set_upload(cache_of(u), u->p->text, &u->d->digest, NULL);
}

static void take_range(struct upload *u, const struct http_answer *a, uint64_t otherwise)
{
	struct view value;
	uint64_t n;

	if (!http_answer_header(a, "range", 0, &value) || !upload_range_parse(value, &n) ||
	    n > u->d->size)
		n = otherwise;
	u->offset = n;
}

/* ---- waiting ----------------------------------------------------------------------------- */

static int wait_ms(const struct upload *u, uint64_t ms, struct err *e)
{
	for (uint64_t gone = 0; gone < ms; gone += WAIT_STEP_MS) {
		struct timespec step = { 0, WAIT_STEP_MS * 1000000L };

		if (http_check(u->p->registry->o.http, e) < 0)
			return -(int)e->code;
		nanosleep(&step, NULL);
	}
	return 0;
}

/* After a try that failed with `e`: waits, unless there were enough of them. */
static int pause_after(struct upload *u, uint64_t asked_ms, struct err *e)
{
	struct err why = *e;
	uint32_t random = 0;
	uint64_t ms;

	if (u->offset >= u->best + PROGRESS_BYTES) {
		u->best = u->offset;
		u->failed = 0;
	}
	if (++u->failed >= HTTP_TRIES)
		return -(int)why.code;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = 0;
	ms = retry_delay_ms(BACKOFF_MS, u->failed, random);
	if (asked_ms > ms)
		ms = asked_ms;
	monitor_note(u->p->registry->o.monitor, "%s; trying again in %.1f s", why.msg,
		     (double)ms / 1000);
	return wait_ms(u, ms, e);
}

/* ---- requests ---------------------------------------------------------------------------- */

static void take_least(struct upload *u, const struct http_answer *a)
{
	struct view value;

	if (!http_answer_header(a, "oci-chunk-min-length", 0, &value) ||
	    !view_to_u64(value, &u->least))
		u->least = 0;
	if (u->chunk < u->least)
		u->chunk = u->least;
}

static int begin(struct upload *u, const char *mount_from, struct err *e)
{
	auto_free char *url = site_url(u->site, "blobs/uploads/");
	auto_buf full = BUF_EMPTY;
	struct registry_request q = { .method = "POST", .redirects = true };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc;

	buf_add_str(&full, url);
	if (mount_from) {
		url_add_query(&full, "mount", view_of(u->digest));
		url_add_query(&full, "from", view_of(mount_from));
	}
	q.url = buf_str(&full);
	u->offset = 0;
	rc = site_request(u->site, &q, &answer, e);
	if (rc < 0 && !(mount_from && rc == -FAIL_AUTH))
		return rc;
	if (rc == 0 && mount_from && answer.status == 201) {
		u->done = true;
		return 0;
	}
	if (rc == 0 && answer.status == 202) {
		take_least(u, &answer);
		return take_location(u, &answer, e);
	}
	if (mount_from) /* a neighbour that may not be looked at is no neighbour */
		return begin(u, NULL, e);
	return repository_refused(u->p, &answer, "begin an upload", e);
}

/* How far the registry is. An upload that it doesn't know any more is begun anew. */
static int ask_status(struct upload *u, struct err *e)
{
	struct registry_request q = { .method = "GET", .url = u->location, .redirects = true };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc = site_request(u->site, &q, &answer, e);

	if (rc < 0)
		return rc;
	if (answer.status != 204 && answer.status != 202) {
		upload_forget(u);
		return 0;
	}
	take_range(u, &answer, 0);
	if (u->whole && u->offset) { /* a body from the middle on ends no upload */
		upload_forget(u);
		return 0;
	}
	u->resumed = u->resumed || u->offset > 0;
	if (u->offset)
		monitor_debug(u->p->registry->o.monitor, "%s: %s goes on after %" PRIu64 " bytes",
			      u->p->text, u->digest, u->offset);
	return take_location(u, &answer, e);
}

static int read_rest(void *ctx, uint64_t at, void *to, size_t n, struct err *e)
{
	const struct upload *u = ctx;

	return u->body->read(u->body->ctx, u->offset + at, to, n, e);
}

/* The next bytes; u->offset is then what the registry says. */
static int send_chunk(struct upload *u, struct http_answer *answer, struct err *e)
{
	uint64_t before = u->offset, n = next_bytes(u);
	char range[48];
	struct registry_request q = {
		.method = "PATCH",
		.url = u->location,
		.content_type = "application/octet-stream",
		.body = { n, read_rest, u },
		.redirects = true,
		.once = true,
		.task = u->task,
	};
	int rc;

	snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, before, before + n - 1);
	/* some that take the whole of any size take only small chunks */
	q.content_range = n < u->d->size ? range : NULL;
	rc = site_request(u->site, &q, answer, e);
	if (rc < 0)
		return rc;
	if (answer->status < 200 || answer->status > 204)
		return repository_refused(u->p, answer, "send a blob", e);
	take_range(u, answer, before + n);
	/* some name the first chunk's end for ever; the digest will tell */
	if (u->offset <= before)
		u->offset = before + n;
	return take_location(u, answer, e);
}

/* The last request, with the whole body or none. */
static int finish(struct upload *u, struct http_answer *answer, struct err *e)
{
	auto_buf url = BUF_EMPTY;
	struct registry_request q = {
		.method = "PUT",
		.content_type = "application/octet-stream",
		.body = { u->d->size - u->offset, read_rest, u },
		.redirects = true,
		.once = true,
		.task = u->task,
	};
	struct view named;
	int rc;

	buf_add_str(&url, u->location);
	url_add_query(&url, "digest", view_of(u->digest));
	q.url = buf_str(&url);
	rc = site_request(u->site, &q, answer, e);
	if (rc < 0)
		return rc;
	if (answer->status < 200 || answer->status > 204)
		return repository_refused(u->p, answer, "finish the upload of a blob", e);
	if (http_answer_header(answer, "docker-content-digest", 0, &named) &&
	    view_starts(named, "sha256:") && !view_is(named, u->digest))
		return fail(e, FAIL_VERIFY, "%s: the registry took %s for %.*s", u->p->text,
			    u->digest, (int)(named.len < 80 ? named.len : 80), named.ptr);
	u->done = true;
	return 0;
}

/* ---- what goes wrong --------------------------------------------------------------------- */

static int step(struct upload *u, struct http_answer *answer, struct err *e)
{
	http_answer_done(answer);
	if (!u->location)
		return begin(u, NULL, e);
	return u->whole || u->offset == u->d->size ? finish(u, answer, e)
						   : send_chunk(u, answer, e);
}

/* The end of a request may have been lost when all had arrived. */
static int look_again(struct upload *u, struct err *e)
{
	uint64_t before = u->offset;
	bool there = false;
	int rc = repository_has_blob(u->p, u->d, &there, e);

	if (rc == 0 && there)
		u->done = true;
	if (rc == 0 && !there && u->location)
		rc = ask_status(u, e);
	if (u->offset <= before && u->chunk > CHUNK_BYTES)
		u->chunk = CHUNK_BYTES > u->least ? CHUNK_BYTES : u->least;
	return rc;
}

/* After 413: less at once, if that is any use. */
static int shrink(struct upload *u, struct err *e)
{
	uint64_t n = next_bytes(u), half = n / 2;

	if (half < MIN_CHUNK_BYTES)
		half = MIN_CHUNK_BYTES;
	if (half > CHUNK_BYTES)
		half = CHUNK_BYTES;
	if (half >= n || half < u->least)
		return -(int)e->code;
	u->chunk = half;
	u->whole = false;
	u->switched = true; /* it would be refused as well */
	return ask_status(u, e);
}

/* What a registry says that doesn't know the request, or not in this form. */
static bool is_of_form(long status)
{
	return status == 400 || status == 404 || status == 405 || status == 411 || status == 415 ||
	       status == 416 || status == 422 || status == 501;
}

/* The other way with an upload of its own. */
static int switch_way(struct upload *u)
{
	monitor_debug(u->p->registry->o.monitor, "%s: %s is tried %s", u->p->text, u->digest,
		      u->whole ? "in a PATCH" : "in one PUT");
	u->whole = !u->whole;
	u->switched = true;
	u->failed = 0;
	upload_forget(u);
	return 0;
}

/* The registry is elsewhere than it was taken to be, and says where. */
static bool is_moved(struct upload *u, const struct http_answer *answer)
{
	uint64_t before = u->offset;

	if (answer->status != 416 || u->whole)
		return false;
	take_range(u, answer, 0);
	return u->offset != before;
}

/* After a status that won't pass: 0 when something else makes sense. */
static int recover_refused(struct upload *u, const struct http_answer *answer, struct err *e)
{
	if (answer->status == 413)
		return shrink(u, e);
	if (is_moved(u, answer))
		return pause_after(u, 0, e);
	/* what was resumed may not have been what it was taken for */
	if (u->resumed && !u->redone) {
		u->redone = true;
		upload_forget(u);
		return 0;
	}
	if (answer->status == 404 && u->location && !u->reborn) {
		u->reborn = true;
		upload_forget(u);
		return pause_after(u, 0, e);
	}
	if (is_of_form(answer->status) && u->location && !u->switched)
		return switch_way(u);
	return -(int)e->code;
}

/* What to do about a step that failed with `e`: 0 when another one makes sense. */
static int recover(struct upload *u, const struct http_answer *answer, struct err *e)
{
	bool refused = answer->status >= 400 && !status_may_pass(answer->status);
	int rc;

	if (e->code == FAIL_INTERRUPTED || e->code == FAIL_AUTH || e->sys || e->code == FAIL_IO)
		return -(int)e->code;
	if (refused)
		return recover_refused(u, answer, e);
	if (e->code != FAIL_NET || answer->hopeless)
		return -(int)e->code;
	rc = pause_after(u, answer->retry_after_ms, e);
	return rc < 0 ? rc : look_again(u, e);
}

int upload_run(struct upload *u, struct err *e)
{
	auto_answer answer = HTTP_ANSWER_EMPTY;

	while (!u->done) {
		int rc = step(u, &answer, e);

		if (rc < 0)
			rc = recover(u, &answer, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int upload_open(struct upload *u, const char *from, struct err *e)
{
	auto_buf location = BUF_EMPTY;

	if (u->d->size > UPLOAD_WHOLE_BYTES &&
	    memory_get_upload(cache_of(u), u->p->text, &u->d->digest, &location) &&
	    url_same_origin(buf_str(&location), u->site->base)) {
		u->location = buf_steal(&location);
		if (ask_status(u, e) == -FAIL_INTERRUPTED)
			return -FAIL_INTERRUPTED;
		if (u->location && (u->offset || !from))
			return 0;
		upload_forget(u);
	}
	return begin(u, from, e);
}

void upload_init(struct upload *u, struct repository *p, const struct descriptor *d,
		 const struct http_body *body, uint32_t task)
{
	*u = (struct upload){
		.p = p,
		.site = repository_site(p),
		.d = d,
		.body = body,
		.task = task,
		.chunk = UINT64_MAX,
		.whole = d->size <= UPLOAD_WHOLE_BYTES,
	};
	memcpy(u->digest, "sha256:", 7);
	sha256_to_hex(&d->digest, u->digest + 7);
}

void upload_done(struct upload *u)
{
	free(steal(u->location));
}
