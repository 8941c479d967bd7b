/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs to a registry: looked for, mounted from a neighbour, else sent; a large one in chunks,
 * which after a cut go on from where the registry says it is (distribution-spec, Pushing blobs).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/mem.h"
#include "net/retry.h"
#include "registry/memory.h"
#include "registry/private.h"

enum {
	/* One request less; what is cut is sent again from its start. */
	MONOLITHIC_BYTES = 16 << 20,
	/* Proxies refuse larger bodies (100 MB is a common limit). */
	CHUNK_BYTES = 64 << 20,
	MIN_CHUNK_BYTES = 1 << 20, /* a server that refuses this as too large wants nothing */
	PROGRESS_BYTES = 1 << 20,  /* so much more at the server, and tries count anew */
	BACKOFF_MS = 500,
	WAIT_STEP_MS = 100,
	DIGEST_TEXT_BYTES = 7 + SHA256_HEX_CHARS + 1,
};

struct upload {
	struct repository *p;
	struct site *site; /* the only one: mirrors are not written to */
	const struct descriptor *d;
	const struct http_body *body;
	uint32_t task;
	char digest[DIGEST_TEXT_BYTES];
	char *location;	 /* NULL: to be begun */
	uint64_t offset; /* bytes that the registry has */
	uint64_t best;
	uint64_t chunk;
	unsigned failed;
	bool resumed, redone, done;
};

static const char *cache_of(const struct upload *u)
{
	return u->p->registry->o.cache_path;
}

/* ---- where it goes ----------------------------------------------------------------------- */

static int take_location(struct upload *u, const struct http_answer *a, const char *base,
			 struct err *e)
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
	url = url_follow(base, arena_view(&arena, value), &arena);
	if (!url)
		return fail(e, FAIL_FORMAT,
			    "%s: the registry wants the upload at '%.*s', expected http or, as it "
			    "is asked so itself, https",
			    u->p->text, (int)(value.len < 200 ? value.len : 200), value.ptr);
	free(u->location);
	u->location = mem_strdup(url);
	if (u->d->size > MONOLITHIC_BYTES)
		memory_set_upload(cache_of(u), u->p->text, &u->d->digest, u->location);
	return 0;
}

static void forget_location(struct upload *u)
{
	free(steal(u->location));
	u->offset = 0;
	memory_set_upload(cache_of(u), u->p->text, &u->d->digest, NULL);
}

/* "0-N" with or without "bytes="; *ret is how many bytes there are. */
static bool range_parse(struct view v, uint64_t *ret)
{
	struct view first;
	uint64_t from, to;

	if (view_starts(v, "bytes="))
		v = view_make(v.ptr + 6, v.len - 6);
	if (!view_split(&v, '-', &first) || !v.ptr || !view_to_u64(first, &from) || from != 0 ||
	    !view_to_u64(v, &to))
		return false;
	*ret = to ? to + 1 : 0; /* "0-0" is what nothing looks like */
	return true;
}

static void take_range(struct upload *u, const struct http_answer *a, uint64_t otherwise)
{
	struct view value;
	uint64_t n;

	if (!http_answer_header(a, "range", 0, &value) || !range_parse(value, &n) || n > u->d->size)
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

static int begin(struct upload *u, const char *mount_from, struct err *e)
{
	auto_free char *url = site_url(u->site, "blobs/uploads/");
	auto_buf full = BUF_EMPTY;
	struct registry_request q = { .method = "POST" };
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
	if (rc < 0)
		return rc;
	if (mount_from && answer.status == 201) {
		u->done = true;
		return 0;
	}
	if (answer.status == 202)
		return take_location(u, &answer, q.url, e);
	if (mount_from) /* a neighbour that may not be looked at is no neighbour */
		return begin(u, NULL, e);
	return repository_refused(u->p, &answer, "begin an upload", e);
}

/* How far the registry is. An upload that it doesn't know any more is begun anew. */
static int ask_status(struct upload *u, struct err *e)
{
	struct registry_request q = { .method = "GET", .url = u->location };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc = site_request(u->site, &q, &answer, e);

	if (rc < 0)
		return rc;
	if (answer.status != 204 && answer.status != 202) {
		forget_location(u);
		return 0;
	}
	take_range(u, &answer, 0);
	u->resumed = u->resumed || u->offset > 0;
	if (u->offset)
		monitor_debug(u->p->registry->o.monitor, "%s: %s goes on after %" PRIu64 " bytes",
			      u->p->text, u->digest, u->offset);
	return take_location(u, &answer, q.url, e);
}

static int read_rest(void *ctx, uint64_t at, void *to, size_t n, struct err *e)
{
	const struct upload *u = ctx;

	return u->body->read(u->body->ctx, u->offset + at, to, n, e);
}

/* The next bytes; u->offset is then what the registry says. */
static int send_chunk(struct upload *u, struct http_answer *answer, struct err *e)
{
	uint64_t before = u->offset, left = u->d->size - before;
	uint64_t n = left < u->chunk ? left : u->chunk;
	char range[48];
	struct registry_request q = {
		.method = "PATCH",
		.url = u->location,
		.content_type = "application/octet-stream",
		.content_range = range,
		.body = { n, read_rest, u },
		.once = true,
		.task = u->task,
	};
	int rc;

	snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, u->offset, u->offset + n - 1);
	rc = site_request(u->site, &q, answer, e);
	if (rc < 0)
		return rc;
	if (answer->status == 202 || answer->status == 201 || answer->status == 204) {
		take_range(u, answer, u->offset + n);
		if (u->offset <= before)
			return fail(e, FAIL_FORMAT, "%s: the registry takes no bytes of a blob",
				    u->p->text);
		return take_location(u, answer, q.url, e);
	}
	return repository_refused(u->p, answer, "send a blob", e);
}

