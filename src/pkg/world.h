/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package world as resolution sees it: how versions order, what a wish means, and what a
 * package's dependency fields say, in a form that all worlds share. Debian is the first;
 * callers name no world but the one they were given.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/view.h"
#include "pkg/index.h"

#include <stdbool.h>
#include <stddef.h>

enum relation {
	RELATION_ANY, /* no version asked for */
	RELATION_LESS,
	RELATION_AT_MOST,
	RELATION_EQUAL,
	RELATION_AT_LEAST,
	RELATION_MORE,
	RELATION_LIKE, /* begins with these components: 3.13.5 is like 3.13 */
	RELATION_LIKE_OR_LESS,
	RELATION_LIKE_OR_MORE,
};

/* Whether a version that compares so with the bound (below 0: it is less) fits; LIKE is order 0. */
bool relation_holds(enum relation r, int order);

enum arch_qualifier {
	QUALIFIER_NONE,
	QUALIFIER_ANY,	 /* of any architecture, if the package allows it */
	QUALIFIER_NAMED, /* of the one in `arch` */
};

/* "name:arch (>= version)" */
struct atom {
	struct view name, version, arch;
	struct view tag; /* of the repositories to take it from; a wish only */
	enum relation relation;
	enum arch_qualifier qualifier;
	bool refused; /* must not be there; a wish only */
};

/* Alternatives in the order of preference; one of them must hold. */
struct clause {
	const struct atom *atoms;
	size_t n;
};

struct dependencies {
	const struct clause *needs;
	size_t n_needs;
	const struct atom *refuses; /* what can't be there at the same time */
	size_t n_refuses;
	const struct atom *provides; /* relation is ANY (without version) or EQUAL */
	size_t n_provides;
	const struct atom *joins; /* it comes by itself where all of these are there */
	size_t n_joins;
};

struct world {
	const char *name;
	/* A wish may name what packages provide, not only packages. */
	bool wishes_take_providers;
	/*
	 * A name in a version, a package's own or a provided one, is had by one package at a time,
	 * and needs take the highest. What a package provides without version is only there for
	 * those who have the package anyway, or who rank it by a provider_priority.
	 */
	bool versions_take_names;
	/* Packages may join (struct dependencies). */
	bool packages_join;
	/* Less than, equal to or greater than 0; total. */
	int (*compare_versions)(struct view a, struct view b);
	bool (*version_fits)(struct view version, enum relation relation, struct view bound);
	/* May packages of `arch` be used for a target of `target`? */
	bool (*arch_fits)(struct view arch, struct view target);
	/* Is an atom's architecture qualifier content with this package? */
	bool (*qualifier_fits)(const struct atom *atom, const struct package *p,
			       struct view target);
	/*
	 * "name", "name=version", also ~ < <= > >=, as a recipe has it. Views into `text`.
	 * FAIL_FORMAT says what is wrong with it.
	 */
	int (*parse_wish)(struct view text, struct atom *ret, struct err *e);
	/* Views into the package's. FAIL_FORMAT names package, field and offset. */
	int (*parse_dependencies)(const struct package *p, struct arena *a,
				  struct dependencies *ret, struct err *e);
	/* Appends the atom as the world's users write it. */
	void (*write_atom)(const struct atom *atom, struct buf *to);
};

extern const struct world deb_world;
extern const struct world apk_world;
