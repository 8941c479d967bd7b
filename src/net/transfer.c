/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transfer's life: begins tries, looks at the head of each answer, hands the body to the
 * receiver, and decides at the end of a try between done, again and failed. When to run is the
 * loop's business (http.c).
 */
#include "net/transfer.h"

#include "base/mem.h"
#include "net/exchange.h"
#include "net/try.h"
#include "net/url.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

static void fatal(struct transfer *t)
{
	t->now.fatal = true;
	t->now.accepted = false;
}

/* A body that must be asked for again from its first byte. */
static void restart(struct transfer *t, const char *why)
{
	t->now.restart = true;
	t->now.accepted = false;
	reason_set(&t->now.reason, FAIL_NET, true, HINT_NONE, "%s", why);
}

static bool total_is_right(struct transfer *t, uint64_t total)
{
	if (total == HTTP_SIZE_UNKNOWN)
		return true;
	if (t->size != HTTP_SIZE_UNKNOWN && total != t->size)
		fail(&t->err, FAIL_VERIFY,
		     "%s '%s': it is %" PRIu64 " bytes long there, expected are %" PRIu64, t->verb,
		     t->shown, total, t->size);
	else if (total > t->limit)
		fail(&t->err, FAIL_LIMIT,
		     "%s '%s': it is %" PRIu64 " bytes long, over the limit of %" PRIu64, t->verb,
		     t->shown, total, t->limit);
	else
		return true;
	fatal(t);
	return false;
}

/* The whole body comes although the receiver has a part of it. */
static void begin_again(struct transfer *t)
{
	struct attempt *now = &t->now;

	if (t->ops->rewind) {
		if (t->ops->rewind(t, &t->err) < 0) {
			fatal(t);
			return;
		}
		t->offset = 0;
		t->resumed = false;
		return;
	}
	if (t->etag[0] && now->etag[0] && strcmp(t->etag, now->etag) != 0) {
		fail(&t->err, FAIL_NET, "%s '%s': it changed on the server while it was read",
		     t->verb, t->shown);
		fatal(t);
		return;
	}
	now->skip = t->offset;
	t->resumed = true;
}

static void begin_whole(struct transfer *t)
{
	struct attempt *now = &t->now;

	if (!total_is_right(t, try_content_length(t)))
		return;
	now->accepted = true;
	if (t->offset)
		begin_again(t);
	memcpy(t->etag, now->etag, sizeof(t->etag));
}

static void begin_part(struct transfer *t)
{
	struct attempt *now = &t->now;

	if (!now->asked || !now->has_range || now->range.first != now->asked) {
		restart(t, "the server sent another range than was asked for");
		return;
	}
	if (!total_is_right(t, now->range.total))
		return;
	now->accepted = true;
	t->resumed = true;
}

/* 301 to 303 let a client forget the method and the body: what has some takes them as an answer. */
static bool is_redirect(const struct transfer *t, long status)
{
	if (!t->location || (t->request && !t->request->redirects))
		return false;
	return status == 307 || status == 308 ||
	       (!try_sends_body(t) && (status == 301 || status == 302 || status == 303));
}

/* The answer's head is complete: is its body what we want? */
static void begin(struct transfer *t)
{
	struct attempt *now = &t->now;
	long status = try_status(t);

	now->begun = true;
	now->moved = is_redirect(t, status);
	if (now->moved)
		return;
	if (t->request) {
		now->accepted = true;
		if (t->offset)
			begin_again(t);
	} else if (url_is_file(t->url)) {
		now->accepted = true;
		t->resumed = now->asked > 0;
		if (t->offset && !now->asked)
			begin_again(t);
	} else if (status == 200) {
		begin_whole(t);
	} else if (status == 206) {
		begin_part(t);
	} else if (status == 416 && now->asked) {
		restart(t, "the server does not have the range that was asked for");
	}
}

static void report(struct transfer *t)
{
	if (t->offset <= t->reported)
		return;
	monitor_advance(t->http->o.monitor, t->task, t->offset - t->reported);
	t->reported = t->offset;
}

