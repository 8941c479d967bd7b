/* SPDX-License-Identifier: Apache-2.0 */
/* See url.h. */
#include "net/url.h"

#include "net/header.h"
#include "net/url_part.h"

#include <string.h>
#include <strings.h>

const char *url_part(CURLU *u, CURLUPart what, unsigned flags, struct arena *a)
{
	const char *copy = NULL;
	char *text = NULL;

	if (libcurl.url_get(u, what, &text, flags) == CURLUE_OK)
		copy = arena_strdup(a, text);
	libcurl.free(text);
	return copy;
}

static bool is_web(const char *scheme)
{
	return scheme && (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
}

bool url_split(const char *url, struct arena *a, struct url_parts *ret)
{
	struct url_parts p = { 0 };
	struct err ignored;
	CURLU *u;

	if (libcurl_need(&ignored) < 0)
		return false;
	u = libcurl.url();
	if (libcurl.url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
		p.scheme = url_part(u, CURLUPART_SCHEME, 0, a);
		p.host = url_part(u, CURLUPART_HOST, 0, a);
		p.port = url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, a);
	}
	libcurl.url_cleanup(u);
	if (!p.host || !p.port || !is_web(p.scheme))
		return false;
	*ret = p;
	return true;
}

const char *url_resolve(const char *base, const char *reference, struct arena *a)
{
	const char *whole = NULL;
	struct err ignored;
	CURLU *u;

	if (libcurl_need(&ignored) < 0)
		return NULL;
	u = libcurl.url();
	if (libcurl.url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    libcurl.url_set(u, CURLUPART_URL, reference, 0) == CURLUE_OK &&
	    is_web(url_part(u, CURLUPART_SCHEME, 0, a)))
		whole = url_part(u, CURLUPART_URL, 0, a);
	libcurl.url_cleanup(u);
	return whole;
}

const char *url_follow(const char *base, const char *reference, struct arena *a)
{
	const char *to = url_resolve(base, reference, a);

	return to && (url_is_https(to) || !url_is_https(base)) ? to : NULL;
}

bool url_host_is_loopback(const char *host)
{
	struct view name = view_make(host, strcspn(host, ":"));

	if (host[0] == '[')
		return strncmp(host, "[::1]", 5) == 0;
	return view_is(name, "localhost") || view_ends(name, ".localhost") ||
	       (view_starts(name, "127.") && strspn(name.ptr, "0123456789.") >= name.len);
}

bool url_same_origin(const char *a, const char *b)
{
	auto_arena arena = ARENA_EMPTY;
	struct url_parts x, y;

	return url_split(a, &arena, &x) && url_split(b, &arena, &y) &&
	       strcasecmp(x.scheme, y.scheme) == 0 && strcasecmp(x.host, y.host) == 0 &&
	       strcmp(x.port, y.port) == 0;
}

void url_add_query(struct buf *url, const char *name, struct view value)
{
	buf_printf(url, "%c%s=", memchr(url->data, '?', url->len) ? '&' : '?', name);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c && strchr("-._~", c)) || c == ':' || c == '/')
			buf_add_char(url, (char)c);
		else
			buf_printf(url, "%%%02X", c);
	}
}
