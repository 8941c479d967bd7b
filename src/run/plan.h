/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be run, worked out of the image's config, its tree and the request: everything that
 * config.json needs, and what the tree needs before it is unpacked. Internal to run/.
 */
#pragma once

#include "run/account.h"
#include "run/run.h"

/* The folder as which an image's own volume is mounted writable; see plan_make(). */
struct plan_volume {
	const char *source; /* absolute on this machine, or below the root folder */
	const char *target;
	bool own; /* `source` is a path in the tree */
	bool read_only;
};

struct plan {
	struct strings args; /* never empty; args[0] as the image or the user gave it */
	const char *program; /* what that is in the container: an absolute path */
	struct strings env;
	const char *work_dir;
	struct account account;
	struct plan_volume *volumes;
	size_t n_volumes;
	const char *host_name;
};

/*
 * Makes the plan, and in the tree what it takes: the working folder, mount points, /etc/hosts,
 * /etc/resolv.conf and /etc/hostname. With a read-only root the image's own volumes are writable
 * folders. FAIL_USAGE when there is nothing to run, FAIL_NOT_FOUND for a program that isn't in the
 * image. All else is in `a`; plan_done() is needed in any case.
 */
int plan_make(const struct run_request *rq, const struct image_config *c, struct tree *t,
	      struct arena *a, struct plan *ret, struct err *e);

/* Without '.', '//' and a '/' at the end, which images have in their paths and trees refuse. */
const char *plan_tidy_path(const char *path, struct arena *a);
void plan_done(struct plan *p);

#define auto_plan __attribute__((cleanup(plan_done))) struct plan
