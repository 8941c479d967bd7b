/* SPDX-License-Identifier: Apache-2.0 */
/* Files of credentials, looked through from the most to the least special key. */
#include "registry/credentials.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/base64.h"
#include "registry/credentials_private.h"
#include "sys/files.h"

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int credentials_read(const char *path, struct json_doc **ret, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, CREDENTIALS_MAX_FILE_BYTES, &text, e);

	*ret = NULL;
	if (rc == -FAIL_NOT_FOUND)
		return 0;
	return rc < 0 ? rc : json_parse(buf_view(&text), path, ret, e);
}

/* "https://HOST/v1/" is what old Dockers wrote for HOST. */
static struct view plain_key(struct view key)
{
	static const char *const heads[] = { "https://", "http://" };
	static const char *const tails[] = { "/v1/", "/v2/", "/v1", "/v2", "/" };
	bool url = false;

	for (size_t i = 0; i < 2; i++) {
		if (view_starts(key, heads[i])) {
			key = view_make(key.ptr + strlen(heads[i]), key.len - strlen(heads[i]));
			url = true;
		}
	}
	for (size_t i = 0; url && i < sizeof(tails) / sizeof(tails[0]); i++) {
		if (view_ends(key, tails[i])) {
			key.len -= strlen(tails[i]);
			break;
		}
	}
	return key;
}

static bool is_hub(struct view host)
{
	return view_is(host, HUB_HOST) || view_is(host, "index." HUB_HOST) ||
	       view_is(host, HUB_API_HOST);
}

bool credentials_same_host(struct view key, const char *host)
{
	key = plain_key(key);
	return view_is(key, host) || (is_hub(key) && is_hub(view_of(host)));
}

static int take_pair(struct view pair, const char *path, struct arena *a, struct credentials *ret,
		     struct err *e)
{
	auto_buf plain = BUF_EMPTY;
	struct view rest, user;

	if (!base64_decode(view_trim(pair), &plain))
		return fail(e, FAIL_FORMAT, "%s: an 'auth' is no base64", path);
	rest = buf_view(&plain);
	if (!view_split(&rest, ':', &user) || !rest.ptr)
		return fail(e, FAIL_FORMAT, "%s: an 'auth' holds no USER:PASSWORD", path);
	ret->user = arena_view(a, user);
	ret->secret = arena_view(a, rest);
	return 0;
}

/* One entry of "auths"; it may be empty, where a helper has the secret. */
static int take_entry(const struct json *entry, const char *path, struct arena *a,
		      struct credentials *ret, struct err *e)
{
	const char *auth = json_str(json_get(entry, "auth"));
	const char *token = json_str(json_get(entry, "identitytoken"));
	const char *user = json_str(json_get(entry, "username"));
	const char *secret = json_str(json_get(entry, "password"));
	int rc = 0;

	if (auth && *auth)
		rc = take_pair(view_of(auth), path, a, ret, e);
	else if (user && secret) {
		ret->user = arena_strdup(a, user);
		ret->secret = arena_strdup(a, secret);
	}
	if (token && *token)
		ret->identity_token = arena_strdup(a, token);
	if (ret->user || ret->identity_token)
		ret->from = arena_strdup(a, path);
	return rc;
}

/* The key is HOST, or HOST/PREFIX of whole words of the name. Longer is better. */
static size_t key_rank(const char *key, const char *host, const char *name)
{
	struct view v = plain_key(view_of(key)), key_host;
	size_t n;

	if (credentials_same_host(view_of(key), host))
		return 1;
	if (!name || !view_split(&v, '/', &key_host) || !v.ptr ||
	    !credentials_same_host(key_host, host))
		return 0;
	n = v.len;
	if (strlen(name) < n || memcmp(name, v.ptr, n) != 0 || (name[n] && name[n] != '/'))
		return 0;
	return 1 + n;
}

static int find_entry(const struct json *auths, const char *host, const char *name,
		      const char *path, struct arena *a, struct credentials *ret, struct err *e)
{
	const struct json *v, *best = NULL;
	void *state = NULL;
	const char *key;
	size_t rank = 0;

	while (json_next(auths, &state, &key, &v)) {
		size_t r = key_rank(key, host, name);

		if (r > rank) {
			rank = r;
			best = v;
		}
	}
	return best ? take_entry(best, path, a, ret, e) : 0;
}

static bool is_found(const struct credentials *c)
{
	return c->user || c->identity_token;
}

