/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns, as contents.exclude and others use them. */
#pragma once

#include <stdbool.h>

/*
 * '?' stands for one character, '*' for any run of them, neither for '/'; '**' also for '/'. A
 * "**" between slashes, or before the first, stands for no folder, too. A '[' is an ordinary
 * character, for package paths hold them. Leading slashes of both don't count.
 */
bool glob_match(const char *pattern, const char *path);
