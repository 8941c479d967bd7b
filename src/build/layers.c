/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which layer a node goes to. Packages of one source share a layer, since they change together;
 * the biggest groups get their own while the budget lasts, the others share one; what rules made
 * comes after them, and the recipe's own files, which change most often, last.
 */
#include "build/layers.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <stdlib.h>
#include <string.h>

#define LAYERS_DIR "layers"

enum { MAX_COMMENT_BYTES = 2000 }; /* histories are read by people */

struct group {
	const char *name;
	uint64_t bytes;
	size_t n_nodes;
	struct buf packages; /* "libc6 2.41-12, libc-bin 2.41-12" */
};

struct census {
	struct map groups; /* name → struct group */
	struct arena arena;
	bool rules, recipe;
	uint64_t rules_bytes, recipe_bytes;
};

static struct group *group_of(struct census *c, const char *name)
{
	void **slot = map_put(&c->groups, view_of(name));

	if (!*slot) {
		*slot = arena_new(&c->arena, struct group);
		((struct group *)*slot)->name = name;
	}
	return *slot;
}

static int count(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct census *c = ctx;
	uint64_t bytes = n->inode->type == NODE_FILE ? n->inode->content.size : 0;

	(void)path;
	(void)e;
	switch (n->inode->origin->kind) {
	case ORIGIN_LAYER:
		break;
	case ORIGIN_PACKAGE: {
		struct group *g = group_of(c, n->inode->origin->group);

		g->bytes += bytes / n->inode->n_links;
		g->n_nodes++;
		break;
	}
	case ORIGIN_RECIPE:
		c->recipe = true;
		c->recipe_bytes += bytes;
		break;
	default:
		c->rules = true;
		c->rules_bytes += bytes;
	}
	return 0;
}

static void name_packages(const struct build *b, struct census *c)
{
	for (size_t i = 0; i < b->n_packages; i++) {
		const struct lock_package *p = b->packages[i].locked;
		struct group *g = map_get(&c->groups, view_of(p->source));

		if (g && !b->packages[i].dropped)
			buf_printf(&g->packages, "%s%s %s", g->packages.len ? ", " : "", p->name,
				   p->version);
	}
}

static int bigger_first(const void *a, const void *b)
{
	const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct group *const *)a)->name, (*(struct group *const *)b)->name);
}

static size_t add_layer(struct layering *l, struct arena *a, struct view comment, uint64_t bytes)
{
	struct layer_plan *plan = &l->layers[l->n];

	if (comment.len > MAX_COMMENT_BYTES)
		plan->comment = arena_printf(a, "%.*s…", MAX_COMMENT_BYTES, comment.ptr);
	else
		plan->comment = arena_view(a, comment);
	plan->bytes = bytes;
	return l->n++;
}

/* `own` of the sorted groups get a layer each, the rest one together. */
static void plan_groups(struct layering *l, struct group **groups, size_t n, size_t own,
			struct arena *a)
{
	auto_buf rest = BUF_EMPTY;
	uint64_t bytes = 0;

	if (n > 0)
		qsort(groups, n, sizeof(*groups), bigger_first);
	if (own)
		qsort(groups, own, sizeof(*groups), by_name);
	for (size_t i = 0; i < own; i++)
		*map_put(&l->by_group, view_of(groups[i]->name)) =
			(void *)(uintptr_t)(1 + add_layer(l, a, buf_view(&groups[i]->packages),
							  groups[i]->bytes));
	if (n > own)
		qsort(groups + own, n - own, sizeof(*groups), by_name);
	for (size_t i = own; i < n; i++) {
		buf_printf(&rest, "%s%s", i > own ? ", " : "", buf_str(&groups[i]->packages));
		bytes += groups[i]->bytes;
	}
	if (n > own)
		l->packages = add_layer(l, a, buf_view(&rest), bytes);
}

/* A layer of its own, or a part of the last one when the budget is used up. */
static size_t add_part(struct layering *l, struct arena *a, size_t budget, const char *what,
		       uint64_t bytes)
{
	struct layer_plan *last;

	if (l->n < budget)
		return add_layer(l, a, view_of(what), bytes);
	last = &l->layers[l->n - 1];
	last->comment = arena_printf(a, "%s, %s", last->comment, what);
	last->bytes += bytes;
	return l->n - 1;
}

