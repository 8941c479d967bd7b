/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a folder with fts; a file's content is its number, read with pread. */
#include "host_tree.h"

#include "base/array.h"
#include "base/mem.h"
#include "io/basic.h"

#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host_files {
	char **at; /* paths */
	size_t n, cap;
};

static const struct origin test_origin = { .kind = ORIGIN_RULE, .name = "test" };

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "host tree: %s\n", what);
	exit(99);
}

/* Offsets count within 1 TiB per file, which tells files apart. */
enum { FILE_SHIFT = 40 };

static int open_file(struct content_provider *p, uint64_t offset, uint64_t size,
		     struct source **ret, struct err *e)
{
	struct host_tree *h =
		(struct host_tree *)(void *)((char *)p - offsetof(struct host_tree, provider));
	const char *path = h->files->at[offset >> FILE_SHIFT];
	uint64_t at = offset & ((UINT64_C(1) << FILE_SHIFT) - 1);
	struct buf bytes = BUF_EMPTY;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *copy;

	if (fd < 0)
		return fail_sys(e, "open '%s'", path);
	if (pread(fd, buf_grow(&bytes, (size_t)size), (size_t)size, (off_t)at) != (ssize_t)size)
		give_up(path);
	close(fd);
	h->n_opened++;
	copy = arena_strndup(&h->tree.arena, bytes.data, (size_t)size);
	buf_done(&bytes);
	*ret = mem_source_new(view_make(copy, (size_t)size));
	return 0;
}

static const struct content_provider_ops ops = { open_file };

static struct inode inode_of(struct host_tree *h, const FTSENT *f)
{
	struct inode i = inode_dir(f->fts_statp->st_mode & 07777, &test_origin);
	char target[TREE_MAX_PATH];
	ssize_t n;

	switch (f->fts_info) {
	case FTS_SL:
	case FTS_SLNONE:
		n = readlink(f->fts_accpath, target, sizeof(target) - 1);
		if (n < 0)
			give_up(f->fts_path);
		return inode_symlink(arena_strndup(&h->tree.arena, target, (size_t)n),
				     &test_origin);
	case FTS_F:
		*array_push(h->files) = mem_strdup(f->fts_path);
		i.type = NODE_FILE;
		i.content = (struct content){
			.provider = &h->provider,
			.offset = (uint64_t)(h->files->n - 1) << FILE_SHIFT,
			.size = (uint64_t)f->fts_statp->st_size,
		};
		return i;
	default:
		return i;
	}
}

static void load(struct host_tree *h, const char *from, size_t skip)
{
	char *copy = mem_strdup(from);
	char *const paths[] = { copy, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct err e;
	FTSENT *f;

	while (fts && (f = fts_read(fts))) {
		struct inode i;

		if (strlen(f->fts_path) <= skip ||
		    (f->fts_info != FTS_D && f->fts_info != FTS_F && f->fts_info != FTS_SL &&
		     f->fts_info != FTS_SLNONE))
			continue;
		i = inode_of(h, f);
		if (tree_put(&h->tree, f->fts_path + skip, &i, NULL, &e) < 0)
			give_up(e.msg);
	}
	if (!fts)
		give_up(from);
	fts_close(fts);
	free(copy);
}

void host_tree_init(struct host_tree *h)
{
	*h = (struct host_tree){ .provider = { &ops } };
	h->files = mem_zalloc(sizeof(*h->files));
	tree_init(&h->tree, &test_origin);
}

void host_tree_add(struct host_tree *h, const char *path)
{
	load(h, path, 0);
}

void host_tree_load(struct host_tree *h, const char *root)
{
	host_tree_init(h);
	load(h, root, strlen(root));
}

void host_tree_done(struct host_tree *h)
{
	for (size_t i = 0; i < h->files->n; i++)
		free(h->files->at[i]);
	free(h->files->at);
	free(h->files);
	tree_done(&h->tree);
}
