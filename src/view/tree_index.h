/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of a tree: what an image's layers make together, with the layer and the package of each
 * node, in a file that is mapped and not read. In the cache it lies under the digest of the chain
 * of diff_ids, which is all that the tree depends on. Who asks for one path takes the folders on
 * the way to it out of the index, and nothing else. It is a cache: whatever is odd about one makes
 * it unusable. Internal to view/.
 */
#pragma once

#include "view/image_view.h"

enum { TREE_INDEX_VERSION = 1 };

struct tree_index;

void tree_index_key(const struct image_view *v, struct sha256 *ret);

/* Takes `fd`. */
int tree_index_open(int fd, const struct sha256 *key, struct tree_index **ret, struct err *e);
void tree_index_free(struct tree_index *x);
/*
 * Fills the view's empty tree with the folders on the way to `path`, through the links that it
 * passes; if it is a folder, with what is in it; and its packages, of which name, version and
 * architecture are known. Lookups of that path in the tree have the answers that they have in the
 * whole one. FAIL_FORMAT for an index that makes no sense.
 */
int tree_index_fill(const struct tree_index *x, struct image_view *v, const char *path,
		    struct err *e);

/* The index of a whole view, to `fd`. FAIL_LIMIT for more than fits. */
int tree_index_write(const struct image_view *v, const struct sha256 *key, int fd, struct err *e);
