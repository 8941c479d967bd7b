/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a layer's files, by their offset in the tar: as the index keeps them, as a spool
 * has them, or else by reading the layer once more up to there.
 */
#include "view/private.h"

#include "base/array.h"
#include "base/mem.h"
#include "io/basic.h"

#include <stdlib.h>

/* The next `left` bytes of the stream below, then the end. */
struct part {
	struct source s;
	struct source *below;
	uint64_t left;
};

static int part_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct part *p = (struct part *)s;
	int rc = 0;

	*ret_n = 0;
	if (size > p->left)
		size = (size_t)p->left;
	if (size)
		rc = source_read(p->below, to, size, ret_n, e);
	if (rc == 0 && size && *ret_n == 0)
		return fail(e, FAIL_FORMAT, "a layer ends inside of a file");
	p->left -= *ret_n;
	return rc;
}

static void part_close(struct source *s)
{
	source_close(((struct part *)s)->below);
	free(s);
}

static const struct source_ops part_ops = { part_read, part_close };

static struct source *part_new(struct source *below, uint64_t size)
{
	struct part *p = mem_alloc(sizeof(*p));

	source_init(&p->s, &part_ops);
	p->below = below;
	p->left = size;
	return &p->s;
}

static int by_offset(const void *a, const void *b)
{
	const struct kept_at *x = a, *y = b;

	return x->tar_offset < y->tar_offset ? -1 : x->tar_offset > y->tar_offset;
}

void layer_contents_sort(struct layer_contents *c)
{
	if (c->spooled.n)
		qsort(c->spooled.at, c->spooled.n, sizeof(*c->spooled.at), by_offset);
}

void layer_contents_add(struct layer_contents *c, uint64_t tar_offset, const struct content *at)
{
	*array_push(&c->spooled) = (struct kept_at){ tar_offset, *at };
}

/* The last one that begins at or before the offset, if it reaches to there. */
static const struct content *find_spooled(const struct layer_contents *c, uint64_t offset,
					  uint64_t *ret_skip)
{
	size_t low = 0, high = c->spooled.n;
	const struct kept_at *k;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->spooled.at[middle].tar_offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	k = &c->spooled.at[low - 1];
	*ret_skip = offset - k->tar_offset;
	return *ret_skip < k->content.size ? &k->content : NULL;
}

static int open_again(const struct layer_contents *c, uint64_t offset, uint64_t size,
		      struct source **ret, struct err *e)
{
	const struct image_view *v = c->view;
	struct layer_entry entry;
	struct source *tar;
	size_t i;
	int rc;

	if (v->own->dir_fd >= 0) {
		if (!layer_index_at(v->layers[c->layer].index, offset, &i) ||
		    !layer_index_get(v->layers[c->layer].index, i, &entry))
			return fail(e, FAIL_FORMAT, "no file has the byte %llu of a layer",
				    (unsigned long long)offset);
		rc = dir_entries_open_file(v->own->dir_fd, entry.tar.path,
					   offset - entry.tar.offset, &tar, e);
	} else {
		rc = view_open_tar(v, c->layer, &tar, e);
		if (rc == 0)
			rc = source_skip(tar, offset, e);
	}
	if (rc == 0)
		*ret = part_new(tar, size);
	return rc;
}

/* 1: opened from the spool; 0: it isn't there. */
static int open_spooled(const struct layer_contents *c, uint64_t offset, uint64_t size,
			struct source **ret, struct err *e)
{
	uint64_t skip;
	const struct content *at = find_spooled(c, offset, &skip);
	int rc;

	if (!at || size > at->size - skip)
		return 0;
	rc = at->provider->ops->open(at->provider, at->offset + skip, size, ret, e);
	return rc < 0 ? rc : 1;
}

/* The rest is noted as too much, which kept_reads_write() doesn't take. */
static void note_read(struct layer_contents *c, uint64_t offset, uint64_t size)
{
	if (c->view->own->options.keep_reads && c->reads.n <= KEPT_READS_MAX)
		*array_push(&c->reads) = (struct read_range){ offset, size };
}

