/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI runtime of this machine: which one, and running a container with it. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "run/folder.h"

#include <stdbool.h>

struct runtime {
	const char *path;
	const char *name; /* its last part */
};

/*
 * The first of runc, crun and youki that is in `path` (as $PATH is written; NULL: $PATH and the
 * folders for system programs, which ordinary users often don't have in theirs) and works with
 * this machine's control groups; or `wanted`, a name or a path. FAIL_UNSUPPORTED names packages.
 */
int runtime_find(const char *wanted, const char *path, struct arena *a, struct runtime *ret,
		 struct err *e);

struct runtime_run {
	const struct runtime *runtime;
	const struct run_folder *folder; /* holds config.json */
	int init_fd;			 /* becomes descriptor 3 of the container; -1: none */
	bool tty, interactive;
};

/*
 * Runs the container to its end. Signals that this process gets meanwhile are passed on, the
 * terminal is as before in the end. *ret_status as run_image() says; FAIL_IO when it never
 * started.
 */
int runtime_run(const struct runtime_run *r, int *ret_status, struct err *e);

/* Ends what runs in a folder and lets the runtime forget it; for a run_folder that is stale. */
void runtime_delete(const struct runtime *r, const char *folder, const char *id);
