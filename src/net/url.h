/* SPDX-License-Identifier: Apache-2.0 */
/* URLs, taken apart and put together (RFC 3986) by curl's own parser, so that both agree. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>

struct url_parts {
	const char *scheme, *host, *port; /* the port also where the URL leaves it out */
};

/* http and https with a host only; false for anything else. */
bool url_split(const char *url, struct arena *a, struct url_parts *ret);
/*
 * `reference` as it is meant in a document at `base`; NULL when that is no http or https: a server
 * must not name a file of its client's.
 */
const char *url_resolve(const char *base, const char *reference, struct arena *a);
/* The same for what is gone to next; also NULL where that would be out of TLS. */
const char *url_follow(const char *base, const char *reference, struct arena *a);
/* HOST, HOST:PORT or [ADDRESS] is one of this machine's own: localhost, 127.…, [::1]. */
bool url_host_is_loopback(const char *host);
/* Scheme, host and port are the same: credentials for one are for the other. */
bool url_same_origin(const char *a, const char *b);
/* Adds "?name=value" or "&name=value", the value escaped. */
void url_add_query(struct buf *url, const char *name, struct view value);
