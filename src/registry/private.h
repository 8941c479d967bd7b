/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the registry's client share. */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "net/header.h"
#include "net/url.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/hosts.h"
#include "registry/registry.h"

enum {
	REGISTRY_MAX_ERROR_BYTES = 64 << 10,
	REGISTRY_MAX_TOKEN_BYTES = 64 << 10,
	REGISTRY_MAX_PAGES = 10000, /* of a hundred tags: more than any repository has */
};

struct registry {
	struct registry_options o;
	pthread_mutex_t lock;
	struct arena arena; /* under the lock, with `warned` */
	struct map warned;  /* texts of Warning headers that were shown */
	struct map schemes; /* "HOST" → "http" or "https", as it was found to answer */
	struct map there;   /* "HOST/NAME@DIGEST" → what blob_put.c knows of the blob */
};

/* Who may ask for what, at one site. All under `lock`. */
struct access {
	pthread_mutex_t lock;
	struct arena arena; /* emptied with each renewal */
	struct challenge challenge;
	const char *authorization; /* the whole header line, or NULL */
	unsigned generation;	   /* counts renewals */
	int64_t expires_ms;	   /* 0: never */
	struct credentials credentials;
	bool looked;		 /* `credentials` are set, as far as there are any */
	struct arena long_arena; /* of credentials and scopes */
	struct strings scopes;	 /* besides the repository's own */
	bool own_only;		 /* others do harm */
};

/*
 * A server that speaks for the repository. Whoever asks takes one and stays with it for the
 * request: another thread may go on to the next meanwhile.
 */
struct site {
	struct repository *p;
	const struct endpoint *at;
	const char *base; /* "https://HOST"; set before anybody is sent here */
	struct access access;
};

struct repository {
	struct registry *registry;
	struct arena arena; /* under `lock` once the repository is open */
	struct reference ref;
	enum registry_access want;
	struct site *sites; /* mirrors first */
	size_t n_sites;
	pthread_mutex_t lock;
	size_t current; /* under `lock` */
	const char *text;
};

struct registry_request {
	const char *method, *url;
	const char *accept, *content_type, *content_range; /* NULL: without */
	struct http_body body;
	uint64_t limit; /* of the answer's body; 0: REGISTRY_MAX_ERROR_BYTES */
	bool redirects, once;
	uint32_t task;
};

/* The server to ask now. */
struct site *repository_site(struct repository *p) __attribute__((returns_nonnull));
/* After `failed` did: whether there is another one now, the next mirror or the registry itself. */
bool repository_leave_site(struct repository *p, const struct site *failed);

/* Asks, proves who asks where that is wanted, and asks again. */
int site_request(struct site *s, const struct registry_request *q, struct http_answer *ret,
		 struct err *e);
/* BASE/v2/NAME/REST; heap. */
char *site_url(const struct site *s, const char *rest) __attribute__((returns_nonnull));
/*
 * What the server at `url` is known by. Whom the site sends us to may be known by the same
 * authority, but doesn't see our own certificate.
 */
struct http_trust site_trust(const struct site *s, const char *url);
/*
 * "NAME: what: " and why the answer isn't the one that was asked for, as the registry says it;
 * `what` may be NULL.
 */
int answer_refused(const char *name, const struct http_answer *a, const char *what, struct err *e);
/* Of the repository as a whole. */
int repository_refused(const struct repository *p, const struct http_answer *a, const char *what,
		       struct err *e);
/* The header line for a request to `url`, copied to the heap; NULL: none. */
char *access_line(struct site *s, const char *url, unsigned *ret_generation);
/* After a 401 to a request of that generation. `answer` NULL: the known challenge, once more. */
int access_renew(struct site *s, const struct http_answer *answer, unsigned generation,
		 struct err *e);
/* For a request that was refused however often it was renewed: says what the user can do. */
int access_fail_refused(struct site *s, const struct http_answer *answer, struct err *e);
/* A further scope, for mounting; the next token has it. False: the token server gives none that has
 * more than the repository's own. */
bool access_add_scope(struct site *s, const char *scope);
/* After requests that are refused with a token for several scopes: whether one without them may do.
 */
bool access_drop_scopes(struct site *s);

/* Whether credentials may be told to the token server `realm` of the registry at `base`. */
bool realm_allowed(const char *base, const char *realm, bool insecure);
