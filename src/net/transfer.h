/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside net/: one body on its way from a URL to a receiver, over as many tries as it takes, and
 * the loop that drives all of a handle's transfers. Who receives (memory, a stream, a file) gives
 * a small vtable. Callbacks run on the thread that is in http_round().
 */
#pragma once

#include "net/http.h"

#include "net/header.h"
#include "net/libcurl.h"
#include "net/retry.h"
#include "sys/clock.h"

#include <pthread.h>

struct transfer;
struct http_request;
struct http_answer;

enum {
	/* From a receiver's body(): not now. The same bytes come again after transfer_go_on(). */
	TRANSFER_PAUSE = 1,
	/* So much of an error page is read, to keep its connection; more hangs up. */
	TRANSFER_MAX_ERROR_BODY = 64 << 10,
	/* A try that brought this much starts the count of tries again: a long file over a
	 * shaky line gets there. */
	TRANSFER_PROGRESS_BYTES = 1 << 20,
	/* A resolver that needs longer is looking for its servers, not for a name. */
	TRANSFER_QUICK_MS = 1000,
};

struct transfer_ops {
	/* All bytes so far are void: the body comes from its first byte again. NULL: the receiver
	 * can't go back, and known bytes are skipped. */
	int (*rewind)(struct transfer *t, struct err *e);
	/* The bytes at t->offset. 0, TRANSFER_PAUSE or an error, which ends the transfer. */
	int (*body)(struct transfer *t, const char *bytes, size_t n, struct err *e);
	/* The next bytes to send, from t->sent: *n of them, or fewer of a stream, 0 at its end.
	 * NULL where nothing is sent. */
	int (*send)(struct transfer *t, char *to, size_t *n, struct err *e);
	/* A line of the answer's head; the status line comes first. NULL: of no interest. */
	int (*head)(struct transfer *t, struct view line, struct err *e);
};

enum transfer_state {
	TRANSFER_IDLE,	  /* not started */
	TRANSFER_WAITING, /* its next try begins at due_ms */
	TRANSFER_RUNNING,
	TRANSFER_DONE,
	TRANSFER_FAILED, /* with `err` */
};

enum try_answer { TRY_GO_ON, TRY_PAUSE, TRY_STOP };

/* What belongs to one try. */
struct attempt {
	/* The next bytes of the body, of whatever status. */
	enum try_answer (*take)(struct transfer *t, const char *bytes, size_t n);
	bool heard;	  /* a byte of an answer arrived */
	bool begun;	  /* the final answer's status and headers were looked at */
	bool accepted;	  /* and its body is what we want */
	bool stalled;	  /* given up for silence */
	bool fatal;	  /* t->err says why no other try will help */
	bool restart;	  /* the next try asks for the whole */
	uint64_t asked;	  /* offset in the Range that was sent, 0 for none */
	uint64_t skip;	  /* body bytes to drop first */
	uint64_t refused; /* bytes of an error page */
	size_t header_bytes;
	char etag[HTTP_MAX_ETAG + 1];
	struct content_range range;
	bool has_range;
	bool moved;	      /* the body is at the transfer's `location` */
	struct reason reason; /* filled when `restart` */
};

struct transfer {
	const struct transfer_ops *ops;
	struct http *http;
	struct transfer *next; /* of the handle's started ones */

	char *url;
	char *shown;
	char *hop;	      /* where a redirect led; NULL: nowhere */
	char *proxy;	      /* HOST:PORT that the last try went through; NULL: none */
	char *location;	      /* of the answer that is read; NULL: it names none */
	unsigned n_redirects; /* that led to `hop` */
	bool strayed;	      /* one of them led to another origin: no way back into trust */
	const char *verb;     /* "get", in messages */
	const struct http_with *with;
	/* Any answer is what was asked for, whatever its status; NULL: only a body is. */
	const struct http_request *request;
	uint64_t sent;	 /* bytes of the request's body */
	uint64_t size;	 /* expected, or HTTP_SIZE_UNKNOWN */
	uint64_t limit;	 /* more is FAIL_LIMIT */
	uint64_t offset; /* bytes that the receiver has */
	bool resumed;	 /* these came from more than one answer */
	bool one_stream; /* HTTP/1.1: pausing it must not hold up others on its connection */
	bool whole_only; /* don't ask this server for ranges any more */
	char etag[HTTP_MAX_ETAG + 1]; /* of the bytes so far; "" if unknown */

	enum transfer_state state;
	bool linked;  /* known to the loop */
	bool on_wire; /* its request is with curl */
	bool paused;
	struct err err;
	bool hopeless; /* another try would not have helped */
	unsigned failed_tries;
	uint64_t best_offset;
	int64_t due_ms;
	int64_t idle_since_ms;
	uint32_t task;	   /* of the monitor */
	uint64_t reported; /* progress is told up to here */

	CURL *easy;
	struct curl_slist *headers;
	struct attempt now;
	char detail[CURL_ERROR_SIZE];
};

struct http {
	struct http_options o;
	CURLM *multi; /* made with the first transfer */
	struct transfer *first;
	bool fresh;	 /* caches on the way must ask the server */
	int64_t left_ms; /* when the last round ended */
	/* The link's speed: bytes between the first and the last body byte. */
	uint64_t speed_bytes;
	int64_t speed_first_ms, speed_last_ms;

	pthread_mutex_t lock;
	pthread_cond_t turned; /* something happened, or the loop has nobody who runs it */
	pthread_cond_t quiet;  /* curl is not waiting, or who wanted in was let in */
	bool led, polling, news;
	bool stopped;
	unsigned n_entering;

	/* The last pause that was told of: others wait for the same, and say so only when asked. */
	struct {
		char *url; /* owned; NULL: none */
		char why[REASON_MAX_TEXT];
		int64_t until_ms;
	} pause;
};

/* Signed, as spans are. */
static inline int64_t now_ms(void)
{
	return (int64_t)clock_monotonic_ms();
}

/*
 * Everything that touches a transfer or the handle is done between these two; no callback of
 * somebody else's is called meanwhile by another thread, but while http_round() waits.
 */
void http_enter(struct http *h);
void http_leave(struct http *h);

/* Everything but `ops`, `http`, `verb`, `size` and `limit` is zero; the URL is copied. */
void transfer_init(struct transfer *t, struct http *h, const struct transfer_ops *ops,
		   const char *url);
/* Another address for the same bytes; not while it runs. */
void transfer_set_url(struct transfer *t, const char *url);
static inline bool transfer_is_moving(const struct transfer *t)
{
	return t->state == TRANSFER_WAITING || t->state == TRANSFER_RUNNING;
}

/* Begins, or begins again after an end, at t->offset. */
void transfer_start(struct transfer *t);
/* Lets a paused transfer's bytes come again. */
void transfer_go_on(struct transfer *t);
/* Takes it off the wire and frees what it holds; safe in any state. */
void transfer_done(struct transfer *t);

/* For the loop: starts a try, and ends one with what curl says. */
void transfer_try(struct transfer *t);
void transfer_try_ended(struct transfer *t, CURLcode rc);
bool transfer_is_stalled(const struct transfer *t, int64_t now);

/*
 * One round of the loop, or of the thread's that runs it just now: waits at most `max_wait_ms` for
 * something to happen. In between the handle is left.
 */
int http_round(struct http *h, uint32_t max_wait_ms, struct err *e);
/* Rounds until the transfer moves no more; its own failure isn't one of this function. */
int http_run(struct http *h, const struct transfer *t, struct err *e);
