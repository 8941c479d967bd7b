/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an image, in order: documents, layers, tree, owners; see image_view.h. */
#include "view/image_view.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "tree/spool.h"
#include "view/cache.h"
#include "view/private.h"
#include "view/tree_index.h"

#include <fcntl.h>
#include <stdlib.h>

static void make_room(struct image_view *v)
{
	struct view_private *own = v->own;

	own->indexes = mem_zalloc((v->n_layers + 1) * sizeof(struct layer_index *));
	own->contents = mem_zalloc((v->n_layers + 1) * sizeof(struct layer_contents));
	own->states = mem_zalloc((v->n_layers + 1) * sizeof(unsigned char *));
	own->origins = mem_zalloc((v->n_layers + 1) * sizeof(struct origin));
	for (size_t i = 0; i < v->n_layers; i++) {
		own->contents[i].provider.ops = &layer_contents_ops;
		own->contents[i].view = v;
		own->contents[i].layer = i;
		pthread_mutex_init(&own->contents[i].lock, NULL);
	}
}

static int open_spool_folder(struct view_private *own, struct err *e)
{
	const char *dir = getenv("TMPDIR");

	dir = dir && *dir ? dir : "/var/tmp";
	own->spool_dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return own->spool_dir_fd < 0 ? fail_sys(e, "open the folder '%s'", dir) : 0;
}

/* The one path out of the image's index. A file that the layer's index keeps is read from there. */
static int open_part(struct image_view *v, struct err *e)
{
	const char *path = v->own->options.only;
	const struct node *n;
	struct sha256 key;
	int fd, rc;

	tree_index_key(v, &key);
	fd = view_cache_open(v, CACHE_TREES, &key, TREE_INDEX_VERSION);
	if (fd < 0)
		return fail(e, FAIL_NOT_FOUND, "no index of the image");
	view_begin_tree(v);
	rc = tree_index_open(fd, &key, &v->own->tree_index, e);
	if (rc == 0)
		rc = tree_index_fill(v->own->tree_index, v, path, e);
	if (rc < 0)
		return rc;
	n = tree_find_from(&v->tree, v->tree.root, path, true);
	if (n && n->inode->type == NODE_FILE && n->inode->origin->kind == ORIGIN_LAYER &&
	    layer_index_is_kept(node_path(n, &v->arena) + 1))
		view_load_index(v, n->inode->origin->layer);
	return 0;
}

static int write_index(void *ctx, int fd, struct err *e)
{
	const struct image_view *v = ctx;
	struct sha256 key;

	tree_index_key(v, &key);
	return tree_index_write(v, &key, fd, e);
}

/* For whoever comes next with one path. */
static void keep_index(struct image_view *v)
{
	struct sha256 key;
	struct err ignored;

	tree_index_key(v, &key);
	(void)view_cache_write(v, CACHE_TREES, &key, TREE_INDEX_VERSION, write_index, v, NULL,
			       &ignored);
}

/* What a part that could not be had leaves behind. */
static void drop_part(struct image_view *v)
{
	tree_index_free(v->own->tree_index);
	v->own->tree_index = NULL;
	free(v->packages);
	v->packages = NULL;
	v->n_packages = 0;
}

static int open_view(struct image_view *v, struct err *e)
{
	const struct view_options *o = &v->own->options;
	const struct pass p = {
		.scanners = o->scanners,
		.n_scanners = o->n_scanners,
		.want = o->want,
		.want_ctx = o->want_ctx,
	};
	int rc = view_pick(v, e);

	if (rc == 0)
		rc = open_spool_folder(v->own, e);
	if (rc < 0)
		return rc;
	make_room(v);
	if (o->only && open_part(v, e) == 0)
		return 0;
	drop_part(v);
	rc = view_read_layers(v, &p, e);
	if (rc == 0)
		rc = view_merge(v, e);
	if (rc == 0)
		rc = view_find_owners(v, e);
	if (rc == 0 && o->only)
		keep_index(v);
	return rc;
}

