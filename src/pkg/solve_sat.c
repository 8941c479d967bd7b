/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All dealings with libsolv. What a version, a provided name or an architecture means has been
 * settled before: here a need is just an id that its candidates provide, a conflict an id that
 * only the other package provides, so none of the library's own ideas of versions, which depend
 * on how it was built, can matter. Packages of one name exclude each other.
 */
#include "base/array.h"
#include "base/mem.h"
#include "pkg/solve_world.h"

#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sat {
	struct universe *u;
	Pool *pool;
	Repo *repo;
	Solver *solver;
	struct node *const *nodes;
	size_t n_nodes;
	struct node **node_of; /* by solvable */
	struct map by_name;    /* what a package here has or provides -> struct bearer */
	Id *need_ids;	       /* by the need's number, 0 until used */
};

/* A package that has or provides a name, and the next one. */
struct bearer {
	struct node *node;
	struct bearer *next;
};

static Id id_of(struct sat *s, char kind, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "%c%u", kind, number);
	return pool_str2id(s->pool, text, 1);
}

static void bear(struct sat *s, struct view name, struct node *node)
{
	struct bearer **first = (struct bearer **)map_put(&s->by_name, name);
	struct bearer *b;

	if (*first && (*first)->node == node)
		return; /* provides its own name, or one name in two versions */
	b = arena_new(s->u->arena, struct bearer);
	*b = (struct bearer){ node, *first };
	*first = b;
}

static void add_solvable(struct sat *s, struct node *node)
{
	Solvable *v;

	node->solvable = repo_add_solvable(s->repo);
	v = pool_id2solvable(s->pool, node->solvable);
	v->name = pool_strn2id(s->pool, node->package.name.ptr,
			       (unsigned int)node->package.name.len, 1);
	v->evr = id_of(s, 'v', node->number);
	v->arch = ARCH_NOARCH;
	solvable_add_deparray(v, SOLVABLE_PROVIDES, v->name, 0);
	solvable_add_deparray(v, SOLVABLE_PROVIDES, id_of(s, 'p', node->number), 0);
	bear(s, node->package.name, node);
	for (size_t i = 0; i < node->dependencies.n_provides; i++)
		bear(s, node->dependencies.provides[i].name, node);
}

/* The id that the need's candidates provide. */
static Id need_id(struct sat *s, struct need *need)
{
	Id *id = &s->need_ids[need->number];

	if (*id)
		return *id;
	*id = id_of(s, 'n', need->number);
	for (size_t i = 0; i < need->n; i++) {
		if (need->candidates[i]->solvable)
			solvable_add_deparray(
				pool_id2solvable(s->pool, need->candidates[i]->solvable),
				SOLVABLE_PROVIDES, *id, 0);
	}
	return *id;
}

static void add_refusals(struct sat *s, struct node *node, const struct atom *atom)
{
	const struct bearer *b = map_get(&s->by_name, atom->name);
	Solvable *v = pool_id2solvable(s->pool, node->solvable);

	/* A package may refuse a name that it provides itself: that means all others. */
	for (; b; b = b->next) {
		if (b->node->name != node->name && node_meets(s->u, b->node, atom))
			solvable_add_deparray(v, SOLVABLE_CONFLICTS, id_of(s, 'p', b->node->number),
					      0);
	}
}

/* Does the package have the name in a version, by being called so or by providing it? */
static bool takes_name(const struct node *node, struct view name)
{
	if (view_eq(node->package.name, name))
		return true;
	for (size_t i = 0; i < node->dependencies.n_provides; i++) {
		const struct atom *p = &node->dependencies.provides[i];

		if (p->relation == RELATION_EQUAL && view_eq(p->name, name))
			return true;
	}
	return false;
}

/* Of those that have a name in a version only one can be there. */
static void add_rivals(struct sat *s, struct node *node, struct view name)
{
	const struct bearer *b = map_get(&s->by_name, name);
	Solvable *v = pool_id2solvable(s->pool, node->solvable);

	for (; b; b = b->next) {
		if (b->node->name != node->name && takes_name(b->node, name))
			solvable_add_deparray(v, SOLVABLE_CONFLICTS, id_of(s, 'p', b->node->number),
					      0);
	}
}

static void add_all_rivals(struct sat *s, struct node *node)
{
	add_rivals(s, node, node->package.name);
	for (size_t i = 0; i < node->dependencies.n_provides; i++) {
		if (node->dependencies.provides[i].relation == RELATION_EQUAL)
			add_rivals(s, node, node->dependencies.provides[i].name);
	}
}

static void add_dependencies(struct sat *s, struct node *node)
{
	if (s->u->q->world->versions_take_names)
		add_all_rivals(s, node);
	for (size_t i = 0; i < node->n_needs; i++)
		solvable_add_deparray(pool_id2solvable(s->pool, node->solvable), SOLVABLE_REQUIRES,
				      need_id(s, node->needs[i]), 0);
	for (size_t i = 0; i < node->dependencies.n_refuses; i++)
		add_refusals(s, node, &node->dependencies.refuses[i]);
}

struct sat *sat_new(struct universe *u, struct node *const *nodes, size_t n)
{
	struct sat *s = mem_zalloc(sizeof(*s));

