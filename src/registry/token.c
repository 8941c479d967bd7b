/* SPDX-License-Identifier: Apache-2.0 */
/* The token server's side of logging in; see token.h. */
#include "registry/token.h"

#include <string.h>

#include "base/base64.h"
#include "fmt/json.h"

enum {
	TOKEN_MAX_REDIRECTS = 3,
	TOKEN_DEFAULT_S = 60, /* token.md */
	TOKEN_MAX_S = 30 * 24 * 3600,
};

#define CLIENT_ID "pare"

static int fail_realm(const char *realm, struct err *e)
{
	auto_free char *shown = url_shown(realm);

	return fail(e, FAIL_AUTH,
		    "the registry sends credentials to '%s', which is not safe: it must be https, "
		    "and no address of a private network",
		    shown);
}

static void add_form(struct buf *to, const char *name, struct view value)
{
	url_add_query(to, name, value);
}

/* The form of an OAuth2 server, which takes an identity token. */
static void write_form(const struct token_request *q, struct buf *to)
{
	auto_buf scopes = BUF_EMPTY;

	buf_add_str(to, "?");
	for (size_t i = 0; i < q->scopes->n; i++)
		buf_printf(&scopes, "%s%s", i ? " " : "", q->scopes->at[i]);
	add_form(to, "grant_type", view_of("refresh_token"));
	add_form(to, "client_id", view_of(CLIENT_ID));
	if (q->challenge->service)
		add_form(to, "service", view_of(q->challenge->service));
	add_form(to, "scope", buf_view(&scopes));
	add_form(to, "refresh_token", view_of(q->credentials->identity_token));
}

static void write_url(const struct token_request *q, const char *realm, struct buf *to)
{
	buf_add_str(to, realm);
	if (q->credentials->identity_token)
		return;
	if (q->challenge->service)
		url_add_query(to, "service", view_of(q->challenge->service));
	for (size_t i = 0; i < q->scopes->n; i++)
		url_add_query(to, "scope", view_of(q->scopes->at[i]));
	if (q->credentials->user)
		url_add_query(to, "account", view_of(q->credentials->user));
}

static int read_form(void *ctx, uint64_t at, void *to, size_t n, struct err *e)
{
	(void)e;
	memcpy(to, (const char *)ctx + at, n);
	return 0;
}

/* One request, with credentials only where the realm itself is. */
static int ask(const struct token_request *q, const char *url, bool first, struct http_answer *ret,
	       struct err *e)
{
	const char *headers[2];
	auto_buf form = BUF_EMPTY, pair = BUF_EMPTY, line = BUF_EMPTY;
	const struct http_trust trust = site_trust(q->site, url);
	struct http_request r = {
		.method = "GET",
		.url = url,
		.with = { .headers = headers },
		.limit = REGISTRY_MAX_TOKEN_BYTES,
	};

	r.with.trust = &trust;
	if (q->credentials->identity_token && first) {
		write_form(q, &form);
		r.method = "POST";
		/* behind "?&", which it was begun with for url_add_query() */
		r.body = (struct http_body){ form.len - 2, read_form, form.data + 2 };
		headers[r.with.n_headers++] = "Content-Type: application/x-www-form-urlencoded";
	} else if (q->credentials->user && first) {
		buf_printf(&pair, "%s:%s", q->credentials->user, q->credentials->secret);
		buf_add_str(&line, "Authorization: Basic ");
		base64_encode(buf_view(&pair), &line);
		headers[r.with.n_headers++] = buf_str(&line);
	}
	return http_exchange(q->site->p->registry->o.http, &r, ret, e);
}

/* Follows redirects by hand: each place is under the same rule, and gets no credentials. */
static int ask_all(const struct token_request *q, struct arena *a, struct http_answer *ret,
		   struct err *e)
{
	auto_buf url = BUF_EMPTY;
	struct view location;
	const char *next;
	int rc;

	write_url(q, q->challenge->realm, &url);
	next = buf_str(&url);
	for (int i = 0; i <= TOKEN_MAX_REDIRECTS; i++) {
		if (!realm_allowed(q->site->base, next, q->site->at->insecure))
			return fail_realm(next, e);
		rc = ask(q, next, url_same_origin(next, q->challenge->realm), ret, e);
		if (rc < 0 || ret->status < 300 || ret->status > 399 ||
		    !http_answer_header(ret, "location", 0, &location))
			return rc;
		next = url_resolve(next, arena_view(a, location), a);
		if (!next)
			return fail(e, FAIL_FORMAT, "the token server redirects to no URL");
	}
	return fail(e, FAIL_NET, "the token server redirects more than %d times",
		    TOKEN_MAX_REDIRECTS);
}

static bool is_token(const char *s)
{
	if (!s || !*s)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s >= 0x7f)
			return false;
	return true;
}

int token_read(struct view text, const char *shown, struct arena *a, struct token *ret,
	       struct err *e)
{
	auto_json doc = NULL;
	const struct json *o;
	const char *token;
	uint64_t lifetime = TOKEN_DEFAULT_S;
	int rc = json_parse(text, shown, &doc, e);

	if (rc < 0)
		return rc;
	o = json_root(doc);
	token = json_str(json_get(o, "token"));
	if (!is_token(token))
		token = json_str(json_get(o, "access_token"));
	if (!is_token(token))
		return fail(e, FAIL_FORMAT, "%s: the answer has no 'token'", shown);
	(void)json_u64(json_get(o, "expires_in"), &lifetime);
	ret->text = arena_strdup(a, token);
	ret->lifetime_s = (int64_t)(lifetime < TOKEN_DEFAULT_S ? TOKEN_DEFAULT_S
				    : lifetime < TOKEN_MAX_S   ? lifetime
							       : TOKEN_MAX_S);
	return 0;
}

static int fail_refused(const struct token_request *q, long status, struct err *e)
{
	const struct credentials *c = q->credentials;

	if (status == 401 || status == 403 || status == 400)
		return fail(e, FAIL_AUTH, "the token server refuses %s%s%s%s (status %ld)%s",
			    c->user ? "'" : "", c->user ? c->user : "who has no credentials",
			    c->user ? "' of " : "",
			    c->user ? (c->from ? c->from : "the command line") : "", status,
			    c->user ? "" : "\nlog in with 'pare login'");
	return fail(e, FAIL_NET, "the token server answers with status %ld", status);
}

int token_fetch(const struct token_request *q, struct arena *a, struct token *ret, struct err *e)
{
	auto_free char *shown = url_shown(q->challenge->realm);
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc = ask_all(q, a, &answer, e);

	if (rc < 0)
		return rc;
	if (answer.status != 200)
		return fail_refused(q, answer.status, e);
	return token_read(buf_view(&answer.body), shown, a, ret, e);
}
