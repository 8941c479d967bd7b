/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/init.c as a program beside the container's root; and what goes without it, on machines that
 * it isn't built for. Internal to run/.
 */
#pragma once

#include "base/embed.h"
#include "base/monitor.h"
#include "run/folder.h"
#include "run/plan.h"

/* Into the run's folder; open for reading only, or it couldn't be run. -1: `init` is NULL. */
int init_program_write(const struct embedded *init, const struct run_folder *f, int *ret_fd,
		       struct err *e);
/* Tells the person what is another than elsewhere when there's no init. */
void init_program_lacks(const struct plan *p, bool rootless, struct monitor *m);
