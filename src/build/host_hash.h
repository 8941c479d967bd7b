/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes of the host's files. One build asks for them several times: for the key of its cache, for
 * the tree, and at the end, for whether something changed meanwhile. A memo reads each file once.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "sys/workers.h"

#include <stdbool.h>
#include <sys/stat.h>

struct host_ahead;

/* Zero-initialised but for now_s. For one thread. */
struct host_memo {
	int64_t now_s; /* when the build began */
	struct arena arena;
	struct map files;	  /* by path */
	struct host_ahead *ahead; /* a hash under way, or NULL */
};

void host_memo_done(struct host_memo *m);
/*
 * Begins to hash a file that will be asked for, on one of the threads, which must outlive the memo.
 * Of one file at a time; whatever goes wrong is host_hash()'s to tell.
 */
void host_memo_begin(struct host_memo *m, struct workers *w, const char *path);
/*
 * Files that were written shortly before the build began may be written again without their times
 * telling so, which file systems keep in steps of up to two seconds: they will be read again.
 */
void host_memo_forget_young(struct host_memo *m);

/* FAIL_FORMAT for anything but a regular file. */
int host_open_regular(const char *path, int *ret_fd, struct stat *ret, struct err *e);
/* By inode, size, and times of the last change. */
bool host_same_state(const struct stat *a, const struct stat *b);
/* The error for a file that isn't the same any more. */
int host_changed(const char *path, struct err *e);

/*
 * The digest of a regular file and what it was then. With a memo (NULL: none) the one that is known
 * when the file is still in that state. FAIL_IO when it changes while it is read.
 */
int host_hash(struct host_memo *m, const char *path, struct stat *ret_seen, struct sha256 *ret,
	      struct err *e);
