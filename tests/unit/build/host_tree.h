/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of this machine as a tree, its files read when they are asked for. For tests. */
#pragma once

#include "tree/tree.h"

/* Files and folders that the user may not read are left out. */
struct host_tree {
	struct tree tree;
	struct content_provider provider;
	struct host_files *files;
	size_t n_opened; /* streams that were asked for */
};

/* Any failure ends the test program. */
void host_tree_load(struct host_tree *h, const char *root);
/* Piece by piece instead: an empty tree, and one absolute path of the machine after the other. */
void host_tree_init(struct host_tree *h);
void host_tree_add(struct host_tree *h, const char *path);
void host_tree_done(struct host_tree *h);
