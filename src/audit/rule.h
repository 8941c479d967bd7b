/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule that an audit knows: one table, which `pare audit --explain`, pare-audit-rules(7) and
 * every report read. A rule's id is stable: it is what policies, ignores and SARIF name it by.
 * Needs no other file of pare but finding.h, so that the build can make the manual page of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum audit_level { AUDIT_OFF, AUDIT_NOTE, AUDIT_WARNING, AUDIT_ERROR };

enum audit_group {
	AUDIT_START,
	AUDIT_USER,
	AUDIT_SURFACE,
	AUDIT_SECRETS,
	AUDIT_WASTE,
	AUDIT_MISSING,
	AUDIT_HYGIENE,
	AUDIT_UPDATES,
	AUDIT_POLICY,
	AUDIT_GROUPS,
};

enum audit_rule_number {
	/* Does it start at all? */
	RULE_START_NOTHING,
	RULE_START_COMMAND_MISSING,
	RULE_START_NOT_EXECUTABLE,
	RULE_START_NOT_A_PROGRAM,
	RULE_START_ARCHITECTURE,
	RULE_START_INTERPRETER_MISSING,
	RULE_START_CARRIAGE_RETURN,
	RULE_START_LIBRARY_MISSING,
	RULE_START_VERSION_MISSING,
	RULE_START_SYMBOL_MISSING,
	RULE_START_SHELL_MISSING,
	RULE_START_USER_MISSING,
	RULE_START_FOLDER_UNUSABLE,
	RULE_START_HEALTHCHECK_SHELL,
	RULE_START_HEALTHCHECK_PROGRAM,
	RULE_START_OTHER_PROGRAM,
	/* Who does it run as? */
	RULE_USER_ROOT,
	RULE_USER_NOT_NUMERIC,
	RULE_USER_GROUP_ROOT,
	/* What could an attacker use? */
	RULE_SURFACE_SHELL,
	RULE_SURFACE_PACKAGE_MANAGER,
	RULE_SURFACE_COMPILER,
	RULE_SURFACE_SUDO,
	RULE_SURFACE_NETWORK_TOOL,
	RULE_SETUID_PACKAGED,
	RULE_SETUID_FOREIGN,
	RULE_CAPABILITY_PACKAGED,
	RULE_CAPABILITY_FOREIGN,
	RULE_WRITABLE_FILE,
	RULE_WRITABLE_FOLDER,
	RULE_PASSWORD_EMPTY,
	RULE_PASSWORD_READABLE,
	RULE_ACCOUNT_DUPLICATE,
	RULE_ACCOUNT_MALFORMED,
	RULE_DEVICE,
	/* What should not be known? */
	RULE_SECRET_PRIVATE_KEY,
	RULE_SECRET_TOKEN,
	RULE_SECRET_CREDENTIAL_FILE,
	RULE_SECRET_CONFIG,
	/* What is paid for and not used? */
	RULE_WASTE_DEAD_BYTES,
	RULE_WASTE_DUPLICATES,
	RULE_WASTE_PACKAGE_CACHE,
	RULE_WASTE_LANGUAGE_CACHE,
	RULE_WASTE_LOGS,
	RULE_WASTE_BYTECODE,
	RULE_WASTE_DOCUMENTATION,
	RULE_WASTE_DEBUG_DATA,
	RULE_WASTE_LEFTOVERS,
	/* What do the programs need that isn't there? */
	RULE_MISSING_CERTIFICATES,
	RULE_MISSING_ZONES,
	RULE_MISSING_ACCOUNTS,
	RULE_MISSING_NSSWITCH,
	RULE_MISSING_TMP,
	RULE_MISSING_HOME,
	/* Is it kept in order? */
	RULE_PACKAGES_UNKNOWN,
	RULE_PACKAGES_DISAGREE,
	RULE_FILES_FOREIGN,
	RULE_FILES_OWNERLESS,
	RULE_LINK_BROKEN,
	RULE_RELEASES_MIXED,
	RULE_TAG_LATEST,
	RULE_WORKDIR_RELATIVE,
	RULE_VOLUME_SENSITIVE,
	RULE_PORT_SSH,
	RULE_LAYERS_MANY,
	RULE_IRREPRODUCIBLE,
	/* Is it old? (--updates) */
	RULE_UPDATE_SECURITY,
	RULE_UPDATE_AVAILABLE,
	/* What the policy itself asks for. */
	RULE_LIMIT_SIZE,
	RULE_LIMIT_DEAD_BYTES,
	RULE_LIMIT_PACKAGES,
	RULE_LIMIT_FILES,
	RULE_IGNORE_UNUSED,
	RULE_IGNORE_EXPIRED,
	AUDIT_RULES,
};

struct audit_rule {
	const char *id; /* "user-root" */
	enum audit_group group;
	enum audit_level level; /* unless the policy says otherwise */
	const char *title;	/* what it finds, without full stop */
	const char *text;	/* one paragraph: what is checked, and why it matters */
	const char *advice;	/* what to do, as a sentence */
	const char *peers; /* "dockle CIS-DI-0001, trivy DS-0002"; NULL: no other tool has it */
};

/* By number; every entry is filled. */
extern const struct audit_rule audit_rules[AUDIT_RULES];

/* NULL when there's none with that id. */
const struct audit_rule *audit_rule_find(const char *id);
/* "start", "user", …: what a policy may name instead of one rule. */
const char *audit_group_name(enum audit_group g);
/* "Starts at all", for headings. */
const char *audit_group_title(enum audit_group g);
/* "off", "note", "warning", "error". */
const char *audit_level_name(enum audit_level l);
bool audit_level_by_name(const char *name, enum audit_level *ret);
