/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages that come by themselves where others are (apk's install_if): looked for once everything
 * else is decided, and added as wishes. One that can't be had together with the rest stays away.
 */
#include "base/array.h"
#include "pkg/solve_world.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ROUNDS = 64 }; /* each adds a package at least; real ones are done after two */

/* A package that joins, and where it is. */
struct joiner {
	uint32_t index, id;
	bool settled; /* added, or found not to fit */
};

struct joiners {
	struct joiner *at;
	size_t n, cap;
};

static int find_all(struct universe *u, struct joiners *ret, struct err *e)
{
	struct package p;

	for (uint32_t i = 0; i < u->q->n_indexes; i++) {
		const struct solve_index *x = &u->q->indexes[i];

		for (uint32_t id = 0; id < index_count(x->index); id++) {
			if (!index_package(x->index, id, &p))
				return fail(e, FAIL_FORMAT,
					    "index of '%s' is damaged at package %u", x->name, id);
			if (p.joins.len)
				*array_push(ret) = (struct joiner){ .index = i, .id = id };
		}
	}
	return 0;
}

static const struct node *who_meets(const struct universe *u, const struct choice *c,
				    const struct atom *atom)
{
	for (size_t i = 0; i < c->packages.n; i++) {
		if (node_meets(u, c->packages.at[i], atom))
			return c->packages.at[i];
	}
	return NULL;
}

/* The first package for whose sake the node joins; NULL if something is missing, or refused. */
static const struct node *asker_of(const struct universe *u, const struct choice *c,
				   const struct node *n)
{
	const struct node *first = NULL;

	for (size_t i = 0; i < n->dependencies.n_joins; i++) {
		const struct atom *atom = &n->dependencies.joins[i];
		const struct node *met = who_meets(u, c, atom);

		if ((met != NULL) == atom->refused)
			return NULL;
		if (!first)
			first = met;
	}
	return first;
}

/* Whether the names that conditions begin with are there: most aren't, and need no reading. */
static bool may_join(const struct universe *u, const struct choice *c, const struct joiner *j)
{
	struct package p;
	struct view rest, word;

	if (!index_package(u->q->indexes[j->index].index, j->id, &p))
		return false;
	for (size_t i = 0; i < c->packages.n; i++) {
		if (view_eq(c->packages.at[i]->package.name, p.name))
			return false;
	}
	for (rest = p.joins; view_word(&rest, &word);) {
		struct atom atom;
		struct err ignored;

		if (u->q->world->parse_wish(word, &atom, &ignored) < 0)
			return false;
		if (!atom.refused && !who_meets(u, c, &atom))
			return false;
	}
	return true;
}

/* Tries it with one more; what was chosen before stays if that can't be. */
static int try_one(struct universe *u, struct choice *c, struct node *n, const struct node *asker,
		   struct err *e)
{
	struct choice with = { 0 };
	struct err why;
	int r;

	choice_done(c);
	universe_want(u, n, asker);
	r = choose(u, &with, NULL, &why);
	if (r == 0) {
		*c = with;
		return 0;
	}
	choice_done(&with);
	if (r != -FAIL_CONFLICT) {
		*e = why;
		return r;
	}
	u->wishes.n--;
	for (size_t i = 0; i < u->nodes.n; i++)
		u->nodes.at[i]->banned = false;
	return choose(u, c, NULL, e);
}

/* 1 if something joined. */
static int one_round(struct universe *u, struct choice *c, struct joiners *all, struct err *e)
{
	int joined = 0, r;

	for (size_t i = 0; i < all->n; i++) {
		struct joiner *j = &all->at[i];
		const struct node *asker;
		struct node *n;

		if (j->settled || !may_join(u, c, j))
			continue;
		if ((r = universe_node(u, j->index, j->id, &n, e)) < 0)
			return r;
		asker = n ? asker_of(u, c, n) : NULL;
		if (!asker || n->chosen)
			continue;
		j->settled = true;
		if ((r = try_one(u, c, n, asker, e)) < 0)
			return r;
		joined = 1;
	}
	return joined;
}

int join(struct universe *u, struct choice *c, struct err *e)
{
	struct joiners all = { 0 };
	int r = find_all(u, &all, e);

	for (int i = 0; r == 0 && i < MAX_ROUNDS; i++) {
		r = one_round(u, c, &all, e);
		if (r == 0)
			break;
		r = r < 0 ? r : 0;
	}
	free(all.at);
	return r;
}
