/* SPDX-License-Identifier: Apache-2.0 */
/* What a tar's entry becomes in a tree, for all that read tars. Internal to tree/. */
#pragma once

#include "fmt/tar.h"
#include "tree/spool.h"
#include "tree/tree.h"

/*
 * The entry's attributes; of a hard link, a file's. `xattrs` has room for TREE_MAX_XATTRS and is
 * borrowed, as all else is. No bytes yet.
 */
struct inode tar_node_inode(const struct tar_entry *t, const struct origin *origin,
			    struct xattr *xattrs);
/* The bytes of the file `t` that `tar` is at. After an error the spool has forgotten them. */
int tar_node_content(struct tar_reader *tar, const struct tar_entry *t, struct spool *spool,
		     const char *name, struct content *ret, struct err *e);
