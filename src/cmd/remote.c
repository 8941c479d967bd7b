/* SPDX-License-Identifier: Apache-2.0 */
/* The registry client of a command line; see remote.h. */
#include "cmd/remote.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"

#define SCHEME "docker://"

const char *const remote_tls_choices[] = { "auto", "true", "false", NULL };

int remote_open(struct command *c, const struct remote_options *o, struct remote *ret,
		struct err *e)
{
	static const enum registry_tls tls[] = {
		[REMOTE_TLS_AUTO] = REGISTRY_TLS_RULES,
		[REMOTE_TLS_TRUE] = REGISTRY_TLS_VERIFY,
		[REMOTE_TLS_FALSE] = REGISTRY_TLS_ANY,
	};
	struct http_options http = { .monitor = c->monitor };
	struct registry_options registry = {
		.monitor = c->monitor,
		.tls = tls[o->tls_verify],
		.auth_file = o->auth_file,
		.cert_dir = o->cert_dir,
	};
	int rc = cache_folder(NULL, c->arena, &ret->cache_path, e);

	if (rc == 0)
		rc = http_timeout_ms(&http.stall_timeout_ms, e);
	if (rc < 0)
		return rc;
	http.connect_timeout_ms = http.stall_timeout_ms;
	registry.http = ret->http = http_new(&http);
	registry.cache_path = ret->cache_path;
	ret->registry = registry_new(&registry);
	return 0;
}

void remote_close(struct remote *r)
{
	registry_free(r->registry);
	http_free(r->http);
	*r = (struct remote){ 0 };
}

int remote_reference(const char *text, struct arena *a, struct reference *ret, struct err *e)
{
	if (view_starts(view_of(text), SCHEME))
		text += strlen(SCHEME);
	return reference_parse(text, a, ret, e);
}
