/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the decisions in the order that solve.h defines. It first goes ahead with the first
 * candidate each time; if libsolv finds the whole acceptable, which is nearly always, that is the
 * answer, and no other package was looked at. Else the longest acceptable run of decisions is
 * searched by halving, the candidate behind it is ruled out, and it goes ahead again.
 */
#include "base/array.h"
#include "pkg/solve_world.h"

#include <stdlib.h>
#include <string.h>

/* A need and who has it (NULL: the recipe). */
struct open_need {
	const struct need *need;
	const struct node *asker;
};

struct open_needs {
	struct open_need *at;
	size_t n, cap;
	size_t next;
};

/* Those with one name, and those with a choice of names. */
struct agenda {
	struct open_needs plain, choices;
	struct open_needs waiting; /* for somebody else to bring what they need */
};

void choice_done(struct choice *c)
{
	for (size_t i = 0; i < c->packages.n; i++)
		c->packages.at[i]->chosen = false;
	free(c->packages.at);
	free(c->asked_by.at);
	*c = (struct choice){ 0 };
}

static void note_need(struct agenda *a, const struct need *need, const struct node *asker)
{
	struct open_needs *to = need->many_names ? &a->choices : &a->plain;

	*array_push(to) = (struct open_need){ need, asker };
}

static bool take_need(struct agenda *a, struct open_need *ret)
{
	struct open_needs *from = a->plain.next < a->plain.n ? &a->plain : &a->choices;

	if (from->next >= from->n)
		return false;
	*ret = from->at[from->next++];
	return true;
}

static bool is_met(const struct need *need)
{
	for (size_t i = 0; i < need->n; i++) {
		if (need->candidates[i]->chosen)
			return true;
	}
	return false;
}

static struct node *first_candidate(const struct need *need)
{
	for (size_t i = 0; i < need->n_active; i++) {
		if (!need->candidates[i]->banned)
			return need->candidates[i];
	}
	return NULL;
}

/* A need that only what is there for other reasons can meet. */
static bool may_wait(const struct need *need)
{
	for (size_t i = need->n_active; i < need->n; i++) {
		if (!need->candidates[i]->banned)
			return true;
	}
	return false;
}

static int fail_ambiguous(const struct open_need *open, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	const struct need *need = open->need;

	for (size_t i = need->n_active; i < need->n; i++) {
		if (i == need->n_active ||
		    need->candidates[i]->name != need->candidates[i - 1]->name)
			buf_printf(&text, "%s%.*s", text.len ? ", " : "",
				   VIEW_ARG(need->candidates[i]->package.name));
	}
	if (open->asker)
		return fail(e, FAIL_CONFLICT,
			    "%.*s %.*s needs %s, which is only a name that packages provide; add "
			    "the one you want: %s",
			    VIEW_ARG(open->asker->package.name),
			    VIEW_ARG(open->asker->package.version), need->text, buf_str(&text));
	return fail(e, FAIL_CONFLICT,
		    "the recipe asks for %s, which is only a name that packages provide; name the "
		    "one you want: %s",
		    need->text, buf_str(&text));
}

/* 1 when nothing waits in vain. */
static int check_waiting(const struct agenda *a, struct err *e)
{
	for (size_t i = 0; i < a->waiting.n; i++) {
		if (!is_met(a->waiting.at[i].need))
			return fail_ambiguous(&a->waiting.at[i], e);
	}
	return 1;
}

static void agenda_done(struct agenda *a)
{
	free(a->plain.at);
	free(a->choices.at);
	free(a->waiting.at);
}

/* 1 when every need was met, 0 when one can't be; the decisions so far are in *ret. */
static int go_ahead(struct universe *u, struct choice *ret, struct err *e)
{
	struct agenda agenda = { 0 };
	struct open_need open;
	int r = 1;

	for (size_t i = 0; i < u->wishes.n; i++)
		note_need(&agenda, u->wishes.at[i], u->wishes.at[i]->asker);
	while (r == 1 && take_need(&agenda, &open)) {
		struct node *node;

		if (is_met(open.need))
			continue;
		node = first_candidate(open.need);
		if (!node && may_wait(open.need)) {
			*array_push(&agenda.waiting) = open;
			continue;
		}
		if (!node) {
			r = 0;
			break;
		}
		node->chosen = true;
		*array_push(&ret->packages) = node;
		*array_push(&ret->asked_by) = open.asker;
		if (universe_expand(u, node, e) < 0)
			r = -(int)e->code;
		for (size_t i = 0; i < node->n_needs; i++)
			note_need(&agenda, node->needs[i], node);
	}
	if (r == 1)
		r = check_waiting(&agenda, e);
	agenda_done(&agenda);
	return r;
}

/* How many of the first decisions can stand; all of them can't. */
static size_t longest_run(struct sat *s, const struct choice *c)
{
	size_t good = 0, bad = c->packages.n;

	while (good + 1 < bad) {
		size_t middle = good + (bad - good) / 2;

		if (sat_solve(s, c->packages.at, middle))
			good = middle;
		else
			bad = middle;
	}
	return good;
}

/* The message: the whole story if it fits, else what matters most. */
static int fail_why(struct sat *s, struct buf *ret_why, struct err *e)
{
	auto_buf why = BUF_EMPTY;
	auto_buf point = BUF_EMPTY;
	bool fits;

	sat_explain(s, &why, &point);
	while (why.len && why.data[why.len - 1] == '\n')
		why.data[--why.len] = '\0';
	fits = why.len < sizeof(e->msg) - 64;
	if (ret_why && !fits)
		buf_add_view(ret_why, buf_view(&why));
	return fail(e, FAIL_CONFLICT, "the packages can't be had together:\n%s",
		    fits ? buf_str(&why) : buf_str(&point));
}

/* One round of decisions; 1 when they are acceptable as they are. */
static int try_round(struct universe *u, struct choice *ret, struct err *e)
{
	struct sat *s;
	bool good;
	int r = go_ahead(u, ret, e);

	if (r != 1)
		return r;
	s = sat_new(u, ret->packages.at, ret->packages.n);
	good = sat_solve(s, ret->packages.at, ret->packages.n);
	sat_free(s);
	return good;
}

/* Among all that can be reached: rules candidates out until a round is acceptable. */
static int search(struct universe *u, struct choice *ret, struct buf *ret_why, struct err *e)
{
	struct nodes reached = { 0 };
	struct sat *s;
	int r = universe_expand_all(u, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < u->nodes.n; i++) {
		if (u->nodes.at[i]->needs)
			*array_push(&reached) = u->nodes.at[i];
	}
	s = sat_new(u, reached.at, reached.n);
	if (!sat_solve(s, NULL, 0))
		r = fail_why(s, ret_why, e);
	for (int i = 0; r == 0; i++) {
		if (i >= SOLVE_MAX_CONFLICTS) {
			r = fail(e, FAIL_LIMIT, "gave up after %d decisions that led nowhere", i);
			break;
		}
		ret->packages.at[longest_run(s, ret)]->banned = true;
		choice_done(ret);
		r = go_ahead(u, ret, e);
		if (r == 1 && !sat_solve(s, ret->packages.at, ret->packages.n))
			r = 0;
	}
	sat_free(s);
	free(reached.at);
	return r < 0 ? r : 0;
}

int choose(struct universe *u, struct choice *ret, struct buf *ret_why, struct err *e)
{
	int r;

	*ret = (struct choice){ 0 };
	r = try_round(u, ret, e);
	if (r == 0)
		r = search(u, ret, ret_why, e);
	return r < 0 ? r : 0;
}
