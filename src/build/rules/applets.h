/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Busybox's applets, read out of the program itself, whatever architecture it is for: it keeps
 * their names as one sorted run of NUL-ended strings that begins with "[", "[[".
 */
#pragma once

#include "base/view.h"

/* The table's start, and how many names it has; ptr is NULL when there is none. */
struct view applets_find(struct view program, size_t *ret_n);
