/* SPDX-License-Identifier: Apache-2.0 */
/* A repository at its endpoint, and the request that all others are made of; see registry.h. */
#include <string.h>

#include "base/mem.h"
#include "fmt/json.h"
#include "registry/private.h"
#include "sys/thread.h"

enum {
	MAX_REFUSALS = 2, /* a token that has run out, then one that doesn't do */
	MAX_WARNINGS = 20,
};

struct registry *registry_new(const struct registry_options *o)
{
	struct registry *r = mem_zalloc(sizeof(*r));

	r->o = *o;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	map_done(&r->warned);
	map_done(&r->schemes);
	map_done(&r->there);
	arena_done(&r->arena);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void registry_stop(struct registry *r)
{
	http_stop(r->o.http);
}

/* ---- the endpoint ------------------------------------------------------------------------ */

/* Whether a registry answers at SCHEME://HOST: 1, 0, or an error that ends the search. */
static int answers(const struct site *s, const char *scheme, struct err *e)
{
	auto_free char *url = mem_printf("%s://%s/v2/", scheme, s->at->host);
	struct http_request q = {
		.method = "GET",
		.url = url,
		.with = { .trust = &s->at->trust },
		.limit = REGISTRY_MAX_ERROR_BYTES,
		.once = true,
	};
	auto_answer answer = HTTP_ANSWER_EMPTY;
	struct view version;
	int rc = http_exchange(s->p->registry->o.http, &q, &answer, e);

	if (rc < 0)
		return rc;
	if (answer.status == 200 || answer.status == 401)
		return 1;
	return http_answer_header(&answer, "docker-distribution-api-version", 0, &version);
}

struct probe {
	const struct site *site;
	const char *scheme;
	int rc;
	struct err err;
};

static void *run_probe(void *arg)
{
	struct probe *p = arg;

	p->rc = answers(p->site, p->scheme, &p->err);
	return NULL;
}

/*
 * The second while the first is asked: on a long line that is half the time. Only of one port: what
 * nobody listens at could keep the other's answer waiting.
 */
static void probe_both(struct probe *likely, struct probe *other)
{
	const char *host = likely->site->at->host, *colon = strrchr(host, ':');
	bool one_port = colon && !strchr(colon, ']');
	pthread_t thread;

	one_port =
		one_port && !likely->site->at->loopback && thread_start(&thread, run_probe, other);
	run_probe(likely);
	if (one_port)
		pthread_join(thread, NULL);
	else if (likely->rc != 1 && likely->rc != -FAIL_INTERRUPTED)
		run_probe(other);
}

/* What it speaks, where it may be both; how much its certificate is worth is seen later. */
static int find_scheme(const struct site *s, const char **ret, struct err *e)
{
	bool near = s->at->loopback;
	struct probe likely = { .site = s, .scheme = near ? "http" : "https" };
	struct probe other = { .site = s, .scheme = near ? "https" : "http" };
	bool is_other;

	probe_both(&likely, &other);
	if (likely.rc == -FAIL_INTERRUPTED || other.rc == -FAIL_INTERRUPTED) {
		*e = likely.rc == -FAIL_INTERRUPTED ? likely.err : other.err;
		return -FAIL_INTERRUPTED;
	}
	is_other = likely.rc != 1 && (other.rc == 1 || other.rc == -FAIL_VERIFY);
	*ret = is_other ? other.scheme : likely.scheme;
	return 0;
}

/* Only where both are allowed is the server asked which one it speaks, and only once. */
static int choose_scheme(struct site *s, struct err *e)
{
	struct registry *r = s->p->registry;
	const struct endpoint *at = s->at;
	const char *scheme = "https";
	int rc = 0;

	if (at->insecure || (at->loopback && r->o.tls == REGISTRY_TLS_RULES)) {
		pthread_mutex_lock(&r->lock);
		scheme = map_get(&r->schemes, view_of(at->host));
		pthread_mutex_unlock(&r->lock);
		if (!scheme)
			rc = find_scheme(s, &scheme, e);
		if (rc < 0)
			return rc;
		pthread_mutex_lock(&r->lock);
		*map_put(&r->schemes, view_of(arena_strdup(&r->arena, at->host))) =
			(void *)(uintptr_t)scheme;
		pthread_mutex_unlock(&r->lock);
	}
	s->base = arena_printf(&s->p->arena, "%s://%s", scheme, at->host);
	return 0;
}

struct site *repository_site(struct repository *p)
{
	struct site *s;

