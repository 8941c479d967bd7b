/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are stored and not seen, and bytes that are seen twice. */
#include "audit/private.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Of one layer: less is a configuration file that was written twice. */
	MIN_DEAD_BYTES = 64 << 10,
	/* Of an image, and of one content: less costs nobody anything. */
	MIN_DUPLICATE_BYTES = 100 << 10,
	MIN_DUPLICATE_FILE_BYTES = 1 << 10,
	DEAD_SAMPLES = 3,
	DUPLICATE_SAMPLES = 3,
};

static const char *plain(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

/* ---- dead bytes ---- */

enum fate { FATE_DELETED, FATE_OVERWRITTEN, FATE_COPIED, FATES };

struct dead_file {
	const char *path;
	uint64_t bytes;
};

struct dead_layer {
	uint64_t bytes[FATES];
	size_t n[FATES];
	struct dead_file largest[DEAD_SAMPLES];
};

static enum fate fate_of(const struct auditing *x, const struct layer_entry *entry)
{
	struct node *n = tree_find(x->tree, plain(entry->tar.path), false);

	if (!n || n->inode->type != NODE_FILE)
		return FATE_DELETED;
	return sha256_eq(&n->inode->content.digest, &entry->digest) ? FATE_COPIED
								    : FATE_OVERWRITTEN;
}

static void keep_largest(struct auditing *x, struct dead_layer *d, const struct layer_entry *entry)
{
	struct dead_file new = { .bytes = entry->tar.size };

	if (entry->tar.size <= d->largest[DEAD_SAMPLES - 1].bytes)
		return;
	new.path = arena_printf(x->a, "/%s", plain(entry->tar.path));
	for (size_t i = 0; i < DEAD_SAMPLES; i++) {
		struct dead_file old = d->largest[i];

		if (old.bytes >= new.bytes)
			continue;
		d->largest[i] = new;
		new = old;
	}
}

static void count_dead(struct auditing *x, const struct view_layer *l, struct dead_layer *ret)
{
	for (size_t i = 0; i < layer_index_count(l->index); i++) {
		struct layer_entry entry;
		enum fate fate;

		if (view_is_visible(l, i) || !layer_index_get(l->index, i, &entry) ||
		    entry.tar.type != TAR_FILE)
			continue;
		fate = fate_of(x, &entry);
		ret->bytes[fate] += entry.tar.size;
		ret->n[fate]++;
		keep_largest(x, ret, &entry);
	}
}

/* Whether a later layer's entry is what made the file go: it, a whiteout of it or above it. */
static bool ends(const char *entry, const char *path)
{
	const char *slash = strrchr(entry, '/'), *name = slash ? slash + 1 : entry;
	size_t folder = (size_t)(name - entry), left;

	if (strcmp(entry, path) == 0)
		return true;
	if (strncmp(name, ".wh.", 4) != 0 || strncmp(entry, path, folder) != 0)
		return false;
	if (strcmp(name, ".wh..wh..opq") == 0)
		return true;
	left = strlen(name + 4);
	return strncmp(path + folder, name + 4, left) == 0 &&
	       (path[folder + left] == '/' || path[folder + left] == '\0');
}

static int layer_that_ends(const struct auditing *x, size_t from, const char *path)
{
	for (size_t l = from + 1; l < x->view->n_layers; l++) {
		const struct layer_index *index = x->view->layers[l].index;

		for (size_t i = 0; i < layer_index_count(index); i++) {
			struct layer_entry entry;

			if (layer_index_get(index, i, &entry) && entry.tar.type != TAR_DIR &&
			    ends(plain(entry.tar.path), path))
				return (int)l;
		}
	}
	return FINDING_NO_LAYER;
}

static const char *dead_detail(struct auditing *x, size_t layer, const struct dead_layer *d)
{
	static const char *const words[] = { "deleted later", "overwritten later",
					     "copied later with the same bytes" };
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < FATES; i++)
		if (d->n[i])
			buf_printf(&text, "%s%zu %s %s: %s", text.len ? "\n" : "", d->n[i],
				   d->n[i] == 1 ? "file" : "files", words[i],
				   bytes_text(x, d->bytes[i]));
	for (size_t i = 0; i < DEAD_SAMPLES && d->largest[i].path; i++) {
		int by = layer_that_ends(x, layer, d->largest[i].path + 1);

		buf_printf(&text, "\n%s %s", bytes_text(x, d->largest[i].bytes),
			   d->largest[i].path);
		if (by >= 0)
			buf_printf(&text, ", until layer %d", by + 1);
	}
	return arena_strdup(x->a, buf_str(&text));
}

