/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle and its loop: starts the transfers whose time has come, lets curl work, gives ended
 * and stalled ones back to themselves. And the simplest receiver, a buffer in memory.
 */
#include "net/transfer.h"

#include "base/interrupt.h"
#include "base/mem.h"

#include <string.h>
#include <time.h>

enum {
	DEFAULT_CONNECT_MS = 15000,
	DEFAULT_STALL_MS = 30000,
	DEFAULT_BACKOFF_MS = 500,
	ROUND_MS = 1000, /* no single wait is longer than this */
	MAX_KEPT_CONNECTIONS = 64,
	/* Fewer bytes say more about the round trip than about the link. */
	SPEED_MIN_BYTES = 64 << 10,
};

/* The clock that the waits are measured by. */
static void init_conditions(struct http *h)
{
	pthread_condattr_t how;

	pthread_condattr_init(&how);
	pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
	pthread_cond_init(&h->turned, &how);
	pthread_cond_init(&h->quiet, &how);
	pthread_condattr_destroy(&how);
}

struct http *http_new(const struct http_options *o)
{
	struct http *h = mem_zalloc(sizeof(*h));

	h->o = *o;
	pthread_mutex_init(&h->lock, NULL);
	init_conditions(h);
	if (!h->o.connect_timeout_ms)
		h->o.connect_timeout_ms = DEFAULT_CONNECT_MS;
	if (!h->o.stall_timeout_ms)
		h->o.stall_timeout_ms = DEFAULT_STALL_MS;
	if (!h->o.backoff_ms)
		h->o.backoff_ms = DEFAULT_BACKOFF_MS;
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	if (h->multi) {
		libcurl.multi_cleanup(h->multi);
		libcurl.global_cleanup();
	}
	pthread_cond_destroy(&h->turned);
	pthread_cond_destroy(&h->quiet);
	pthread_mutex_destroy(&h->lock);
	free(h->pause.url);
	free(h);
}

static int need_multi(struct http *h, struct err *e)
{
	if (h->multi)
		return 0;
	if (libcurl_need(e) < 0)
		return -(int)e->code;
	if (libcurl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fail(e, FAIL_NET, "the HTTP library can't start");
	h->multi = libcurl.multi_init();
	if (!h->multi) {
		libcurl.global_cleanup();
		return fail(e, FAIL_NET, "the HTTP library can't start");
	}
	libcurl.multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	libcurl.multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)MAX_KEPT_CONNECTIONS);
	return 0;
}

/* Time in which nobody ran the loop is not a server's silence. */
static void forgive_absence(struct http *h, int64_t now)
{
	int64_t gap = h->left_ms ? now - h->left_ms : 0;

	for (struct transfer *t = h->first; t && gap > 0; t = t->next)
		t->idle_since_ms += gap;
}

/* Starts what is due; the time until the next moment at which something is. */
static int start_due(struct http *h, int64_t now, uint32_t max_wait_ms)
{
	int64_t wait = max_wait_ms < ROUND_MS ? max_wait_ms : ROUND_MS;

	for (struct transfer *t = h->first; t; t = t->next) {
		if (t->state == TRANSFER_WAITING && t->due_ms <= now)
			transfer_try(t);
		if (t->state == TRANSFER_FAILED || t->state == TRANSFER_DONE)
			continue;
		if (t->state == TRANSFER_WAITING && t->due_ms - now < wait)
			wait = t->due_ms - now;
		else if (t->state == TRANSFER_RUNNING && h->o.stall_timeout_ms / 4 < wait)
			wait = h->o.stall_timeout_ms / 4 + 1;
	}
	return (int)wait;
}

static void end_tries(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = libcurl.multi_info_read(h->multi, &left))) {
		char *private = NULL;
		CURLcode rc = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		libcurl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		transfer_try_ended((struct transfer *)(void *)private, rc);
	}
}

static void end_stalled(struct http *h)
{
	int64_t now = now_ms();

	for (struct transfer *t = h->first; t; t = t->next) {
		if (t->state != TRANSFER_RUNNING || !transfer_is_stalled(t, now))
			continue;
		t->now.stalled = true;
		transfer_try_ended(t, CURLE_OPERATION_TIMEDOUT);
	}
}

static bool any_running(const struct http *h)
{
	for (const struct transfer *t = h->first; t; t = t->next) {
		if (t->state == TRANSFER_RUNNING && !t->paused)
			return true;
	}
	return false;
}

void http_set_fresh(struct http *h, bool fresh)
{
	h->fresh = fresh;
}

/* With the lock held. */
static int check(const struct http *h, struct err *e)
{
	if (interrupt_check(e) < 0)
		return -(int)e->code;
	return h->stopped ? fail(e, FAIL_INTERRUPTED, "given up after another transfer failed") : 0;
}

void http_stop(struct http *h)
{
	http_enter(h);
	h->stopped = true;
	pthread_cond_broadcast(&h->turned);
	http_leave(h);
}

int http_check(struct http *h, struct err *e)
{
	int rc;

	pthread_mutex_lock(&h->lock);
	rc = check(h, e);
	pthread_mutex_unlock(&h->lock);
	return rc;
}

