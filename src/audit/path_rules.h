/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of data/audit-paths.txt, and which of them fits a name. */
#pragma once

#include "audit/rule.h"
#include "base/arena.h"
#include "base/err.h"

enum path_kind {
	PATH_PROGRAM,
	PATH_FILE,
	PATH_STRANGE,
	PATH_KEEP,
	PATH_VOLUME,
	PATH_MAY_MISS,
	PATH_KINDS,
};

struct path_rule {
	enum audit_rule_number rule;
	enum path_kind kind;
	const char *pattern;
	size_t fixed; /* bytes of it before the first wildcard */
	const char *words;
};

struct path_rules {
	struct path_rule *at;
	size_t n;
};

int path_rules_builtin(struct arena *a, struct path_rules *ret, struct err *e);
int path_rules_parse(struct view text, const char *name, struct arena *a, struct path_rules *ret,
		     struct err *e);

/*
 * The next row of that kind, from *at on, that fits; NULL at the end. For programs `name` is the
 * last part of a path, else a path without leading '/'.
 */
const struct path_rule *path_rules_next(const struct path_rules *r, enum path_kind kind,
					const char *name, size_t *at);
/* The first row that fits a file: of PATH_FILE, PATH_STRANGE or PATH_KEEP. */
const struct path_rule *path_rules_file(const struct path_rules *r, const char *path,
					enum audit_group group);
