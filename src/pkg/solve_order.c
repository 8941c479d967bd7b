/* SPDX-License-Identifier: Apache-2.0 */
/* What is preferred to what: versions of one name, providers of one name. */
#include "pkg/solve_world.h"

#include <stdlib.h>

/* Versions of one name: the preferred one first. */
static int by_preference(const void *a, const void *b, void *data)
{
	const struct universe *u = data;
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	const struct solve_index *ix = &u->q->indexes[x->index], *iy = &u->q->indexes[y->index];
	int order;

	if (x->pinned != y->pinned)
		return x->pinned ? -1 : 1;
	if (x->tag_rank != y->tag_rank)
		return x->tag_rank - y->tag_rank;
	order = u->q->world->compare_versions(y->package.version, x->package.version);
	if (order != 0)
		return order;
	if (ix->security != iy->security)
		return ix->security ? -1 : 1;
	if (ix->priority != iy->priority)
		return ix->priority > iy->priority ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

void order_versions(const struct universe *u, struct node **at, size_t n)
{
	qsort_r(at, n, sizeof(*at), by_preference, (void *)(uintptr_t)u);
}

static int rank(const struct node *n)
{
	if (n->package.essential)
		return 0;
	return n->package.priority == PRIORITY_UNKNOWN ? PRIORITY_OPTIONAL
						       : (int)n->package.priority;
}

/* Providers of one name: the preferred one first. */
static int by_rank(const void *a, const void *b, void *data)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	int order;

	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	order = view_compare(x->package.name, y->package.name);
	return order ? order : by_preference(a, b, data);
}

void order_providers(const struct universe *u, struct node **at, size_t n)
{
	qsort_r(at, n, sizeof(*at), by_rank, (void *)(uintptr_t)u);
}

struct view version_had(const struct universe *u, const struct node *n, const struct atom *atom)
{
	struct view best = { NULL, 0 };

	if (view_eq(n->package.name, atom->name))
		return n->package.version;
	for (size_t i = 0; i < n->dependencies.n_provides; i++) {
		const struct atom *p = &n->dependencies.provides[i];

		if (view_eq(p->name, atom->name) && p->relation == RELATION_EQUAL &&
		    (!best.ptr || u->q->world->compare_versions(p->version, best) > 0))
			best = p->version;
	}
	return best;
}

struct having {
	const struct universe *u;
	const struct atom *atom;
};

/* Where a version takes a name: who has it in the higher one first. */
static int by_version_had(const void *a, const void *b, void *data)
{
	const struct having *h = data;
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	struct view vx = version_had(h->u, x, h->atom), vy = version_had(h->u, y, h->atom);
	int order = 0;

	if (x->tag_rank != y->tag_rank)
		return x->tag_rank - y->tag_rank;
	if (!vx.ptr || !vy.ptr)
		order = (vx.ptr == NULL) - (vy.ptr == NULL);
	else
		order = h->u->q->world->compare_versions(vy, vx);
	if (order)
		return order;
	if (x->name == y->name)
		return by_preference(a, b, (void *)(uintptr_t)h->u);
	if (x->package.provider_priority != y->package.provider_priority)
		return x->package.provider_priority > y->package.provider_priority ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return view_compare(x->package.name, y->package.name);
}

void order_bearers(const struct universe *u, const struct atom *atom, struct node **at, size_t n)
{
	struct having having = { u, atom };

	qsort_r(at, n, sizeof(*at), by_version_had, &having);
}
