/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of the Engine API that pare needs; see engine.h. */
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "engine/answer.h"
#include "engine/endpoint.h"
#include "engine/report.h"
#include "engine/text.h"
#include "fmt/json.h"
#include "net/exchange.h"
#include "net/header.h"
#include "net/url.h"
#include "sys/fd.h"

enum {
	/* An engine packs a whole image before its first byte, and unpacks one before its last. */
	WORK_TIMEOUT_MS = 10 * 60 * 1000,
	MAX_ANSWER_BYTES = 4 << 20, /* of JSON; an image's has some kB */
	MAX_SAID_BYTES = 300,
};

struct engine {
	struct arena arena;
	struct engine_endpoint at;
	struct http *http;
	struct monitor *monitor;
	bool answered; /* so what it wants of TLS, it was given */
};

char *engine_text(const char *said)
{
	struct view v = view_trim(view_of(said));
	char *text = mem_strndup(v.ptr, v.len < MAX_SAID_BYTES ? v.len : MAX_SAID_BYTES);

	make_printable(text);
	return text;
}

/* ---- reaching it ------------------------------------------------------------------------- */

static int fail_reach(const struct engine_endpoint *at, struct err *e)
{
	int sys = errno;

	fail_sys(e, "no engine answers at '%s'", at->shown);
	e->code = FAIL_NET;
	if (sys == EACCES || sys == EPERM)
		return err_hint(e, "its users are in the group that owns the socket, for Docker "
				   "the group docker; or use a rootless engine: see DOCKER_HOST in "
				   "pare(1)");
	return at->named_by ? err_hint(e, "%s names it: is that right, and does the engine run?",
				       at->named_by)
			    : err_hint(e, "start the engine (docker.io or podman), or set "
					  "DOCKER_HOST");
}

/* By hand, as curl tells nobody why a socket can't be connected to. */
static int try_socket(const struct engine_endpoint *at, struct err *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail_sys(e, "make a socket");
	if (strlen(at->socket) >= sizeof(address.sun_path))
		return fail(e, FAIL_USAGE, "'%s': the path of a socket has at most %zu bytes",
			    at->shown, sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, at->socket);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_reach(at, e);
	return 0;
}

int engine_open(const struct http_options *http, struct engine **ret, struct err *e)
{
	struct engine *g = mem_zalloc(sizeof(*g));
	struct http_options o = { 0 };
	int rc = engine_endpoint_find(&g->arena, &g->at, e);

	if (http)
		o = *http;
	if (!o.stall_timeout_ms)
		o.stall_timeout_ms = WORK_TIMEOUT_MS;
	o.hint = "is the engine still running?";
	g->monitor = o.monitor;
	if (rc == 0 && g->at.socket) {
		o.offline = false; /* a socket of this machine is no network */
		rc = try_socket(&g->at, e);
	}
	g->http = http_new(&o);
	if (rc < 0)
		engine_close(g);
	else
		*ret = g;
	return rc;
}

void engine_close(struct engine *g)
{
	struct arena arena = g->arena;

	http_free(g->http);
	free(g);
	arena_done(&arena);
}

/* ---- asking it --------------------------------------------------------------------------- */

static enum fail_code code_of(long status)
{
	switch (status) {
	case 404:
		return FAIL_NOT_FOUND;
	case 401:
	case 403:
		return FAIL_AUTH;
	case 409:
		return FAIL_CONFLICT;
	default:
		return FAIL_NET;
	}
}

static int fail_answer(const struct engine *g, const struct http_answer *answer, struct err *e)
{
	auto_json doc = NULL;
	auto_free char *said = NULL;
	struct err ignored;
	const char *text = NULL;

	if (json_parse(buf_view(&answer->body), "answer", &doc, &ignored) == 0)
		text = json_str(json_get(json_root(doc), "message"));
	said = engine_text(text ? text : buf_str(&answer->body));
	if (text)
		return fail(e, code_of(answer->status), "the engine says: %s", said);
	fail(e, code_of(answer->status),
	     "'%s' answers with status %ld: is it a container engine?%s%.100s", g->at.shown,
	     answer->status, *said ? "\nit says: " : "", said);
	/* Go's servers, an engine's among them, answer so */
	return answer->status == 400 && strstr(said, "HTTPS server")
		       ? err_hint(e, "set DOCKER_TLS_VERIFY=1 to speak TLS with it")
		       : -(int)e->code;
}

