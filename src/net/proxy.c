/* SPDX-License-Identifier: Apache-2.0 */
/* See proxy.h. */
#include "net/proxy.h"

#include "base/array.h"
#include "base/view.h"
#include "net/libcurl.h"
#include "net/url_part.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_ADDRESS_TEXT = 64 };

/* ---- who is exempt ----------------------------------------------------------------------- */

struct address {
	unsigned char bytes[16];
	unsigned n_bits; /* 0: it is none */
};

static struct address address_of(struct view text)
{
	struct address a = { 0 };
	char bare[MAX_ADDRESS_TEXT];

	if (text.len > 1 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = view_make(text.ptr + 1, text.len - 2);
	if (text.len >= sizeof(bare))
		return a;
	memcpy(bare, text.ptr, text.len);
	bare[text.len] = '\0';
	if (inet_pton(AF_INET, bare, a.bytes) == 1)
		a.n_bits = 32;
	else if (inet_pton(AF_INET6, bare, a.bytes) == 1)
		a.n_bits = 128;
	return a;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned n)
{
	unsigned rest = n % 8;

	return memcmp(a, b, n / 8) == 0 &&
	       (!rest || (unsigned)(a[n / 8] ^ b[n / 8]) >> (8 - rest) == 0);
}

/* ADDRESS or ADDRESS/BITS. */
static bool covers_address(struct view item, struct view host)
{
	struct address own = address_of(host), net;
	struct view first;
	uint64_t bits;

	if (!own.n_bits || !view_split(&item, '/', &first))
		return false;
	net = address_of(first);
	bits = net.n_bits;
	if (item.ptr && !view_to_u64(item, &bits))
		return false;
	return net.n_bits == own.n_bits && bits <= own.n_bits &&
	       same_bits(net.bytes, own.bytes, (unsigned)bits);
}

static bool covers_name(struct view item, struct view host)
{
	if (view_starts(item, "*."))
		item = view_make(item.ptr + 1, item.len - 1);
	if (view_starts(item, "."))
		item = view_make(item.ptr + 1, item.len - 1);
	if (!item.len || host.len < item.len ||
	    strncasecmp(host.ptr + host.len - item.len, item.ptr, item.len) != 0)
		return false;
	return host.len == item.len || host.ptr[host.len - item.len - 1] == '.';
}

/* Cuts ":PORT" off; of an IPv6 address only behind its bracket. */
static struct view cut_port(struct view *item)
{
	size_t at = item->len;

	while (at && item->ptr[at - 1] >= '0' && item->ptr[at - 1] <= '9')
		at--;
	if (!at || at == item->len || item->ptr[at - 1] != ':' ||
	    (memchr(item->ptr, ':', at - 1) && (at < 2 || item->ptr[at - 2] != ']')))
		return view_make(NULL, 0);
	struct view port = view_make(item->ptr + at, item->len - at);

	item->len = at - 1;
	return port;
}

bool proxy_is_exempt(const char *list, const char *host, const char *port)
{
	struct view rest = view_of(list), name = view_of(host);

	while (rest.len) {
		struct view item = view_make(rest.ptr, 0), own_port;

		while (item.len < rest.len && !strchr(", \t", rest.ptr[item.len]))
			item.len++;
		rest = view_make(rest.ptr + item.len, rest.len - item.len);
		if (rest.len)
			rest = view_make(rest.ptr + 1, rest.len - 1);
		if (view_is(item, "*"))
			return true;
		own_port = cut_port(&item);
		if (own_port.ptr && !view_is(own_port, port))
			continue;
		if (covers_address(item, name) || covers_name(item, name))
			return true;
	}
	return false;
}

/* ---- which one --------------------------------------------------------------------------- */

static const char *env(const char *value)
{
	return value && *value ? value : NULL;
}

/* What is set, and under which name. */
static const char *find_value(const char *scheme, const char **ret_name)
{
	bool https = strcasecmp(scheme, "https") == 0;
	const struct {
		const char *name, *value;
	} all[] = {
		{ "https_proxy", https ? getenv("https_proxy") : NULL },
		{ "HTTPS_PROXY", https ? getenv("HTTPS_PROXY") : NULL },
		{ "http_proxy", https ? NULL : getenv("http_proxy") },
		/* to a CGI program, that is a header of somebody's request */
		{ "HTTP_PROXY", https || getenv("REQUEST_METHOD") ? NULL : getenv("HTTP_PROXY") },
		{ "all_proxy", getenv("all_proxy") },
		{ "ALL_PROXY", getenv("ALL_PROXY") },
	};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		*ret_name = all[i].name;
		if (env(all[i].value))
			return all[i].value;
	}
	return NULL;
}

static bool is_proxy_scheme(const char *scheme)
{
	static const char *const known[] = { "http",	"https",  "socks4",
					     "socks4a", "socks5", "socks5h" };

	for (size_t i = 0; scheme && i < COUNT_OF(known); i++)
		if (strcasecmp(scheme, known[i]) == 0)
			return true;
	return false;
}

/* curl's own default of 1080 is nobody else's, but for SOCKS. */
static const char *default_port(const char *scheme)
{
	return strcasecmp(scheme, "http") == 0	  ? "80"
	       : strcasecmp(scheme, "https") == 0 ? "443"
						  : "1080";
}

static bool read_proxy(const char *value, struct arena *a, struct proxy *ret)
{
	const char *scheme, *host = NULL, *port;
	CURLU *u = libcurl.url();

	ret->url = strstr(value, "://") ? value : arena_printf(a, "http://%s", value);
	if (libcurl.url_set(u, CURLUPART_URL, ret->url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
		scheme = url_part(u, CURLUPART_SCHEME, 0, a);
		host = is_proxy_scheme(scheme) ? url_part(u, CURLUPART_HOST, 0, a) : NULL;
	}
	if (host) {
		port = url_part(u, CURLUPART_PORT, 0, a);
		port = port ? port : default_port(scheme);
		ret->port = atol(port);
		ret->shown = arena_printf(a, "%s:%s", host, port);
	}
	libcurl.url_cleanup(u);
	return host != NULL;
}

int proxy_find(const char *url, struct arena *a, struct proxy *ret, struct err *e)
{
	const char *none = env(getenv("no_proxy")), *value, *name;
	struct url_parts to;

	*ret = (struct proxy){ 0 };
	if (!none)
		none = env(getenv("NO_PROXY"));
	if (!url_split(url, a, &to) || url_host_is_loopback(to.host))
		return 0;
	value = find_value(to.scheme, &name);
	if (!value || (none && proxy_is_exempt(none, to.host, to.port)))
		return 0;
	if (!read_proxy(value, a, ret))
		/* it may hold a password */
		return fail(e, FAIL_USAGE,
			    "the environment's %s names no proxy: expected http://HOST:PORT", name);
	return 0;
}
