/* SPDX-License-Identifier: Apache-2.0 */
/* Starting threads; see thread.h. */
#include "sys/thread.h"

#include "base/array.h"

#include <signal.h>

bool thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg)
{
	static const int synchronous[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS
	};
	sigset_t blocked, before;
	int rc;

	sigfillset(&blocked);
	for (size_t i = 0; i < COUNT_OF(synchronous); i++)
		sigdelset(&blocked, synchronous[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, &before); /* inherited by the new thread */
	rc = pthread_create(ret, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0;
}
