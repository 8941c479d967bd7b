/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private folder of one run: made below a common one, locked for as long as its process lives,
 * removed in the end. What a killed process left behind is removed by the next one.
 */
#pragma once

#include "base/err.h"

struct run_folder {
	char *path;	/* absolute */
	const char *id; /* its last part: a name that no other run has */
	int base_fd;
	int fd;
	int lock_fd;
};

#define RUN_FOLDER_NONE                                              \
	{                                                            \
		.path = NULL, .base_fd = -1, .fd = -1, .lock_fd = -1 \
	}

/* Called with a stale folder before it is removed, to end what may still run out of it. */
typedef void run_folder_stale(const char *path, const char *id, void *ctx);

/* `base` is made if need be, closed to others. Removes stale folders first. */
int run_folder_open(const char *base, run_folder_stale *stale, void *ctx, struct run_folder *ret,
		    struct err *e);
/* Removes the folder; what can't be removed is left to the next run, and is the error. */
int run_folder_remove(struct run_folder *f, struct err *e);
/* Closes it; without run_folder_remove() before, it stays, and counts as stale. */
void run_folder_done(struct run_folder *f);

#define auto_run_folder __attribute__((cleanup(run_folder_done))) struct run_folder
