/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many files at once: a few transfers at a time, each into its partial file, each through its
 * list of addresses until size and digest are right. Files that another process is fetching are
 * waited for on the side.
 */
#include "net/part.h"
#include "net/transfer.h"

#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_OPEN = 64, /* files under way or waited for; the rest queues */
	BUSY_POLL_MS = 50,
};

enum fetch_state { FETCH_FREE, FETCH_BUSY, FETCH_MOVING };

struct fetch {
	struct transfer t; /* first: the receiver finds itself by it */
	enum fetch_state state;
	const struct http_file *f;
	struct part part;
	size_t url;	     /* index of the address in use */
	bool redone;	     /* a resumed transfer with a wrong digest was done again from zero */
	struct err first;    /* the failure to tell if all addresses fail */
	uint64_t other_size; /* how far the other process was */
	int64_t other_grew_ms;
	int64_t look_ms; /* when to look again whether it is done */
};

struct fetches {
	struct http *http;
	http_file_done *done;
	void *ctx;
	struct fetch at[MAX_OPEN];
	size_t n_moving, n_busy;
};

static int fetch_rewind(struct transfer *t, struct err *e)
{
	return part_restart(&((struct fetch *)t)->part, e);
}

static int fetch_body(struct transfer *t, const char *bytes, size_t n, struct err *e)
{
	return part_add(&((struct fetch *)t)->part, bytes, n, e);
}

static const struct transfer_ops fetch_ops = { .rewind = fetch_rewind, .body = fetch_body };

static void set_state(struct fetches *all, struct fetch *one, enum fetch_state state)
{
	all->n_moving -= one->state == FETCH_MOVING;
	all->n_busy -= one->state == FETCH_BUSY;
	all->n_moving += state == FETCH_MOVING;
	all->n_busy += state == FETCH_BUSY;
	one->state = state;
}

static void forget(struct fetches *all, struct fetch *one, bool failed)
{
	if (one->state == FETCH_MOVING) {
		monitor_end(all->http->o.monitor, one->t.task, failed);
		transfer_done(&one->t);
	}
	part_close(&one->part);
	set_state(all, one, FETCH_FREE);
}

static int tell_done(struct fetches *all, const struct http_file *f, struct err *e)
{
	int rc = 0;

	if (all->done) {
		http_leave(all->http);
		rc = all->done(f, all->ctx, e);
		http_enter(all->http);
	}
	return rc;
}

/* A full disk is not helped by keeping what fills it. */
static void let_go(struct fetch *one, const struct err *e)
{
	if (e->sys == ENOSPC || e->sys == EDQUOT || e->sys == EFBIG)
		part_remove(&one->part);
}

static int digest_is_right(struct fetch *one, struct err *e)
{
	static const struct sha256 unknown;
	char want[SHA256_HEX_CHARS + 1], got[SHA256_HEX_CHARS + 1];
	struct sha256 digest;

	if (sha256_eq(&one->f->digest, &unknown))
		return 0;
	part_digest(&one->part, &digest);
	if (sha256_eq(&digest, &one->f->digest))
		return 0;
	sha256_to_hex(&one->f->digest, want);
	sha256_to_hex(&digest, got);
	return fail(e, FAIL_VERIFY, "get '%s': wrong content: expected SHA-256 %s, got %s",
		    one->t.shown, want, got);
}

static int finish(struct fetches *all, struct fetch *one, struct err *e)
{
	const struct http_file *f = one->f;
	int rc;

	http_leave(all->http); /* disks are slow */
	rc = part_commit(&one->part, e);
	http_enter(all->http);
	if (rc < 0)
		return rc;
	forget(all, one, false);
	return tell_done(all, f, e);
}

/* Keeps the failure that says most: a wrong content before all others, else the first one. */
static void keep_failure(struct fetch *one, const struct err *e)
{
	bool graver = e->code == FAIL_VERIFY && one->first.code != FAIL_VERIFY;

	if (one->first.code == FAIL_NONE || graver)
		one->first = *e;
}

static int out_of_addresses(struct fetch *one, struct err *e)
{
	size_t used, others = one->f->n_urls - 1;

	*e = one->first;
	used = strlen(e->msg);
	if (others)
		snprintf(e->msg + used, sizeof(e->msg) - used, " (%zu other address%s failed too)",
			 others, others == 1 ? "" : "es");
	if (e->code == FAIL_VERIFY)
		part_remove(&one->part);
	return -(int)e->code;
}

/* This address failed with `why`. */
static int next_address(struct fetches *all, struct fetch *one, const struct err *why,
			struct err *e)
{
	struct transfer *t = &one->t;

	keep_failure(one, why);
	if (++one->url >= one->f->n_urls)
		return out_of_addresses(one, e);
	monitor_note(all->http->o.monitor, "%s; trying the next address", why->msg);
	if (why->code == FAIL_VERIFY) {
		if (part_restart(&one->part, e) < 0)
			return -(int)e->code;
		t->offset = 0;
		t->resumed = false;
	}
	transfer_set_url(t, one->f->urls[one->url]);
	one->redone = false;
	transfer_start(t);
	return 0;
}

/* Bytes from several answers or an earlier run may not belong together: once more, from zero. */
static int redo(struct fetches *all, struct fetch *one, struct err *e)
{
	one->redone = true;
	monitor_note(all->http->o.monitor,
		     "get '%s': the resumed file is wrong; once more from zero", one->t.shown);
	if (part_restart(&one->part, e) < 0)
		return -(int)e->code;
	one->t.offset = 0;
	one->t.resumed = false;
	transfer_start(&one->t);
	return 0;
}

