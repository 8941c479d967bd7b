/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaying the layers' indexes into one tree, and counting what of each layer is left. A layer's
 * dead bytes are those of its regular files that no name leads to any more.
 */
#include "view/private.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "tree/apply.h"

struct merge {
	struct image_view *view;
	size_t layer;
	struct layering *layering;
	struct inode ***inodes; /* per layer and entry: what it became, or NULL */
};

static int merge_entry(struct merge *m, size_t i, struct err *e)
{
	struct image_view *v = m->view;
	unsigned char *state = &v->own->states[m->layer][i];
	struct layer_entry entry;
	struct content content;
	struct layered done;
	int rc;

	if (!layer_index_get(v->layers[m->layer].index, i, &entry))
		return fail(e, FAIL_FORMAT, "a damaged index of a layer in the cache");
	rc = layering_mark(m->layering, &entry.tar, &done, e);
	if (rc < 0)
		return rc;
	*state = (unsigned char)(done.change << VIEW_STATE_CHANGE_SHIFT);
	if (rc > 0)
		return 0;
	content = (struct content){
		.provider = &v->own->contents[m->layer].provider,
		.offset = entry.tar.offset,
		.size = entry.tar.size,
		.digest = entry.digest,
	};
	rc = layering_put(m->layering, &entry.tar, &content, &done, e);
	if (rc < 0)
		return rc;
	*state = (unsigned char)(done.change << VIEW_STATE_CHANGE_SHIFT);
	m->inodes[m->layer][i] = done.inode;
	return 0;
}

void view_begin_tree(struct image_view *v)
{
	static const struct origin nobody = { .kind = ORIGIN_RULE, .name = "the root folder" };

	tree_done(&v->tree);
	tree_init(&v->tree, &nobody);
	for (size_t i = 0; i < v->n_layers; i++)
		v->own->origins[i] = (struct origin){
			.kind = ORIGIN_LAYER,
			.name = v->is_rootfs
					? v->name
					: look_digest(&v->layers[i].descriptor->digest, &v->arena),
			.layer = i,
		};
}

static int merge_layer(struct merge *m, struct err *e)
{
	struct image_view *v = m->view;
	size_t n = layer_index_count(v->layers[m->layer].index);
	const struct origin *origin = &v->own->origins[m->layer];
	int rc = 0;

	v->own->states[m->layer] = mem_zalloc(n + 1);
	m->inodes[m->layer] = mem_zalloc((n + 1) * sizeof(struct inode *));
	m->layering =
		layering_new(&v->tree, arena_printf(&v->arena, "layer %s", origin->name), origin);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = merge_entry(m, i, e);
		if (rc == 0)
			rc = interrupt_check(e);
	}
	layering_free(m->layering);
	return rc;
}

static void count_layer(struct merge *m, size_t layer)
{
	struct view_layer *l = &m->view->layers[layer];
	size_t n = layer_index_count(l->index);
	unsigned char *states = m->view->own->states[layer];

	l->states = states;
	l->content_bytes = layer_index_totals(l->index)->content_bytes;
	l->dead_bytes = l->content_bytes;
	for (size_t i = 0; i < n; i++) {
		const struct inode *inode = m->inodes[layer][i];
		struct layer_entry entry;

		if (view_change(l, i) >= LAYER_REMOVES || !layer_index_get(l->index, i, &entry))
			continue;
		l->n_files += entry.tar.type == TAR_FILE || entry.tar.type == TAR_HARDLINK;
		if (inode && inode->n_links > 0) {
			states[i] |= VIEW_STATE_VISIBLE;
			l->dead_bytes -= inode->type == NODE_FILE ? inode->content.size : 0;
			continue;
		}
		l->n_dead_files += entry.tar.type == TAR_FILE;
	}
}

int view_merge(struct image_view *v, struct err *e)
{
	struct merge m = { .view = v };
	int rc = 0;

	m.inodes = mem_zalloc((v->n_layers + 1) * sizeof(*m.inodes));
	view_begin_tree(v);
	for (; m.layer < v->n_layers && rc == 0; m.layer++)
		rc = merge_layer(&m, e);
	for (size_t i = 0; i < v->n_layers && rc == 0; i++)
		count_layer(&m, i);
	for (size_t i = 0; i < v->n_layers; i++)
		free(m.inodes[i]);
	free(m.inodes);
	return rc;
}
