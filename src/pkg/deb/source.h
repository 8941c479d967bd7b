/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Debian packages come from, in apt's one-line form (sources.list(5)):
 *
 *	deb [signed-by=FILE,… arch=NAME,… check-valid-until=no] URI SUITE COMPONENT…
 *	deb [OPTIONS] URI PATH/
 *
 * URI is http(s)://…, file:///…, or one of the symbolic `debian:` and `debian-security:`, for which
 * pkg/deb/mirror.h knows the mirrors.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	DEB_SOURCE_MAX_BYTES = 4096, /* one line; apt's own limit is of that size */
	DEB_SOURCE_MAX_WORDS = 64,   /* components, files or architectures of one source */
};

#define DEB_URI_DEBIAN "debian:"
#define DEB_URI_SECURITY "debian-security:"

struct deb_source {
	const char *uri;   /* without slashes at the end */
	const char *suite; /* "trixie", or the path below the URI when `exact` */
	bool exact;	   /* a flat repository: no dists/, no components */
	const char *const *components;
	size_t n_components;
	const char *const *archs; /* as Debian names them; none: every one that is asked for */
	size_t n_archs;
	const char *const *signed_by; /* keyring files; none: the default keyring */
	size_t n_signed_by;
	bool check_valid_until;
};

/*
 * Everything lives in the arena. A relative file after signed-by= is below `base_dir`, or an error
 * if that is NULL. FAIL_FORMAT names the word that is wrong; what apt has and pare doesn't is
 * FAIL_UNSUPPORTED.
 */
int deb_source_parse(struct view line, const char *base_dir, struct arena *a,
		     struct deb_source *ret, struct err *e);

/* Is `arch` among those that the source is for? */
bool deb_source_has_arch(const struct deb_source *s, const char *arch);
bool deb_uri_is_symbolic(const char *uri);
/* FAIL_FORMAT unless it is one of the forms above; `what` is for the message. */
int deb_uri_check(const char *uri, const char *what, struct err *e);