static void count_speed(struct http *h, size_t n)
{
	h->speed_last_ms = now_ms();
	if (h->speed_first_ms == 0)
		h->speed_first_ms = h->speed_last_ms;
	h->speed_bytes += n;
}

static int deliver(struct transfer *t, const char *bytes, size_t n)
{
	int rc;

	if (n > t->size - t->offset)
		rc = fail(&t->err, FAIL_VERIFY,
			  "%s '%s': more than the expected %" PRIu64 " bytes come", t->verb,
			  t->shown, t->size);
	else if (t->offset > t->limit || n > t->limit - t->offset)
		rc = fail(&t->err, FAIL_LIMIT, "%s '%s': over the limit of %" PRIu64 " bytes",
			  t->verb, t->shown, t->limit);
	else
		rc = t->ops->body(t, bytes, n, &t->err);
	if (rc < 0)
		fatal(t);
	return rc;
}

static enum try_answer take(struct transfer *t, const char *bytes, size_t n)
{
	struct attempt *now = &t->now;
	size_t skip;
	int rc;

	if (!now->begun)
		begin(t);
	if (now->fatal || now->restart)
		return TRY_STOP;
	if (!now->accepted) {
		now->refused += n;
		return now->refused > TRANSFER_MAX_ERROR_BODY ? TRY_STOP : TRY_GO_ON;
	}
	skip = now->skip < n ? (size_t)now->skip : n;
	rc = n > skip ? deliver(t, bytes + skip, n - skip) : 0;
	if (rc < 0)
		return TRY_STOP;
	if (rc == TRANSFER_PAUSE) {
		t->paused = true;
		return TRY_PAUSE;
	}
	now->skip -= skip;
	t->offset += n - skip;
	count_speed(t->http, n);
	report(t);
	return TRY_GO_ON;
}

static const char *hint_text(const struct transfer *t, enum reason_hint hint)
{
	switch (hint) {
	case HINT_SERVER:
		return t->http->o.hint ? t->http->o.hint : "is the server up?";
	case HINT_NAME:
		return "is there a network, and is the name right?";
	case HINT_TRUST:
		return "the environment's SSL_CERT_FILE can name a file of CAs to trust";
	case HINT_PROXY:
		return "see http_proxy and https_proxy in the environment";
	case HINT_NONE:
		break;
	}
	return NULL;
}

/* The host alone: the rest of such an address often is a key to what lies there. */
static const char *elsewhere(const struct transfer *t, struct arena *a)
{
	const char *hop = "", *proxy = "";
	struct url_parts to;

	if (t->hop && !url_same_origin(t->hop, t->url) && url_split(t->hop, a, &to))
		hop = arena_printf(a, ", redirected to '%s:%s'", to.host, to.port);
	if (t->proxy)
		proxy = arena_printf(a, ", through the proxy '%s'", t->proxy);
	return arena_printf(a, "%s%s", hop, proxy);
}

static void give_up(struct transfer *t, const struct reason *r)
{
	bool at_proxy = t->proxy && r->hint == HINT_SERVER;
	const char *hint = hint_text(t, at_proxy ? HINT_PROXY : r->hint);
	auto_arena a = ARENA_EMPTY;
	char tries[32] = "";

	if (t->failed_tries > 1)
		snprintf(tries, sizeof(tries), " after %u tries", t->failed_tries);
	t->hopeless = !r->again;
	fail(&t->err, r->code, "%s '%s'%s: %s%s%s%s", t->verb, t->shown, elsewhere(t, &a), r->text,
	     tries, hint ? "; " : "", hint ? hint : "");
	t->state = TRANSFER_FAILED;
}

static uint32_t random_u32(void)
{
	uint32_t r = 0;

	/* Without randomness there is just no jitter. */
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = 0;
	return r;
}

static uint32_t next_delay_ms(struct transfer *t)
{
	uint32_t base = t->http->o.backoff_ms;
	uint32_t delay = retry_delay_ms(base, t->failed_tries, random_u32());
	uint64_t asked = try_retry_after_ms(t);

	if (asked > RETRY_MAX_AFTER_MS)
		asked = RETRY_MAX_AFTER_MS;
	return asked > delay ? (uint32_t)asked : delay;
}

