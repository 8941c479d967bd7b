/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolves needs and wishes to their candidates, the preferred ones first, but takes no decision.
 */
#include "pkg/solve_world.h"

#include "base/array.h"
#include "base/mem.h"

#include <stdlib.h>

static void add_candidate(struct universe *u, struct nodes *to, struct node *n)
{
	if (n->mark != u->mark) {
		n->mark = u->mark;
		*array_push(to) = n;
	}
}

static int add_providers(struct universe *u, const struct atom *atom, struct nodes *to,
			 struct err *e)
{
	size_t start = to->n;
	const uint32_t *ids;
	struct node *node = NULL;
	int r = 0;

	for (uint32_t i = 0; i < u->q->n_indexes; i++) {
		size_t n = index_providing(u->q->indexes[i].index, atom->name, &ids);

		for (size_t k = 0; k < n; k++) {
			if ((r = universe_node(u, i, ids[k], &node, e)) < 0)
				return r;
			if (node && node_provides(u, node, atom) &&
			    u->q->world->qualifier_fits(atom, &node->package, u->arch))
				add_candidate(u, to, node);
		}
	}
	if (to->n > start)
		order_providers(u, to->at + start, to->n - start);
	return 0;
}

static int add_named(struct universe *u, const struct atom *atom, struct nodes *to, struct err *e)
{
	struct name *name;
	int r = universe_name(u, atom->name, &name, e);

	for (size_t i = 0; r == 0 && i < name->n; i++) {
		struct node *node = name->nodes[i];

		if (node_is_named(u, node, atom) &&
		    u->q->world->qualifier_fits(atom, &node->package, u->arch))
			add_candidate(u, to, node);
	}
	return r;
}

/* Is the package there for this need only if it's there anyway? */
static bool is_passive(const struct universe *u, const struct need *need, const struct node *n)
{
	if (!u->q->world->versions_take_names || n->package.provider_priority)
		return false;
	for (size_t i = 0; i < need->clause->n; i++) {
		if (version_had(u, n, &need->clause->atoms[i]).ptr)
			return false;
	}
	return true;
}

/* Locked packages first, else in the order found; the passive ones at the end. */
static void settle(struct universe *u, struct need *need, const struct nodes *found)
{
	need->candidates = arena_array(u->arena, found->n, sizeof(struct node *));
	for (int place = 0; place < 3; place++) {
		for (size_t i = 0; i < found->n; i++) {
			struct node *n = found->at[i];
			bool passive = is_passive(u, need, n);

			if (place == (passive ? 2 : n->pinned ? 0 : 1))
				need->candidates[need->n++] = n;
			need->n_active += place == 0 && !passive;
		}
	}
	for (size_t i = 1; i < need->n; i++)
		need->many_names |= need->candidates[i]->name != need->candidates[0]->name;
}

static struct need *new_need(struct universe *u, const char *text, const struct clause *clause)
{
	struct need *need = arena_new(u->arena, struct need);

	need->text = arena_strdup(u->arena, text);
	need->clause = clause;
	need->number = (uint32_t)u->needs.n;
	*array_push(&u->needs) = need;
	return need;
}

/* All that meet the atom, the preferred ones first. */
static int add_all(struct universe *u, const struct atom *atom, struct nodes *to, struct err *e)
{
	size_t start = to->n;
	int r = add_named(u, atom, to, e);

	if (r == 0)
		r = add_providers(u, atom, to, e);
	if (r == 0 && u->q->world->versions_take_names && to->n > start)
		order_bearers(u, atom, to->at + start, to->n - start);
	return r;
}

static int find_need(struct universe *u, const struct clause *clause, struct need **ret,
		     struct err *e)
{
	auto_buf text = BUF_EMPTY;
	struct nodes found = { 0 };
	struct need *need;
	int r = 0;

	for (size_t i = 0; i < clause->n; i++) {
		buf_add_str(&text, i ? " | " : "");
		u->q->world->write_atom(&clause->atoms[i], &text);
	}
	*ret = map_get(&u->needs_by_text, buf_view(&text));
	if (*ret)
		return 0;
	u->mark++;
	for (size_t i = 0; r == 0 && i < clause->n; i++) {
		r = add_all(u, &clause->atoms[i], &found, e);
	}
	if (r == 0) {
		need = new_need(u, buf_str(&text), clause);
		settle(u, need, &found);
		*map_put(&u->needs_by_text, view_of(need->text)) = need;
		*ret = need;
	}
	free(found.at);
	return r;
}

static void leave_out(struct universe *u, const struct node *n, const struct clause *clause,
		      const struct solve_rule *rule)
{
	*array_push(&u->left_out) = (struct solve_left_out){
		.name = arena_view(u->arena, clause->atoms[0].name),
		.needed_by = arena_view(u->arena, n->package.name),
		.reason = arena_view(u->arena, rule->reason),
	};
}

int universe_expand(struct universe *u, struct node *n, struct err *e)
{
	const struct dependencies *d = &n->dependencies;

	if (n->needs)
		return 0;
	n->needs = arena_array(u->arena, d->n_needs + 1, sizeof(struct need *));
	for (size_t i = 0; i < d->n_needs && u->q->depends != SOLVE_NONE; i++) {
		const struct solve_rule *rule = NULL;
		int r;

		if (u->q->depends == SOLVE_RUNTIME)
			rule = rules_find(&u->q->script_only, n->package.name, &d->needs[i]);
		if (rule) {
			leave_out(u, n, &d->needs[i], rule);
			continue;
		}
		if ((r = find_need(u, &d->needs[i], &n->needs[n->n_needs], e)) < 0)
			return r;
		n->n_needs++;
	}
	return 0;
}

