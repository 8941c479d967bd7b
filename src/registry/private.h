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
};

/* Who may ask for what, at one endpoint. All under `lock`. */
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
};

struct repository {
	struct registry *registry;
	struct arena arena;
	struct reference ref;
	enum registry_access want;
	struct endpoint *endpoints; /* mirrors first */
	size_t n_endpoints, at;
	const char *base; /* of the endpoint in use: "https://HOST" */
	const char *text;
	struct access access;
};

struct registry_request {
	const char *method, *url;
	const char *accept, *content_type, *content_range; /* NULL: without */
	struct http_body body;
	uint64_t limit; /* of the answer's body; 0: REGISTRY_MAX_ERROR_BYTES */
	bool redirects, once;
	uint32_t task;
};

/* Asks, proves who asks where that is wanted, and asks again. */
int repository_request(struct repository *p, const struct registry_request *q,
		       struct http_answer *ret, struct err *e);
/* BASE/v2/NAME/REST; heap. */
char *repository_url(const struct repository *p, const char *rest) __attribute__((returns_nonnull));
/* "what: " and why the answer isn't the one that was asked for. */
int repository_refused(const struct repository *p, const struct http_answer *a, const char *what,
		       struct err *e);
/* Goes on to the next mirror, or the registry itself; false when there are no more. */
bool repository_next_endpoint(struct repository *p);

/* The header line for a request to `url`, copied to the heap; NULL: none. */
char *access_line(struct repository *p, const char *url, unsigned *ret_generation);
/* After a 401 to a request of that generation. `answer` NULL: the known challenge, once more. */
int access_renew(struct repository *p, const struct http_answer *answer, unsigned generation,
		 struct err *e);
/* A further scope, for mounting; the next token has it. */
void access_add_scope(struct repository *p, const char *scope);

/* Whether credentials may be told to the token server `realm` of the registry at `base`. */
bool realm_allowed(const char *base, const char *realm, bool insecure);
/* The host is one of this machine's own: localhost, 127.…, [::1]. */
bool host_is_loopback(const char *host);