	s->u = u;
	s->nodes = nodes;
	s->n_nodes = n;
	s->pool = pool_create();
	s->need_ids = mem_zalloc((u->needs.n + 1) * sizeof(*s->need_ids));
	pool_set_flag(s->pool, POOL_FLAG_FORBIDSELFCONFLICTS, 0);
	pool_set_flag(s->pool, POOL_FLAG_IMPLICITOBSOLETEUSESPROVIDES, 0);
	s->repo = repo_create(s->pool, "all");
	for (size_t i = 0; i < n; i++)
		add_solvable(s, nodes[i]);
	s->node_of = mem_zalloc((size_t)s->pool->nsolvables * sizeof(struct node *));
	for (size_t i = 0; i < n; i++) {
		s->node_of[nodes[i]->solvable] = nodes[i];
		add_dependencies(s, nodes[i]);
	}
	for (size_t i = 0; i < u->wishes.n; i++)
		need_id(s, u->wishes.at[i]);
	pool_createwhatprovides(s->pool);
	return s;
}

void sat_free(struct sat *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_nodes; i++)
		s->nodes[i]->solvable = 0;
	if (s->solver)
		solver_free(s->solver);
	pool_free(s->pool);
	map_done(&s->by_name);
	free(s->need_ids);
	free(s->node_of);
	free(s);
}

bool sat_solve(struct sat *s, struct node *const *chosen, size_t n)
{
	Queue job;
	int problems;

	if (s->solver)
		solver_free(s->solver);
	s->solver = solver_create(s->pool);
	solver_set_flag(s->solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	solver_set_flag(s->solver, SOLVER_FLAG_NO_INFARCHCHECK, 1);
	queue_init(&job);
	for (size_t i = 0; i < s->u->wishes.n; i++)
		queue_push2(&job, SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES,
			    need_id(s, s->u->wishes.at[i]));
	for (size_t i = 0; i < n; i++)
		queue_push2(&job, SOLVER_INSTALL | SOLVER_SOLVABLE, chosen[i]->solvable);
	problems = solver_solve(s->solver, &job);
	queue_free(&job);
	return problems == 0;
}

/* A line of the explanation: `order` is the kind's, then the package's in order of discovery. */
struct reason {
	int kind;
	uint32_t number;
	char *text;
};

struct reasons {
	struct reason *at;
	size_t n, cap;
};

enum { REASON_WISH, REASON_NEED, REASON_SAME_NAME, REASON_CONFLICT, REASON_NOTHING };

static struct need *need_of(const struct sat *s, Id dep)
{
	for (size_t i = 0; i < s->u->needs.n; i++) {
		if (s->need_ids[i] == dep)
			return s->u->needs.at[i];
	}
	return NULL;
}

static void put_node(const struct node *n, struct buf *to)
{
	buf_printf(to, "%.*s %.*s", VIEW_ARG(n->package.name), VIEW_ARG(n->package.version));
}

/* Tells one rule of the solver in words; false for kinds that say nothing to a person. */
static bool tell(struct sat *s, Id rule, struct reason *ret, struct buf *to)
{
	Id from_id = 0, to_id = 0, dep = 0;
	SolverRuleinfo type = solver_ruleinfo(s->solver, rule, &from_id, &to_id, &dep);
	/* Of other rules, from and to are no packages. */
	bool is_package = (type & SOLVER_RULE_TYPEMASK) == SOLVER_RULE_PKG;
	const struct node *from = is_package && from_id > 0 ? s->node_of[from_id] : NULL;
	const struct node *other = is_package && to_id > 0 ? s->node_of[to_id] : NULL;
	struct need *need = need_of(s, dep);

	*ret = (struct reason){ .number = from ? from->number : 0 };
	if (type == SOLVER_RULE_JOB && need) {
		ret->kind = REASON_WISH;
		buf_printf(to, "the recipe asks for %s", need->text);
	} else if (type == SOLVER_RULE_PKG_REQUIRES && from && need) {
		ret->kind = REASON_NEED;
		put_node(from, to);
		buf_printf(to, " needs %s", need->text);
	} else if (type == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP && from && need) {
		ret->kind = REASON_NOTHING;
		put_node(from, to);
		buf_printf(to, " needs %s", need->text);
		why_no_candidates(s->u, need, to);
	} else if (type == SOLVER_RULE_PKG_CONFLICTS && from && other) {
		ret->kind = REASON_CONFLICT;
		put_node(from, to);
		buf_add_str(to, " can't be together with ");
		put_node(other, to);
	} else if (type == SOLVER_RULE_PKG_SAME_NAME && from && other) {
		ret->kind = REASON_SAME_NAME;
		put_node(from->number < other->number ? from : other, to);
		buf_add_str(to, " and ");
		put_node(from->number < other->number ? other : from, to);
		buf_add_str(to, " can't be there both");
	}
	return to->len > 0;
}

static int by_kind(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void collect(struct sat *s, struct reasons *all)
{
	Queue rules;

	queue_init(&rules);
	for (Id problem = 0; (problem = solver_next_problem(s->solver, problem)) != 0;) {
		solver_findallproblemrules(s->solver, problem, &rules);
		for (int i = 0; i < rules.count; i++) {
			auto_buf text = BUF_EMPTY;
			struct reason reason;

			if (!tell(s, rules.elements[i], &reason, &text))
				continue;
			reason.text = buf_steal(&text);
			*array_push(all) = reason;
		}
	}
	queue_free(&rules);
}

void sat_explain(struct sat *s, struct buf *ret_why, struct buf *ret_point)
{
	struct reasons all = { 0 };

	collect(s, &all);
	if (all.n)
		qsort(all.at, all.n, sizeof(*all.at), by_kind);
	for (size_t i = 0; i < all.n; i++) {
		if (i == 0 || strcmp(all.at[i].text, all.at[i - 1].text) != 0)
			buf_printf(ret_why, "%s\n", all.at[i].text);
	}
	if (all.n)
		buf_add_str(ret_point, all.at[all.n - 1].text);
	for (size_t i = 0; i < all.n; i++)
		free(all.at[i].text);
	free(all.at);
}
