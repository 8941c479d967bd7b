/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexes of trees: the input as a file in the cache, its checksums made right, so that what comes
 * behind them is reached; paths are taken out of it and looked up.
 */
#include "fuzz.h"

#include "pkg/index_file.h"
#include "sys/fd.h"
#include "view/mapped.h"
#include "view/private.h"
#include "view/tree_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LAYERS = 3 };

static void make_right(char *bytes, size_t size)
{
	struct index_lanes lanes = INDEX_LANES_START;
	struct mapped_head h;

	if (size < sizeof(h))
		return;
	memcpy(&h, bytes, sizeof(h));
	h.file_bytes = size;
	index_lanes_add(&lanes, bytes + sizeof(h), size - sizeof(h));
	h.body = index_lanes_end(&lanes);
	h.check = index_hash(&h, offsetof(struct mapped_head, check));
	memcpy(bytes, &h, sizeof(h));
}

static int see(struct node *n, const char *path, void *ctx, struct err *e)
{
	const struct image_view *v = ctx;

	(void)path;
	(void)e;
	assert(n->mark <= v->n_packages && (!n->inode->target || *n->inode->target));
	if (n->mark)
		assert(strlen(v->packages[n->mark - 1].name) < (1 << 20));
	return 0;
}

static void take(const struct tree_index *x, const char *path)
{
	struct layer_contents contents[LAYERS] = { 0 };
	struct origin origins[LAYERS];
	struct view_layer layers[LAYERS] = { 0 };
	struct view_private own = { .contents = contents, .origins = origins };
	struct image_view v = {
		.name = "x", .is_rootfs = true, .layers = layers, .n_layers = LAYERS, .own = &own
	};
	struct err e;

	view_begin_tree(&v);
	if (tree_index_fill(x, &v, path, &e) == 0) {
		(void)tree_walk(&v.tree, see, &v, &e);
		(void)tree_find_from(&v.tree, v.tree.root, path, true);
	}
	tree_done(&v.tree);
	free(v.packages);
	arena_done(&v.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_fd fd = memfd_create("index", MFD_CLOEXEC);
	char *copy = malloc(size + 1);
	struct tree_index *x;
	struct err e;

	memcpy(copy, data, size);
	make_right(copy, size);
	if (fd >= 0 && write(fd, copy, size) == (ssize_t)size &&
	    tree_index_open(fd_steal(&fd), NULL, &x, &e) == 0) {
		take(x, "/");
		take(x, "/lib/a.so");
		take(x, "/etc/../lib/./b.so/x");
		tree_index_free(x);
	}
	free(copy);
	return 0;
}
