/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks between processes (and between descriptors of one): flock() on a file that is made when
 * missing and never removed. The kernel gives a lock back when its holder dies.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum lock_kind { LOCK_SHARED, LOCK_EXCLUSIVE };

/*
 * Closing *ret_fd gives the lock back. Without `wait`, a lock that another holds is
 * FAIL_CONFLICT; a wish to stop while waiting is FAIL_INTERRUPTED (see base/interrupt.h).
 * A shared lock works in a read-only folder if the file is there.
 */
int lock_acquire(int dir_fd, const char *name, enum lock_kind kind, bool wait, int *ret_fd,
		 struct err *e);