static int body_is_here(struct fetches *all, struct fetch *one, struct err *e)
{
	struct err why;

	if (part_settle(&one->part, e) < 0)
		return -(int)e->code;
	if (digest_is_right(one, &why) == 0)
		return finish(all, one, e);
	if (one->t.resumed && !one->redone)
		return redo(all, one, e);
	return next_address(all, one, &why, e);
}

static int is_local(const struct err *e)
{
	return e->sys != 0 || e->code == FAIL_IO || e->code == FAIL_INTERRUPTED;
}

/* A transfer that came to its end. */
static int advance(struct fetches *all, struct fetch *one, struct err *e)
{
	struct err why = one->t.err;

	if (one->t.state == TRANSFER_DONE)
		return body_is_here(all, one, e);
	if (is_local(&why)) {
		*e = why;
		return -(int)e->code;
	}
	return next_address(all, one, &why, e);
}

/* With the partial file open. */
static int move(struct fetches *all, struct fetch *one, struct err *e)
{
	struct transfer *t = &one->t;

	transfer_init(t, all->http, &fetch_ops, one->f->urls[0]);
	t->with = one->f->with;
	t->size = one->f->size_bytes;
	t->offset = one->part.size;
	t->resumed = t->offset > 0;
	t->task = monitor_begin(all->http->o.monitor, one->f->what, one->f->size_bytes);
	set_state(all, one, FETCH_MOVING);
	if (t->size && t->offset == t->size) /* all of it was kept */
		return body_is_here(all, one, e);
	transfer_start(t);
	return 0;
}

/* Another process has the partial file: until it is done, dead, or stuck. */
static int stay_busy(struct fetches *all, struct fetch *one, struct err *e)
{
	uint64_t size = part_size_of_other(one->f);
	int64_t now = now_ms();

	if (one->state != FETCH_BUSY || size != one->other_size) {
		one->other_size = size;
		one->other_grew_ms = now;
	}
	one->look_ms = now + BUSY_POLL_MS;
	set_state(all, one, FETCH_BUSY);
	if (now - one->other_grew_ms < all->http->o.stall_timeout_ms)
		return 0;
	if (part_open_own(&one->part, one->f, e) < 0)
		return -(int)e->code;
	return move(all, one, e);
}

static int try_part(struct fetches *all, struct fetch *one, struct err *e)
{
	enum part_state state;

	if (part_open(&one->part, one->f, &state, e) < 0)
		return -(int)e->code;
	switch (state) {
	case PART_READY:
		return move(all, one, e);
	case PART_BUSY:
		return stay_busy(all, one, e);
	case PART_FINISHED:
		break;
	}
	forget(all, one, false);
	return tell_done(all, one->f, e);
}

/* What went wrong here, and not on the way, doesn't name the file's address. */
static int name_file(const struct http_file *f, int rc, struct err *e)
{
	return rc == -FAIL_IO && e->sys ? err_context(e, "%s", f->what) : rc;
}

static int begin(struct fetches *all, const struct http_file *f, struct err *e)
{
	struct fetch *one = all->at;

	while (one->state != FETCH_FREE)
		one++;
	if (f->n_urls == 0)
		return fail(e, FAIL_NET, "get '%s': there is no address for it", f->name);
	*one = (struct fetch){ .f = f, .part = PART_NONE };
	return name_file(f, try_part(all, one, e), e);
}

static int look_after(struct fetches *all, struct fetch *one, struct err *e)
{
	int rc = 0;

	if (one->state == FETCH_BUSY && all->n_moving < HTTP_MAX_PARALLEL &&
	    now_ms() >= one->look_ms)
		rc = try_part(all, one, e);
	while (rc == 0 && one->state == FETCH_MOVING && !transfer_is_moving(&one->t))
		rc = advance(all, one, e);
	if (rc < 0)
		let_go(one, e);
	return name_file(one->f, rc, e);
}

static bool has_room(const struct fetches *all)
{
	return all->n_moving < HTTP_MAX_PARALLEL && all->n_moving + all->n_busy < MAX_OPEN;
}

static int run(struct fetches *all, const struct http_file *files, size_t n, struct err *e)
{
	size_t next = 0;
	int rc = 0;

	while (rc == 0) {
		while (rc == 0 && next < n && has_room(all))
			rc = begin(all, &files[next++], e);
		for (size_t i = 0; rc == 0 && i < MAX_OPEN; i++)
			rc = look_after(all, &all->at[i], e);
		if (rc == 0 && next == n && all->n_moving + all->n_busy == 0)
			break;
		/* What has ended made room: nothing waits while there's more to begin. */
		if (rc == 0 && (next == n || !has_room(all)))
			rc = http_round(all->http, all->n_busy ? BUSY_POLL_MS : UINT32_MAX, e);
	}
	return rc;
}

int http_get_files(struct http *h, const struct http_file *files, size_t n, http_file_done *done,
		   void *ctx, struct err *e)
{
	struct fetches *all = mem_zalloc(sizeof(*all));
	int rc;

	all->http = h;
	all->done = done;
	all->ctx = ctx;
	for (size_t i = 0; i < MAX_OPEN; i++)
		all->at[i].part = (struct part)PART_NONE;
	http_enter(h);
	rc = run(all, files, n, e);
	for (size_t i = 0; i < MAX_OPEN; i++)
		if (all->at[i].state != FETCH_FREE)
			forget(all, &all->at[i], true);
	http_leave(h);
	free(all);
	return rc;
}
