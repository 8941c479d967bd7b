/* SPDX-License-Identifier: Apache-2.0 */
/* Which file a command's first word is, as execvp(3) would find it inside of the container. */
#pragma once

#include "run/plan.h"

/*
 * The absolute path in the container, in `a`: by the PATH of the plan's environment for a word
 * without '/', else from the working folder. What the plan mounts is looked up on this machine.
 * FAIL_NOT_FOUND says where it was looked for; a file that can't be executed is FAIL_FORMAT.
 */
int program_find(const struct plan *p, const struct tree *t, struct arena *a, const char **ret,
		 struct err *e);
