/* SPDX-License-Identifier: Apache-2.0 */
/* config.json, which tells an OCI runtime what to run (OCI runtime-spec config.md). */
#pragma once

#include "base/buf.h"
#include "run/plan.h"

#define SPEC_INIT_PATH "/proc/self/fd/3"

struct spec_options {
	const char *root;  /* the unpacked folder's absolute path */
	bool rootless;	   /* one id is mapped: the caller's */
	uint32_t uid, gid; /* the caller's */
	bool init;	   /* run/init.c is at SPEC_INIT_PATH and starts the program */
	bool tty, read_only, network;
};

/*
 * What Docker allows by default: its capabilities (only root gets them), no new privileges, its
 * masked and read-only paths; system calls as run/seccomp.h has them. No limits and no control
 * group of its own, so that it works where the user has none.
 */
void spec_write(const struct plan *p, const struct spec_options *o, struct arena *a,
		struct buf *to);