	pthread_mutex_lock(&p->lock);
	s = &p->sites[p->current];
	pthread_mutex_unlock(&p->lock);
	return s;
}

bool repository_leave_site(struct repository *p, const struct site *failed)
{
	struct err why;
	bool moved;

	pthread_mutex_lock(&p->lock);
	while (&p->sites[p->current] == failed && p->current + 1 < p->n_sites) {
		if (choose_scheme(&p->sites[p->current + 1], &why) < 0)
			break;
		p->current++;
	}
	moved = &p->sites[p->current] != failed;
	pthread_mutex_unlock(&p->lock);
	return moved;
}

/* ---- opening ----------------------------------------------------------------------------- */

static int find_sites(struct repository *p, const struct host_options *o, struct err *e)
{
	struct endpoint *endpoints;
	size_t n;
	int rc = hosts_find(&p->ref, o, &p->arena, &endpoints, &n, e);

	if (rc < 0)
		return rc;
	p->sites = arena_array(&p->arena, n, sizeof(*p->sites));
	p->n_sites = n;
	for (size_t i = 0; i < n; i++) {
		p->sites[i].p = p;
		p->sites[i].at = &endpoints[i];
		pthread_mutex_init(&p->sites[i].access.lock, NULL);
	}
	return 0;
}

int repository_open(struct registry *r, const struct reference *ref, enum registry_access want,
		    struct repository **ret, struct err *e)
{
	struct host_options hosts = {
		.cert_dir = r->o.cert_dir,
		.conf_file = r->o.conf_file,
		.insecure = r->o.tls == REGISTRY_TLS_ANY,
		.for_push = want == REGISTRY_PUSH,
	};
	struct repository *p = mem_zalloc(sizeof(*p));
	int rc;

	p->registry = r;
	p->want = want;
	pthread_mutex_init(&p->lock, NULL);
	p->ref = *ref;
	p->ref.host = arena_strdup(&p->arena, ref->host);
	p->ref.name = arena_strdup(&p->arena, ref->name);
	rc = find_sites(p, &hosts, e);
	p->text = arena_printf(&p->arena, "%s%s%s", p->ref.host, *p->ref.name ? "/" : "",
			       p->ref.name);
	if (rc == 0)
		rc = choose_scheme(&p->sites[0], e);
	if (rc < 0)
		repository_close(p);
	else
		*ret = p;
	return rc;
}

static void access_done(struct access *x)
{
	pthread_mutex_destroy(&x->lock);
	free(x->scopes.at);
	arena_done(&x->arena);
	arena_done(&x->long_arena);
}

void repository_close(struct repository *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_sites; i++)
		access_done(&p->sites[i].access);
	pthread_mutex_destroy(&p->lock);
	arena_done(&p->arena);
	free(p);
}

const char *repository_text(const struct repository *p)
{
	return p->text;
}

char *site_url(const struct site *s, const char *rest)
{
	return mem_printf("%s/v2/%s/%s", s->base, s->at->name, rest);
}

struct http_trust site_trust(const struct site *s, const char *url)
{
	struct http_trust trust = s->at->trust;

	if (!url_same_origin(url, s->base))
		trust.cert_file = trust.key_file = NULL;
	return trust;
}

/* ---- answers ----------------------------------------------------------------------------- */

/* Warning: 299 - "text" (distribution-spec, Warnings); once per text. */
static void show_warning(struct registry *r, const char *host, struct view value)
{
	const char *from = memchr(value.ptr, '"', value.len);
	auto_free char *text = NULL;
	struct view key;
	size_t n;

	if (!view_starts(value, "299 ") || !from)
		return;
	from++;
	n = (size_t)(value.ptr + value.len - from);
	text = mem_strndup(from, n && from[n - 1] == '"' ? n - 1 : n);
	make_printable(text);
	pthread_mutex_lock(&r->lock);
	if (!map_find(&r->warned, view_of(text)) && r->warned.n < MAX_WARNINGS) {
		key = view_of(arena_strdup(&r->arena, text));
		map_put(&r->warned, key);
		monitor_warn(r->o.monitor, "%s says: %.300s", host, text);
	}
	pthread_mutex_unlock(&r->lock);
}

static void show_warnings(const struct site *s, const struct http_answer *a)
{
	struct view value;

	for (size_t i = 0; i < MAX_WARNINGS && http_answer_header(a, "warning", i, &value); i++)
		show_warning(s->p->registry, s->at->host, value);
}

static const struct {
	const char *code;
	enum fail_code fail;
} codes[] = {
	{ "BLOB_UNKNOWN", FAIL_NOT_FOUND },
	{ "MANIFEST_UNKNOWN", FAIL_NOT_FOUND },
	{ "NAME_UNKNOWN", FAIL_NOT_FOUND },
	{ "MANIFEST_BLOB_UNKNOWN", FAIL_NOT_FOUND },
	{ "BLOB_UPLOAD_UNKNOWN", FAIL_NET },
	{ "DIGEST_INVALID", FAIL_VERIFY },
	{ "MANIFEST_INVALID", FAIL_FORMAT },
	{ "NAME_INVALID", FAIL_USAGE },
	{ "SIZE_INVALID", FAIL_VERIFY },
	{ "UNAUTHORIZED", FAIL_AUTH },
	{ "DENIED", FAIL_AUTH },
	{ "UNSUPPORTED", FAIL_UNSUPPORTED },
	{ "TOOMANYREQUESTS", FAIL_NET },
};