static void plan(const struct build *b, struct census *c, struct arena *a, struct layering *l)
{
	size_t n = c->groups.n, tail = (size_t)c->rules + (size_t)c->recipe;
	size_t budget = b->recipe->layer_budget ? b->recipe->layer_budget : 1;
	size_t for_groups = budget > tail ? budget - tail : 1;
	struct group **groups = arena_array(a, n + 1, sizeof(struct group *));

	for (size_t i = 0; i < n; i++)
		groups[i] = c->groups.at[i].value;
	l->layers = arena_array(a, n + 3, sizeof(*l->layers));
	plan_groups(l, groups, n, n <= for_groups ? n : for_groups - 1, a);
	if (c->rules)
		l->rules = add_part(l, a, budget, "files made by pare's rules", c->rules_bytes);
	if (c->recipe)
		l->recipe = add_part(l, a, budget, "files of the recipe", c->recipe_bytes);
}

size_t layering_of(const struct layering *l, const struct node *n)
{
	const struct origin *o = n->inode->origin;
	uintptr_t own;

	if (o->kind == ORIGIN_LAYER)
		return SIZE_MAX; /* the base's has it */
	if (o->kind == ORIGIN_RECIPE)
		return l->recipe;
	if (o->kind != ORIGIN_PACKAGE)
		return l->rules;
	own = (uintptr_t)map_get(&l->by_group, view_of(o->group));
	return own ? own - 1 : l->packages;
}

struct job {
	struct build *b;
	const struct layering *l;
	const struct layer_options *o;
	size_t i;
	int cache_fd;
	struct layer *ret;
	struct err err;
};

static void run(void *arg)
{
	struct job *job = arg;

	(void)layer_make(job->b, job->l, job->i, job->o, job->cache_fd, job->ret, &job->err);
}

static int bigger_job_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;
	uint64_t p = x->l->layers[x->i].bytes, q = y->l->layers[y->i].bytes;

	if (p != q)
		return p < q ? 1 : -1;
	return (x->i > y->i) - (x->i < y->i);
}

static int make_all(struct build *b, const struct layering *l, const struct layer_options *o,
		    struct arena *a, struct layer *layers, struct err *e)
{
	struct job *jobs = arena_array(a, l->n, sizeof(*jobs));
	struct work_group group = { 0 };
	auto_fd cache_fd = -1;
	int rc = dir_open_at(b->ctx->cache_fd, LAYERS_DIR, 0755, &cache_fd, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < l->n; i++) {
		layers[i].comment = l->layers[i].comment;
		jobs[i] = (struct job){ b, l, o, i, cache_fd, &layers[i], { 0 } };
	}
	qsort(jobs, l->n, sizeof(*jobs), bigger_job_first);
	for (size_t i = 0; i < l->n; i++)
		work_group_submit(b->ctx->workers, &group, run, &jobs[i]);
	work_group_wait(b->ctx->workers, &group);
	for (size_t i = 0; i < l->n; i++)
		if (jobs[i].err.code) {
			*e = jobs[i].err;
			return err_context(e, "layer %zu", jobs[i].i + 1);
		}
	return 0;
}

int build_layers(struct build *b, const struct layer_options *o, struct arena *a,
		 struct layer **ret, size_t *ret_n, struct err *e)
{
	struct census c = { .groups = MAP_EMPTY };
	struct layering l = { 0 };
	int rc = tree_walk(&b->tree, count, &c, e);

	if (rc == 0) {
		name_packages(b, &c);
		plan(b, &c, a, &l);
		*ret = arena_array(a, l.n ? l.n : 1, sizeof(**ret));
		*ret_n = l.n;
		rc = l.n ? make_all(b, &l, o, a, *ret, e) : 0;
	}
	for (size_t i = 0; i < c.groups.n; i++)
		buf_done(&((struct group *)c.groups.at[i].value)->packages);
	map_done(&c.groups);
	map_done(&l.by_group);
	arena_done(&c.arena);
	return rc;
}
