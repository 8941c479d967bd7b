/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of a try means: whether another one may help, when to start it, and what to tell
 * the person. Pure functions; the waiting is the loop's.
 */
#pragma once

#include "base/err.h"
#include "net/libcurl.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	RETRY_MAX_DELAY_MS = 30000, /* doubling stops here: longer feels like a hang */
	RETRY_MAX_AFTER_MS = 60000, /* what a server's Retry-After may ask of us at most */
	REASON_MAX_TEXT = 200,
};

enum reason_hint { HINT_NONE, HINT_SERVER, HINT_NAME, HINT_TRUST, HINT_PROXY };

/* Why a try ended without the whole body. */
struct reason {
	enum fail_code code;
	bool again; /* another try may help */
	enum reason_hint hint;
	char text[REASON_MAX_TEXT];
};

/* `sys` is errno of a failed connect or 0; `detail` curl's own text, for what we have no words. */
void reason_of_curl(CURLcode rc, int sys, const char *detail, struct reason *ret);
/* Of a server in trouble, or asking for patience: another try may help. */
bool status_may_pass(long status);
/* Of a proxy that makes no tunnel. */
void reason_of_tunnel(long status, struct reason *ret);
/* A status that is not the success that was asked for. */
void reason_of_status(long status, struct reason *ret);
void reason_set(struct reason *r, enum fail_code code, bool again, enum reason_hint hint,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Before try number `failed` + 1: base_ms doubled each time, between half and all of it. */
uint32_t retry_delay_ms(uint32_t base_ms, unsigned failed, uint32_t random);
