/* SPDX-License-Identifier: Apache-2.0 */
/* A tree, or a selection of its nodes, as the canonical tar of a layer. */
#pragma once

#include "io/stream.h"
#include "tree/tree.h"

/* Whether the node goes into this tar. Asked for every node, folders included. */
typedef bool tree_select(const struct node *n, void *ctx);

/*
 * Writes the selected nodes in the canonical order, each once. The folders above them come first,
 * from the root ("./") on, with the tree's attributes, whether selected or not, so that a layer
 * never depends on what a runtime makes up: podman's overlay makes a root that no layer has 0555.
 * Of several selected names of one inode the first is the file, the others are hard links to it.
 * Ends the archive but doesn't finish `to`.
 */
int tree_write_tar(const struct tree *t, tree_select *select, void *ctx, struct sink *to,
		   struct err *e);
