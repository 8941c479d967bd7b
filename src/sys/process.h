/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program and waiting for it. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct process {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in $PATH */
	struct buf *out;	 /* stdout is added here; NULL: shares ours */
	struct buf *errors;	 /* the same for stderr */
	uint64_t limit;		 /* for each of the two; a child that says more is stopped */
	struct view input;   /* on stdin, at most PIPE_BUF bytes; only when stdout is captured */
	uint32_t timeout_ms; /* what takes longer is killed: FAIL_IO; 0: never */
};

/*
 * Standard input is `input` when stdout is captured, else ours. *ret_status is the exit status, or
 * 128 + the signal that ended it. A program that isn't there is FAIL_NOT_FOUND.
 */
int process_run(const struct process *p, int *ret_status, struct err *e);