/* What a person can do about an engine that isn't there, or about TLS that isn't wanted so. */
static int hint_first(const struct engine *g, struct err *e)
{
	if (g->answered || g->at.socket)
		return -(int)e->code;
	if (!url_is_https(g->at.base))
		return e->code == FAIL_NET ? err_hint(e, "%s names '%.200s': is that right?",
						      g->at.named_by, g->at.shown)
					   : -(int)e->code;
	if (e->code == FAIL_VERIFY)
		return err_hint(e, "an engine's own authority is ca.pem in DOCKER_CERT_PATH");
	if (e->code == FAIL_NET && !g->at.trust.cert_file)
		return err_hint(e,
				"pare has no certificate for it: that is cert.pem and key.pem in "
				"DOCKER_CERT_PATH");
	return -(int)e->code;
}

/* Fails unless the status is of success. */
static int ask(struct engine *g, struct http_request *q, struct http_answer *ret, struct err *e)
{
	int rc;

	q->with.trust = &g->at.trust;
	q->with.socket = g->at.socket;
	q->limit = MAX_ANSWER_BYTES;
	q->once = true;
	rc = http_exchange(g->http, q, ret, e);
	if (rc < 0)
		return hint_first(g, e);
	g->answered = true;
	return ret->status < 200 || ret->status > 299 ? fail_answer(g, ret, e) : 0;
}

int engine_find(struct engine *g, const char *name, struct arena *a, struct engine_image *ret,
		struct err *e)
{
	struct http_request q = { .method = "GET" };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	int rc;

	q.url = arena_printf(a, "%s/images/%s/json", g->at.base, name);
	rc = ask(g, &q, &answer, e);
	return rc < 0 ? rc : engine_image_read(buf_view(&answer.body), a, ret, e);
}

int engine_tag(struct engine *g, const char *id, const char *name, const char *tag, struct err *e)
{
	struct http_request q = { .method = "POST" };
	auto_answer answer = HTTP_ANSWER_EMPTY;
	auto_buf url = BUF_EMPTY;

	buf_printf(&url, "%s/images/%s/tag", g->at.base, id);
	url_add_query(&url, "repo", view_of(name));
	url_add_query(&url, "tag", view_of(tag));
	q.url = buf_str(&url);
	return ask(g, &q, &answer, e);
}

int engine_load(struct engine *g, struct source *archive, uint32_t task, struct err *e)
{
	static const char *const headers[] = { "Content-Type: application/x-tar" };
	auto_free char *url = mem_printf("%s/images/load", g->at.base);
	struct engine_report report = { .monitor = g->monitor };
	auto_sink to = report_sink_new(&report);
	auto_answer answer = HTTP_ANSWER_EMPTY;
	struct http_request q = {
		.method = "POST",
		.url = url,
		.with = { .headers = headers, .n_headers = 1 },
		.stream = archive,
		.to = to,
		.task = task,
	};
	int rc = ask(g, &q, &answer, e);

	if (rc == 0)
		rc = sink_finish(to, e);
	if (rc == 0 && !report.loaded)
		rc = fail(e, FAIL_NET, "the engine ended without a word of having loaded it");
	return rc;
}

int engine_save(struct engine *g, const char *name, struct sink *to, struct err *e)
{
	auto_free char *url = mem_printf("%s/images/%s/get", g->at.base, name);
	struct http_request q = { .method = "GET", .url = url, .to = to };
	auto_answer answer = HTTP_ANSWER_EMPTY;

	return ask(g, &q, &answer, e);
}
