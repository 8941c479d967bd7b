/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a registry really is and how it is trusted: mirrors, rewritten and blocked prefixes
 * (containers-registries.conf(5)), certificates (containers-certs.d(5)).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "net/http.h"
#include "oci/image.h"
#include "registry/reference.h"

struct endpoint {
	const char *host; /* HOST[:PORT] to connect to */
	const char *name; /* the repository's name there */
	bool insecure;	  /* any certificate, or plain HTTP */
	bool loopback;
	struct http_trust trust;
};

struct host_options {
	const char *cert_dir, *conf_file; /* NULL: the usual ones */
	bool insecure;			  /* asked for by the user */
	bool for_push;			  /* mirrors are not written to */
};

/*
 * At least one, mirrors first; in `a`. A blocked registry is FAIL_AUTH. A name that is an alias is
 * replaced by what it stands for.
 */
int hosts_find(struct reference *ref, const struct host_options *o, struct arena *a,
	       struct endpoint **ret, size_t *ret_n, struct err *e);
/* Where registries.conf wants credentials looked for, for credentials.h; in `a`. */
int hosts_helpers(const char *conf_file, struct arena *a, struct strings *ret, struct err *e);
