/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a tree's index: folder by folder, from the root on, so that siblings lie together. */
#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "view/tree_index_file.h"

#include <stdlib.h>
#include <string.h>

/* The names of 8 million files; offsets of texts have 32 bits. */
#define MAX_TEXT_BYTES (UINT32_C(1) << 30)

struct writer {
	struct {
		struct index_node *at;
		size_t n, cap;
	} records;
	struct {
		const struct node **at; /* of each record */
		size_t n, cap;
	} nodes;
	struct buf text;
};

static uint32_t add_text(struct writer *w, const char *text)
{
	uint32_t at = (uint32_t)w->text.len;

	if (!text || !*text)
		return 0;
	buf_add(&w->text, text, strlen(text) + 1);
	return at;
}

static void add_node(struct writer *w, const struct node *n)
{
	const struct inode *i = n->inode;
	bool device = i->type == NODE_CHAR || i->type == NODE_BLOCK;
	struct index_node r = {
		.offset = i->content.offset,
		.size = device ? (uint64_t)i->dev_major << 32 | i->dev_minor : i->content.size,
		.mtime_s = i->mtime_s,
		.name = add_text(w, n->name),
		.target = add_text(w, i->target),
		.uid = i->uid,
		.gid = i->gid,
		.layer = i->origin->kind == ORIGIN_LAYER ? (uint32_t)i->origin->layer + 1 : 0,
		.package = n->mark,
		.n_links = i->n_links,
		.mode = (uint16_t)i->mode,
		.type = (uint8_t)i->type,
	};

	memcpy(r.digest, i->content.digest.bytes, SHA256_BYTES);
	*array_push(&w->records) = r;
	*array_push(&w->nodes) = n;
}

static void add_inside(struct writer *w, size_t folder)
{
	size_t n;
	auto_free struct node **list = node_children(w->nodes.at[folder], &n);

	w->records.at[folder].first = (uint32_t)w->records.n;
	w->records.at[folder].n_inside = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		add_node(w, list[i]);
}

static struct index_package *add_packages(struct writer *w, const struct image_view *v)
{
	struct index_package *all = mem_zalloc((v->n_packages + 1) * sizeof(*all));

	for (size_t i = 0; i < v->n_packages; i++) {
		const struct view_package *p = &v->packages[i];

		all[i].name = add_text(w, p->name);
		all[i].version = add_text(w, p->version);
		all[i].architecture = add_text(w, p->architecture);
	}
	return all;
}

static int gather(struct writer *w, const struct image_view *v, struct err *e)
{
	buf_add_char(&w->text, '\0'); /* 0 is the empty text */
	add_node(w, v->tree.root);
	for (size_t i = 0; i < w->records.n; i++) {
		if (w->records.at[i].type == NODE_DIR)
			add_inside(w, i);
		if (w->text.len > MAX_TEXT_BYTES || w->records.n > UINT32_MAX)
			return fail(e, FAIL_LIMIT, "more names than an index has room for");
	}
	return 0;
}

int tree_index_write(const struct image_view *v, const struct sha256 *key, int fd, struct err *e)
{
	struct writer w = { 0 };
	auto_free struct index_package *packages = NULL;
	struct index_head h;
	int rc = gather(&w, v, e);

	if (rc == 0) {
		packages = add_packages(&w, v);
		h = (struct index_head){ w.records.n, v->n_packages, w.text.len };
		const struct view pieces[] = {
			view_make((const char *)&h, sizeof(h)),
			view_make((const char *)w.records.at,
				  w.records.n * sizeof(w.records.at[0])),
			view_make((const char *)packages, v->n_packages * sizeof(*packages)),
			buf_view(&w.text),
		};

		rc = mapped_write(fd, &TREE_INDEX_KIND, key, pieces, COUNT_OF(pieces), e);
	}
	free(w.records.at);
	free(w.nodes.at);
	buf_done(&w.text);
	return rc;
}
