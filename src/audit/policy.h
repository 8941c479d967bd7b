/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts, and how much: levels of rules, limits, and exceptions with a reason and a date.
 * Policies are YAML (.pare-audit.yaml, see pare-audit(1)); three are built in: default, strict and
 * base. Unknown keys, rules and levels are errors with line and column.
 */
#pragma once

#include "audit/rule.h"
#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	POLICY_MAX_BYTES = 1 << 20, /* as any YAML that people write */
	POLICY_MAX_EXTENDS = 8,
	POLICY_MAX_IGNORES = 10000,
};

#define POLICY_NO_LIMIT UINT64_MAX

struct policy_ignore {
	const struct audit_rule *rule;
	const char *path;   /* pattern of base/glob.h; NULL: wherever it is found */
	const char *reason; /* never NULL */
	const char *expiry; /* as written; NULL: never */
	int64_t expires_s;  /* the first second at which it doesn't count any more */
	const char *place;  /* "file:line" */
	bool used;	    /* fits a finding, expired or not */
};

struct policy {
	const char *name; /* of a built-in policy, or path of the file */
	enum audit_level levels[AUDIT_RULES];
	uint64_t max_size_bytes, max_dead_bytes, max_packages, max_files;
	struct policy_ignore *ignores;
	size_t n_ignores;
};

/* "default", "strict" or "base"; FAIL_NOT_FOUND names them. */
int policy_builtin(const char *name, struct arena *a, struct policy *ret, struct err *e);
/* Of a file's text; everything in `a`. FAIL_FORMAT with "name:line:column: ". */
int policy_parse(struct view text, const char *name, struct arena *a, struct policy *ret,
		 struct err *e);
/* The exception that fits a finding at `path` (or NULL) and has not expired; marks what fits. */
const struct policy_ignore *policy_ignored(struct policy *p, const struct audit_rule *rule,
					   const char *path, int64_t now_s);

/* The rule or topic that somebody probably meant, or NULL. */
const char *audit_rule_meant(const char *text);