static int expand_candidates(struct universe *u, const struct need *need, struct nodes *reached,
			     struct err *e)
{
	for (size_t i = 0; i < need->n; i++) {
		int r;

		if (need->candidates[i]->needs)
			continue;
		if ((r = universe_expand(u, need->candidates[i], e)) < 0)
			return r;
		*array_push(reached) = need->candidates[i];
	}
	return 0;
}

int universe_expand_all(struct universe *u, struct err *e)
{
	struct nodes reached = { 0 };
	int r = 0;

	/* Some are expanded already; what they need may not be. */
	for (size_t i = 0; i < u->nodes.n; i++) {
		if (u->nodes.at[i]->needs)
			*array_push(&reached) = u->nodes.at[i];
	}
	for (size_t i = 0; r == 0 && i < u->wishes.n; i++)
		r = expand_candidates(u, u->wishes.at[i], &reached, e);
	for (size_t i = 0; r == 0 && i < reached.n; i++) {
		for (size_t k = 0; r == 0 && k < reached.at[i]->n_needs; k++)
			r = expand_candidates(u, reached.at[i]->needs[k], &reached, e);
	}
	free(reached.at);
	return r;
}

static int parse_wish(struct universe *u, const struct solve_wish *w, struct atom **ret,
		      struct err *e)
{
	struct atom *atom = arena_new(u->arena, struct atom);
	int r = u->q->world->parse_wish(view_of(w->text), atom, e);

	if (r < 0)
		return w->where ? err_context(e, "%s", w->where) : r;
	if (atom->qualifier == QUALIFIER_NAMED && !view_eq(atom->arch, u->arch))
		return fail(e, FAIL_UNSUPPORTED,
			    "%s%s'%s' asks for another architecture than the image's, '%s'",
			    w->where ? w->where : "", w->where ? ": " : "", w->text, u->q->arch);
	atom->qualifier = QUALIFIER_NONE;
	*ret = atom;
	return 0;
}

static void add_wish_to_name(struct universe *u, const struct atom *atom, const char *text)
{
	struct name *name = universe_intern(u, atom->name);

	if (name->n_wishes == name->cap_wishes) {
		name->cap_wishes = array_next_cap(name->cap_wishes);
		name->wishes = mem_resize(name->wishes, name->cap_wishes, sizeof(*name->wishes));
		name->wish_texts =
			mem_resize(name->wish_texts, name->cap_wishes, sizeof(*name->wish_texts));
	}
	if (atom->tag.len) {
		name->tag = atom->tag;
		*array_push(&u->tags) = atom->tag;
	}
	name->wishes[name->n_wishes] = atom;
	name->wish_texts[name->n_wishes++] = text;
}

static int add_wish_need(struct universe *u, struct atom *atom, const struct solve_wish *w,
			 struct err *e)
{
	struct clause *clause = arena_new(u->arena, struct clause);
	struct nodes found = { 0 };
	struct need *need;
	int r;

	*clause = (struct clause){ atom, 1 };
	u->mark++;
	if (u->q->world->wishes_take_providers)
		r = add_all(u, atom, &found, e);
	else
		r = add_named(u, atom, &found, e);
	if (r == 0 && found.n == 0)
		r = why_no_wish(u, atom, w, e);
	if (r < 0) {
		free(found.at);
		return r;
	}
	need = new_need(u, w->text, clause);
	settle(u, need, &found);
	*array_push(&u->wishes) = need;
	free(found.at);
	return 0;
}

struct need *universe_want(struct universe *u, struct node *n, const struct node *asker)
{
	struct clause *clause = arena_new(u->arena, struct clause);
	struct atom *atom = arena_new(u->arena, struct atom);
	struct nodes only = { .at = &n, .n = 1, .cap = 1 };
	struct need *need;

	*atom = (struct atom){ .name = n->package.name,
			       .version = n->package.version,
			       .relation = RELATION_EQUAL };
	*clause = (struct clause){ atom, 1 };
	need = new_need(u, arena_view(u->arena, n->package.name), clause);
	need->asker = asker;
	settle(u, need, &only);
	*array_push(&u->wishes) = need;
	return need;
}

int universe_add_wishes(struct universe *u, struct err *e)
{
	struct atom **atoms = arena_array(u->arena, u->q->n_wishes, sizeof(*atoms));
	int r;

	for (size_t i = 0; i < u->q->n_pins; i++)
		universe_intern(u, view_of(u->q->pins[i].name))->pin = u->q->pins[i].version;
	/* All wishes for a name hold for each of its versions: known before any is read. */
	for (size_t i = 0; i < u->q->n_wishes; i++) {
		if ((r = parse_wish(u, &u->q->wishes[i], &atoms[i], e)) < 0)
			return r;
		if (atoms[i]->refused)
			*array_push(&u->refused) = atoms[i];
		else
			add_wish_to_name(u, atoms[i], u->q->wishes[i].text);
	}
	for (size_t i = 0; i < u->q->n_wishes; i++) {
		if (!atoms[i]->refused && (r = add_wish_need(u, atoms[i], &u->q->wishes[i], e)) < 0)
			return r;
	}
	return 0;
}
