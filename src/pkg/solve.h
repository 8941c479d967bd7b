/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolution: from wishes and indexes to the packages that an image gets.
 *
 * The answer is defined without regard to who computes it. Decisions are taken in order: first
 * the wishes as given, then what the chosen packages need, breadth first; needs that only one
 * name can meet come before those with a choice of names, so that an alternative which is there
 * anyway is used. A decision takes the first candidate with which everything can still be
 * satisfied: locked ones, then alternatives as written, a real package before providers,
 * providers by essential, priority and name, versions from the highest, the security archive's
 * copy on a tie. libsolv answers "can everything still be satisfied", and why not, so that the
 * result doesn't depend on its own preferences, which differ between its versions.
 *
 * In worlds where a version takes a name (pkg/world.h), candidates are ordered by the version in
 * which they have the name, then by provider_priority, then as the indexes are. Packages that join
 * others are added at the end, as wishes that may fail.
 *
 * Recommends, Suggests and Essential add nothing. No network, no files, no state.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "pkg/index.h"
#include "pkg/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SOLVE_MAX_PACKAGES = 200000, /* looked at in one resolution; all of trixie has 69,000 */
	SOLVE_MAX_CONFLICTS = 1000,  /* decisions taken back, each a few runs of the solver */
};

/* One index and what decides between copies; the first one wins a remaining tie. */
struct solve_index {
	const struct index *index;
	const char *name; /* for messages: "trixie-security" */
	const char *tag;  /* only for wishes that ask for it, and what those need; or NULL */
	int priority;	  /* between copies of one version; higher wins */
	bool security;
};

struct solve_wish {
	const char *text;  /* "name=version"; see world.h */
	const char *where; /* "pare.yaml:12:5", for messages; may be NULL */
};

/* A locked version: preferred as long as it's there and fits. */
struct solve_pin {
	const char *name, *version;
};

enum solve_depends {
	SOLVE_RUNTIME, /* without what only maintainer scripts need */
	SOLVE_NONE,    /* just the wishes */
	SOLVE_FULL,
};

enum solve_rule_kind {
	RULE_PACKAGE,  /* leaves a need out when all of its alternatives are named so */
	RULE_FACILITY, /* leaves a need out when one of its alternatives is */
	RULE_EDGE,     /* like RULE_PACKAGE, for the needs of `from` only */
	RULE_KEEP,     /* takes `from` out of all the others */
};

/* A need that only maintainer scripts have. */
struct solve_rule {
	enum solve_rule_kind kind;
	struct view from; /* one '*' stands for anything */
	struct view to;
	struct view reason;
};

struct solve_rules {
	const struct solve_rule *at;
	size_t n;
};

/*
 * Lines as data/script-only.txt explains them. Views into `text`, the table in the arena.
 * FAIL_FORMAT with "name: line N: ".
 */
int solve_rules_parse(struct view text, const char *name, struct arena *a, struct solve_rules *ret,
		      struct err *e);
/* Those that are built in for a world (data/script-only.txt, data/apk-script-only.txt). */
int solve_rules_builtin(const char *world, struct arena *a, struct solve_rules *ret, struct err *e);

struct solve_request {
	const struct world *world;
	const struct solve_index *indexes;
	size_t n_indexes;
	const char *arch; /* as the world names it */
	const struct solve_wish *wishes;
	size_t n_wishes;
	const struct solve_pin *pins;
	size_t n_pins;
	enum solve_depends depends;
	struct solve_rules script_only; /* for SOLVE_RUNTIME */
};

struct solve_package {
	uint32_t index;		/* into the request's */
	uint32_t id;		/* in that index */
	struct package package; /* views into that index */
	const char *asked_by;	/* "recipe" or the first package that needs it */
};

/* What SOLVE_RUNTIME didn't follow, unless something else brought it in. */
struct solve_left_out {
	const char *name, *needed_by, *reason;
};

struct solve_result {
	struct arena arena;
	struct solve_package *packages; /* sorted by name */
	size_t n_packages;
	struct solve_left_out *left_out; /* sorted by name */
	size_t n_left_out;
};

/*
 * FAIL_NOT_FOUND: a wish that nothing can meet. FAIL_CONFLICT: they can't all be met; the message
 * says what stands in the way, a line a reason; a story too long for it goes to *ret_why (may be
 * NULL) as a whole.
 * FAIL_FORMAT: a wish that can't be read, or a damaged index. The result lives as long as the
 * indexes.
 */
int solve(const struct solve_request *q, struct solve_result **ret, struct buf *ret_why,
	  struct err *e);
void solve_result_free(struct solve_result *r);

static inline void solve_result_cleanup(struct solve_result **r)
{
	solve_result_free(*r);
}

#define auto_solve_result __attribute__((cleanup(solve_result_cleanup))) struct solve_result *
