/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a lock. It comes from a repository that anyone may have edited: every member must be
 * there with its type, names and URLs may hold nothing that they could smuggle, and what is
 * sorted must be. An unknown member is an error too: it would be lost when the lock is written.
 */
#include "base/array.h"
#include "base/date.h"
#include "base/mem.h"
#include "fmt/json.h"
#include "pkg/arch.h"
#include "pkg/lock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_INDEXES = 256, /* a recipe has three; each costs a download */
	MAX_ARCHS = 32,
	MAX_TEXT = 4096, /* one member; the longest URL in Debian has 200 */
};

struct lock_reader {
	struct lock *lock;
	struct arena *a;
	const char *name; /* of the file */
	char where[160];  /* "archs[0].packages[17]" */
	struct err *e;
};

static int fail_lock(struct lock_reader *rd, const char *key, const char *what)
{
	return fail(rd->e, FAIL_FORMAT, "%s: %s%s%s: %s", rd->name, rd->where,
		    *rd->where && *key ? "." : "", key, what);
}

__attribute__((format(printf, 2, 3))) static void set_where(struct lock_reader *rd, const char *fmt,
							    ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rd->where, sizeof(rd->where), fmt, ap);
	va_end(ap);
}

/* An object with no other members than these; the list ends with NULL. */
static int check_members(struct lock_reader *rd, const struct json *object,
			 const char *const *known)
{
	const struct json *value;
	const char *key;
	void *state = NULL;

	if (!json_is_object(object))
		return fail_lock(rd, "", "must be an object");
	while (json_next(object, &state, &key, &value)) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return fail(rd->e, FAIL_FORMAT, "%s: %s%sunknown member '%.80s'", rd->name,
				    rd->where, *rd->where ? ": " : "", key);
	}
	return 0;
}

/* Printable ASCII without spaces: names, versions, URLs, dates and digests are nothing else. */
static bool is_word(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] < 0x7f && n <= MAX_TEXT)
		n++;
	return n && n <= MAX_TEXT && !s[n];
}

static int read_word(struct lock_reader *rd, const struct json *object, const char *key,
		     const char **ret)
{
	const char *s = json_str(json_get(object, key));

	if (!s)
		return fail_lock(rd, key, "must be a string");
	if (!is_word(s))
		return fail_lock(rd, key, "must be 1 to 4096 printable characters without spaces");
	*ret = arena_strdup(rd->a, s);
	return 0;
}

/* Paths may have any letters, but none that would garble a terminal. */
static int read_line(struct lock_reader *rd, const struct json *object, const char *key,
		     const char **ret)
{
	const char *s = json_str(json_get(object, key));
	size_t n = 0;

	while (s && (unsigned char)s[n] >= ' ' && s[n] != 0x7f && n <= MAX_TEXT)
		n++;
	if (!s || n == 0 || n > MAX_TEXT || s[n])
		return fail_lock(rd, key, "must be 1 to 4096 bytes of text");
	*ret = arena_strdup(rd->a, s);
	return 0;
}

/* A URL, or a folder of this machine. */
static int read_address(struct lock_reader *rd, const struct json *object, const char *key,
			const char **ret)
{
	const char *s = json_str(json_get(object, key));
	bool is_folder = s && (s[0] == '/' || s[0] == '.');

	return (is_folder ? read_line : read_word)(rd, object, key, ret);
}

static int read_optional(struct lock_reader *rd, const struct json *object, const char *key,
			 const char **ret)
{
	return json_get(object, key) ? read_word(rd, object, key, ret) : 0;
}

static int read_number(struct lock_reader *rd, const struct json *object, const char *key,
		       uint64_t *ret)
{
	if (!json_u64(json_get(object, key), ret))
		return fail_lock(rd, key, "must be a number from 0");
	return 0;
}

static int read_digest(struct lock_reader *rd, const struct json *object, const char *key,
		       struct sha256 *ret)
{
	const char *s = json_str(json_get(object, key));

	if (!s || strncmp(s, "sha256:", 7) != 0 || !sha256_from_hex(view_of(s + 7), ret))
		return fail_lock(rd, key, "must be 'sha256:' and 64 hex digits");
	return 0;
}

static int read_array(struct lock_reader *rd, const struct json *object, const char *key,
		      size_t limit, const struct json **ret, size_t *ret_n)
{
	const struct json *array = json_get(object, key);

	if (!json_is_array(array))
		return fail_lock(rd, key, "must be an array");
	if (json_length(array) > limit)
		return fail(rd->e, FAIL_LIMIT, "%s: %zu %s, more than %zu", rd->name,
			    json_length(array), key, limit);
	*ret = array;
	*ret_n = json_length(array);
	return 0;
}

