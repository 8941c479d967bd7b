/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Debian repository, ready for resolution: its signed Release, and a binary index per component
 * and architecture. Everything in it came through a verified chain, or says that it didn't.
 */
#pragma once

#include "base/arena.h"
#include "pkg/deb/context.h"
#include "pkg/deb/source.h"
#include "pkg/index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deb_repository_index {
	const char *component; /* "" in a flat repository */
	const char *arch;      /* the one asked for, as Debian names it */
	struct index *index;
};

struct deb_repository {
	struct arena arena;
	const char *uri;      /* as in the source; may be symbolic */
	const char *base_url; /* what it stood for */
	const char *suite;    /* as in the source */
	const char *codename; /* as the Release says; the suite if it says none */
	const char *origin;   /* may be NULL */
	int64_t date_s;
	struct sha256 inrelease; /* of the signed file */
	const char *signer;	 /* fingerprint of the primary key; NULL: used unsigned */
	bool security;
	/* In the order of the source's components, for each of the architectures in turn. */
	struct deb_repository_index *indexes;
	size_t n_indexes;
};

/*
 * Opens the repository for architectures as Debian names them; those that the source isn't for are
 * passed over. Errors: FAIL_VERIFY for what is not as signed, not fresh, or not what was asked
 * for; FAIL_NOT_FOUND for a component or architecture that isn't there; FAIL_NET.
 */
int deb_repository_open(struct deb_context *ctx, const struct deb_source *source,
			const char *const *archs, size_t n_archs, struct deb_repository **ret,
			struct err *e);
void deb_repository_close(struct deb_repository *r);
