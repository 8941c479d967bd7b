/* SPDX-License-Identifier: Apache-2.0 */
/* What an image would weigh: its tree is made, its layers are not. */
#include "base/map.h"
#include "build/build.h"

#include <stdlib.h>
#include <string.h>

struct weighing {
	struct weight *to;
	struct map parts; /* by name */
	struct arena *a;
};

static const char *part_name(const struct origin *o)
{
	if (o->kind == ORIGIN_PACKAGE)
		return o->name;
	return o->kind == ORIGIN_RECIPE ? "files of the recipe" : "files made by pare's rules";
}

static int weigh_node(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct weighing *w = ctx;
	const struct origin *o = n->inode->origin;
	struct weight_part *part;
	uint64_t bytes = 0;
	void **slot;

	(void)path;
	(void)e;
	if (n->inode->type == NODE_DIR)
		return 0;
	if (n->inode->type == NODE_FILE)
		bytes = n->inode->content.size / (n->inode->n_links ? n->inode->n_links : 1);
	slot = map_put(&w->parts, view_of(part_name(o)));
	if (!*slot) {
		part = *slot = arena_new(w->a, struct weight_part);
		part->name = arena_strdup(w->a, part_name(o));
		part->version = o->version ? arena_strdup(w->a, o->version) : NULL;
	}
	part = *slot;
	part->bytes += bytes;
	part->n_files++;
	w->to->bytes += bytes;
	w->to->n_files++;
	return 0;
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct weight_part *x = a, *y = b;

	if (!x->version != !y->version)
		return x->version ? -1 : 1;
	return strcmp(x->name, y->name);
}

int build_weigh(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		const struct arch *arch, struct arena *a, struct weight *ret, struct err *e)
{
	struct build b = { .ctx = ctx, .recipe = r, .arch = arch, .weigh = true, .spool_fd = -1 };
	struct weighing w = { .to = ret, .parts = MAP_EMPTY, .a = a };
	const struct lock_arch *locked = lock_find_arch(lock, arch->oci);
	int rc;

	*ret = (struct weight){ 0 };
	if (!locked)
		return fail(e, FAIL_NOT_FOUND, "the lock has no packages for %s; lock again",
			    arch->oci);
	rc = build_fill(&b, lock, locked, e);
	if (rc == 0)
		rc = tree_walk(&b.tree, weigh_node, &w, e);
	ret->parts = arena_array(a, w.parts.n + 1, sizeof(*ret->parts));
	for (; ret->n_parts < w.parts.n; ret->n_parts++)
		ret->parts[ret->n_parts] =
			*(const struct weight_part *)w.parts.at[ret->n_parts].value;
	if (ret->n_parts)
		qsort(ret->parts, ret->n_parts, sizeof(*ret->parts), by_kind_and_name);
	map_done(&w.parts);
	build_done(&b);
	return rc;
}
