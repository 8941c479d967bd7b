/* SPDX-License-Identifier: Apache-2.0 */
/* Removing folders with all that is in them. */
#pragma once

#include "base/err.h"

/*
 * Removes `name` in `dir_fd`, whatever it is. Links are removed, not followed; folders that their
 * modes close are opened first, if they are ours; depth and names may be anything that a hostile
 * program could make. What isn't there is removed already. Other file systems below it must not
 * be mounted.
 */
int remove_all(int dir_fd, const char *name, struct err *e);
