/* SPDX-License-Identifier: Apache-2.0 */
/* Signal handlers; only async-signal-safe calls below. */
#include "cmd/signals.h"

#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum {
	SIGNALS_GRACE_S = 1,  /* what a person waits before pressing ^C again */
	SIGNALS_STATUS = 128, /* plus the signal's number, as shells say it */
};

static void stop_now(int signal_number)
{
	(void)signal_number;
	_exit(SIGNALS_STATUS + interrupt_signal());
}

static void ask_to_stop(int signal_number)
{
	if (interrupt_signal())
		stop_now(signal_number);
	interrupt_request(signal_number);
	alarm(SIGNALS_GRACE_S);
}

static void handle(int signal_number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	sigaction(signal_number, &action, NULL);
}

void signals_install(void)
{
	struct sigaction old;

	/* A shell starts background jobs with SIGINT ignored; it stays so. */
	if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		handle(SIGINT, ask_to_stop);
	handle(SIGTERM, ask_to_stop);
	handle(SIGALRM, stop_now);
	handle(SIGPIPE, SIG_IGN);
	handle(SIGXFSZ, SIG_IGN); /* a limit on files is an error like a full disk */
}

void signals_die_of_pipe(void)
{
	handle(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}
