/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacks any bytes, taken as a tar, below a folder of a tree with links in it. No file may end up
 * outside of where its name or the tree's own links say; what comes out is a tar that goes in again
 * and gives the same tree.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "io/basic.h"
#include "tree/tar_in.h"
#include "tree/tar_out.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct origin own = { .kind = ORIGIN_RULE, .name = "own" };
static const struct origin foreign = { .kind = ORIGIN_LAYER, .name = "foreign" };

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

static int check_node(struct node *n, const char *path, void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	assert(strlen(path) < TREE_MAX_PATH && strlen(n->name) <= TREE_MAX_NAME);
	assert(!strchr(n->name, '/') && strcmp(n->name, ".") != 0 && strcmp(n->name, "..") != 0);
	assert(n->inode->type == NODE_DIR || n->children.n == 0);
	assert(n->inode->n_links > 0);
	if (n->inode->origin == &foreign)
		assert(strncmp(path, "in", 2) == 0 || strncmp(path, "usr/lib", 7) == 0);
	return 0;
}

static void start_tree(struct tree *t)
{
	struct inode link = inode_symlink("../usr/lib", &own);
	struct err e;

	tree_init(t, &own);
	assert(tree_put(t, "in/lib", &link, NULL, &e) == 0);
	link = inode_dir(0755, &own);
	assert(tree_put(t, "usr/lib", &link, NULL, &e) == 0);
	link = inode_file("root", 4, 0644, &own);
	assert(tree_put(t, "etc/passwd", &link, NULL, &e) == 0);
}

static void write_all(const struct tree *t, struct buf *to)
{
	struct sink *s = buf_sink_new(to, SIZE_MAX);
	struct err e;

	assert(tree_write_tar(t, select_all, NULL, s, &e) == 0);
	sink_close(s);
}

static void write_and_read(const struct tree *t, struct spool *spool)
{
	struct tar_in in = { .name = "again", .origin = &own, .devices = true };
	auto_buf first = BUF_EMPTY;
	auto_buf second = BUF_EMPTY;
	struct tree again;
	struct source *s;
	struct err e;

	write_all(t, &first);
	tree_init(&again, &own);
	s = mem_source_new(buf_view(&first));
	assert(tree_read_tar(&again, s, &in, spool, &e) == 0);
	source_close(s);
	write_all(&again, &second);
	assert(view_eq(buf_view(&first), buf_view(&second)));
	tree_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tar_in in = { .name = "fuzz", .prefix = "in", .origin = &foreign };
	auto_buf bytes = BUF_EMPTY;
	struct spool *spool;
	struct tree t;
	struct source *s;
	struct err e;
	int dir = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	in.devices = size % 2;
	buf_add(&bytes, data, size);
	if (size)
		repair_checksums(bytes.data, size);
	assert(spool_new(dir, 1 << 20, &spool, &e) == 0);
	close(dir);
	start_tree(&t);
	s = mem_source_new(buf_view(&bytes));
	(void)!tree_read_tar(&t, s, &in, spool, &e);
	source_close(s);
	assert(tree_walk(&t, check_node, NULL, &e) == 0);
	write_and_read(&t, spool);
	tree_done(&t);
	spool_free(spool);
	return 0;
}