int credentials_look_in(const struct json *root, const char *path, const char *host,
			const char *name, const struct credentials_search *s, struct arena *a,
			struct credentials *ret, struct err *e)
{
	const char *store = json_str(json_get(root, "credsStore")), *key;
	const struct json *v;
	void *state = NULL;
	int rc = 0;

	while (rc == 0 && json_next(json_get(root, "credHelpers"), &state, &key, &v))
		if (json_str(v) && credentials_same_host(view_of(key), host))
			rc = credentials_ask_helper(json_str(v), host, s, a, ret, e);
	if (rc == 0 && !is_found(ret))
		rc = find_entry(json_get(root, "auths"), host, name, path, a, ret, e);
	if (rc == 0 && !is_found(ret) && store && *store)
		rc = credentials_ask_helper(store, host, s, a, ret, e);
	return rc;
}

static const char *runtime_file(struct arena *a)
{
	const char *dir = env("XDG_RUNTIME_DIR");

	if (dir)
		return arena_printf(a, "%s/containers/auth.json", dir);
	return arena_printf(a, "/run/containers/%u/auth.json", (unsigned)getuid());
}

static const char *config_file(struct arena *a)
{
	const char *dir = env("XDG_CONFIG_HOME"), *home = env("HOME");

	if (dir)
		return arena_printf(a, "%s/containers/auth.json", dir);
	return home ? arena_printf(a, "%s/.config/containers/auth.json", home) : NULL;
}

static const char *docker_file(struct arena *a)
{
	const char *dir = env("DOCKER_CONFIG"), *home = env("HOME");

	if (dir)
		return arena_printf(a, "%s/config.json", dir);
	return home ? arena_printf(a, "%s/.docker/config.json", home) : NULL;
}

static int look_in_text(const char *text, const char *host, const char *name,
			const struct credentials_search *s, struct arena *a,
			struct credentials *ret, struct err *e)
{
	auto_json doc = NULL;
	int rc = json_parse(view_of(text), "$DOCKER_AUTH_CONFIG", &doc, e);

	return rc < 0 ? rc
		      : credentials_look_in(json_root(doc), "$DOCKER_AUTH_CONFIG", host, name, s, a,
					    ret, e);
}

static int look_in_files(const char *host, const char *name, const struct credentials_search *s,
			 struct arena *a, struct credentials *ret, struct err *e)
{
	const char *only = s->file ? s->file : env("REGISTRY_AUTH_FILE");
	const char *paths[] = { only ? only : runtime_file(a), only ? NULL : config_file(a),
				only ? NULL : docker_file(a) };
	int rc = 0;

	if (s->file && access(s->file, F_OK) < 0)
		return fail_sys(e, "the file of credentials '%.200s'", s->file);
	for (size_t i = 0; rc == 0 && !is_found(ret) && i < COUNT_OF(paths); i++) {
		auto_json doc = NULL;

		if (paths[i])
			rc = credentials_read(paths[i], &doc, e);
		if (rc == 0 && doc)
			rc = credentials_look_in(json_root(doc), paths[i], host, name, s, a, ret,
						 e);
	}
	return rc;
}

int credentials_find(const char *host, const char *name, const struct credentials_search *s,
		     struct arena *a, struct credentials *ret, struct err *e)
{
	static const char *const usual[] = { CREDENTIALS_FILES };
	bool asked = s->helpers && s->helpers->n;
	const char *const *places = asked ? s->helpers->at : usual;
	size_t n = asked ? s->helpers->n : COUNT_OF(usual);
	const char *text = s->file ? NULL : env("DOCKER_AUTH_CONFIG");
	struct credentials c = { 0 };
	int rc = text ? look_in_text(text, host, name, s, a, &c, e) : 0;

	for (size_t i = 0; rc == 0 && !is_found(&c) && i < n; i++) {
		if (strcmp(places[i], CREDENTIALS_FILES) == 0)
			rc = look_in_files(host, name, s, a, &c, e);
		else
			rc = credentials_ask_helper(places[i], host, s, a, &c, e);
	}
	if (rc == 0)
		*ret = c;
	return rc;
}

int credentials_file(const char *file, struct arena *a, const char **ret, struct err *e)
{
	const char *only = file ? file : env("REGISTRY_AUTH_FILE");

	*ret = only ? only : env("XDG_RUNTIME_DIR") ? runtime_file(a) : config_file(a);
	if (!*ret)
		return fail(e, FAIL_USAGE,
			    "no place for credentials: set REGISTRY_AUTH_FILE or HOME");
	return 0;
}