static void forget_redirects(struct transfer *t)
{
	free(steal(t->hop));
	t->n_redirects = 0;
	t->strayed = false;
}

/* Many bodies of one server fail at once, for one reason: a line for each would be a flood. */
static bool is_known_pause(struct transfer *t, const struct reason *r)
{
	struct http *h = t->http;
	const char *url = t->hop ? t->hop : t->url;

	if (h->pause.url && now_ms() < h->pause.until_ms && strcmp(h->pause.why, r->text) == 0 &&
	    url_same_origin(h->pause.url, url))
		return true;
	free(h->pause.url);
	h->pause.url = mem_strdup(url);
	snprintf(h->pause.why, sizeof(h->pause.why), "%s", r->text);
	h->pause.until_ms = t->due_ms;
	return false;
}

static void again_or_give_up(struct transfer *t, const struct reason *r)
{
	auto_arena a = ARENA_EMPTY;
	const char *where = elsewhere(t, &a);
	enum monitor_level level;
	uint32_t delay;

	if (t->offset >= t->best_offset + TRANSFER_PROGRESS_BYTES) {
		t->best_offset = t->offset;
		t->failed_tries = 0;
	}
	t->failed_tries++;
	if (!r->again || t->failed_tries >= HTTP_TRIES || (t->request && t->request->once)) {
		give_up(t, r);
		return;
	}
	delay = next_delay_ms(t);
	t->due_ms = now_ms() + delay;
	t->state = TRANSFER_WAITING;
	level = is_known_pause(t, r) ? MONITOR_DEBUG : MONITOR_NOTE;
	forget_redirects(t); /* they may lead elsewhere now */
	monitor_say(t->http->o.monitor, level, "%s '%s'%s: %s; trying again in %.1f s", t->verb,
		    t->shown, where, r->text, delay / 1000.0);
}

/*
 * By hand, not by curl: what the first server knows us by (a certificate, credentials) is for it
 * alone, and curl would show the certificate to all of them.
 */
static void follow(struct transfer *t)
{
	auto_arena a = ARENA_EMPTY;
	const char *to = url_follow(t->hop ? t->hop : t->url, t->location, &a);
	struct reason r = { 0 };

	if (!to || t->n_redirects == HTTP_MAX_REDIRECTS) {
		reason_of_curl(to ? CURLE_TOO_MANY_REDIRECTS : CURLE_UNSUPPORTED_PROTOCOL, 0, "",
			       &r);
		give_up(t, &r);
		return;
	}
	free(t->hop);
	t->hop = mem_strdup(to);
	t->n_redirects++;
	t->strayed = t->strayed || !url_same_origin(to, t->url);
	t->due_ms = now_ms();
	t->state = TRANSFER_WAITING;
}

/* Asking a resolver that is slow to answer would hold up the other transfers. */
static bool answered_quickly(const struct transfer *t)
{
	return now_ms() - t->idle_since_ms < TRANSFER_QUICK_MS;
}

static void ended_badly(struct transfer *t, CURLcode rc)
{
	struct attempt *now = &t->now;
	struct reason r = { 0 };

	if (now->fatal) {
		t->state = TRANSFER_FAILED;
		return;
	}
	if (now->stalled)
		reason_set(&r, FAIL_NET, true, HINT_SERVER, "nothing came for %.1f s",
			   t->http->o.stall_timeout_ms / 1000.0);
	else if (rc != CURLE_OK && try_tunnel_status(t) >= 300)
		reason_of_tunnel(try_tunnel_status(t), &r);
	else if (t->request && now->begun && (rc == CURLE_OK || try_status(t) >= 400))
		reason_of_status(try_status(t), &r);
	else if (now->restart) {
		r = now->reason;
		t->whole_only = true;
	} else if (now->begun && !now->accepted)
		reason_of_status(try_status(t), &r);
	else if (rc != CURLE_OK) {
		reason_of_curl(rc, try_connect_errno(t), t->detail, &r);
		if (rc == CURLE_COULDNT_RESOLVE_HOST && answered_quickly(t))
			r.again = !try_name_is_unknown(t);
		t->whole_only = t->whole_only || rc == CURLE_BAD_DOWNLOAD_RESUME;
	} else
		reason_set(&r, FAIL_NET, true, HINT_SERVER,
			   "it ended after %" PRIu64 " of %" PRIu64 " bytes", t->offset, t->size);
	again_or_give_up(t, &r);
}

