/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the start of an image leads to: the programs that a container runtime, wrappers such as
 * tini, and shell scripts start one after another, each with its libraries. Nothing is run: of a
 * script that is what its text names, whether or not it gets there.
 */
#pragma once

#include "base/map.h"
#include "link/link.h"

enum {
	WHY_MAX_STARTS = 256, /* programs; an entrypoint starts a dozen */
	WHY_MAX_SCRIPTS = 64, /* texts that are read, each as often as it is asked for */
	WHY_MAX_DEPTH = 12,   /* of scripts that start scripts */
	WHY_MAX_WORDS = 1024, /* of a command with its script's arguments, which may multiply */
};

#define WHY_START SIZE_MAX

struct reached {
	const struct node *node;
	const char *path, *name; /* as found, and as asked for */
	enum link_role role;
	size_t by; /* index of what asked first; WHY_START: the runtime */
};

struct reach {
	struct reached *at;
	size_t n, cap;
	struct map by_inode; /* index + 1 */
};

void reach_done(struct reach *r);
/* NULL when the start doesn't lead to it. */
const struct reached *reach_find(const struct reach *r, const struct inode *i);

/* `command` and all strings live as long as `a` and `l` do. Start with {0}. */
int why_start(const struct tree *t, struct link *l, const struct link_process *p,
	      const char *const *command, size_t n, struct arena *a, struct reach *ret,
	      struct err *e);
