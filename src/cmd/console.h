/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees on standard error while pare works: warnings, notes, and on a terminal one
 * line per running task, redrawn in place. Colors by --color, NO_COLOR and TERM.
 */
#pragma once

#include "base/monitor.h"
#include "cmd/verb.h"

#include <stdbool.h>

struct console;

struct console *console_new(const struct globals *g);
/* Erases the progress lines first; NULL is fine. */
void console_free(struct console *c);
/* Borrowed. */
struct monitor *console_monitor(struct console *c);

/* Whether colors may go to the open file `fd`. */
bool console_colors(int fd, const struct globals *g);
/* Columns of the terminal behind `fd`; 0 when there is none. */
unsigned int console_columns(int fd);
