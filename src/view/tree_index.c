/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a tree's index where it lies, folder by folder. Every number is checked: see mapped.h.
 */
#include "base/checked.h"
#include "base/mem.h"
#include "view/private.h"
#include "view/tree_index_file.h"

#include <stdlib.h>
#include <string.h>

struct tree_index {
	struct mapped file;
	const struct index_head *head;
	const struct index_node *nodes;
	const struct index_package *packages;
	const char *text;
};

void tree_index_key(const struct image_view *v, struct sha256 *ret)
{
	struct hasher *h = hasher_new(DIGEST_SHA256);

	for (size_t i = 0; i < v->n_layers; i++)
		hasher_update(h, v->layers[i].diff_id.bytes, SHA256_BYTES);
	sha256_final(h, ret);
	hasher_free(h);
}

/* The parts fill the file; there is a root, and the texts end in a NUL. */
static bool is_sound(struct tree_index *x)
{
	const struct index_head *h = (const void *)(x->file.at + sizeof(struct mapped_head));
	uint64_t nodes, packages, all = sizeof(struct mapped_head) + sizeof(*h);

	if (!checked_mul(h->n_nodes, sizeof(struct index_node), &nodes) ||
	    !checked_mul(h->n_packages, sizeof(struct index_package), &packages) ||
	    !checked_add(all, nodes, &all) || !checked_add(all, packages, &all) ||
	    !checked_add(all, h->text_bytes, &all) || all != x->file.bytes || h->n_nodes == 0 ||
	    h->text_bytes == 0 || x->file.at[x->file.bytes - 1] != '\0')
		return false;
	x->head = h;
	x->nodes = (const void *)(h + 1);
	x->packages = (const void *)(x->nodes + h->n_nodes);
	x->text = (const char *)(x->packages + h->n_packages);
	return true;
}

int tree_index_open(int fd, const struct sha256 *key, struct tree_index **ret, struct err *e)
{
	struct tree_index x = { 0 };
	int rc = mapped_open(fd, &TREE_INDEX_KIND, key, sizeof(struct index_head), &x.file, e);

	if (rc < 0)
		return rc;
	if (!is_sound(&x)) {
		mapped_close(&x.file);
		return fail(e, FAIL_FORMAT, "a tree's index with parts that lie outside of it");
	}
	*ret = mem_alloc(sizeof(**ret));
	**ret = x;
	return 0;
}

void tree_index_free(struct tree_index *x)
{
	if (!x)
		return;
	mapped_close(&x->file);
	free(x);
}

/* ---- taking a part ------------------------------------------------------------------------ */

static int fail_index(struct err *e)
{
	return fail(e, FAIL_FORMAT, "a tree's index that makes no sense");
}

/* NULL for one outside. */
static const char *text_at(const struct tree_index *x, uint32_t at)
{
	return at < x->head->text_bytes ? x->text + at : NULL;
}

/* What is in a folder lies behind it, so that no folder is in itself. */
static bool is_folder(const struct tree_index *x, const struct index_node *r)
{
	return r->type == NODE_DIR && r->first > r - x->nodes && r->first <= x->head->n_nodes &&
	       r->n_inside <= x->head->n_nodes - r->first;
}

