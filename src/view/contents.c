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

static int contents_open(struct content_provider *p, uint64_t offset, uint64_t size,
			 struct source **ret, struct err *e)
{
	const struct layer_contents *c = (struct layer_contents *)p;
	const struct layer_index *x = c->view->layers[c->layer].index;
	const struct content *spooled;
	struct layer_entry entry;
	struct view kept;
	uint64_t skip;
	size_t i;

	if (size == 0) {
		*ret = mem_source_new(view_make("", 0));
		return 0;
	}
	spooled = find_spooled(c, offset, &skip);
	if (spooled && size <= spooled->size - skip)
		return spooled->provider->ops->open(spooled->provider, spooled->offset + skip, size,
						    ret, e);
	if (x && layer_index_at(x, offset, &i) && layer_index_get(x, i, &entry) &&
	    layer_index_kept(x, offset, &kept) && size <= kept.len - (offset - entry.tar.offset)) {
		*ret = mem_source_new(
			view_make(kept.ptr + (offset - entry.tar.offset), (size_t)size));
		return 0;
	}
	return open_again(c, offset, size, ret, e);
}

const struct content_provider_ops layer_contents_ops = { .open = contents_open };