static int read_index(struct lock_reader *rd, const struct json *object, struct lock_index *x)
{
	static const char *const known[] = { "uri",    "suite",	   "codename", "date", "digest",
					     "signer", "security", "world",    "tag",  NULL };
	const char *world = NULL;
	int64_t date;
	int r = check_members(rd, object, known);

	if (r == 0)
		r = read_address(rd, object, "uri", &x->uri);
	if (r == 0)
		r = read_word(rd, object, "suite", &x->suite);
	if (r == 0)
		r = read_optional(rd, object, "codename", &x->codename);
	if (r == 0)
		r = read_optional(rd, object, "world", &world);
	if (r == 0)
		r = read_optional(rd, object, "tag", &x->tag);
	x->alpine = world && strcmp(world, "apk") == 0;
	if (r == 0 && world && !x->alpine)
		return fail_lock(rd, "world", "must be 'apk' where it is given");
	if (r == 0 && (!x->alpine || json_get(object, "date")))
		r = read_word(rd, object, "date", &x->date);
	if (r == 0)
		r = read_digest(rd, object, "digest", &x->digest);
	if (r == 0)
		r = read_optional(rd, object, "signer", &x->signer);
	if (r < 0)
		return r;
	if (x->date && !date_parse_rfc3339(view_of(x->date), &date))
		return fail_lock(rd, "date", "must be a date such as 2026-11-21T09:15:44Z");
	x->security = json_bool(json_get(object, "security"), false);
	return 0;
}

static int read_indexes(struct lock_reader *rd, const struct json *root)
{
	struct lock *l = rd->lock;
	const struct json *array = NULL;
	size_t n = 0;
	int r = read_array(rd, root, "indexes", MAX_INDEXES, &array, &n);

	if (r < 0)
		return r;
	l->indexes = arena_array(rd->a, n, sizeof(*l->indexes));
	for (size_t i = 0; r == 0 && i < n; i++) {
		set_where(rd, "indexes[%zu]", i);
		r = read_index(rd, json_at(array, i), &l->indexes[i]);
	}
	l->n_indexes = n;
	set_where(rd, "%s", "");
	return r;
}

/* A package's URL is its index's URI and a path that stays below it. */
static int check_url(struct lock_reader *rd, const struct lock_package *p)
{
	const char *uri = rd->lock->indexes[p->index].uri;
	size_t len = strlen(uri);
	struct view rest, part;

	if (strncmp(p->url, uri, len) != 0 || (p->url[len] != '/' && uri[len - 1] != '/'))
		return fail_lock(rd, "url", "must begin with the URI of its index and '/'");
	rest = view_of(p->url + len);
	while (view_split(&rest, '/', &part)) {
		if (view_is(part, ".."))
			return fail_lock(rd, "url", "must not have '..'");
	}
	return 0;
}

/* Names become file names of caches and of the image. */
static int check_name(struct lock_reader *rd, const char *key, const char *s)
{
	if (strchr(s, '/') || s[0] == '.')
		return fail_lock(rd, key, "must not have a '/' or begin with '.'");
	return 0;
}

static int read_package(struct lock_reader *rd, const struct json *object, struct lock_package *p)
{
	static const char *const known[] = { "name",  "version",  "arch",      "source",
					     "url",   "size",	  "installed", "digest",
					     "index", "checksum", "asked-by",  NULL };
	uint64_t index = 0;
	int r = check_members(rd, object, known);

	if (r == 0)
		r = read_word(rd, object, "name", &p->name);
	if (r == 0)
		r = check_name(rd, "name", p->name);
	if (r == 0)
		r = read_word(rd, object, "version", &p->version);
	if (r == 0)
		r = read_word(rd, object, "arch", &p->arch);
	if (r == 0)
		r = check_name(rd, "arch", p->arch);
	if (r == 0)
		r = read_word(rd, object, "source", &p->source);
	if (r == 0)
		r = read_address(rd, object, "url", &p->url);
	if (r == 0)
		r = read_number(rd, object, "size", &p->size_bytes);
	if (r == 0)
		r = read_number(rd, object, "installed", &p->installed_bytes);
	if (r == 0)
		r = read_digest(rd, object, "digest", &p->digest);
	if (r == 0)
		r = read_number(rd, object, "index", &index);
	if (r == 0)
		r = read_optional(rd, object, "checksum", &p->checksum);
	if (r == 0)
		r = read_word(rd, object, "asked-by", &p->asked_by);
	if (r < 0)
		return r;
	if (index >= rd->lock->n_indexes)
		return fail_lock(rd, "index", "must be the number of one of the indexes");
	p->index = (uint32_t)index;
	return check_url(rd, p);
}

