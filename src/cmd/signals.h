/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT and SIGTERM ask the engines to stop (base/interrupt.h) and end the process a second
 * later in any case: nothing that was there is lost by that. SIGPIPE is ignored: a write says
 * EPIPE, and the dispatcher then ends as the signal would have.
 */
#pragma once

void signals_install(void);
/* Ends the process as SIGPIPE does. */
void signals_die_of_pipe(void);
