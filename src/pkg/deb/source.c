/* SPDX-License-Identifier: Apache-2.0 */
/* Parses apt's one-line form of a package source. */
#include "pkg/deb/source.h"

/* Letters and digits, and `also`. */
static bool only_has(struct view v, const char *also)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = v.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			continue;
		if (c == '\0' || !strchr(also, c))
			return false;
	}
	return v.len > 0;
}

/* A relative path that can't lead out of where it begins; one slash at the end may be there. */
static bool is_safe_path(struct view v)
{
	struct view part;

	if (!only_has(v, "._+~:-/") || v.ptr[0] == '/')
		return false;
	if (v.ptr[v.len - 1] == '/')
		v.len--;
	while (view_split(&v, '/', &part)) {
		if (part.len == 0 || view_is(part, ".."))
			return false;
	}
	return true;
}

bool deb_uri_is_symbolic(const char *uri)
{
	return strcmp(uri, DEB_URI_DEBIAN) == 0 || strcmp(uri, DEB_URI_SECURITY) == 0;
}

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int deb_uri_check(const char *uri, const char *what, struct err *e)
{
	const char *host = strstr(uri, "://");

	if (deb_uri_is_symbolic(uri))
		return 0;
	for (const char *c = uri; *c; c++) {
		if (*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}?#", *c))
			return fail(e, FAIL_FORMAT,
				    "%s '%s': character at offset %zu can't be in it", what, uri,
				    (size_t)(c - uri));
	}
	if (starts(uri, "file:///"))
		return 0;
	if (!starts(uri, "http://") && !starts(uri, "https://"))
		return fail(e, FAIL_FORMAT,
			    "%s '%s': expected http://, https://, file:///, '%s' or '%s'", what,
			    uri, DEB_URI_DEBIAN, DEB_URI_SECURITY);
	host += 3;
	if (*host == '\0' || *host == '/' || *host == ':')
		return fail(e, FAIL_FORMAT, "%s '%s' has no host", what, uri);
	return 0;
}

/* A URI in a recipe ends up in locks and images, which are for everyone to read. */
static int check_no_password(const char *uri, struct err *e)
{
	const char *host = strstr(uri, "://");
	size_t n = host ? strcspn(host + 3, "/") : 0;

	if (host && memchr(host + 3, '@', n))
		return fail(e, FAIL_FORMAT,
			    "source: a URI with a user or password would be written to the lock; "
			    "set PARE_DEBIAN_MIRROR or use ~/.netrc");
	return 0;
}

/* ---- options ---- */

struct words {
	const char **at;
	size_t n;
};

static int add_word(struct words *w, const char *word, struct arena *a, struct err *e)
{
	if (w->n == DEB_SOURCE_MAX_WORDS)
		return fail(e, FAIL_LIMIT, "source: more than %d words in one list",
			    DEB_SOURCE_MAX_WORDS);
	if (!w->at)
		w->at = arena_array(a, DEB_SOURCE_MAX_WORDS, sizeof(*w->at));
	w->at[w->n++] = word;
	return 0;
}

static int add_keyring(struct words *w, struct view file, const char *base_dir, struct arena *a,
		       struct err *e)
{
	if (file.ptr[0] == '/')
		return add_word(w, arena_view(a, file), a, e);
	if (!base_dir)
		return fail(e, FAIL_FORMAT, "source: signed-by='%.*s' must be an absolute path",
			    VIEW_ARG(file));
	return add_word(w, arena_printf(a, "%s/%.*s", base_dir, VIEW_ARG(file)), a, e);
}

struct option_lists {
	struct words archs, keyrings;
};

static int parse_list(struct view key, struct view list, const char *base_dir, struct arena *a,
		      struct option_lists *lists, struct err *e)
{
	bool is_arch = view_is(key, "arch");
	struct view item;
	int rc = 0;

	while (rc == 0 && view_split(&list, ',', &item)) {
		if (item.len == 0 || (is_arch && !only_has(item, "-")))
			return fail(e, FAIL_FORMAT, "source: '%.*s' after '%.*s='", VIEW_ARG(item),
				    VIEW_ARG(key));
		if (is_arch)
			rc = add_word(&lists->archs, arena_view(a, item), a, e);
		else
			rc = add_keyring(&lists->keyrings, item, base_dir, a, e);
	}
	return rc;
}

static int parse_valid_until(struct view value, bool *ret, struct err *e)
{
	if (!view_is(value, "yes") && !view_is(value, "no"))
		return fail(e, FAIL_FORMAT,
			    "source: check-valid-until is 'yes' or 'no', not '%.*s'",
			    VIEW_ARG(value));
	*ret = view_is(value, "yes");
	return 0;
}

static int parse_option(struct view word, const char *base_dir, struct arena *a,
			struct option_lists *lists, struct deb_source *s, struct err *e)
{
	struct view value = word;
	struct view key;

