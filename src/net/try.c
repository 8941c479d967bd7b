/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets up a curl request with everything that keeps it safe (protocols, redirects, certificates,
 * no signals), and takes apart what comes back. See try.h.
 */
#include "net/try.h"

#include "base/mem.h"
#include "net/exchange.h"
#include "net/proxy.h"
#include "net/url.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	RECEIVE_BYTES = 256 << 10, /* fewer, larger reads: half of curl's CPU time is per call */
	SEND_BYTES = 512 << 10,
	ANSWER_BYTES = 16 << 10, /* many requests may be under way at once */
};

static struct transfer *begin_line(struct transfer *t)
{
	t->now.heard = true;
	t->idle_since_ms = now_ms();
	return t;
}

/* An answer may follow others to the same request: 100 Continue, a proxy's own. */
static void forget_head(struct transfer *t)
{
	t->now.header_bytes = 0;
	t->now.etag[0] = '\0';
	t->now.has_range = false;
	free(steal(t->location));
}

static void read_header(struct transfer *t, struct view line)
{
	struct attempt *now = &t->now;
	struct view name, value;

	if (view_starts(line, "HTTP/")) {
		forget_head(t);
		return;
	}
	if (!header_split(line, &name, &value))
		return;
	if (header_is(name, "etag") && etag_is_strong(value)) {
		memcpy(now->etag, value.ptr, value.len);
		now->etag[value.len] = '\0';
	} else if (header_is(name, "content-range")) {
		now->has_range = content_range_parse(value, &now->range);
	} else if (header_is(name, "location") && !t->location) {
		t->location = mem_strndup(value.ptr, value.len);
	}
}

static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *t = begin_line(ctx);

	n *= size;
	read_header(t, view_make(bytes, n));
	if (t->ops->head && t->ops->head(t, view_make(bytes, n), &t->err) < 0) {
		t->now.fatal = true;
		return 0;
	}
	t->now.header_bytes += n;
	if (t->now.header_bytes <= HTTP_MAX_HEADER_BYTES)
		return n;
	fail(&t->err, FAIL_LIMIT, "%s '%s': more than %d bytes of headers", t->verb, t->shown,
	     HTTP_MAX_HEADER_BYTES);
	t->now.fatal = true;
	return 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *t = begin_line(ctx);

	n *= size;
	switch (t->now.take(t, bytes, n)) {
	case TRY_GO_ON:
		return n;
	case TRY_PAUSE:
		return CURL_WRITEFUNC_PAUSE;
	case TRY_STOP:
		break;
	}
	return n ? 0 : 1;
}

static size_t on_read(char *to, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	uint64_t left = t->request->stream ? UINT64_MAX : t->request->body.size - t->sent;

	n *= size;
	if (n > left)
		n = (size_t)left;
	if (n && t->ops->send(t, to, &n, &t->err) < 0) {
		t->now.fatal = true;
		return CURL_READFUNC_ABORT;
	}
	t->idle_since_ms = now_ms();
	t->sent += n;
	return n;
}

/* A connection that was kept too long takes the first bytes and dies: they are sent again. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct transfer *t = ctx;

	if (origin != SEEK_SET || offset < 0 || t->request->stream ||
	    (uint64_t)offset > t->request->body.size)
		return CURL_SEEKFUNC_FAIL;
	t->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

/*
 * curl_easy_setopt() that remembers a failure: a protection that can't be set must not be missed.
 * Its last argument can be of any type, but the option's number says of which it must be.
 */
#define is_value(value, type) __builtin_types_compatible_p(__typeof__(value), type)
#define is_pointer(value) (__builtin_classify_type(value) == __builtin_classify_type((char *)0))
#define is_right(option, value)                                         \
	((option) < CURLOPTTYPE_OBJECTPOINT ? is_value(value, long)     \
	 : (option) >= CURLOPTTYPE_OFF_T && (option) < CURLOPTTYPE_BLOB \
		 ? is_value(value, curl_off_t)                          \
		 : is_pointer(value))

struct setter {
	CURL *easy;
	CURLcode failed;
};

