/* SPDX-License-Identifier: Apache-2.0 */
/* The registry client of a command line; see remote.h. */
#include "cmd/remote.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/session.h"

int remote_access(const struct command *c, struct place_access *ret, struct err *e)
{
	const struct remote_options *o = &c->globals.remote;
	static const enum registry_tls tls[] = {
		[REMOTE_TLS_AUTO] = REGISTRY_TLS_RULES,
		[REMOTE_TLS_TRUE] = REGISTRY_TLS_VERIFY,
		[REMOTE_TLS_FALSE] = REGISTRY_TLS_ANY,
	};
	int rc;

	*ret = (struct place_access){
		.http.monitor = c->monitor,
		.registry.monitor = c->monitor,
		.registry.tls = tls[o->tls_verify],
		.registry.auth_file = o->auth_file,
		.registry.cert_dir = o->cert_dir,
	};
	rc = http_timeout_ms(&ret->http.stall_timeout_ms, e);
	ret->http.connect_timeout_ms = ret->http.stall_timeout_ms;
	return rc;
}

int remote_open(struct command *c, struct remote *ret, struct err *e)
{
	struct place_access *how = &ret->access;
	int rc = remote_access(c, how, e);

	if (rc == 0)
		rc = cache_folder(NULL, c->arena, &ret->cache_path, e);
	if (rc < 0)
		return rc;
	how->registry.http = ret->http = http_new(&how->http);
	how->registry.cache_path = ret->cache_path;
	ret->registry = registry_new(&how->registry);
	return 0;
}

/* By whatever name: /dev/stdout, /dev/fd/1, /proc/self/fd/1. */
static bool is_stdout(const struct place *p)
{
	struct stat own, its;

	return (p->kind == PLACE_OCI_ARCHIVE || p->kind == PLACE_DOCKER_ARCHIVE) &&
	       fstat(STDOUT_FILENO, &own) == 0 && stat(p->path, &its) == 0 &&
	       own.st_dev == its.st_dev && own.st_ino == its.st_ino;
}

void remote_spare_stdout(struct command *c, const struct place *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_stdout(&to[i]))
			c->out = stderr;
}

/* By the grammar it is an image of Docker Hub, with a tag; nobody means that. */
static bool is_host_and_port(const char *text)
{
	const char *colon = strchr(text, ':');
	struct view host = view_make(text, colon ? (size_t)(colon - text) : 0);
	uint64_t port;

	return colon && !memchr(host.ptr, '/', host.len) &&
	       view_to_u64(view_of(colon + 1), &port) && port <= UINT16_MAX &&
	       (view_is(host, "localhost") || memchr(host.ptr, '.', host.len));
}

int remote_reference(const struct command *c, struct reference *ret, struct err *e)
{
	const char *text = c->operands[0];
	size_t skip;
	enum place_kind kind = place_kind_of(text, &skip);

	if (kind != PLACE_STORE && kind != PLACE_REGISTRY)
		return fail(e, FAIL_USAGE,
			    "'%.300s' is in no registry, and this verb takes only names of "
			    "registries: expected [docker://][HOST[:PORT]/]NAME",
			    text);
	if (is_host_and_port(kind == PLACE_REGISTRY ? text + skip : text))
		return fail(e, FAIL_USAGE,
			    "'%.300s' is a registry and names nothing in it: expected "
			    "HOST[:PORT]/NAME",
			    text);
	return reference_parse(text, c->arena, ret, e);
}

void remote_use(struct remote *r, struct place *p)
{
	p->registry = r->registry;
	p->access = &r->access;
}

void remote_close(struct remote *r)
{
	registry_free(r->registry);
	http_free(r->http);
	*r = (struct remote){ 0 };
}
