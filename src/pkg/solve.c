/* SPDX-License-Identifier: Apache-2.0 */
/* The way through a resolution, and what comes out of it. */
#include "pkg/solve.h"

#include "base/mem.h"
#include "pkg/solve_world.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct solve_package *x = a, *y = b;

	return view_compare(x->package.name, y->package.name);
}

static int by_left_out(const void *a, const void *b)
{
	const struct solve_left_out *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->needed_by, y->needed_by);
}

static void keep_packages(const struct choice *c, struct solve_result *to)
{
	to->packages = arena_array(&to->arena, c->packages.n, sizeof(*to->packages));
	for (size_t i = 0; i < c->packages.n; i++) {
		const struct node *node = c->packages.at[i], *asker = c->asked_by.at[i];

		to->packages[to->n_packages++] = (struct solve_package){
			.index = node->index,
			.id = node->id,
			.package = node->package,
			.asked_by = asker ? arena_view(&to->arena, asker->package.name) : "recipe",
		};
	}
	if (to->n_packages)
		qsort(to->packages, to->n_packages, sizeof(*to->packages), by_name);
}

/* Is the name of, or provided by, a chosen package? */
static bool is_there(const struct choice *c, struct view name)
{
	for (size_t i = 0; i < c->packages.n; i++) {
		const struct node *node = c->packages.at[i];

		if (view_eq(node->package.name, name))
			return true;
		for (size_t k = 0; k < node->dependencies.n_provides; k++) {
			if (view_eq(node->dependencies.provides[k].name, name))
				return true;
		}
	}
	return false;
}

static bool is_chosen(const struct solve_result *r, const char *name)
{
	struct solve_package key = { .package.name = view_of(name) };

	return r->n_packages &&
	       bsearch(&key, r->packages, r->n_packages, sizeof(key), by_name) != NULL;
}

/* One entry a name, for the first package in order of names that would have needed it. */
static void keep_left_out(struct universe *u, const struct choice *c, struct solve_result *to)
{
	struct solve_left_out *all = u->left_out.at;

	if (u->left_out.n)
		qsort(all, u->left_out.n, sizeof(*all), by_left_out);
	to->left_out = arena_array(&to->arena, u->left_out.n, sizeof(*to->left_out));
	for (size_t i = 0; i < u->left_out.n; i++) {
		const struct solve_left_out *last =
			to->n_left_out ? &to->left_out[to->n_left_out - 1] : NULL;

		if ((last && strcmp(last->name, all[i].name) == 0) ||
		    !is_chosen(to, all[i].needed_by) || is_there(c, view_of(all[i].name)))
			continue;
		to->left_out[to->n_left_out++] = all[i];
	}
}

int solve(const struct solve_request *q, struct solve_result **ret, struct buf *ret_why,
	  struct err *e)
{
	struct solve_result *result = mem_zalloc(sizeof(*result));
	struct choice choice = { 0 };
	struct universe u;
	int r;

	universe_init(&u, q, &result->arena);
	r = universe_add_wishes(&u, e);
	if (r == 0)
		r = choose(&u, &choice, ret_why, e);
	if (r == 0 && q->world->packages_join && q->depends != SOLVE_NONE)
		r = join(&u, &choice, e);
	if (r == 0) {
		keep_packages(&choice, result);
		keep_left_out(&u, &choice, result);
		*ret = steal(result);
	}
	choice_done(&choice);
	universe_done(&u);
	solve_result_free(result);
	return r;
}

void solve_result_free(struct solve_result *r)
{
	if (!r)
		return;
	arena_done(&r->arena);
	free(r);
}
