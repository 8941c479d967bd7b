/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as files in a folder. */
#pragma once

#include "tree/tree.h"

struct unpacking {
	bool owners;	    /* real ones, which takes root; else all is the caller's */
	uint64_t n_devices; /* that were left out; the result */
};

/*
 * Makes everything of the tree below the empty folder `dir_fd`, which must be the caller's own
 * and closed to others. Whatever the tree holds, nothing outside is touched: each file is made in
 * its folder's descriptor, and no link is followed. Devices are left out; of extended attributes
 * only 'user.*' are set: the others need privileges, and do nothing where no privilege can be
 * gained.
 */
int unpack_tree(const struct tree *t, int dir_fd, struct unpacking *u, struct err *e);