static void check_dead_layer(struct auditing *x, size_t i)
{
	const struct view_layer *l = &x->view->layers[i];
	struct dead_layer dead = { 0 };
	struct finding *f;

	if (l->dead_bytes < MIN_DEAD_BYTES)
		return;
	count_dead(x, l, &dead);
	f = find_layer(x, RULE_WASTE_DEAD_BYTES, (int)i, dead.largest[0].path);
	if (!f)
		return;
	f->n_paths = l->n_dead_files;
	f->bytes = l->dead_bytes;
	f->message = arena_printf(x->a, "%s of %s in the layer are not visible in the end",
				  bytes_text(x, l->dead_bytes), bytes_text(x, l->content_bytes));
	f->detail = dead_detail(x, i, &dead);
}

/* ---- the same content under other names ---- */

struct twin {
	const struct node *node;
	size_t order; /* of the walk, which is that of the paths */
};

struct twins {
	struct twin *at;
	size_t n, cap;
	struct map linked; /* inodes with several names: the first stands for all */
	struct arena arena;
};

static bool is_first_name(struct twins *t, const struct inode *i)
{
	const struct inode **key;
	void **seen;
	bool first;

	if (i->n_links < 2)
		return true;
	key = arena_new(&t->arena, const struct inode *);
	*key = i;
	seen = map_put(&t->linked, view_make((const char *)key, sizeof(*key)));
	first = !*seen;
	*seen = t;
	return first;
}

static int collect(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct twins *t = ctx;

	(void)path;
	(void)e;
	if (n->inode->type == NODE_FILE && n->inode->content.size >= MIN_DUPLICATE_FILE_BYTES &&
	    is_first_name(t, n->inode)) {
		size_t order = t->n;

		*array_push(t) = (struct twin){ n, order };
	}
	return 0;
}

static int by_size_and_digest(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	const struct content *p = &x->node->inode->content, *q = &y->node->inode->content;
	int c;

	if (p->size != q->size)
		return p->size > q->size ? -1 : 1;
	c = memcmp(&p->digest, &q->digest, sizeof(p->digest));
	return c ? c : x->order < y->order ? -1 : x->order > y->order;
}

static bool is_same(const struct node *a, const struct node *b)
{
	return a->inode->content.size == b->inode->content.size &&
	       sha256_eq(&a->inode->content.digest, &b->inode->content.digest);
}

static void check_duplicates(struct auditing *x, const struct twins *t)
{
	auto_buf text = BUF_EMPTY;
	const struct node *first = NULL;
	uint64_t bytes = 0, n = 0;
	struct finding *f;

	for (size_t i = 1; i < t->n; i++) {
		const struct node *one = t->at[i - 1].node, *other = t->at[i].node;

		if (!is_same(one, other))
			continue;
		first = first ? first : one;
		bytes += other->inode->content.size;
		if (n++ < DUPLICATE_SAMPLES)
			buf_printf(&text, "%s%s %s = %s", text.len ? "\n" : "",
				   bytes_text(x, other->inode->content.size), path_of(x, one),
				   path_of(x, other));
	}
	if (bytes < MIN_DUPLICATE_BYTES)
		return;
	f = find_node(x, RULE_WASTE_DUPLICATES, first);
	if (!f)
		return;
	f->message = "files with the same content as another";
	f->n_paths = n;
	f->bytes = bytes;
	f->detail = arena_strdup(x->a, buf_str(&text));
}

int rules_waste(struct auditing *x, struct err *e)
{
	struct twins t = { 0 };
	int rc = 0;

	for (size_t i = 0; i < x->view->n_layers; i++)
		check_dead_layer(x, i);
	if (!rule_is_on(x, RULE_WASTE_DUPLICATES))
		return 0;
	rc = tree_walk(x->tree, collect, &t, e);
	if (rc == 0 && t.n) {
		qsort(t.at, t.n, sizeof(*t.at), by_size_and_digest);
		check_duplicates(x, &t);
	}
	free(t.at);
	map_done(&t.linked);
	arena_done(&t.arena);
	return rc;
}