void http_enter(struct http *h)
{
	pthread_mutex_lock(&h->lock);
	h->n_entering++;
	while (h->polling) {
		libcurl.multi_wakeup(h->multi);
		pthread_cond_wait(&h->quiet, &h->lock);
	}
	if (--h->n_entering == 0)
		pthread_cond_broadcast(&h->quiet);
}

void http_leave(struct http *h)
{
	pthread_mutex_unlock(&h->lock);
}

/* Waits for curl with the handle open to others, who come first then. */
static CURLMcode poll_open(struct http *h, int wait_ms)
{
	CURLMcode rc;

	h->polling = true;
	pthread_mutex_unlock(&h->lock);
	rc = libcurl.multi_poll(h->multi, NULL, 0, wait_ms, NULL);
	pthread_mutex_lock(&h->lock);
	h->polling = false;
	pthread_cond_broadcast(&h->quiet);
	while (h->n_entering)
		pthread_cond_wait(&h->quiet, &h->lock);
	return rc;
}

static int turn(struct http *h, uint32_t max_wait_ms, struct err *e)
{
	int64_t now = now_ms();
	CURLMcode rc;
	int wait, running;

	if (need_multi(h, e) < 0)
		return -(int)e->code;
	forgive_absence(h, now);
	if (!any_running(h)) { /* a burst begins: the link is measured anew */
		h->speed_bytes = 0;
		h->speed_first_ms = h->speed_last_ms = 0;
	}
	wait = start_due(h, now, max_wait_ms);
	rc = poll_open(h, wait);
	if (rc == CURLM_OK)
		rc = libcurl.multi_perform(h->multi, &running);
	if (rc != CURLM_OK)
		return fail(e, FAIL_NET, "transfers can't go on: %s", libcurl.multi_strerror(rc));
	end_tries(h);
	end_stalled(h);
	h->left_ms = now_ms();
	return 0;
}

/* Until whoever runs the loop has news, or leaves it. */
static void follow(struct http *h, uint32_t max_wait_ms)
{
	uint32_t wait_ms = max_wait_ms < ROUND_MS ? max_wait_ms : ROUND_MS;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&h->turned, &h->lock, &until);
}

static void tell_news(struct http *h)
{
	if (h->news)
		pthread_cond_broadcast(&h->turned);
	h->news = false;
}

int http_round(struct http *h, uint32_t max_wait_ms, struct err *e)
{
	int rc = check(h, e);

	if (rc < 0)
		return rc;
	if (h->led) {
		follow(h, max_wait_ms);
		return 0;
	}
	h->led = true;
	rc = turn(h, max_wait_ms, e);
	h->led = false;
	h->news = true;
	tell_news(h);
	return rc;
}

int http_run(struct http *h, const struct transfer *t, struct err *e)
{
	int rc = 0;

	while (rc == 0 && transfer_is_moving(t)) {
		rc = check(h, e);
		if (rc == 0 && h->led) {
			follow(h, ROUND_MS);
			continue;
		}
		h->led = true;
		while (rc == 0 && transfer_is_moving(t)) {
			rc = turn(h, ROUND_MS, e);
			if (rc == 0)
				rc = check(h, e);
			tell_news(h);
		}
		h->led = false;
		h->news = true;
		tell_news(h);
	}
	return rc;
}

double http_bytes_per_second(const struct http *h)
{
	int64_t ms = h->speed_last_ms - h->speed_first_ms;

	if (h->speed_bytes < SPEED_MIN_BYTES)
		return 0;
	return (double)h->speed_bytes * 1000 / (double)(ms < 1 ? 1 : ms);
}

struct bytes_transfer {
	struct transfer t;
	struct buf bytes;
};

static int bytes_rewind(struct transfer *t, struct err *e)
{
	(void)e;
	buf_clear(&((struct bytes_transfer *)t)->bytes);
	return 0;
}

static int bytes_body(struct transfer *t, const char *bytes, size_t n, struct err *e)
{
	(void)e;
	buf_add(&((struct bytes_transfer *)t)->bytes, bytes, n);
	return 0;
}

static const struct transfer_ops bytes_ops = { .rewind = bytes_rewind, .body = bytes_body };

int http_get_bytes(struct http *h, const char *url, const char *what, uint64_t limit,
		   struct buf *ret, struct err *e)
{
	struct bytes_transfer b = { .bytes = BUF_EMPTY };
	struct transfer *t = &b.t;
	int rc;

	transfer_init(t, h, &bytes_ops, url);
	t->limit = limit;
	t->task = monitor_begin(h->o.monitor, what ? what : t->shown, 0);
	http_enter(h);
	transfer_start(t);
	rc = http_run(h, t, e);
	if (rc == 0 && t->state == TRANSFER_FAILED) {
		*e = t->err;
		rc = -(int)e->code;
	}
	monitor_end(h->o.monitor, t->task, rc < 0);
	transfer_done(t);
	http_leave(h);
	if (rc == 0) {
		buf_done(ret);
		*ret = b.bytes;
		return 0;
	}
	buf_done(&b.bytes);
	return rc;
}