/* The last request, with the whole body or none. */
static int finish(struct upload *u, struct http_answer *answer, struct err *e)
{
	auto_buf url = BUF_EMPTY;
	struct registry_request q = {
		.method = "PUT",
		.content_type = "application/octet-stream",
		.body = { u->d->size - u->offset, read_rest, u },
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
	if (answer->status != 201 && answer->status != 204)
		return repository_refused(u->p, answer, "finish the upload of a blob", e);
	if (http_answer_header(answer, "docker-content-digest", 0, &named) &&
	    view_starts(named, "sha256:") && !view_is(named, u->digest))
		return fail(e, FAIL_VERIFY, "%s: the registry took %s for %.*s", u->p->text,
			    u->digest, (int)(named.len < 80 ? named.len : 80), named.ptr);
	u->done = true;
	return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool goes_in_one(const struct upload *u)
{
	return u->offset == u->d->size || (u->offset == 0 && u->d->size <= MONOLITHIC_BYTES);
}

static int step(struct upload *u, struct http_answer *answer, struct err *e)
{
	http_answer_done(answer);
	if (!u->location)
		return begin(u, NULL, e);
	return goes_in_one(u) ? finish(u, answer, e) : send_chunk(u, answer, e);
}

/* The end of a request may have been lost when all had arrived. */
static int look_again(struct upload *u, struct err *e)
{
	bool there = false;
	int rc = repository_has_blob(u->p, u->d, &there, e);

	if (rc == 0 && there)
		u->done = true;
	if (rc == 0 && !there && u->location)
		rc = ask_status(u, e);
	return rc;
}

/* What to do about a step that failed with `e`: 0 when another one makes sense. */
static int recover(struct upload *u, const struct http_answer *answer, struct err *e)
{
	struct err why = *e;
	int rc;

	if (why.code == FAIL_INTERRUPTED || why.code == FAIL_AUTH || why.sys || why.code == FAIL_IO)
		return -(int)why.code;
	if (answer->status == 413 && u->chunk / 2 >= MIN_CHUNK_BYTES) {
		u->chunk /= 2;
		return ask_status(u, e);
	}
	if (answer->status == 416) {
		take_range(u, answer, 0);
		return pause_after(u, 0, e);
	}
	/* what was resumed may not have been what it was taken for */
	if (u->resumed && !u->redone && answer->status >= 400 && answer->status < 500) {
		u->redone = true;
		forget_location(u);
		return 0;
	}
	if (answer->status == 404 && u->location) {
		forget_location(u);
		return pause_after(u, 0, e);
	}
	if (why.code != FAIL_NET || (answer->status && !status_may_pass(answer->status)))
		return -(int)why.code;
	rc = pause_after(u, answer->retry_after_ms, e);
	return rc < 0 ? rc : look_again(u, e);
}

static int run(struct upload *u, struct err *e)
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

/* An upload that an earlier run began, or a new one, or a mount. */
static int open_upload(struct upload *u, const char *from, struct err *e)
{
	auto_buf location = BUF_EMPTY;

	if (u->d->size > MONOLITHIC_BYTES &&
	    memory_get_upload(cache_of(u), u->p->text, &u->d->digest, &location) &&
	    url_same_origin(buf_str(&location), u->site->base)) {
		u->location = buf_steal(&location);
		if (ask_status(u, e) == -FAIL_INTERRUPTED)
			return -FAIL_INTERRUPTED;
		if (u->location && (u->offset || !from))
			return 0;
		forget_location(u);
	}
	return begin(u, from, e);
}

/* A repository that the blob can be mounted from, or NULL. */
static const char *neighbour(struct upload *u, const char *from, struct arena *a)
{
	struct strings places = { 0 };

	if (from && strcmp(from, u->p->ref.name) != 0)
		return from;
	memory_list_places(cache_of(u), u->p->ref.host, &u->d->digest, a, &places);
	for (size_t i = 0; i < places.n; i++)
		if (strcmp(places.at[i], u->p->ref.name) != 0)
			return places.at[i];
	return NULL;
}

/* ---- what is known of it ------------------------------------------------------------------ */

/* Stands in the map for a blob that is there; else it is the address of its upload, or "". */
static const char there_mark[] = "there";

static void **known_slot(const struct upload *u)
{
	struct registry *r = u->p->registry;

	return map_put(&r->there, view_of(arena_printf(&r->arena, "%s@%s", u->p->text, u->digest)));
}

/* What was found out a moment ago needs no asking. */
static void take_known(struct upload *u, bool *ret_there, bool *ret_missing)
{
	struct registry *r = u->p->registry;
	const char *known;
	void **slot;

	pthread_mutex_lock(&r->lock);
	slot = known_slot(u);
	known = *slot;
	*ret_there = known == there_mark;
	*ret_missing = known && known != there_mark && u->body;
	if (*ret_missing) {
		u->location = *known ? mem_strdup(known) : NULL;
		*slot = NULL;
	}
	pthread_mutex_unlock(&r->lock);
}

static void keep_known(struct upload *u, enum blob_pushed how, const char *location)
{
	struct registry *r = u->p->registry;

	pthread_mutex_lock(&r->lock);
	*known_slot(u) = (void *)(uintptr_t)(how != BLOB_MISSING ? there_mark
					     : location		 ? arena_strdup(&r->arena, location)
								 : "");
	pthread_mutex_unlock(&r->lock);
	if (how != BLOB_MISSING)
		memory_add_place(cache_of(u), u->p->ref.host, u->p->ref.name, &u->d->digest);
}

static int push(struct upload *u, const char *from, enum blob_pushed *ret, struct err *e)
{
	int rc;

	if (from) {
		auto_free char *scope = mem_printf("repository:%s:pull", from);

		access_add_scope(u->site, scope);
	}
	rc = u->location ? 0 : open_upload(u, from, e);
	*ret = u->done ? BLOB_MOUNTED : u->body ? BLOB_SENT : BLOB_MISSING;
	if (rc == 0 && u->body)
		rc = run(u, e);
	if (rc == 0 && *ret != BLOB_MISSING)
		memory_set_upload(cache_of(u), u->p->text, &u->d->digest, NULL);
	return rc;
}

static int find_or_push(struct upload *u, const char *from, enum blob_pushed *ret, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	bool there, missing;
	int rc = 0;

	*ret = BLOB_WAS_THERE;
	take_known(u, &there, &missing);
	if (!there && !missing)
		rc = repository_has_blob(u->p, u->d, &there, e);
	if (rc < 0 || there)
		return rc;
	*ret = BLOB_MISSING;
	from = missing ? NULL : neighbour(u, from, &a);
	return u->body || from ? push(u, from, ret, e) : 0;
}

int repository_push_blob(struct repository *p, const struct descriptor *d,
			 const struct http_body *body, const char *from, uint32_t task,
			 enum blob_pushed *ret, struct err *e)
{
	struct upload u = { .p = p,
			    .site = repository_site(p),
			    .d = d,
			    .body = body,
			    .task = task,
			    .chunk = CHUNK_BYTES };
	int rc;

	memcpy(u.digest, "sha256:", 7);
	sha256_to_hex(&d->digest, u.digest + 7);
	rc = find_or_push(&u, from, ret, e);
	/* a large one is found again by what the cache remembers of it */
	if (rc == 0)
		keep_known(&u, *ret, d->size <= MONOLITHIC_BYTES ? u.location : NULL);
	free(u.location);
	return rc;
}
