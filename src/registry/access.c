/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Authorization that a repository's requests carry: made from a challenge and the user's
 * credentials, kept until it runs out or is refused. One thread renews, the others wait for it.
 */
#include <string.h>

#include "base/array.h"
#include "base/base64.h"
#include "registry/private.h"
#include "registry/token.h"
#include "sys/clock.h"

enum { RENEW_EARLY_MS = 5000 };

static int find_credentials(struct site *s, struct err *e)
{
	const struct registry_options *o = &s->p->registry->o;
	struct strings helpers = { 0 };
	struct credentials_search how = {
		.file = o->auth_file,
		.helpers = &helpers,
		.monitor = o->monitor,
	};
	struct access *x = &s->access;
	int rc;

	if (x->looked)
		return 0;
	rc = hosts_helpers(o->conf_file, &x->long_arena, &helpers, e);
	/* those of who is asked: what stands for a name elsewhere is not for its registry */
	if (rc == 0)
		rc = credentials_find(s->at->host, s->at->name, &how, &x->long_arena,
				      &x->credentials, e);
	x->looked = rc == 0;
	return rc;
}

static const char *basic_line(const struct credentials *c, struct arena *a)
{
	const char *pair = arena_printf(a, "%s:%s", c->user, c->secret);
	auto_buf text = BUF_EMPTY;

	base64_encode(view_of(pair), &text);
	return arena_printf(a, "Authorization: Basic %s", buf_str(&text));
}

/* As people name it. */
static const char *host_name(const struct site *s)
{
	return strcmp(s->at->host, HUB_API_HOST) == 0 ? HUB_HOST : s->at->host;
}

static int fail_nobody(const struct site *s, struct err *e)
{
	return fail(e, FAIL_AUTH, "'%s' wants credentials\nrun 'pare login %s'", host_name(s),
		    host_name(s));
}

int access_fail_refused(struct site *s, const struct http_answer *answer, struct err *e)
{
	const struct credentials *c = &s->access.credentials;
	const char *from;
	bool nobody;

	pthread_mutex_lock(&s->access.lock);
	nobody = !c->user && !c->identity_token;
	from = c->from; /* lives as long as the site */
	pthread_mutex_unlock(&s->access.lock);
	if (nobody)
		return fail_nobody(s, e);
	repository_refused(s->p, answer, "it refuses the credentials", e);
	return from ? err_hint(e, "they are of '%.200s'; 'pare login %s' takes others", from,
			       host_name(s))
		    : -(int)e->code;
}

static const char *own_scope(const struct site *s, struct arena *a)
{
	return arena_printf(a, "repository:%s:%s", s->at->name,
			    s->p->want == REGISTRY_PUSH ? "pull,push" : "pull");
}

/* The repository's own, those for mounting, and what the challenge asks for besides. */
static void list_scopes(const struct site *s, struct arena *a, struct strings *ret)
{
	const char *own = arena_printf(a, "repository:%s:", s->at->name);
	struct view rest = view_of(s->access.challenge.scope), word;

	*array_push(ret) = own_scope(s, a);
	for (size_t i = 0; i < s->access.scopes.n; i++)
		*array_push(ret) = s->access.scopes.at[i];
	while (rest.ptr && view_word(&rest, &word))
		if (!view_starts(word, own))
			*array_push(ret) = arena_view(a, word);
}

static int fetch_token(struct site *s, struct err *e)
{
	struct access *x = &s->access;
	struct strings scopes = { 0 };
	struct token_request q = {
		.site = s,
		.challenge = &x->challenge,
		.credentials = &x->credentials,
	};
	struct token token;
	int rc;

	list_scopes(s, &x->arena, &scopes);
	q.scopes = &scopes;
	rc = token_fetch(&q, &x->arena, &token, e);
	free(scopes.at);
	if (rc < 0)
		return err_context(e, "'%s'", s->p->text);
	x->authorization = arena_printf(&x->arena, "Authorization: Bearer %s", token.text);
	x->expires_ms =
		token.lifetime_s ? (int64_t)clock_monotonic_ms() + token.lifetime_s * 1000 : 0;
	return 0;
}

/* With the lock held. Whether there were any. */
static bool drop_scopes(struct access *x)
{
	bool had = x->scopes.n > 0;

	x->own_only = x->own_only || had;
	x->scopes.n = 0;
	return had;
}

