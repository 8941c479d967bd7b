/* SPDX-License-Identifier: Apache-2.0 */
/* Finding rules, groups and levels by their names; see rule.h. */
#include "audit/rule.h"

#include <string.h>

static const char *const level_names[] = { "off", "note", "warning", "error" };

static const struct {
	const char *name, *title;
} groups[AUDIT_GROUPS] = {
	[AUDIT_START] = { "start", "Starts at all" },
	[AUDIT_USER] = { "user", "Who it runs as" },
	[AUDIT_SURFACE] = { "surface", "Attack surface" },
	[AUDIT_SECRETS] = { "secrets", "Secrets" },
	[AUDIT_WASTE] = { "waste", "Waste" },
	[AUDIT_MISSING] = { "missing", "Missing pieces" },
	[AUDIT_HYGIENE] = { "hygiene", "Hygiene" },
	[AUDIT_UPDATES] = { "updates", "Updates" },
	[AUDIT_POLICY] = { "policy", "Policy" },
};

const struct audit_rule *audit_rule_find(const char *id)
{
	for (size_t i = 0; i < AUDIT_RULES; i++)
		if (strcmp(audit_rules[i].id, id) == 0)
			return &audit_rules[i];
	return NULL;
}

const char *audit_group_name(enum audit_group g)
{
	return groups[g].name;
}

const char *audit_group_title(enum audit_group g)
{
	return groups[g].title;
}

const char *audit_level_name(enum audit_level l)
{
	return level_names[l];
}

bool audit_level_by_name(const char *name, enum audit_level *ret)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(level_names[i], name) == 0) {
			*ret = (enum audit_level)i;
			return true;
		}
	}
	return false;
}
