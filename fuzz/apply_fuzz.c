/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies any bytes, cut into two tars, as layers on a tree with links in it. Whatever they hold,
 * the tree stays one: every name legal, every count of links right, and what comes out of it as
 * a tar is a layer that gives the same tree again.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "io/basic.h"
#include "tree/apply.h"
#include "tree/tar_out.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct origin base = { .kind = ORIGIN_RULE, .name = "base" };
static const struct origin layers[] = {
	{ .kind = ORIGIN_LAYER, .name = "1" },
	{ .kind = ORIGIN_LAYER, .name = "2" },
};

/* Else hardly a changed header would get past its checksum. */
static void repair_checksums(char *bytes, size_t size)
{
	for (; size >= 512; size -= 512, bytes += 512) {
		unsigned sum = 0;

		if (memcmp(bytes + 257, "ustar", 5) != 0)
			continue;
		memset(bytes + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += (unsigned char)bytes[i];
		snprintf(bytes + 148, 8, "%06o", sum);
	}
}

static bool select_all(const struct node *n, void *ctx)
{
	(void)n;
	(void)ctx;
	return true;
}

static int count_links(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct map *counts = ctx;
	void **at = map_put(counts, view_make((const char *)&n->inode, sizeof(n->inode)));

	(void)e;
	assert(strlen(path) < TREE_MAX_PATH && strlen(n->name) <= TREE_MAX_NAME);
	assert(!strchr(n->name, '/') && strcmp(n->name, ".") != 0 && strcmp(n->name, "..") != 0);
	assert(n->inode->type == NODE_DIR || n->children.n == 0);
	*at = (void *)((uintptr_t)*at + 1);
	return 0;
}

static int check_links(struct node *n, const char *path, void *ctx, struct err *e)
{
	void *count = map_get(ctx, view_make((const char *)&n->inode, sizeof(n->inode)));

	(void)path;
	(void)e;
	assert((uintptr_t)count == n->inode->n_links);
	return 0;
}

static void check_tree(const struct tree *t)
{
	auto_map counts = MAP_EMPTY;
	struct err e;

	assert(tree_walk(t, count_links, &counts, &e) == 0);
	assert(tree_walk(t, check_links, &counts, &e) == 0);
}

static void apply(struct tree *t, size_t layer, struct view bytes, struct spool *spool)
{
	auto_source s = mem_source_new(bytes);
	struct err e;

	(void)!tree_apply_layer(t, s, "fuzz", &layers[layer], spool, &e);
	check_tree(t);
}

static void write_all(const struct tree *t, struct buf *to)
{
	struct sink *s = buf_sink_new(to, SIZE_MAX);
	struct err e;

	if (tree_write_tar(t, select_all, NULL, s, &e) < 0) {
		/* a folder on the way to what a link leads to may be called anything */
		assert(e.code == FAIL_UNSUPPORTED && strstr(e.msg, WHITEOUT_PREFIX));
		buf_clear(to);
	}
	sink_close(s);
}

static void write_and_apply(const struct tree *t, struct spool *spool)
{
	auto_buf first = BUF_EMPTY;
	auto_buf second = BUF_EMPTY;
	struct tree again;

	write_all(t, &first);
	if (first.len == 0)
		return;
	tree_init(&again, &base);
	apply(&again, 0, buf_view(&first), spool);
	write_all(&again, &second);
	assert(view_eq(buf_view(&first), buf_view(&second)));
	tree_done(&again);
}

static void start_tree(struct tree *t)
{
	struct inode i = inode_symlink("../usr/lib", &base);
	struct err e;

	tree_init(t, &base);
	assert(tree_put(t, "in/lib", &i, NULL, &e) == 0);
	i = inode_dir(0755, &base);
	assert(tree_put(t, "usr/lib", &i, NULL, &e) == 0);
	i = inode_file("root", 4, 0644, &base);
	assert(tree_put(t, "etc/passwd", &i, NULL, &e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut = size ? (size_t)data[size - 1] * 512 : 0;
	auto_buf bytes = BUF_EMPTY;
	struct spool *spool;
	struct tree t;
	struct err e;
	int dir = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	buf_add(&bytes, data, size);
	if (size)
		repair_checksums(bytes.data, size);
	if (cut > size)
		cut = size;
	assert(spool_new(dir, 1 << 20, &spool, &e) == 0);
	close(dir);
	start_tree(&t);
	apply(&t, 0, view_make(buf_str(&bytes), cut), spool);
	apply(&t, 1, view_make(buf_str(&bytes) + cut, size - cut), spool);
	write_and_apply(&t, spool);
	tree_done(&t);
	spool_free(spool);
	return 0;
}
