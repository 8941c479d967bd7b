/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting an image: its layers are replayed into a tree, the tree becomes a private folder, and
 * the OCI runtime of the machine runs what the config says in it. Nothing outlives the run.
 */
#pragma once

#include "base/arena.h"
#include "base/monitor.h"
#include "oci/image.h"
#include "place/source.h"

#include <stdbool.h>

/* What an image may unpack to; a run needs twice that on the disk for a moment. */
#define RUN_MAX_BYTES (UINT64_C(64) << 30)

struct run_volume {
	const char *source; /* absolute, without links */
	const char *target; /* absolute */
	bool read_only;
};

struct run_request {
	const char *name;	/* the image's, for the host name */
	const char *folder;	/* private folders are made below this one; absolute */
	struct strings args;	/* in place of the image's Cmd, when there are any */
	const char *entrypoint; /* in place of the image's Entrypoint and Cmd; NULL: as they are */
	struct strings env;	/* NAME=value, over the image's */
	const char *user;	/* USER[:GROUP], names or numbers; NULL: the image's */
	const char *work_dir;
	const struct run_volume *volumes;
	size_t n_volumes;
	bool read_only;
	bool tty;
	bool interactive;    /* else standard input is empty */
	bool network;	     /* the machine's; else only a loopback of its own */
	const char *runtime; /* its name or path; NULL: the best that there is */
};

/*
 * `root` is a manifest, or an index of which the manifest for this machine is taken. *ret_status
 * is the program's exit status, or 128 + the signal that ended it. FAIL_UNSUPPORTED: the image is
 * for another platform, or this machine has no runtime, or none that works here.
 */
int run_image(const struct run_request *rq, struct place_source *from,
	      const struct descriptor *root, struct monitor *m, int *ret_status, struct err *e);
