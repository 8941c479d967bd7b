/* SPDX-License-Identifier: Apache-2.0 */
/* A request and its answer as a transfer that takes any status; see exchange.h. */
#include "net/exchange.h"

#include "base/mem.h"
#include "net/transfer.h"
#include "net/try.h"
#include "net/url.h"

#include <ctype.h>
#include <inttypes.h>

enum { VERB_BYTES = 8 };

struct exchange {
	struct transfer t; /* first: the receiver finds itself by it */
	struct http_answer *answer;
	uint64_t told; /* to the monitor */
};

static int exchange_rewind(struct transfer *t, struct err *e)
{
	(void)e;
	buf_clear(&((struct exchange *)t)->answer->body);
	return 0;
}

static int exchange_body(struct transfer *t, const char *bytes, size_t n, struct err *e)
{
	struct buf *body = &((struct exchange *)t)->answer->body;
	long status = try_status(t);

	if (t->request->to && status >= 200 && status < 300)
		return sink_write(t->request->to, bytes, n, e);
	if (n > t->request->limit - body->len)
		return fail(e, FAIL_LIMIT, "%s '%s': over the limit of %" PRIu64 " bytes", t->verb,
			    t->shown, t->request->limit);
	buf_add(body, bytes, n);
	return 0;
}

static void tell_progress(struct exchange *x, uint64_t end)
{
	if (end <= x->told)
		return;
	monitor_advance(x->t.http->o.monitor, x->t.request->task, end - x->told);
	x->told = end;
}

static int exchange_send(struct transfer *t, char *to, size_t *n, struct err *e)
{
	const struct http_body *b = &t->request->body;
	int rc = t->request->stream ? source_read(t->request->stream, to, *n, n, e)
				    : b->read(b->ctx, t->sent, to, *n, e);

	if (rc == 0)
		tell_progress((struct exchange *)t, t->sent + *n);
	return rc;
}

static int exchange_head(struct transfer *t, struct view line, struct err *e)
{
	struct buf *head = &((struct exchange *)t)->answer->head;

	(void)e;
	if (view_starts(line, "HTTP/"))
		buf_clear(head);
	else
		buf_add_view(head, line);
	return 0;
}

static const struct transfer_ops exchange_ops = {
	.rewind = exchange_rewind,
	.body = exchange_body,
	.send = exchange_send,
	.head = exchange_head,
};

static void verb_of(const char *method, char ret[VERB_BYTES])
{
	size_t n = 0;

	for (; method[n] && n + 1 < VERB_BYTES; n++)
		ret[n] = (char)tolower((unsigned char)method[n]);
	ret[n] = '\0';
}

static int settle(struct exchange *x, struct err *e)
{
	struct transfer *t = &x->t;

	if (t->state == TRANSFER_FAILED) {
		x->answer->hopeless = t->hopeless;
		*e = t->err;
		return -(int)e->code;
	}
	x->answer->status = try_status(t);
	x->answer->elsewhere = t->strayed;
	x->answer->url = mem_strdup(t->hop ? t->hop : t->url);
	x->answer->retry_after_ms = try_retry_after_ms(t);
	return 0;
}

int http_exchange(struct http *h, const struct http_request *r, struct http_answer *ret,
		  struct err *e)
{
	struct exchange x = { .answer = ret };
	char verb[VERB_BYTES];
	int rc;

	http_answer_done(ret);
	verb_of(r->method, verb);
	transfer_init(&x.t, h, &exchange_ops, r->url);
	x.t.verb = verb;
	x.t.with = &r->with;
	x.t.request = r;
	x.t.one_stream = r->body.size > 0 || r->stream;
	http_enter(h);
	transfer_start(&x.t);
	rc = http_run(h, &x.t, e);
	if (rc == 0)
		rc = settle(&x, e);
	transfer_done(&x.t);
	http_leave(h);
	return rc;
}

void http_answer_done(struct http_answer *a)
{
	buf_done(&a->head);
	buf_done(&a->body);
	free(a->url);
	*a = (struct http_answer)HTTP_ANSWER_EMPTY;
}

bool http_answer_header(const struct http_answer *a, const char *lower_case_name, size_t n,
			struct view *ret)
{
	struct view rest = buf_view(&a->head), line, name, value;

	while (view_split(&rest, '\n', &line)) {
		if (!header_split(line, &name, &value) || !header_is(name, lower_case_name))
			continue;
		if (n-- == 0) {
			*ret = value;
			return true;
		}
	}
	return false;
}