	view_split(&value, '=', &key);
	if (!value.ptr)
		return fail(e, FAIL_FORMAT, "source: option '%.*s' has no '='", VIEW_ARG(word));
	if (view_is(key, "arch") || view_is(key, "signed-by"))
		return parse_list(key, value, base_dir, a, lists, e);
	if (view_is(key, "check-valid-until"))
		return parse_valid_until(value, &s->check_valid_until, e);
	if (view_is(key, "trusted") || view_is(key, "allow-insecure") || view_is(key, "allow-weak"))
		return fail(e, FAIL_UNSUPPORTED,
			    "source: option '%.*s' would skip signatures in silence; see "
			    "--allow-unsigned",
			    VIEW_ARG(key));
	return fail(e, FAIL_FORMAT, "source: unknown option '%.*s'", VIEW_ARG(key));
}

/* The part in brackets, if there is one; *rest goes on behind it. */
static int parse_options(struct view *rest, const char *base_dir, struct arena *a,
			 struct deb_source *s, struct err *e)
{
	struct option_lists lists = { 0 };
	struct view inside, word;
	int rc = 0;

	*rest = view_trim(*rest);
	if (!view_starts(*rest, "["))
		return 0;
	inside = view_make(rest->ptr + 1, rest->len - 1);
	*rest = inside;
	if (!memchr(inside.ptr, ']', inside.len))
		return fail(e, FAIL_FORMAT, "source: no ']' after the options");
	view_split(rest, ']', &inside);
	while (rc == 0 && view_word(&inside, &word))
		rc = parse_option(word, base_dir, a, &lists, s, e);
	s->archs = lists.archs.at;
	s->n_archs = lists.archs.n;
	s->signed_by = lists.keyrings.at;
	s->n_signed_by = lists.keyrings.n;
	return rc;
}

/* ---- the rest ---- */

static int parse_type(struct view *rest, struct err *e)
{
	struct view type;

	if (!view_word(rest, &type))
		return fail(e, FAIL_FORMAT, "source: empty; expected 'deb URI SUITE COMPONENT…'");
	if (view_is(type, "deb-src"))
		return fail(e, FAIL_UNSUPPORTED, "source: 'deb-src' holds nothing to install");
	if (!view_is(type, "deb"))
		return fail(e, FAIL_FORMAT, "source: expected 'deb', found '%.*s'", VIEW_ARG(type));
	return 0;
}

static int parse_uri(struct view *rest, struct arena *a, struct deb_source *s, struct err *e)
{
	struct view uri;
	int rc;

	if (!view_word(rest, &uri))
		return fail(e, FAIL_FORMAT, "source: no URI");
	while (uri.len > sizeof("file:///") - 1 && uri.ptr[uri.len - 1] == '/')
		uri.len--;
	s->uri = arena_view(a, uri);
	rc = deb_uri_check(s->uri, "source", e);
	return rc < 0 ? rc : check_no_password(s->uri, e);
}

static int parse_suite(struct view *rest, struct arena *a, struct deb_source *s, struct err *e)
{
	struct view suite;

	if (!view_word(rest, &suite))
		return fail(e, FAIL_FORMAT, "source: no suite after '%s'", s->uri);
	if (!is_safe_path(suite))
		return fail(e, FAIL_FORMAT, "source: '%.*s' can't be a suite", VIEW_ARG(suite));
	s->exact = view_ends(suite, "/");
	while (suite.len > 2 && view_starts(suite, "./"))
		suite = view_make(suite.ptr + 2, suite.len - 2);
	s->suite = arena_view(a, suite);
	return 0;
}

static int parse_components(struct view *rest, struct arena *a, struct deb_source *s, struct err *e)
{
	struct words components = { 0 };
	struct view word;
	int rc = 0;

	while (rc == 0 && view_word(rest, &word)) {
		if (s->exact)
			return fail(e, FAIL_FORMAT,
				    "source: '%.*s' after the path '%s', which has no components",
				    VIEW_ARG(word), s->suite);
		if (!is_safe_path(word) || view_ends(word, "/"))
			return fail(e, FAIL_FORMAT, "source: '%.*s' can't be a component",
				    VIEW_ARG(word));
		rc = add_word(&components, arena_view(a, word), a, e);
	}
	if (rc == 0 && !s->exact && components.n == 0)
		return fail(e, FAIL_FORMAT,
			    "source: no component after the suite '%s'; for a repository without "
			    "any, the path must end in '/'",
			    s->suite);
	s->components = components.at;
	s->n_components = components.n;
	return rc;
}

int deb_source_parse(struct view line, const char *base_dir, struct arena *a,
		     struct deb_source *ret, struct err *e)
{
	struct deb_source s = { .check_valid_until = true };
	int rc;

	if (line.len > DEB_SOURCE_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "source: over %d bytes", DEB_SOURCE_MAX_BYTES);
	rc = parse_type(&line, e);
	if (rc == 0)
		rc = parse_options(&line, base_dir, a, &s, e);
	if (rc == 0)
		rc = parse_uri(&line, a, &s, e);
	if (rc == 0)
		rc = parse_suite(&line, a, &s, e);
	if (rc == 0)
		rc = parse_components(&line, a, &s, e);
	if (rc == 0)
		*ret = s;
	return rc;
}

bool deb_source_has_arch(const struct deb_source *s, const char *arch)
{
	for (size_t i = 0; i < s->n_archs; i++) {
		if (strcmp(s->archs[i], arch) == 0)
			return true;
	}
	return s->n_archs == 0;
}
