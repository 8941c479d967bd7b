/* SPDX-License-Identifier: Apache-2.0 */
/* What opening a Debian repository needs to know, whichever repository it is. */
#pragma once

#include "base/monitor.h"
#include "crypto/openpgp.h"
#include "net/http.h"
#include "pkg/deb/mirror.h"

#include <stdbool.h>
#include <stdint.h>

struct deb_context {
	struct http *http; /* not used when offline */
	int cache_fd;	   /* folder that holds releases/ and indexes/; they are made */
	struct monitor *monitor;
	int64_t now_s;
	struct deb_mirrors mirrors;
	const char *const *keyrings; /* the recipe's files; none: the defaults */
	size_t n_keyrings;
	const char *root;    /* of the host whose Debian keyring is the default; may be NULL */
	int64_t snapshot_s;  /* symbolic URIs stand for this moment of snapshot.debian.org; or 0 */
	bool offline;	     /* only what the cache holds */
	bool allow_unsigned; /* what can't be verified is used, with a warning */

	/* Loaded on first use; see deb_context_done. */
	struct openpgp_keyring *default_keys;
};

/* Frees what was loaded; the rest is the caller's. */
void deb_context_done(struct deb_context *ctx);
