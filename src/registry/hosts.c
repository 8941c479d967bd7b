/* SPDX-License-Identifier: Apache-2.0 */
/* From a registry's name to the servers that speak for it; see hosts.h. */
#include "registry/hosts.h"

#include <string.h>

#include "registry/certs.h"
#include "registry/private.h"

bool host_is_loopback(const char *host)
{
	struct view name = view_make(host, strcspn(host, ":"));

	if (host[0] == '[')
		return strncmp(host, "[::1]", 5) == 0;
	return view_is(name, "localhost") || view_ends(name, ".localhost") ||
	       (view_starts(name, "127.") && strspn(name.ptr, "0123456789.") >= name.len);
}

static int fill_endpoint(struct endpoint *p, const struct host_options *o, struct arena *a,
			 struct err *e)
{
	int rc;

	p->loopback = host_is_loopback(p->host);
	p->insecure = p->insecure || o->insecure;
	p->trust.insecure = p->insecure;
	rc = certs_find(p->host, o->cert_dir, a, &p->trust, e);
	if (strcmp(p->host, HUB_HOST) == 0)
		p->host = HUB_API_HOST;
	return rc;
}

int hosts_find(const struct reference *ref, const struct host_options *o, struct arena *a,
	       struct endpoint **ret, size_t *ret_n, struct err *e)
{
	struct endpoint *p = arena_new(a, struct endpoint);
	int rc;

	p->host = ref->host;
	p->name = ref->name;
	rc = fill_endpoint(p, o, a, e);
	*ret = p;
	*ret_n = 1;
	return rc;
}
