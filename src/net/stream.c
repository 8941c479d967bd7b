/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body as a source. Reading drives the handle's loop; what comes faster than it is read waits
 * in a bounded buffer, and then on the server's side of a paused connection.
 */
#include "net/transfer.h"

#include "base/mem.h"
#include "io/basic.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <string.h>

enum {
	BUFFER_HIGH = 4 << 20, /* pause here: about 0.1 s of xz, so that decoding and net overlap */
	BUFFER_LOW = 2 << 20,  /* go on here */
};

struct http_source {
	struct source s;   /* first: the reader's end */
	struct transfer t; /* the loop's end */
	struct buf bytes;
	size_t at; /* read up to here */
	struct http_with with;
	const char **headers; /* copies */
};

static struct http_source *of_transfer(struct transfer *t)
{
	return (struct http_source *)(void *)((char *)t - offsetof(struct http_source, t));
}

/* Drops what was read, when that is cheap. */
static void compact(struct http_source *s)
{
	size_t left = s->bytes.len - s->at;

	if (left > s->at)
		return;
	if (left)
		memmove(s->bytes.data, s->bytes.data + s->at, left);
	s->bytes.len = left;
	s->at = 0;
}

static int stream_body(struct transfer *t, const char *bytes, size_t n, struct err *e)
{
	struct http_source *s = of_transfer(t);

	(void)e;
	if (s->bytes.len - s->at >= BUFFER_HIGH)
		return TRANSFER_PAUSE;
	compact(s);
	buf_add(&s->bytes, bytes, n);
	t->http->news = true;
	return 0;
}

static const struct transfer_ops stream_ops = { .body = stream_body };

static bool has_bytes(const struct http_source *s)
{
	return s->at < s->bytes.len;
}

/* Until there are bytes, or there will be no more. */
static int wait_for_bytes(struct http_source *s, struct err *e)
{
	while (!has_bytes(s) && transfer_is_moving(&s->t)) {
		int rc = http_round(s->t.http, UINT32_MAX, e);

		if (rc < 0)
			return rc;
	}
	if (has_bytes(s) || s->t.state == TRANSFER_DONE)
		return 0;
	*e = s->t.err;
	return -(int)e->code;
}

static int take(struct http_source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	size_t left;

	if (s->bytes.len - s->at <= BUFFER_LOW)
		transfer_go_on(&s->t);
	if (wait_for_bytes(s, e) < 0)
		return -(int)e->code;
	left = s->bytes.len - s->at;
	*ret_n = size < left ? size : left;
	if (*ret_n)
		memcpy(to, s->bytes.data + s->at, *ret_n);
	s->at += *ret_n;
	return 0;
}

static int stream_read(struct source *source, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct http_source *s = (struct http_source *)source;
	int rc;

	http_enter(s->t.http);
	rc = take(s, to, size, ret_n, e);
	http_leave(s->t.http);
	return rc;
}

static void free_stream(struct http_source *s)
{
	monitor_end(s->t.http->o.monitor, s->t.task, s->t.state != TRANSFER_DONE);
	transfer_done(&s->t);
	buf_done(&s->bytes);
	for (size_t i = 0; i < s->with.n_headers; i++)
		free((void *)(uintptr_t)s->headers[i]);
	free(s->headers);
	free(s);
}

static void stream_close(struct source *source)
{
	struct http_source *s = (struct http_source *)source;
	struct http *h = s->t.http;

	http_enter(h);
	free_stream(s);
	http_leave(h);
}

static const struct source_ops source_ops = { stream_read, stream_close };

/* curl can't pause a file; nor is there need for it. */
static int open_file(const char *url, struct source **ret, struct err *e)
{
	auto_free char *shown = url_shown(url);
	CURLU *parts;
	char *path = NULL;
	auto_fd fd = -1;
	int rc = libcurl_need(e);

	if (rc < 0)
		return rc;
	parts = libcurl.url();
	if (libcurl.url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    libcurl.url_get(parts, CURLUPART_PATH, &path, CURLU_URLDECODE) != CURLUE_OK)
		rc = fail(e, FAIL_FORMAT, "get '%s': not a URL", shown);
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		rc = fail_sys(e, "get '%s'", shown);
	else
		*ret = fd_source_new(fd_steal(&fd), shown);
	libcurl.free(path);
	libcurl.url_cleanup(parts);
	return rc;
}

static void copy_with(struct http_source *s, const struct http_with *with)
{
	s->headers = mem_resize(NULL, with->n_headers + 1, sizeof(*s->headers));
	for (size_t i = 0; i < with->n_headers; i++)
		s->headers[i] = mem_strdup(with->headers[i]);
	s->with = *with;
	s->with.headers = s->headers;
	s->t.with = &s->with;
}

int http_open_at(struct http *h, const char *url, const char *what, uint64_t size, uint64_t offset,
		 const struct http_with *with, struct source **ret, struct err *e)
{
	struct http_source *s;
	int rc;

	if (url_is_file(url))
		return open_file(url, ret, e);
	s = mem_zalloc(sizeof(*s));
	source_init(&s->s, &source_ops);
	transfer_init(&s->t, h, &stream_ops, url);
	s->t.size = size;
	s->t.offset = s->t.reported = offset;
	s->t.one_stream = true;
	if (with)
		copy_with(s, with);
	s->t.task = monitor_begin(h->o.monitor, what ? what : s->t.shown,
				  size == HTTP_SIZE_UNKNOWN ? 0 : size);
	http_enter(h);
	transfer_start(&s->t);
	rc = wait_for_bytes(s, e);
	if (rc < 0)
		free_stream(s);
	else
		*ret = &s->s;
	http_leave(h);
	return rc;
}

int http_open(struct http *h, const char *url, const char *what, uint64_t size, struct source **ret,
	      struct err *e)
{
	return http_open_at(h, url, what, size, 0, NULL, ret, e);
}
