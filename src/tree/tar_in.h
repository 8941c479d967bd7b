/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a tar that somebody else made into a tree. */
#pragma once

#include "io/stream.h"
#include "tree/spool.h"
#include "tree/tree.h"

enum {
	TREE_MAX_TAR_ENTRIES = 1 << 20, /* the largest Debian packages have about 100,000 */
};

struct tar_in {
	const char *name;   /* for messages */
	const char *prefix; /* the folder that the entries go below; NULL is the root */
	const struct origin *origin;
	bool devices; /* else an entry that is one is FAIL_FORMAT */
};

/*
 * Puts all entries of `tar` (uncompressed, not closed) below the prefix, their bytes into `spool`,
 * which must outlive the tree. As with tree_put(), names lead through the links that the tree held
 * before. FAIL_FORMAT for absolute names, '..', names through a link that the same tar brought, and
 * hard links to anything but an earlier entry. After an error the tree holds what came before it.
 */
int tree_read_tar(struct tree *t, struct source *tar, const struct tar_in *in, struct spool *spool,
		  struct err *e);
