/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Getting things over HTTP and HTTPS (and file://, for archives on a disk): in parallel, with
 * proxies from the environment, retries with back-off, resumed after a cut, and checked against
 * a digest where one is known. The backend is libcurl's multi interface.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/monitor.h"
#include "crypto/digest.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_MAX_PARALLEL = 8, /* more connections than this are rude to a mirror */
	HTTP_MAX_REDIRECTS = 10,
	HTTP_TRIES = 5, /* per transfer, the first included; a MiB of progress counts anew */
	HTTP_MAX_HEADER_BYTES = 64 << 10,
};

struct http_options {
	bool offline; /* every transfer but file://'s is FAIL_NET, with the URL in the message */
	uint32_t connect_timeout_ms; /* 0: 15,000 */
	uint32_t stall_timeout_ms;   /* no byte for so long is a cut; 0: 30,000 */
	uint32_t backoff_ms;	     /* before the first retry, then doubled, with jitter; 0: 500 */
	const char *hint; /* ends the message when a server can't be reached: "choose another…" */
	struct monitor *monitor;
};

struct http;

/* How a server is known, and we to it. Everything is borrowed and may be NULL. */
struct http_trust {
	const char *ca_pem; /* certificates that are trusted besides the system's */
	const char *cert_file, *key_file;
	bool insecure; /* any certificate will do */
};

/* What a request carries besides its address. All borrowed; zero is nothing. */
struct http_with {
	/* "Name: value"; after a redirect to another host, port or scheme nobody sees an
	 * Authorization. */
	const char *const *headers;
	size_t n_headers;
	const struct http_trust *trust; /* a redirect's target doesn't see the certificate either */
	const char *socket; /* of this machine, connected to instead of the URL's host */
};

/*
 * A handle may be used by several threads at once: they share its connections, and one of those
 * that wait moves everybody's bytes.
 */
struct http *http_new(const struct http_options *o) __attribute__((returns_nonnull));
void http_free(struct http *h);

/*
 * Ends what is under way, in whatever thread, and all that is still to come, with FAIL_INTERRUPTED:
 * for who needs all of several transfers, and lost one. There is no way back.
 */
void http_stop(struct http *h);
/* FAIL_INTERRUPTED after http_stop(), and after a signal: for who waits between requests. */
int http_check(struct http *h, struct err *e);

/* Whether caches on the way must ask the server, for requests from now on: for who was given an old
 * answer. */
void http_set_fresh(struct http *h, bool fresh);

/* `what` is for progress; NULL: the URL. The whole body in memory; over `limit` bytes is
 * FAIL_LIMIT. 404 and 410 are FAIL_NOT_FOUND. */
int http_get_bytes(struct http *h, const char *url, const char *what, uint64_t limit,
		   struct buf *ret, struct err *e);

/*
 * The body as a stream that the caller closes, read while it arrives. A cut connection is resumed
 * at the same offset without the reader's noticing; bytes are as sent (no content decoding).
 * `size` is the expected length or UINT64_MAX. The caller checks the digest.
 */
int http_open(struct http *h, const char *url, const char *what, uint64_t size, struct source **ret,
	      struct err *e);
/* The same from byte `offset`, with what `with` says; that is copied, but not its trust. */
int http_open_at(struct http *h, const char *url, const char *what, uint64_t size, uint64_t offset,
		 const struct http_with *with, struct source **ret, struct err *e);

/* One file to fetch into a folder. */
struct http_file {
	const char *const *urls; /* tried in order when one answers 404, 410 or keeps failing */
	size_t n_urls;
	const char *what; /* for progress: a package's name and version */
	int dir_fd;
	const char *name; /* the finished file; NAME.part while under way, kept for resuming */
	uint64_t size_bytes;
	struct sha256 digest; /* all zeros: not known, the caller checks */
	bool cached; /* who reads it checks it: after a loss of power it may hold anything */
	const struct http_with *with; /* NULL: nothing */
	void *user;
};

/* Called on the calling thread for each finished file; negative ends the rest. */
typedef int http_file_done(const struct http_file *f, void *ctx, struct err *e);

/*
 * Fetches all files in parallel. Each appears under its name only when size and SHA-256 are
 * right; else the partial file is removed and the next URL is tried. Two processes that fetch
 * the same file don't disturb each other. The first failure ends the whole call.
 */
int http_get_files(struct http *h, const struct http_file *files, size_t n, http_file_done *done,
		   void *ctx, struct err *e);

/*
 * Removes partial files of http_get_files() that nobody is writing and nobody will go on with: the
 * finished file is there, or they are a week old. No failure worth telling.
 */
void http_tidy(int dir_fd);

/* Bytes received since the last transfers began and the seconds they took: the link's speed. */
double http_bytes_per_second(const struct http *h);