static int read_packages(struct lock_reader *rd, const struct json *object, size_t number,
			 struct lock_arch *arch)
{
	const struct json *array = NULL;
	size_t n = 0;
	int r = read_array(rd, object, "packages", LOCK_MAX_PACKAGES, &array, &n);

	if (r < 0)
		return r;
	arch->packages = arena_array(rd->a, n, sizeof(*arch->packages));
	for (size_t i = 0; r == 0 && i < n; i++) {
		set_where(rd, "archs[%zu].packages[%zu]", number, i);
		r = read_package(rd, json_at(array, i), &arch->packages[i]);
		if (r == 0 && i && strcmp(arch->packages[i - 1].name, arch->packages[i].name) >= 0)
			r = fail_lock(rd, "name", "packages must be sorted, each name once");
	}
	arch->n_packages = n;
	return r;
}

static int read_arch(struct lock_reader *rd, const struct json *object, size_t number,
		     struct lock_arch *arch)
{
	static const char *const known[] = { "arch", "packages", NULL };
	int r = check_members(rd, object, known);

	if (r == 0)
		r = read_word(rd, object, "arch", &arch->arch);
	if (r < 0)
		return r;
	if (!arch_by_oci(arch->arch))
		return fail_lock(rd, "arch", "must be an architecture such as amd64 or arm/v7");
	return read_packages(rd, object, number, arch);
}

static int read_archs(struct lock_reader *rd, const struct json *root)
{
	struct lock *l = rd->lock;
	const struct json *array = NULL;
	size_t n = 0;
	int r = read_array(rd, root, "archs", MAX_ARCHS, &array, &n);

	if (r < 0)
		return r;
	l->archs = arena_array(rd->a, n, sizeof(*l->archs));
	for (size_t i = 0; r == 0 && i < n; i++) {
		set_where(rd, "archs[%zu]", i);
		r = read_arch(rd, json_at(array, i), i, &l->archs[i]);
		if (r == 0 && i && strcmp(l->archs[i - 1].arch, l->archs[i].arch) >= 0) {
			set_where(rd, "archs[%zu]", i);
			r = fail_lock(rd, "arch", "archs must be sorted, each once");
		}
	}
	l->n_archs = n;
	return r;
}

static int read_base(struct lock_reader *rd, const struct json *root)
{
	static const char *const known[] = { "place", "mediaType", "digest", "size", NULL };
	const struct json *object = json_get(root, "base");
	struct lock_base *b;
	int r;

	if (!object)
		return 0;
	b = arena_new(rd->a, struct lock_base);
	set_where(rd, "base");
	r = check_members(rd, object, known);
	if (r == 0)
		r = read_line(rd, object, "place", &b->place);
	if (r == 0)
		r = read_word(rd, object, "mediaType", &b->media_type);
	if (r == 0)
		r = read_digest(rd, object, "digest", &b->digest);
	if (r == 0)
		r = read_number(rd, object, "size", &b->size_bytes);
	rd->lock->base = b;
	set_where(rd, "%s", "");
	return r;
}

static int read_root(struct lock_reader *rd, const struct json *root)
{
	static const char *const known[] = {
		"version", "recipe", "base", "indexes", "archs", NULL
	};
	uint64_t version = 0;
	int r;

	if (!json_is_object(root))
		return fail(rd->e, FAIL_FORMAT, "%s: a lock is a JSON object", rd->name);
	r = read_number(rd, root, "version", &version);
	if (r < 0)
		return r;
	if (version != LOCK_VERSION)
		return fail(rd->e, FAIL_UNSUPPORTED,
			    "%s: version %llu of the lock's format, only %d is known", rd->name,
			    (unsigned long long)version, LOCK_VERSION);
	r = check_members(rd, root, known);
	if (r == 0)
		r = read_digest(rd, root, "recipe", &rd->lock->recipe);
	if (r == 0)
		r = read_base(rd, root);
	if (r == 0)
		r = read_indexes(rd, root);
	return r < 0 ? r : read_archs(rd, root);
}

int lock_read(struct view json, const char *name, struct lock **ret, struct err *e)
{
	auto_json doc = NULL;
	auto_lock l = NULL;
	struct lock_reader rd = { .name = name, .e = e };
	int r;

	if (json.len > LOCK_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "%s: %zu bytes are more than the 64 MiB that are read",
			    name, json.len);
	r = json_parse(json, name, &doc, e);
	if (r < 0)
		return r;
	l = mem_zalloc(sizeof(*l));
	rd.lock = l;
	rd.a = &l->arena;
	r = read_root(&rd, json_root(doc));
	if (r == 0)
		*ret = steal(l);
	return r;
}
