/* SPDX-License-Identifier: Apache-2.0 */
/* Within build/: whose file it is when two of Alpine's packages have it. */
#pragma once

#include "build/build.h"

/*
 * By `replaces` and replaces_priority of the two, else by a common origin: *ret_put says whether
 * `p`, which comes later, puts its file over that of `owner`. FAIL_CONFLICT when nothing decides.
 */
int alpine_settle(const struct build_package *p, const struct build_package *owner,
		  const char *path, bool *ret_put, struct err *e);
