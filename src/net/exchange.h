/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request of any method and its answer, whatever the answer's status: for protocols that talk
 * to a server, where http.h only gets what lies there. What an answer means is the caller's to
 * know.
 */
#pragma once

#include "net/http.h"

/* A body to send; it may be asked for again from an earlier byte. */
struct http_body {
	uint64_t size;
	/* Exactly `n` bytes from `at`; called in whichever thread moves the bytes. */
	int (*read)(void *ctx, uint64_t at, void *to, size_t n, struct err *e);
	void *ctx;
};

struct http_request {
	const char *method; /* GET, HEAD, POST, PUT, PATCH, DELETE */
	const char *url;
	struct http_with with;
	struct http_body body; /* of POST, PUT and PATCH */
	/* Instead of `body`, one of unknown length that can be sent only once. Borrowed, as `to`.
	 */
	struct source *stream;
	/* The body of a 2xx answer goes here as it comes, however long; it is not finished. */
	struct sink *to;
	uint64_t limit; /* of the answer's body in memory: more is FAIL_LIMIT */
	/* They are followed, 307 and 308 with method and body; else they are answers, as 301 to 303
	 * are of what sends a body. */
	bool redirects;
	bool once;     /* a cut is FAIL_NET at once, 429 and 5xx are answers */
	uint32_t task; /* of the monitor: sent bytes count for it */
};

struct http_answer {
	long status;
	struct buf head; /* the final answer's header lines */
	struct buf body;
	uint64_t retry_after_ms; /* 0: the server doesn't say */
	bool elsewhere;		 /* redirects led to another origin on the way */
	char *url;		 /* that gave this answer */
	bool hopeless;		 /* there is none, and to ask again would not help */
};

#define HTTP_ANSWER_EMPTY                            \
	{                                            \
		.head = BUF_EMPTY, .body = BUF_EMPTY \
	}

/*
 * Sends the request, again after cuts and where the server asks for patience, as http.h has it.
 * Fails when there is no answer, else fills `ret`, which must be empty or used before.
 */
int http_exchange(struct http *h, const struct http_request *r, struct http_answer *ret,
		  struct err *e);
void http_answer_done(struct http_answer *a);
/* The value of the n-th (from 0) header of that name; borrowed. */
bool http_answer_header(const struct http_answer *a, const char *lower_case_name, size_t n,
			struct view *ret);

#define auto_answer __attribute__((cleanup(http_answer_done))) struct http_answer