/* A request is done with any answer but one that says: later. */
static bool is_answered(const struct transfer *t, CURLcode rc)
{
	long status = try_status(t);

	/* who refuses a body may hang up on what still comes of it */
	if ((rc != CURLE_OK && status < 400) || (t->proxy && status == 407))
		return false;
	return t->request->once || !status_may_pass(status);
}

static bool is_whole(const struct transfer *t, CURLcode rc)
{
	if (!t->now.accepted || t->now.skip)
		return false;
	if (t->request)
		return is_answered(t, rc);
	return t->size == HTTP_SIZE_UNKNOWN ? rc == CURLE_OK : t->offset == t->size;
}

void transfer_try_ended(struct transfer *t, CURLcode rc)
{
	t->http->news = true;
	try_stop(t);
	/* an answer without a body; who sends us elsewhere may hang up on what still comes */
	if (!t->now.begun && (rc == CURLE_OK || is_redirect(t, try_status(t))))
		begin(t);
	if (t->now.moved && !t->now.fatal)
		follow(t);
	else if (is_whole(t, rc) && !t->now.fatal)
		t->state = TRANSFER_DONE;
	else
		ended_badly(t, rc);
}

bool transfer_is_stalled(const struct transfer *t, int64_t now)
{
	int64_t allowed = t->http->o.stall_timeout_ms;

	if (!t->now.heard)
		allowed += t->http->o.connect_timeout_ms;
	return !t->paused && now - t->idle_since_ms > allowed;
}

void transfer_try(struct transfer *t)
{
	t->now = (struct attempt){ .take = take };
	free(steal(t->location));
	t->paused = false;
	t->idle_since_ms = now_ms();
	t->sent = 0;
	if (t->offset && !t->whole_only && !t->request)
		t->now.asked = t->offset;
	if (try_start(t, &t->err) < 0)
		t->state = TRANSFER_FAILED;
	else
		t->state = TRANSFER_RUNNING;
}

void transfer_init(struct transfer *t, struct http *h, const struct transfer_ops *ops,
		   const char *url)
{
	*t = (struct transfer){ .http = h, .ops = ops, .verb = "get" };
	t->size = HTTP_SIZE_UNKNOWN;
	t->limit = UINT64_MAX;
	transfer_set_url(t, url);
}

void transfer_set_url(struct transfer *t, const char *url)
{
	free(t->url);
	free(t->shown);
	t->url = mem_strdup(url);
	t->shown = url_shown(url);
	forget_redirects(t);
	t->etag[0] = '\0';
	t->whole_only = false;
}

void transfer_start(struct transfer *t)
{
	struct http *h = t->http;

	t->err.code = FAIL_NONE;
	t->hopeless = false;
	t->failed_tries = 0;
	forget_redirects(t);
	t->best_offset = t->offset;
	if (!t->linked) {
		t->next = h->first;
		h->first = t;
		t->linked = true;
	}
	report(t);
	if (h->o.offline && !url_is_file(t->url)) {
		fail(&t->err, FAIL_NET, "%s '%s': it is not in the cache, and pare is offline",
		     t->verb, t->shown);
		t->state = TRANSFER_FAILED;
		return;
	}
	t->due_ms = now_ms();
	t->state = TRANSFER_WAITING;
}

void transfer_go_on(struct transfer *t)
{
	if (!t->paused)
		return;
	t->paused = false;
	t->idle_since_ms = now_ms();
	try_go_on(t);
}

static void unlink_transfer(struct transfer *t)
{
	struct transfer **at = &t->http->first;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	t->linked = false;
}

void transfer_done(struct transfer *t)
{
	if (t->linked)
		unlink_transfer(t);
	try_free(t);
	free(steal(t->url));
	free(steal(t->shown));
	free(steal(t->hop));
	free(steal(t->location));
	free(steal(t->proxy));
	t->state = TRANSFER_IDLE;
}
