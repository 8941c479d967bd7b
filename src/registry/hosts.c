/* SPDX-License-Identifier: Apache-2.0 */
/* From a registry's name to the servers that speak for it; see hosts.h. */
#include "registry/hosts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "oci/name.h"
#include "registry/certs.h"
#include "registry/conf.h"
#include "registry/private.h"
#include "sys/fd.h"
#include "sys/files.h"

static int fill_endpoint(struct endpoint *p, const struct host_options *o, struct arena *a,
			 struct err *e)
{
	int rc;

	p->loopback = url_host_is_loopback(p->host);
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

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is laid beside the file: FOLDER/ *.conf in the order of their names. */
static int read_folder(const char *path, struct arena *a, struct conf *ret, struct err *e)
{
	enum { MAX_FILES = 256 };
	auto_dir d = opendir(path);
	const char *names[MAX_FILES];
	struct dirent *entry;
	size_t n = 0;
	bool met;
	int rc = 0;

	/* one that can't be read may hold what is blocked */
	if (!d && errno != ENOENT && errno != ENOTDIR)
		return fail_sys(e, "open the folder '%s'", path);
	while (d && n < MAX_FILES && (entry = readdir(d)))
		if (view_ends(view_of(entry->d_name), ".conf") && entry->d_name[0] != '.')
			names[n++] = arena_printf(a, "%s/%s", path, entry->d_name);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_file(names[i], a, ret, &met, e);
	return rc;
}

/*
 * The user's file or else the system's, and then what lies in the folders beside both; or only the
 * file that is named.
 */
static int read_conf(const char *only, struct arena *a, struct conf *ret, struct err *e)
{
	static const char system_file[] = "/etc/containers/registries.conf";
	const char *home = env("HOME"), *own;
	bool met = false;
	int rc;

	if (!only)
		only = env("CONTAINERS_REGISTRIES_CONF");
	if (only) {
		rc = read_file(only, a, ret, &met, e);
		return rc < 0 || met ? rc : fail(e, FAIL_NOT_FOUND, "'%s' is not there", only);
	}
	own = home ? arena_printf(a, "%s/.config/containers/registries.conf", home) : NULL;
	rc = own ? read_file(own, a, ret, &met, e) : 0;
	if (rc == 0 && !met)
		rc = read_file(system_file, a, ret, &met, e);
	if (rc == 0)
		rc = read_folder(arena_printf(a, "%s.d", system_file), a, ret, e);
	if (rc == 0 && own)
		rc = read_folder(arena_printf(a, "%s.d", own), a, ret, e);
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

static bool serves(const struct conf_mirror *m, const struct reference *ref)
{
	return m->serves == CONF_SERVES_ALL ||
	       ref->has_digest == (m->serves == CONF_SERVES_DIGESTS);
}

/* The servers for one full name, mirrors first. */
static int find_by(const struct conf *c, const struct reference *ref, const struct host_options *o,
		   struct arena *a, struct endpoint *at, size_t *n, struct err *e)
{
	const char *whole = reference_text(ref, a);
	const struct conf_registry *r = conf_find(c, ref->host, whole + strlen(ref->host) + 1);
	/* a prefix like *.HOST has no location but each name's own */
	const char *location = !r ? NULL : r->location ? r->location : r->prefix;
	int rc = 0;

	if (r && r->blocked)
		return fail(e, FAIL_AUTH, "'%s/%s' is blocked in registries.conf", ref->host,
			    ref->name);
	for (size_t i = 0; rc == 0 && r && !o->for_push && i < r->n_mirrors; i++)
		if (serves(&r->mirrors[i], ref))
			rc = add_endpoint(
				conf_rewrite(r, r->mirrors[i].location, ref->host, ref->name, a),
				r->mirrors[i].insecure, o, a, &at[(*n)++], e);
	if (rc < 0)
		return rc;
	if (location && strncmp(location, "*.", 2) != 0)
		return add_endpoint(conf_rewrite(r, location, ref->host, ref->name, a), r->insecure,
				    o, a, &at[(*n)++], e);
	at[*n] = (struct endpoint){ .host = ref->host,
				    .name = ref->name,
				    .insecure = r && r->insecure };
	return fill_endpoint(&at[(*n)++], o, a, e);
}

/* ---- short names ------------------------------------------------------------------------- */

static int take_full(const char *text, const char *why, struct reference *ref, struct arena *a,
		     struct err *e)
{
	struct reference target;
	int rc = reference_parse(text, a, &target, e);

	if (rc < 0)
		return err_context(e, "%s in registries.conf", why);
	ref->host = target.host;
	ref->name = target.name;
	return 0;
}

static int fail_ambiguous(const struct conf *c, const struct reference *ref, struct err *e)
{
	auto_buf list = BUF_EMPTY;

	for (size_t i = 0; i < c->n_searched; i++)
		buf_printf(&list, "%s%s/%s", i ? ", " : "", c->searched[i], ref->given);
	return fail(e, FAIL_USAGE, "'%s' may be in several registries: which one is meant?\n%s",
		    ref->given, buf_str(&list));
}

/* What the name may stand for, most likely first; *ret_n is at most CONF_MAX_SEARCHED. */
static int list_meanings(const struct conf *c, const struct reference *ref,
			 const struct host_options *o, struct arena *a, struct reference *ret,
			 size_t *ret_n, struct err *e)
{
	const char *alias = ref->given ? conf_alias(c, ref->given) : NULL;
	int rc = 0;

	*ret_n = 1;
	ret[0] = *ref;
	if (alias)
		return take_full(alias, arena_printf(a, "the alias '%s'", ref->given), ret, a, e);
	if (!ref->given || !c->n_searched)
		return 0;
	if (c->n_searched > 1 && (c->short_names != CONF_DISABLED || o->for_push))
		return fail_ambiguous(c, ref, e);
	for (size_t i = 0; rc == 0 && i < c->n_searched; i++) {
		ret[i] = *ref;
		rc = take_full(arena_printf(a, "%s/%s", c->searched[i], ref->given),
			       "unqualified-search-registries", &ret[i], a, e);
	}
	*ret_n = c->n_searched;
	return rc;
}

int hosts_find(struct reference *ref, const struct host_options *o, struct arena *a,
	       struct endpoint **ret, size_t *ret_n, struct err *e)
{
	struct reference meanings[CONF_MAX_SEARCHED];
	struct conf conf = { 0 };
	size_t n = 0;
	int rc = read_conf(o->conf_file, a, &conf, e);

	*ret_n = 0;
	if (rc == 0)
		rc = list_meanings(&conf, ref, o, a, meanings, &n, e);
	*ret = arena_array(a, (CONF_MAX_MIRRORS + 1) * (n + 1), sizeof(**ret));
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = find_by(&conf, &meanings[i], o, a, *ret, ret_n, e);
	if (rc == 0) {
		ref->host = meanings[0].host;
		ref->name = meanings[0].name;
	}
	conf_done(&conf);
	return rc;
}

int hosts_helpers(const char *conf_file, struct arena *a, struct strings *ret, struct err *e)
{
	struct conf conf = { 0 };
	int rc = read_conf(conf_file, a, &conf, e);

	if (rc == 0) {
		ret->at = arena_array(a, conf.n_helpers + 1, sizeof(*ret->at));
		memcpy(ret->at, conf.helpers, conf.n_helpers * sizeof(*ret->at));
		ret->n = ret->cap = conf.n_helpers;
	}
	conf_done(&conf);
	return rc;
}
