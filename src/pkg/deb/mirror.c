/* SPDX-License-Identifier: Apache-2.0 */
/* The order of precedence between options, environment, config file, host and snapshot. */
#include "pkg/deb/mirror.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "pkg/deb/host_sources.h"
#include "pkg/deb/source.h"
#include "sys/files.h"

#define SNAPSHOT "http://snapshot.debian.org/archive"

void deb_mirror_wishes_from_environment(struct deb_mirror_wishes *w, struct arena *a)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	w->env_debian = getenv("PARE_DEBIAN_MIRROR");
	w->env_security = getenv("PARE_DEBIAN_SECURITY_MIRROR");
	w->env_alpine = getenv("PARE_ALPINE_MIRROR");
	w->env_alpine_keys = getenv("PARE_ALPINE_KEYRING");
	if (config && config[0] == '/')
		w->config_dir = arena_printf(a, "%s/pare", config);
	else if (home && home[0] == '/')
		w->config_dir = arena_printf(a, "%s/.config/pare", home);
	w->root = "/";
}

/* Takes `uri` over where nothing is set yet; `what` says where it comes from. */
static int take(const char **slot, const char *uri, const char *what, struct arena *a,
		struct err *e)
{
	size_t len = uri ? strlen(uri) : 0;
	int rc;

	if (*slot || len == 0)
		return 0;
	while (len > sizeof("file:///") - 1 && uri[len - 1] == '/')
		len--;
	*slot = arena_strndup(a, uri, len);
	if (deb_uri_is_symbolic(*slot) || strncmp(*slot, "alpine:", strlen("alpine:")) == 0)
		return fail(e, FAIL_FORMAT, "%s: '%s' can't stand for itself", what, *slot);
	rc = deb_uri_check(*slot, what, e);
	return rc;
}

/* Alpine's come with them: from an option, the environment and the config file. */
static int take_alpine(struct deb_mirrors *m, const char *mirror, const char *keys,
		       const char *what, struct arena *a, struct err *e)
{
	if (!m->alpine_keys && keys && *keys)
		m->alpine_keys = arena_strdup(a, keys);
	return take(&m->alpine, mirror, what, a, e);
}

static int take_both(struct deb_mirrors *m, const char *debian, const char *security,
		     const char *const whats[2], struct arena *a, struct err *e)
{
	int rc = take(&m->debian, debian, whats[0], a, e);

	return rc < 0 ? rc : take(&m->security, security, whats[1], a, e);
}

/* ---- the config file ---- */

static int config_line(struct view line, const char *path, size_t number, struct arena *a,
		       struct deb_mirrors *found, struct err *e)
{
	struct view value = line;
	struct view key;

	view_split(&value, '=', &key);
	key = view_trim(key);
	if (!value.ptr)
		return fail(e, FAIL_FORMAT, "%s:%zu: expected KEY = VALUE", path, number);
	value = view_trim(value);
	if (view_is(key, "debian-mirror"))
		found->debian = arena_view(a, value);
	else if (view_is(key, "debian-security-mirror"))
		found->security = arena_view(a, value);
	else if (view_is(key, "alpine-mirror"))
		found->alpine = arena_view(a, value);
	else if (view_is(key, "alpine-keyring"))
		found->alpine_keys = arena_view(a, value);
	else
		return fail(e, FAIL_FORMAT, "%s:%zu: unknown key '%.*s'", path, number,
			    VIEW_ARG(key));
	return 0;
}

static int take_config(const char *config_dir, struct arena *a, struct deb_mirrors *m,
		       struct err *e)
{
	struct deb_mirrors found = { 0 };
	const char *path = arena_printf(a, "%s/config", config_dir);
	const char *const whats[2] = { path, path };
	auto_buf text = BUF_EMPTY;
	struct view rest, line;
	size_t number = 0;
	int rc = file_read(AT_FDCWD, path, MIRROR_MAX_FILE_BYTES, &text, e);

	if (rc == -FAIL_NOT_FOUND)
		return 0;
	rest = buf_view(&text);
	while (rc == 0 && view_split(&rest, '\n', &line)) {
		line = view_trim(line);
		number++;
		if (line.len && line.ptr[0] != '#')
			rc = config_line(line, path, number, a, &found, e);
	}
	if (rc == 0)
		rc = take_both(m, found.debian, found.security, whats, a, e);
	return rc < 0 ? rc : take_alpine(m, found.alpine, found.alpine_keys, path, a, e);
}

/* ---- all together ---- */

static int take_host(const char *root, struct arena *a, struct deb_mirrors *m, struct err *e)
{
	static const char *const whats[2] = { "apt's sources", "apt's sources" };
	struct deb_mirrors found = { 0 };
	int rc = deb_host_sources(root, a, &found, e);

	return rc < 0 ? rc : take_both(m, found.debian, found.security, whats, a, e);
}

int deb_mirrors_find(const struct deb_mirror_wishes *w, struct arena *a, struct deb_mirrors *ret,
		     struct err *e)
{
	static const char *const options[2] = { "--mirror", "--security-mirror" };
	static const char *const variables[2] = { "PARE_DEBIAN_MIRROR",
						  "PARE_DEBIAN_SECURITY_MIRROR" };
	struct deb_mirrors m = { 0 };
	int rc;

	rc = take_both(&m, w->option_debian, w->option_security, options, a, e);
	if (rc == 0)
		rc = take_alpine(&m, w->option_alpine, NULL, options[0], a, e);
	if (rc == 0)
		rc = take_both(&m, w->env_debian, w->env_security, variables, a, e);
	if (rc == 0)
		rc = take_alpine(&m, w->env_alpine, w->env_alpine_keys, "PARE_ALPINE_MIRROR", a, e);
	if (rc == 0 && w->config_dir && !(m.debian && m.security && m.alpine && m.alpine_keys))
		rc = take_config(w->config_dir, a, &m, e);
	if (rc == 0 && w->root && !(m.debian && m.security))
		rc = take_host(w->root, a, &m, e);
	if (rc < 0)
		return rc;
	if (!m.security && m.debian)
		m.security = arena_printf(a, "%s-security", m.debian);
	*ret = m;
	return 0;
}

static const char *snapshot_url(const char *archive, int64_t date_s, struct arena *a)
{
	char stamp[32] = "";
	time_t t = (time_t)date_s;
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	return arena_printf(a, SNAPSHOT "/%s/%s", archive, stamp);
}

int deb_mirror_urls(const struct deb_mirrors *m, const char *uri, int64_t date_s, struct arena *a,
		    const char *const **ret_urls, size_t *ret_n, struct err *e)
{
	bool security = strcmp(uri, DEB_URI_SECURITY) == 0;
	const char *mirror = security ? m->security : m->debian;
	const char **urls = arena_array(a, 2, sizeof(*urls));
	size_t n = 0;

	if (!deb_uri_is_symbolic(uri)) {
		urls[n++] = arena_strdup(a, uri);
	} else {
		if (mirror)
			urls[n++] = mirror;
		if (date_s)
			urls[n++] =
				snapshot_url(security ? "debian-security" : "debian", date_s, a);
	}
	if (n == 0)
		return fail(e, FAIL_NOT_FOUND,
			    "no mirror is configured for '%s': use --mirror, set %s, or write "
			    "'%s = URL' to pare's config file",
			    uri, security ? "PARE_DEBIAN_SECURITY_MIRROR" : "PARE_DEBIAN_MIRROR",
			    security ? "debian-security-mirror" : "debian-mirror");
	*ret_urls = urls;
	*ret_n = n;
	return 0;
}
