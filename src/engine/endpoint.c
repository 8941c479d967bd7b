/* SPDX-License-Identifier: Apache-2.0 */
/* The environment and the usual sockets; see endpoint.h. */
#include "engine/endpoint.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "net/url.h"
#include "sys/files.h"

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int read_ca(const char *path, struct arena *a, struct http_trust *ret, struct err *e)
{
	auto_buf pem = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, ENGINE_MAX_FILE_BYTES, &pem, e);

	if (rc == -FAIL_NOT_FOUND)
		return 0;
	if (rc == 0)
		ret->ca_pem = arena_view(a, buf_view(&pem));
	return rc;
}

int engine_certs_read(const char *dir, struct arena *a, struct http_trust *ret, struct err *e)
{
	const char *cert = arena_printf(a, "%s/cert.pem", dir);
	const char *key = arena_printf(a, "%s/key.pem", dir);

	if (access(cert, F_OK) == 0) {
		if (access(key, R_OK) < 0)
			return fail_sys(e, "'%s' needs its key '%s'", cert, key);
		ret->cert_file = cert;
		ret->key_file = key;
	}
	return read_ca(arena_printf(a, "%s/ca.pem", dir), a, ret, e);
}

/* ---- an address -------------------------------------------------------------------------- */

static int fail_address(const struct engine_host *h, struct err *e)
{
	return fail(e, FAIL_USAGE,
		    "%s is '%.200s': expected unix:///PATH, tcp://HOST:PORT or https://HOST:PORT",
		    h->named_by, h->text);
}

static int fail_ssh(const struct engine_host *h, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED,
		    "%s is '%.200s', and pare speaks no SSH\n"
		    "bring the socket here: ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock "
		    "USER@HOST\nand name it: DOCKER_HOST=unix:///tmp/engine.sock",
		    h->named_by, h->text);
}

static bool has_port(struct view authority)
{
	const char *colon = memrchr(authority.ptr, ':', authority.len);
	const char *bracket = memrchr(authority.ptr, ']', authority.len);

	return colon && (!bracket || colon > bracket);
}

/* HOST[:PORT]; the ports are those that Docker's client takes when none is given. */
static int parse_network(const struct engine_host *h, struct view authority, bool tls,
			 struct arena *a, struct engine_endpoint *ret, struct err *e)
{
	const char *port = has_port(authority) ? "" : tls ? ":2376" : ":2375";
	struct url_parts parts;

	if (view_ends(authority, "/"))
		authority.len--;
	ret->base =
		arena_printf(a, "%s://%.*s%s", tls ? "https" : "http", VIEW_ARG(authority), port);
	for (size_t i = 0; i < authority.len; i++)
		if (authority.ptr[i] <= ' ' || strchr("/?#@\\", authority.ptr[i]))
			return fail_address(h, e);
	if (!url_split(ret->base, a, &parts))
		return fail_address(h, e);
	if (tls)
		ret->trust = h->certs;
	ret->trust.insecure = tls && h->insecure;
	return 0;
}

int engine_endpoint_parse(const struct engine_host *h, struct arena *a, struct engine_endpoint *ret,
			  struct err *e)
{
	struct view text = view_of(h->text), rest;
	const char *colon = strstr(h->text, "://");

	*ret = (struct engine_endpoint){ .named_by = h->named_by, .shown = h->text };
	if (!colon)
		return fail_address(h, e);
	rest = view_of(colon + 3);
	if (view_starts(text, "unix://")) {
		ret->socket = colon + 3;
		ret->base = "http://localhost";
		return ret->socket[0] == '/' ? 0 : fail_address(h, e);
	}
	if (view_starts(text, "tcp://"))
		return parse_network(h, rest, h->tls, a, ret, e);
	if (view_starts(text, "http://"))
		return parse_network(h, rest, false, a, ret, e);
	if (view_starts(text, "https://"))
		return parse_network(h, rest, true, a, ret, e);
	return view_starts(text, "ssh://") ? fail_ssh(h, e) : fail_address(h, e);
}

/* ---- which one --------------------------------------------------------------------------- */

static const char *runtime_dir(struct arena *a)
{
	const char *dir = env("XDG_RUNTIME_DIR");

	return dir ? dir : arena_printf(a, "/run/user/%u", (unsigned)getuid());
}

static int find_usual(struct arena *a, struct engine_endpoint *ret, struct err *e)
{
	const char *run = runtime_dir(a);
	const char *usual[] = {
		"/var/run/docker.sock",
		arena_printf(a, "%s/docker.sock", run),
		arena_printf(a, "%s/podman/podman.sock", run),
		"/run/podman/podman.sock",
	};
	struct stat st;

	for (size_t i = 0; i < COUNT_OF(usual); i++) {
		if (stat(usual[i], &st) < 0 || !S_ISSOCK(st.st_mode))
			continue;
		*ret = (struct engine_endpoint){
			.shown = arena_printf(a, "unix://%s", usual[i]),
			.socket = usual[i],
			.base = "http://localhost",
		};
		return 0;
	}
	return fail(e, FAIL_NOT_FOUND,
		    "no engine listens here: there is no socket '%s', nor '%.100s', '%.100s' or "
		    "'%s'\n"
		    "install and start docker.io or podman (its podman.socket), or set DOCKER_HOST",
		    usual[0], usual[1], usual[2], usual[3]);
}

/* As Docker's client has it: without DOCKER_TLS_VERIFY or DOCKER_TLS there is no TLS. */
static int read_environment(const char *host, const char *config_dir, struct arena *a,
			    struct engine_host *ret, struct err *e)
{
	const char *certs = env("DOCKER_CERT_PATH");

	*ret = (struct engine_host){ .named_by = "DOCKER_HOST", .text = host };
	ret->tls = env("DOCKER_TLS_VERIFY") || env("DOCKER_TLS");
	ret->insecure = !env("DOCKER_TLS_VERIFY") && ret->tls;
	if (certs && ret->tls && access(certs, R_OK | X_OK) < 0)
		return fail_sys(e, "DOCKER_CERT_PATH is '%.200s'", certs);
	if (!certs)
		certs = config_dir;
	return certs && ret->tls ? engine_certs_read(certs, a, &ret->certs, e) : 0;
}

int engine_endpoint_find(struct arena *a, struct engine_endpoint *ret, struct err *e)
{
	const char *host = env("DOCKER_HOST"), *home = env("HOME");
	const char *config = env("DOCKER_CONFIG");
	struct engine_host h = { 0 };
	int rc = 0;

	if (!config && home)
		config = arena_printf(a, "%s/.docker", home);
	if (host)
		rc = read_environment(host, config, a, &h, e);
	else if (config)
		rc = engine_context_find(config, a, &h, e);
	if (rc < 0)
		return rc;
	return h.text ? engine_endpoint_parse(&h, a, ret, e) : find_usual(a, ret, e);
}
