/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an audit says: a rule, how bad it is, where it was seen, and what to do. Findings are a
 * result, not an error. Names and texts come from hostile images: whoever shows them makes them
 * harmless. Secrets are masked before they get here.
 */
#pragma once

#include "audit/rule.h"
#include "base/arena.h"

#include <stdint.h>

enum { FINDING_NO_LAYER = -1 };

struct finding {
	const struct audit_rule *rule;
	enum audit_level level;	  /* by the policy; never AUDIT_OFF in a report */
	const char *message;	  /* one line, without full stop */
	int layer;		  /* from 0, the lowest; FINDING_NO_LAYER: not in a layer */
	const char *layer_digest; /* of the layer's blob, "sha256:…"; NULL without layer */
	const char *instruction;  /* that made the layer, or the entry of the config; or NULL */
	const char *path;	  /* absolute; the first of several; or NULL */
	uint64_t line;		  /* in the file, from 1; 0: no line */
	uint64_t n_paths;	  /* how many files it speaks of; 0 or 1: `path` alone */
	const char *package;	  /* "name version" that owns the path; or NULL */
	uint64_t bytes;		  /* that it costs; 0: not about bytes */
	const char *detail;	  /* evidence in more lines, or NULL */
	const char *advice;	  /* what to do; never NULL, the rule's unless there is better */
	const char *ignored;	  /* the reason of the policy's ignore that fits; NULL: it counts */
};

/* Texts live in the arena, or are constants. */
struct findings {
	struct arena arena;
	struct finding *at;
	size_t n, cap;
};

/* How many count, by level; ignored ones for themselves. */
struct finding_counts {
	uint64_t errors, warnings, notes, ignored;
};

void findings_init(struct findings *f);
void findings_done(struct findings *f);
/*
 * A new one of this rule, at the rule's level, without evidence; valid until the next. The caller
 * fills in at least the message.
 */
struct finding *finding_add(struct findings *f, enum audit_rule_number rule)
	__attribute__((returns_nonnull));
/* By level, the worst first; then rule, layer, path. */
void findings_sort(struct findings *f);
struct finding_counts findings_count(const struct findings *f);
/* The worst level that counts; AUDIT_OFF when there's none. */
enum audit_level findings_worst(const struct findings *f);

#define auto_findings __attribute__((cleanup(findings_done))) struct findings