/* Some give nothing to who asks for a neighbour that isn't theirs. */
static int fetch_any_token(struct site *s, struct err *e)
{
	int rc = fetch_token(s, e);

	return rc == -FAIL_AUTH && drop_scopes(&s->access) ? fetch_token(s, e) : rc;
}

/* With the lock held and a challenge known. */
static int renew(struct site *s, struct err *e)
{
	struct access *x = &s->access;
	int rc = find_credentials(s, e);

	x->authorization = NULL;
	x->expires_ms = 0;
	if (rc == 0 && x->challenge.scheme == CHALLENGE_BEARER)
		rc = fetch_any_token(s, e);
	else if (rc == 0 && !x->credentials.user)
		rc = fail_nobody(s, e);
	else if (rc == 0)
		x->authorization = basic_line(&x->credentials, &x->arena);
	x->generation++;
	return rc;
}

static int read_challenge(struct site *s, const struct http_answer *answer, struct err *e)
{
	struct access *x = &s->access;
	struct view value;

	arena_done(&x->arena);
	x->arena = (struct arena)ARENA_EMPTY;
	x->authorization = NULL;
	x->challenge = (struct challenge){ 0 };
	for (size_t i = 0; http_answer_header(answer, "www-authenticate", i, &value); i++)
		challenge_parse(value, &x->arena, &x->challenge);
	if (x->challenge.scheme == CHALLENGE_NONE)
		return fail(e, FAIL_AUTH,
			    "'%s' refuses the request and names no way to log in that pare knows "
			    "(Basic, Bearer)",
			    host_name(s));
	return 0;
}

int access_renew(struct site *s, const struct http_answer *answer, unsigned generation,
		 struct err *e)
{
	struct access *x = &s->access;
	int rc = 0;

	pthread_mutex_lock(&x->lock);
	if (x->generation == generation) {
		if (answer)
			rc = read_challenge(s, answer, e);
		if (rc == 0 && x->challenge.scheme != CHALLENGE_NONE)
			rc = renew(s, e);
	}
	pthread_mutex_unlock(&x->lock);
	return rc;
}

char *access_line(struct site *s, const char *url, unsigned *ret_generation)
{
	struct access *x = &s->access;
	struct err ignored;
	char *line = NULL;

	pthread_mutex_lock(&x->lock);
	if (x->expires_ms && x->authorization &&
	    (int64_t)clock_monotonic_ms() > x->expires_ms - RENEW_EARLY_MS)
		(void)renew(s, &ignored); /* the request will be refused, and say why */
	if (x->authorization && url_same_origin(url, s->base))
		line = mem_strdup(x->authorization);
	*ret_generation = x->generation;
	pthread_mutex_unlock(&x->lock);
	return line;
}

bool access_drop_scopes(struct site *s)
{
	struct access *x = &s->access;
	bool had;

	pthread_mutex_lock(&x->lock);
	had = x->challenge.scheme == CHALLENGE_BEARER && drop_scopes(x);
	pthread_mutex_unlock(&x->lock);
	return had;
}

bool access_add_scope(struct site *s, const char *scope)
{
	struct access *x = &s->access;
	bool known, allowed;

	pthread_mutex_lock(&x->lock);
	allowed = !x->own_only;
	known = !allowed;
	for (size_t i = 0; i < x->scopes.n; i++)
		known = known || strcmp(x->scopes.at[i], scope) == 0;
	if (!known) {
		*array_push(&x->scopes) = arena_strdup(&x->long_arena, scope);
		if (x->challenge.scheme == CHALLENGE_BEARER && x->authorization)
			x->expires_ms = 1; /* the next request has a token that covers it */
	}
	pthread_mutex_unlock(&x->lock);
	return allowed;
}

int repository_check_login(struct repository *p, const char *user, const char *secret,
			   struct err *e)
{
	struct site *s = repository_site(p);
	auto_free char *url = mem_printf("%s/v2/", s->base);
	struct registry_request q = { .method = "GET", .url = url, .redirects = true };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	struct access *x = &s->access;
	int rc;

	if (user) {
		x->credentials = (struct credentials){ .user = user, .secret = secret };
		x->looked = true;
	}
	rc = site_request(s, &q, &answer, e);
	if (rc < 0)
		return rc;
	if (answer.status != 200)
		return repository_refused(p, &answer, "log in", e);
	return 0;
}
