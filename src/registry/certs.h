/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates per host, as containers-certs.d(5) has them. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "net/http.h"

/*
 * Of the first that is there of DIR (when given), ~/.config/containers/certs.d/HOST,
 * /etc/containers/certs.d/HOST and /etc/docker/certs.d/HOST: all *.crt are trusted, and a *.cert
 * with its *.key is shown. Strings live in `a`.
 */
int certs_find(const char *host, const char *dir, struct arena *a, struct http_trust *ret,
	       struct err *e);