int image_view_open(const char *name, const struct view_options *o, struct image_view **ret,
		    struct err *e)
{
	struct image_view *v = mem_zalloc(sizeof(*v));
	int rc;

	v->own = mem_zalloc(sizeof(*v->own));
	v->own->options = *o;
	v->own->dir_fd = v->own->spool_dir_fd = -1;
	v->own->workers = o->workers;
	v->own->own_workers = !o->workers;
	v->name = arena_strdup(&v->arena, name);
	rc = open_view(v, e);
	if (rc < 0)
		image_view_free(v);
	else
		*ret = v;
	return rc;
}

void image_view_free(struct image_view *v)
{
	struct view_private *own;

	if (!v)
		return;
	own = v->own;
	tree_done(&v->tree);
	for (size_t i = 0; own->contents && i < v->n_layers; i++) {
		layer_index_free(own->indexes[i]);
		spool_free(own->contents[i].spool);
		free(own->contents[i].spooled.at);
		free(own->contents[i].reads.at);
		kept_reads_free(own->contents[i].kept);
		pthread_mutex_destroy(&own->contents[i].lock);
		free(own->states[i]);
	}
	free(own->indexes);
	free(own->contents);
	free(own->states);
	free(own->origins);
	drop_part(v);
	free(v->complaints.at);
	if (!own->options.source)
		place_source_close(own->source);
	if (own->store)
		store_close(own->store);
	if (own->own_workers)
		workers_free(own->workers);
	fd_cleanup(&own->dir_fd);
	fd_cleanup(&own->spool_dir_fd);
	free(own);
	arena_done(&v->arena);
	free(v);
}

int image_view_fetch(struct image_view *v, view_want *want, void *ctx, struct err *e)
{
	const struct pass p = { .want = want, .want_ctx = ctx, .visible_only = true };

	return view_read_layers(v, &p, e);
}

int image_view_scan(struct image_view *v, const struct view_scanner *scanner, const bool *layers,
		    struct err *e)
{
	const struct pass p = { .scanners = scanner, .n_scanners = 1, .only = layers };

	return view_read_layers(v, &p, e);
}

const struct view_layer *view_layer_of(const struct image_view *v, const struct node *n)
{
	const struct origin *o = n->inode->origin;

	return o->kind == ORIGIN_LAYER ? &v->layers[o->layer] : NULL;
}

const struct view_package *view_package_of(const struct image_view *v, const struct node *n)
{
	return n->mark ? &v->packages[n->mark - 1] : NULL;
}

enum file_kind view_kind_of(const struct image_view *v, const struct node *n)
{
	const struct view_layer *l = view_layer_of(v, n);
	struct layer_entry entry;
	size_t i;

	if (n->inode->type != NODE_FILE || n->inode->content.size == 0)
		return FILE_EMPTY;
	if (!l || !l->index || !layer_index_at(l->index, n->inode->content.offset, &i) ||
	    !layer_index_get(l->index, i, &entry))
		return FILE_OTHER;
	return entry.kind;
}

bool view_is_visible(const struct view_layer *l, size_t entry)
{
	return l->states && (l->states[entry] & VIEW_STATE_VISIBLE);
}

enum layer_change view_change(const struct view_layer *l, size_t entry)
{
	return (enum layer_change)(l->states[entry] >> VIEW_STATE_CHANGE_SHIFT);
}

uint64_t view_compressed_bytes(const struct image_view *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < v->n_layers; i++)
		sum += v->layers[i].compressed_bytes;
	return sum;
}

uint64_t view_content_bytes(const struct image_view *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < v->n_layers; i++)
		sum += v->layers[i].content_bytes;
	return sum;
}

uint64_t view_dead_bytes(const struct image_view *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < v->n_layers; i++)
		sum += v->layers[i].dead_bytes;
	return sum;
}
