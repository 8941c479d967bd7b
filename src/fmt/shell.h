/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simple commands of a shell's text (POSIX.1-2017, XCU 2.3 and 2.9), as far as they can be told
 * without running it: what a script may start. Nothing is expanded, and nothing is an error:
 * quotes that don't end go to the end of the text.
 */
#pragma once

#include "base/arena.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

enum { SHELL_MAX_TEXT_BYTES = 1 << 20 }; /* scripts that start a container have a few kB */

/*
 * The words of one command, quotes removed, assignments, redirections and reserved words left out;
 * never 0. NULL: a word that only the shell knows, for something in it is expanded. The arguments
 * of the script itself, "$@", are SHELL_ARGUMENTS, compared by address. False ends the walk.
 */
typedef bool shell_command_fn(void *ctx, const char *const *words, size_t n);
extern const char SHELL_ARGUMENTS[];

/* Commands within $( ) and backquotes are not seen. Words live as long as the arena. */
void shell_commands(struct view text, struct arena *a, shell_command_fn *fn, void *ctx);