static enum fail_code code_of_status(long status)
{
	if (status == 404 || status == 410)
		return FAIL_NOT_FOUND;
	if (status == 401 || status == 403)
		return FAIL_AUTH;
	if (status == 405 || status == 501)
		return FAIL_UNSUPPORTED;
	return FAIL_NET;
}

/* The registry's own words, if the body has the form that the specification gives it. */
static const char *said(const struct http_answer *a, struct json_doc **doc, enum fail_code *code)
{
	const struct json *first;
	const char *name, *message;
	struct err ignored;

	if (!a->body.len || json_parse(buf_view(&a->body), "answer", doc, &ignored) < 0)
		return NULL;
	first = json_at(json_get(json_root(*doc), "errors"), 0);
	name = json_str(json_get(first, "code"));
	message = json_str(json_get(first, "message"));
	for (size_t i = 0; name && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, name) == 0)
			*code = codes[i].fail;
	return message && *message ? message : name;
}

int answer_refused(const char *name, const struct http_answer *a, const char *what, struct err *e)
{
	enum fail_code code = code_of_status(a->status);
	auto_json doc = NULL;
	const char *text = said(a, &doc, &code);
	auto_free char *clean = NULL;

	if (!text && a->status >= 300 && a->status < 400)
		text = "it redirects, which a body follows with status 307 or 308 only";
	clean = mem_strndup(text ? text : "", text ? strnlen(text, 200) : 0);

	make_printable(clean);
	if (!what && !*clean)
		what = code == FAIL_NOT_FOUND ? "not there" : "refused";
	return fail(e, code, "%s: %s%s%s (status %ld)", name, what ? what : "",
		    what && *clean ? ": " : "", clean, a->status);
}

int repository_refused(const struct repository *p, const struct http_answer *a, const char *what,
		       struct err *e)
{
	return answer_refused(p->text, a, what, e);
}

/* ---- requests ---------------------------------------------------------------------------- */

enum { MAX_HEADERS = 4 };

struct headers {
	char *at[MAX_HEADERS];
	size_t n;
};

static void headers_done(struct headers *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->at[i]);
}

static void add(struct headers *h, const char *name, const char *value)
{
	if (value)
		h->at[h->n++] = mem_printf("%s: %s", name, value);
}

static int try_once(struct site *s, const struct registry_request *q, struct http_answer *ret,
		    unsigned *ret_generation, struct err *e)
{
	__attribute__((cleanup(headers_done))) struct headers h = { 0 };
	const struct http_trust trust = site_trust(s, q->url);
	struct http_request r = {
		.method = q->method,
		.url = q->url,
		.body = q->body,
		.limit = q->limit ? q->limit : REGISTRY_MAX_ERROR_BYTES,
		.redirects = q->redirects,
		.once = q->once,
		.task = q->task,
	};
	char *line = access_line(s, q->url, ret_generation);

	if (line)
		h.at[h.n++] = line;
	add(&h, "Accept", q->accept);
	add(&h, "Content-Type", q->content_type);
	add(&h, "Content-Range", q->content_range);
	r.with.headers = (const char *const *)h.at;
	r.with.n_headers = h.n;
	r.with.trust = &trust;
	return http_exchange(s->p->registry->o.http, &r, ret, e);
}

/* What else there is for a registry than the certificates of the whole machine. */
static int hint_trust(const struct site *s, const char *url, struct err *e)
{
	if (e->code != FAIL_VERIFY || !url_same_origin(url, s->base))
		return -(int)e->code;
	return err_hint(e,
			"for this registry: --cert-dir, or its CA as ca.crt in "
			"~/.config/containers/certs.d/%s\n--tls-verify=false takes any certificate",
			s->at->host);
}

int site_request(struct site *s, const struct registry_request *q, struct http_answer *ret,
		 struct err *e)
{
	for (int refusals = 0;; refusals++) {
		unsigned generation;
		int rc = try_once(s, q, ret, &generation, e);

		if (rc < 0)
			return hint_trust(s, q->url, e);
		show_warnings(s, ret);
		if (ret->status != 401 || ret->elsewhere || !url_same_origin(q->url, s->base))
			return 0;
		if (refusals == MAX_REFUSALS && access_drop_scopes(s))
			refusals = 0;
		if (refusals == MAX_REFUSALS)
			return access_fail_refused(s, ret, e);
		rc = access_renew(s, ret, generation, e);
		if (rc < 0)
			return rc;
	}
}
