/* SPDX-License-Identifier: Apache-2.0 */
/* Getting a token from the server that a Bearer challenge names (distribution's token.md,
 * oauth.md). */
#pragma once

#include "registry/private.h"

struct token_request {
	const struct site *site; /* that sends us there */
	const struct challenge *challenge;
	const struct credentials *credentials;
	const struct strings *scopes;
};

struct token {
	const char *text;
	int64_t lifetime_s; /* 0: not limited */
};

/* A token server's answer, JSON; `shown` is the server for messages. FAIL_FORMAT without a token.
 */
int token_read(struct view text, const char *shown, struct arena *a, struct token *ret,
	       struct err *e);
int token_fetch(const struct token_request *q, struct arena *a, struct token *ret, struct err *e);
