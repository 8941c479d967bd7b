/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server wants before it answers: the challenges of WWW-Authenticate headers (RFC 9110,
 * 11.6.1), of which a registry's client knows Basic and Bearer. Pure.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

enum { CHALLENGE_MAX_PARAMS = 32 }; /* real ones have four */

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
	enum challenge_scheme scheme;
	const char *realm, *service, *scope, *error; /* NULL when absent */
};

/*
 * Looks through one header value, which may hold several challenges, for the best that it knows;
 * Bearer before Basic. `ret` is only changed for a better one than it holds, so that several
 * headers may be looked through. Strings are copied into `a`.
 */
void challenge_parse(struct view value, struct arena *a, struct challenge *ret);