/* What the cache has isn't all: now the layer is read for what is wanted of it. */
static int stop_being_lazy(struct layer_contents *c, uint64_t offset, struct err *e)
{
	const struct image_view *v = c->view;
	size_t i;

	if (!c->is_lazy || !layer_index_at(v->layers[c->layer].index, offset, &i) ||
	    !view_is_wanted(v, c->layer, i))
		return 0;
	c->is_lazy = false;
	return view_read_wanted(c->view, c->layer, e);
}

/* As open_spooled(), also of what the cache has. */
static int open_wanted(struct layer_contents *c, uint64_t offset, uint64_t size,
		       struct source **ret, struct err *e)
{
	int rc = open_spooled(c, offset, size, ret, e);

	if (rc == 0 && c->kept && kept_reads_get(c->kept, offset, size, ret))
		return 1;
	if (rc == 0) {
		rc = stop_being_lazy(c, offset, e);
		if (rc == 0)
			rc = open_spooled(c, offset, size, ret, e);
	}
	if (rc == 1)
		note_read(c, offset, size);
	return rc;
}

static int contents_open(struct content_provider *p, uint64_t offset, uint64_t size,
			 struct source **ret, struct err *e)
{
	struct layer_contents *c = (struct layer_contents *)p;
	const struct layer_index *x = c->view->layers[c->layer].index;
	struct layer_entry entry;
	struct view kept;
	size_t i;
	int rc;

	if (size == 0) {
		*ret = mem_source_new(view_make("", 0));
		return 0;
	}
	if (x && layer_index_at(x, offset, &i) && layer_index_get(x, i, &entry) &&
	    layer_index_kept(x, offset, &kept) && size <= kept.len - (offset - entry.tar.offset)) {
		*ret = mem_source_new(
			view_make(kept.ptr + (offset - entry.tar.offset), (size_t)size));
		return 0;
	}
	pthread_mutex_lock(&c->lock);
	rc = open_wanted(c, offset, size, ret, e);
	pthread_mutex_unlock(&c->lock);
	if (rc)
		return rc < 0 ? rc : 0;
	return open_again(c, offset, size, ret, e);
}

/* ---- for whoever comes next -------------------------------------------------------------- */

/* Without those that are private; what was there before is kept on. */
static size_t gather(const struct layer_contents *c, view_is_private *is_private, void *ctx,
		     struct read_range **ret)
{
	const struct layer_index *x = c->view->layers[c->layer].index;
	struct read_range *all = NULL;
	size_t n = c->kept ? kept_reads_ranges(c->kept, &all) : 0, to = 0, entry;

	all = mem_resize(all, n + c->reads.n + 1, sizeof(*all));
	if (c->reads.n)
		memcpy(all + n, c->reads.at, c->reads.n * sizeof(*all));
	n += c->reads.n;
	for (size_t i = 0; i < n; i++)
		if (layer_index_at(x, all[i].offset, &entry) && !is_private(ctx, c->layer, entry))
			all[to++] = all[i];
	*ret = all;
	return to;
}

/* Only what the spool has: to read a layer again would cost more than it saves. */
static void keep_reads(struct layer_contents *c, view_is_private *is_private, void *ctx)
{
	struct read_range *all;
	struct err ignored;
	size_t n;

	if (c->reads.n == 0 || c->reads.n > KEPT_READS_MAX || !c->spool)
		return;
	n = gather(c, is_private, ctx, &all);
	(void)kept_reads_write(c->view, c->layer, all, n, &c->provider, &ignored);
	free(all);
}

void image_view_keep_reads(const struct image_view *v, view_is_private *is_private, void *ctx)
{
	for (size_t i = 0; v->own->options.keep_reads && i < v->n_layers; i++)
		keep_reads(&v->own->contents[i], is_private, ctx);
}

const struct content_provider_ops layer_contents_ops = { .open = contents_open };
