/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Within build/: what resolving a recipe asks of a package world besides its rules (pkg/world.h):
 * opening its repositories, and what the lock says about them.
 */
#pragma once

#include "build/resolve.h"
#include "pkg/solve.h"

/* An index for one architecture, and the entry of the lock that vouches for it. */
struct offer {
	const char *oci;
	struct solve_index index;
	uint32_t lock_index;
};

struct resolution {
	const struct build_context *ctx;
	const struct recipe *recipe;
	const struct resolve_options *o;
	const struct resolve_world *world;
	void *opened; /* the world's own */
	struct arena arena;
	struct {
		struct offer *at;
		size_t n, cap;
	} offers;
	struct solve_rules rules;
	struct lock *lock;
};

struct resolve_world {
	const char *title; /* "Debian" */
	const struct world *solver;
	const char *debug_package;			   /* of the variant debug */
	const char *(*arch_name)(const struct arch *arch); /* NULL: has no such packages */
	/* Opens the recipe's repositories, fills `offers` and the lock's indexes. */
	int (*open)(struct resolution *r, struct err *e);
	/* Fills in the digests of locked packages where indexes don't say them; or NULL. */
	int (*identify)(struct resolution *r, struct err *e);
	void (*close)(struct resolution *r);
};

extern const struct resolve_world resolve_deb, resolve_apk;
