/* SPDX-License-Identifier: Apache-2.0 */
/* From a registry's name to the servers that speak for it; see hosts.h. */
#include "registry/hosts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "oci/name.h"
#include "registry/certs.h"
#include "registry/conf.h"
#include "registry/private.h"
#include "sys/files.h"

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

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int read_file(const char *path, struct arena *a, struct conf *ret, bool *ret_met,
		     struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, CONF_MAX_BYTES, &text, e);

	*ret_met = rc == 0;
	if (rc == -FAIL_NOT_FOUND)
		return 0;
	return rc < 0 ? rc : conf_read(buf_view(&text), path, a, ret, e);
}

/* The first of the files that is there; all that it says holds, and nothing else. */
static int read_conf(const char *only, struct arena *a, struct conf *ret, struct err *e)
{
	const char *home = env("HOME"), *paths[3] = { only };
	bool met = false;
	int rc = 0;

	if (!only)
		only = paths[0] = env("CONTAINERS_REGISTRIES_CONF");
	if (!only) {
		paths[0] = home ? arena_printf(a, "%s/.config/containers/registries.conf", home)
				: NULL;
		paths[1] = "/etc/containers/registries.conf";
	}
	for (size_t i = 0; rc == 0 && !met && i < 2; i++)
		if (paths[i])
			rc = read_file(paths[i], a, ret, &met, e);
	if (rc == 0 && only && !met)
		rc = fail(e, FAIL_NOT_FOUND, "'%s' is not there", only);
	return rc;
}

/* "HOST/NAME" from a location, which may be a host alone where the name follows. */
static int add_endpoint(const char *location, bool insecure, const struct host_options *o,
			struct arena *a, struct endpoint *ret, struct err *e)
{
	struct view rest = view_of(location), host;

	if (!view_split(&rest, '/', &host) || !image_host_valid(host) || !rest.ptr ||
	    !image_name_valid(rest))
		return fail(e, FAIL_FORMAT,
			    "registries.conf: '%.200s' is no location: expected HOST/NAME",
			    location);
	*ret = (struct endpoint){ .host = arena_view(a, host),
				  .name = arena_view(a, rest),
				  .insecure = insecure };
	return fill_endpoint(ret, o, a, e);
}

static int find_by(const struct conf_registry *r, const struct reference *ref,
		   const struct host_options *o, struct arena *a, struct endpoint *at, size_t *n,
		   struct err *e)
{
	int rc = 0;

	if (r->blocked)
		return fail(e, FAIL_AUTH, "'%s/%s' is blocked in registries.conf", ref->host,
			    ref->name);
	for (size_t i = 0; rc == 0 && !o->for_push && i < r->n_mirrors; i++)
		rc = add_endpoint(conf_rewrite(r, r->mirrors[i].location, ref->host, ref->name, a),
				  r->mirrors[i].insecure, o, a, &at[(*n)++], e);
	if (rc == 0)
		rc = add_endpoint(conf_rewrite(r, r->location ? r->location : r->prefix, ref->host,
					       ref->name, a),
				  r->insecure, o, a, &at[(*n)++], e);
	return rc;
}

static int follow_alias(const struct conf *c, struct reference *ref, struct arena *a, struct err *e)
{
	struct reference target;
	int rc;

	for (size_t i = 0; ref->given && i < c->n_aliases; i++) {
		if (strcmp(c->aliases[i].name, ref->given) != 0)
			continue;
		rc = reference_parse(c->aliases[i].target, a, &target, e);
		if (rc < 0)
			return err_context(e, "the alias '%s' in registries.conf", ref->given);
		ref->host = target.host;
		ref->name = target.name;
	}
	return 0;
}

int hosts_find(struct reference *ref, const struct host_options *o, struct arena *a,
	       struct endpoint **ret, size_t *ret_n, struct err *e)
{
	const struct conf_registry *r = NULL;
	struct conf conf = { 0 };
	int rc = read_conf(o->conf_file, a, &conf, e);

	*ret = arena_array(a, CONF_MAX_MIRRORS + 1, sizeof(**ret));
	*ret_n = 0;
	if (rc == 0)
		rc = follow_alias(&conf, ref, a, e);
	if (rc == 0)
		r = conf_find(&conf, ref->host, ref->name);
	/* a prefix like *.HOST has no location but its own */
	if (rc == 0 && r && (r->location || strncmp(r->prefix, "*.", 2) != 0)) {
		rc = find_by(r, ref, o, a, *ret, ret_n, e);
	} else if (rc == 0) {
		if (r && r->blocked)
			rc = fail(e, FAIL_AUTH, "'%s' is blocked in registries.conf", ref->host);
		(*ret)[0] = (struct endpoint){ .host = ref->host,
					       .name = ref->name,
					       .insecure = r && r->insecure };
		*ret_n = 1;
		if (rc == 0)
			rc = fill_endpoint(&(*ret)[0], o, a, e);
	}
	conf_done(&conf);
	return rc;
}
