/* SPDX-License-Identifier: Apache-2.0 */
/* One of the two variables of the program that change: which signal asked to stop. */
#include "base/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t requested;

void interrupt_request(int signal_number)
{
	requested = signal_number;
}

int interrupt_signal(void)
{
	return requested;
}

int interrupt_check(struct err *e)
{
	if (!requested)
		return 0;
	return fail(e, FAIL_INTERRUPTED, "interrupted");
}