#define set(s, option, value)                                                           \
	do {                                                                            \
		CURLcode set_rc_ = libcurl.easy_setopt((s)->easy, (option), (value));   \
                                                                                        \
		_Static_assert(is_right(option, value), #option " takes another type"); \
		if (set_rc_ != CURLE_OK)                                                \
			(s)->failed = set_rc_;                                          \
	} while (0)

bool try_sends_body(const struct transfer *t)
{
	return t->request && strcmp(t->request->method, "GET") != 0 &&
	       strcmp(t->request->method, "HEAD") != 0;
}

static const char *address(const struct transfer *t)
{
	return t->hop ? t->hop : t->url;
}

static void set_trust(struct setter *s, const struct http_trust *trust, bool at_home)
{
	struct curl_blob pem = { NULL, 0, CURL_BLOB_COPY };

	if (trust->insecure) {
		set(s, CURLOPT_SSL_VERIFYPEER, 0L);
		set(s, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (trust->ca_pem) {
		pem.data = (void *)(uintptr_t)trust->ca_pem;
		pem.len = strlen(trust->ca_pem);
		set(s, CURLOPT_CAINFO_BLOB, &pem);
	}
	if (trust->cert_file && at_home)
		set(s, CURLOPT_SSLCERT, trust->cert_file);
	if (trust->key_file && at_home)
		set(s, CURLOPT_SSLKEY, trust->key_file);
}

static void set_safety(struct setter *s, const struct transfer *t)
{
	const char *ca = getenv("SSL_CERT_FILE");
	const char *ca_dir = getenv("SSL_CERT_DIR");
	bool is_file = url_is_file(t->url) && !t->request && !t->hop;

	set(s, CURLOPT_PROTOCOLS_STR, is_file ? "file" : "http,https");
	set(s, CURLOPT_FOLLOWLOCATION, 0L);
	set(s, CURLOPT_SSL_VERIFYPEER, 1L);
	set(s, CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca && *ca)
		set(s, CURLOPT_CAINFO, ca);
	if (ca_dir && *ca_dir)
		set(s, CURLOPT_CAPATH, ca_dir);
	if (t->with && t->with->trust)
		set_trust(s, t->with->trust, !t->strayed);
	set(s, CURLOPT_NOSIGNAL, 1L);
}

static bool is_credential(const char *header)
{
	return strncasecmp(header, "Authorization:", strlen("Authorization:")) == 0;
}

static void set_headers(struct setter *s, struct transfer *t)
{
	char range[32], if_range[HTTP_MAX_ETAG + 32];

	libcurl.slist_free_all(t->headers);
	t->headers = NULL;
	for (size_t i = 0; t->with && i < t->with->n_headers; i++)
		if (!t->strayed || !is_credential(t->with->headers[i]))
			t->headers = libcurl.slist_append(t->headers, t->with->headers[i]);
	if (t->now.asked) {
		snprintf(range, sizeof(range), "%" PRIu64 "-", t->now.asked);
		set(s, CURLOPT_RANGE, range);
		if (t->etag[0]) {
			snprintf(if_range, sizeof(if_range), "If-Range: %s", t->etag);
			t->headers = libcurl.slist_append(t->headers, if_range);
		}
	}
	if (t->http->fresh) {
		t->headers = libcurl.slist_append(t->headers, "Cache-Control: no-cache");
		t->headers = libcurl.slist_append(t->headers, "Pragma: no-cache");
	}
	set(s, CURLOPT_HTTPHEADER, t->headers);
}

static void set_method(struct setter *s, struct transfer *t)
{
	const struct http_request *r = t->request;

	if (strcmp(r->method, "GET") == 0)
		return;
	if (strcmp(r->method, "HEAD") == 0) {
		set(s, CURLOPT_NOBODY, 1L);
		return;
	}
	set(s, CURLOPT_UPLOAD, 1L);
	set(s, CURLOPT_CUSTOMREQUEST, r->method);
	set(s, CURLOPT_INFILESIZE_LARGE, r->stream ? (curl_off_t)-1 : (curl_off_t)r->body.size);
	/* a kept connection may be dead, and these bytes can't be sent a second time */
	set(s, CURLOPT_FRESH_CONNECT, (long)(r->stream != NULL));
	set(s, CURLOPT_READFUNCTION, on_read);
	set(s, CURLOPT_READDATA, (void *)t);
	set(s, CURLOPT_SEEKFUNCTION, on_seek);
	set(s, CURLOPT_SEEKDATA, (void *)t);
	if (r->stream || r->body.size >= SEND_BYTES)
		set(s, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
}

/* Nothing of this is left to curl, which knows fewer variables and asks itself through them. */
static int set_proxy(struct setter *s, struct transfer *t, struct err *e)
{
	const char *ca = getenv("SSL_CERT_FILE");
	struct proxy proxy = { 0 };
	auto_arena a = ARENA_EMPTY;

	free(steal(t->proxy));
	if (!(t->with && t->with->socket) && proxy_find(address(t), &a, &proxy, e) < 0)
		return err_context(e, "%s '%s'", t->verb, t->shown);
	set(s, CURLOPT_NOPROXY, "");
	set(s, CURLOPT_PROXY, proxy.url ? proxy.url : "");
	if (!proxy.url)
		return 0;
	set(s, CURLOPT_PROXYPORT, proxy.port);
	set(s, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	if (ca && *ca)
		set(s, CURLOPT_PROXY_CAINFO, ca);
	t->proxy = mem_strdup(proxy.shown);
	return 0;
}

static void set_request(struct setter *s, struct transfer *t)
{
	set(s, CURLOPT_URL, address(t));
	if (t->with && t->with->socket)
		set(s, CURLOPT_UNIX_SOCKET_PATH, t->with->socket);
	set(s, CURLOPT_USERAGENT, "pare/" PARE_VERSION);
	/* Several bodies share one connection where that is sure to be worth the waiting for it. */
	set(s, CURLOPT_HTTP_VERSION,
	    (long)(t->one_stream ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
	set(s, CURLOPT_PIPEWAIT, (long)(!t->one_stream && url_is_https(address(t))));
	set_headers(s, t);
	if (t->request)
		set_method(s, t);
}

static void set_callbacks(struct setter *s, struct transfer *t)
{
	set(s, CURLOPT_PRIVATE, (void *)t);
	set(s, CURLOPT_HEADERFUNCTION, on_header);
	set(s, CURLOPT_HEADERDATA, (void *)t);
	set(s, CURLOPT_WRITEFUNCTION, on_body);
	set(s, CURLOPT_WRITEDATA, (void *)t);
	set(s, CURLOPT_ERRORBUFFER, t->detail);
	set(s, CURLOPT_BUFFERSIZE,
	    (long)(t->request && !t->request->to ? ANSWER_BYTES : RECEIVE_BYTES));
	set(s, CURLOPT_CONNECTTIMEOUT_MS, (long)t->http->o.connect_timeout_ms);
}

int try_start(struct transfer *t, struct err *e)
{
	struct setter s = { .failed = CURLE_OK };

	if (t->easy)
		libcurl.easy_reset(t->easy);
	else
		t->easy = libcurl.easy_init();
	if (!t->easy)
		return fail(e, FAIL_NET, "%s '%s': curl can't start", t->verb, t->shown);
	s.easy = t->easy;
	t->detail[0] = '\0';
	set_safety(&s, t);
	if (set_proxy(&s, t, e) < 0)
		return -(int)e->code;
	set_request(&s, t);
	set_callbacks(&s, t);
	if (s.failed != CURLE_OK)
		return fail(e, FAIL_NET, "%s '%s': set up curl: %s", t->verb, t->shown,
			    libcurl.easy_strerror(s.failed));
	if (libcurl.multi_add_handle(t->http->multi, t->easy) != CURLM_OK)
		return fail(e, FAIL_NET, "%s '%s': curl takes no more transfers", t->verb,
			    t->shown);
	t->on_wire = true;
	return 0;
}

void try_stop(struct transfer *t)
{
	if (t->on_wire)
		libcurl.multi_remove_handle(t->http->multi, t->easy);
	t->on_wire = false;
}

void try_go_on(struct transfer *t)
{
	if (t->on_wire)
		libcurl.easy_pause(t->easy, CURLPAUSE_CONT);
}

void try_free(struct transfer *t)
{
	try_stop(t);
	if (t->easy) {
		libcurl.easy_cleanup(t->easy);
		libcurl.slist_free_all(t->headers);
	}
	t->easy = NULL;
	t->headers = NULL;
}

long try_status(const struct transfer *t)
{
	long status = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

uint64_t try_content_length(const struct transfer *t)
{
	curl_off_t length = -1;

	libcurl.easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	return length < 0 ? HTTP_SIZE_UNKNOWN : (uint64_t)length;
}

uint64_t try_retry_after_ms(const struct transfer *t)
{
	curl_off_t seconds = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds < 0)
		return 0;
	return seconds > RETRY_MAX_AFTER_MS / 1000 ? RETRY_MAX_AFTER_MS : (uint64_t)seconds * 1000;
}

/* The threaded resolver of curl doesn't say why; the system's answers at once what it just knew. */
bool try_name_is_unknown(const struct transfer *t)
{
	const struct addrinfo wish = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *host = NULL;
	CURLU *url = libcurl.url();
	int why = 0;

	if (url && libcurl.url_set(url, CURLUPART_URL, address(t), 0) == CURLUE_OK &&
	    libcurl.url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		why = getaddrinfo(host, NULL, &wish, &found);
	if (found)
		freeaddrinfo(found);
	libcurl.free(host);
	libcurl.url_cleanup(url);
	return why == EAI_NONAME || why == EAI_NODATA;
}

long try_tunnel_status(const struct transfer *t)
{
	long status = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status;
}

int try_connect_errno(const struct transfer *t)
{
	long sys = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &sys);
	return (int)sys;
}
