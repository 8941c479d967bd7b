/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wish to stop: set by cmd/'s signal handler, asked by loops that run long (a transfer, a
 * package, a layer). Who sees it returns FAIL_INTERRUPTED and cleans up on the way, within about
 * a second: after that the process ends without waiting.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* May be called from a signal handler. `signal_number` is SIGINT or SIGTERM. */
void interrupt_request(int signal_number);
/* The signal that asked, or 0. */
int interrupt_signal(void);
/* 0, or FAIL_INTERRUPTED when somebody asked to stop. Costs one memory read. */
int interrupt_check(struct err *e) __attribute__((warn_unused_result));
