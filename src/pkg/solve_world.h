/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the solver: the part of all indexes that a resolution has looked at so far. Packages
 * are read, and needs resolved to candidates, when they are first asked for; both stay the same
 * from then on, so pointers to them can be compared.
 */
#pragma once

#include "base/map.h"
#include "pkg/solve.h"

/* A need, as a set of packages any of which meets it; shared by all who have it. */
struct need {
	const char *text; /* "libfoo (>= 2) | bar" */
	const struct clause *clause;
	struct node **candidates; /* in order of preference */
	size_t n;
	/* The first ones, which may be taken for this need; the others meet it if they are there
	 * anyway. */
	size_t n_active;
	const struct node *asker; /* of one that stands for itself, as what joins; else NULL */
	bool many_names;	  /* there's a choice of packages, not only of versions */
	uint32_t number;
};

/* A package that may be chosen. */
struct node {
	uint32_t index, id;
	uint32_t number; /* in order of discovery */
	struct package package;
	struct dependencies dependencies;
	struct name *name;
	struct need **needs; /* NULL until expanded */
	size_t n_needs;
	bool pinned;
	int tag_rank; /* 0: of the tag asked for, 1: of none, 2: of another wish's */
	bool banned;  /* found to lead nowhere */
	bool chosen;
	uint32_t mark;
	int solvable; /* in the pool that is being solved */
};

/* All usable versions of one name, in order of preference. */
struct name {
	struct view text;
	struct node **nodes;
	size_t n;
	const struct atom **wishes; /* which every version has to meet */
	const char **wish_texts;
	size_t n_wishes, cap_wishes;
	const char *pin;
	struct view tag;    /* that a wish asks for */
	const char *masked; /* the tag of an index that has it, and nobody asked for */
	/* Why there may be fewer than the indexes hold: the highest version that a wish rules out,
	 * an architecture that it's there for, the complaint about a broken one. */
	const char *refused_by_wish, *other_arch, *broken;
	bool loaded;
};

struct nodes {
	struct node **at;
	size_t n, cap;
};

struct needs {
	struct need **at;
	size_t n, cap;
};

struct left_outs {
	struct solve_left_out *at;
	size_t n, cap;
};

struct universe {
	const struct solve_request *q;
	struct arena *arena;
	struct view arch;
	struct map names; /* struct name */
	struct map needs_by_text;
	struct nodes nodes;
	struct needs needs;
	struct needs wishes;
	struct {
		const struct atom **at;
		size_t n, cap;
	} refused; /* what no package may meet */
	struct {
		struct view *at;
		size_t n, cap;
	} tags; /* of all wishes */
	struct left_outs left_out;
	uint32_t mark;
};

void universe_init(struct universe *u, const struct solve_request *q, struct arena *a);
void universe_done(struct universe *u);
/* Reads the wishes; see solve() for its errors. */
int universe_add_wishes(struct universe *u, struct err *e);
/* The name, made when it's new, with nothing read of it. */
struct name *universe_intern(struct universe *u, struct view text);
/* The name's usable versions. */
int universe_name(struct universe *u, struct view name, struct name **ret, struct err *e);
/* The package of an index, or NULL if it can't be used. */
int universe_node(struct universe *u, uint32_t index, uint32_t id, struct node **ret,
		  struct err *e);
/* Fills the node's `needs`, as the request's depends mode wants them. */
int universe_expand(struct universe *u, struct node *n, struct err *e);
/* Expands everything that can be reached from the wishes. */
int universe_expand_all(struct universe *u, struct err *e);
/* A need of its own for one package, which joins for the sake of `asker`. */
struct need *universe_want(struct universe *u, struct node *n, const struct node *asker);
/* Is the atom met by the package, by its own name or by what it provides? */
bool node_meets(const struct universe *u, const struct node *n, const struct atom *atom);
/* The same by one of the two, and for any architecture. */
bool node_is_named(const struct universe *u, const struct node *n, const struct atom *atom);
bool node_provides(const struct universe *u, const struct node *n, const struct atom *atom);
/* Sorting, what is preferred first: versions of one name; providers of one name; and, where a
 * version takes a name, all that have the atom's. */
void order_versions(const struct universe *u, struct node **at, size_t n);
void order_providers(const struct universe *u, struct node **at, size_t n);
void order_bearers(const struct universe *u, const struct atom *atom, struct node **at, size_t n);
/* The version in which a package has the name of an atom; empty if it provides it without one. */
struct view version_had(const struct universe *u, const struct node *n, const struct atom *atom);
/* The rule that leaves the clause out for a package named `from`, or NULL. */
const struct solve_rule *rules_find(const struct solve_rules *rules, struct view from,
				    const struct clause *clause);

/* Why a wish can't be met by any package: fails. */
int why_no_wish(struct universe *u, const struct atom *atom, const struct solve_wish *w,
		struct err *e);
/* Appends ", but …": why the need has no candidates. */
void why_no_candidates(struct universe *u, const struct need *need, struct buf *to);

/* What a run of libsolv is about. */
struct sat;

/* A pool of the nodes, all expanded, with what they need and refuse. */
struct sat *sat_new(struct universe *u, struct node *const *nodes, size_t n);
void sat_free(struct sat *s);
/* Can the wishes be met with all of these chosen? */
bool sat_solve(struct sat *s, struct node *const *chosen, size_t n);
/* After sat_solve said no: the reasons, sorted, a line each; the one that matters most goes to
 * ret_point. */
void sat_explain(struct sat *s, struct buf *ret_why, struct buf *ret_point);

/* Chooses packages in u; each has its asker in `asked_by` of the same number. */
struct choice {
	struct nodes packages;
	struct {
		const struct node **at; /* NULL: the recipe */
		size_t n, cap;
	} asked_by;
};

int choose(struct universe *u, struct choice *ret, struct buf *ret_why, struct err *e);
void choice_done(struct choice *c);
/* Adds what joins the chosen packages, and again what joins those. */
int join(struct universe *u, struct choice *c, struct err *e);
