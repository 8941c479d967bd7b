/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the container engine listens, found as Docker's own client finds it: $DOCKER_HOST, else the
 * context of $DOCKER_CONTEXT or config.json, else the usual sockets of Docker and podman.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "net/http.h"

enum {
	ENGINE_MAX_FILE_BYTES = 1 << 20, /* config.json, a context, a certificate: all are small */
};

struct engine_endpoint {
	const char *named_by; /* "DOCKER_HOST", "the context 'x'"; NULL: it is a usual place */
	const char *shown;    /* "unix:///run/docker.sock", "tcp://host:2376" */
	const char *socket;   /* NULL: it is reached over the network */
	const char *base;     /* what URLs begin with, without a '/' at the end */
	struct http_trust trust;
};

/* Strings are in `a`. FAIL_NOT_FOUND: nothing is named, and there is no usual socket. */
int engine_endpoint_find(struct arena *a, struct engine_endpoint *ret, struct err *e);

/* The certificates for TLS of an endpoint, ca.pem, cert.pem and key.pem, as far as they are there.
 */
int engine_certs_read(const char *dir, struct arena *a, struct http_trust *ret, struct err *e);

/* What an endpoint is made of. */
struct engine_host {
	const char *named_by;
	const char *text; /* unix:///PATH, tcp://HOST[:PORT], http://…, https://… */
	bool tls, insecure;
	struct http_trust certs;
};

/* FAIL_USAGE for what is no address, FAIL_UNSUPPORTED for one that pare can't reach. */
int engine_endpoint_parse(const struct engine_host *h, struct arena *a, struct engine_endpoint *ret,
			  struct err *e);

/*
 * The context that is chosen in the folder of Docker's configuration; *ret stays as it is when
 * there is none, or the one called "default".
 */
int engine_context_find(const char *config_dir, struct arena *a, struct engine_host *ret,
			struct err *e);