static const struct index_node *find_inside(const struct tree_index *x,
					    const struct index_node *folder, const char *name)
{
	size_t low = folder->first, high = low + folder->n_inside;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *there = text_at(x, x->nodes[middle].name);
		int order = there ? strcmp(there, name) : 0;

		if (order == 0)
			return there ? &x->nodes[middle] : NULL;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* A node of the tree in the index; NULL when that has another idea of it. */
static const struct index_node *record_of(const struct tree_index *x, const struct node *n)
{
	const struct index_node *folder;

	if (!n->parent)
		return &x->nodes[0];
	folder = record_of(x, n->parent);
	return folder && is_folder(x, folder) ? find_inside(x, folder, n->name) : NULL;
}

static bool make_inode(const struct tree_index *x, struct image_view *v, const struct index_node *r,
		       struct inode *ret)
{
	bool device = r->type == NODE_CHAR || r->type == NODE_BLOCK;

	if (r->type > NODE_FIFO || r->layer > v->n_layers || r->package > x->head->n_packages ||
	    (r->type == NODE_FILE && r->layer == 0))
		return false;
	*ret = (struct inode){
		.type = (enum node_type)r->type,
		.mode = r->mode,
		.uid = r->uid,
		.gid = r->gid,
		.mtime_s = r->mtime_s,
		.target = text_at(x, r->target),
		.dev_major = device ? (uint32_t)(r->size >> 32) : 0,
		.dev_minor = device ? (uint32_t)r->size : 0,
		.origin = r->layer ? &v->own->origins[r->layer - 1] : v->tree.root->inode->origin,
	};
	if (r->type == NODE_FILE) {
		ret->content.provider = &v->own->contents[r->layer - 1].provider;
		ret->content.offset = r->offset;
		ret->content.size = r->size;
		memcpy(ret->content.digest.bytes, r->digest, SHA256_BYTES);
	}
	return ret->target != NULL;
}

static int put(const struct tree_index *x, struct image_view *v, const struct index_node *r,
	       const char *path, struct err *e)
{
	struct inode inode;
	struct node *n;
	int rc;

	if (!make_inode(x, v, r, &inode))
		return fail_index(e);
	rc = tree_put(&v->tree, path, &inode, &n, e);
	if (rc < 0)
		return rc;
	n->inode->n_links = r->n_links;
	n->mark = r->package;
	return 0;
}

/* All that is in a folder, once. */
static int fill_folder(const struct tree_index *x, struct image_view *v, struct node *folder,
		       struct err *e)
{
	const struct index_node *r = record_of(x, folder);
	const char *path = node_path(folder, &v->arena);

	if (folder->children.n)
		return 0;
	if (!r || !is_folder(x, r))
		return fail_index(e);
	for (size_t i = 0; i < r->n_inside; i++) {
		const char *name = text_at(x, x->nodes[r->first + i].name);
		int rc = name && *name && !strchr(name, '/') ? 0 : fail_index(e);

		if (rc == 0)
			rc = put(x, v, &x->nodes[r->first + i],
				 arena_printf(&v->arena, "%s/%s", folder->parent ? path : "", name),
				 e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* From the folder `at` along `path`, as path_lookup() will go. */
static int fill_along(const struct tree_index *x, struct image_view *v, struct node *at,
		      struct view path, unsigned *n_links, struct err *e)
{
	struct view part;
	int rc = 0;

	while (rc == 0 && at && at->inode->type == NODE_DIR && view_split(&path, '/', &part)) {
		const char *name = arena_view(&v->arena, part);
		struct node *next;

		rc = fill_folder(x, v, at, e);
		if (rc < 0 || part.len == 0)
			continue;
		next = tree_find_from(&v->tree, at, name, false);
		if (next && next->inode->type == NODE_SYMLINK && (*n_links)++ < TREE_MAX_LINKS) {
			const char *target = next->inode->target;

			rc = fill_along(x, v, target[0] == '/' ? v->tree.root : at, view_of(target),
					n_links, e);
			next = tree_find_from(&v->tree, at, name, true);
		}
		at = next;
	}
	return rc == 0 && at && at->inode->type == NODE_DIR ? fill_folder(x, v, at, e) : rc;
}

static int fill_packages(const struct tree_index *x, struct image_view *v, struct err *e)
{
	v->packages = mem_zalloc(((size_t)x->head->n_packages + 1) * sizeof(*v->packages));
	v->n_packages = (size_t)x->head->n_packages;
	for (size_t i = 0; i < v->n_packages; i++) {
		struct view_package *p = &v->packages[i];

		p->name = text_at(x, x->packages[i].name);
		p->version = text_at(x, x->packages[i].version);
		p->architecture = text_at(x, x->packages[i].architecture);
		if (!p->name || !p->version || !p->architecture)
			return fail_index(e);
		if (!*p->architecture)
			p->architecture = NULL;
	}
	return 0;
}

int tree_index_fill(const struct tree_index *x, struct image_view *v, const char *path,
		    struct err *e)
{
	unsigned n_links = 0;
	int rc = put(x, v, &x->nodes[0], "/", e);

	if (rc == 0)
		rc = fill_packages(x, v, e);
	return rc == 0 ? fill_along(x, v, v->tree.root, view_of(path), &n_links, e) : rc;
}
