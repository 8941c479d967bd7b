/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside audit/: one run over one image. Each topic has a file of rules; what they share is here:
 * making findings with their evidence, and counting many alike files into one.
 */
#pragma once

#include "audit/accounts.h"
#include "audit/audit.h"
#include "audit/integrity.h"
#include "audit/path_rules.h"
#include "audit/scan.h"
#include "link/link.h"

struct auditing {
	const struct image_view *view;
	const struct tree *tree;
	const struct image_config *config;
	struct audit_scan *scan;
	const struct audit_options *options;
	struct policy *policy;
	struct findings *found;
	struct arena *a; /* of the findings */
	struct link *link;
	struct link_process process;
	struct link_result start; /* what the command loads; empty without one */
	struct strings command;	  /* entrypoint and cmd */
	struct accounts accounts;
	struct integrity integrity;
	const struct path_rules *path_rules;
	struct map heaps;  /* of alike files; see heap_add() */
	uint32_t uid, gid; /* that the image runs as */
	bool knows_user;   /* uid and gid are set */
	size_t n_of_rule[AUDIT_RULES];
	/* Counted by the walk. */
	uint64_t n_files, n_programs, n_foreign_programs;
};

/*
 * A new finding of the rule about a node, a layer or nothing (NULL, FINDING_NO_LAYER); NULL when
 * the policy has the rule off, or there are too many already. The policy's exceptions are applied
 * here, so the path must be given here.
 */
struct finding *find_node(struct auditing *x, enum audit_rule_number rule, const struct node *n);
struct finding *find_layer(struct auditing *x, enum audit_rule_number rule, int layer,
			   const char *path);
struct finding *find_image(struct auditing *x, enum audit_rule_number rule);
/* Whether the policy has the rule on. */
bool rule_is_on(const struct auditing *x, enum audit_rule_number rule);

/* Many alike files as one finding: those of one rule, layer and key (text, borrowed). */
struct heap_item {
	enum audit_rule_number rule;
	const char *key;     /* what is counted together; the message unless `message` is set */
	const char *message; /* or NULL */
	bool by_package;     /* one for each package, not for each layer */
	uint64_t bytes;	     /* of this file; 0 when it isn't about bytes */
	const char *detail;  /* a line of evidence for this file; NULL: its path */
};
void heap_add(struct auditing *x, const struct heap_item *item, const struct node *n);
void heaps_flush(struct auditing *x);

const char *path_of(struct auditing *x, const struct node *n);
/* By its first bytes, as the layer's index has it. */
enum file_kind node_kind(const struct auditing *x, const struct node *n);
/* "name version" of the package that owns it, or NULL. */
const char *package_text(struct auditing *x, const struct node *n);
/* "12 MB" */
const char *bytes_text(struct auditing *x, uint64_t bytes);
/* An environment variable's value in the config, or NULL. */
const char *config_env(const struct auditing *x, const char *name);

/* Whether what was found is in a file as a package has it: what everybody can download. */
bool scan_hit_is_packaged(const struct auditing *x, const struct scan_hit *hit);

/* The topics, in the order in which they run; each is called once. */
int rules_start(struct auditing *x, struct err *e);
int rules_user(struct auditing *x, struct err *e);
int rules_accounts(struct auditing *x, struct err *e);
int rules_tree(struct auditing *x, struct err *e); /* one walk, calls node_access() too */
int rules_secrets(struct auditing *x, struct err *e);
int rules_waste(struct auditing *x, struct err *e);
int rules_missing(struct auditing *x, struct err *e);
int rules_packages(struct auditing *x, struct err *e);
int rules_releases(struct auditing *x, struct err *e);
int rules_config(struct auditing *x, struct err *e);
int rules_limits(struct auditing *x, struct err *e);
int rules_updates(struct auditing *x, struct err *e);

/* Looks at each node of the tree; `path` without leading '/'. */
void node_access(struct auditing *x, const struct node *n, const char *path);
