/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proxy the environment wants a server asked through: http_proxy, https_proxy, all_proxy and
 * no_proxy, each also in capitals, the small one first. This machine's own addresses are never
 * asked through one.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>

struct proxy {
	const char *url;   /* with its credentials, for curl; NULL: none */
	const char *shown; /* HOST:PORT */
	long port;
};

/* For an http or https URL; in `a`. FAIL_USAGE names a variable that holds no proxy. */
int proxy_find(const char *url, struct arena *a, struct proxy *ret, struct err *e);
/*
 * Whether no_proxy's list has HOST, which may be in brackets, at that port: '*', names with all
 * that is below them, addresses, networks (ADDRESS/BITS), each with ":PORT" or for every port.
 */
bool proxy_is_exempt(const char *list, const char *host, const char *port);
