/* SPDX-License-Identifier: Apache-2.0 */
/* Reads policies; see policy.h. */
#include "audit/policy.h"

#include "base/buf.h"
#include "base/checked.h"
#include "base/date.h"
#include "base/embed.h"
#include "base/glob.h"
#include "base/suggest.h"
#include "fmt/yaml.h"

#include <string.h>

extern const struct embedded pare_policies[];
extern const size_t pare_policies_count;

struct policy_reader {
	const char *name;
	struct arena *a;
	struct policy *to;
};

static int fail_at(const struct policy_reader *r, const struct yaml_node *n, struct err *e,
		   const char *what)
{
	return fail(e, FAIL_FORMAT, "%s:%u:%u: %s", r->name, n->line, n->column, what);
}

static int fail_kind(const struct policy_reader *r, const struct yaml_node *n, const char *key,
		     const char *wanted, struct err *e)
{
	return fail_at(
		r, n, e,
		arena_printf(r->a, "'%s' must be %s, not %s", key, wanted, yaml_kind_name(n)));
}

/* ---- levels ---- */

const char *audit_rule_meant(const char *text)
{
	const char *names[AUDIT_RULES + AUDIT_GROUPS];
	size_t n = 0;

	for (; n < AUDIT_RULES; n++)
		names[n] = audit_rules[n].id;
	for (size_t i = 0; i < AUDIT_GROUPS; i++)
		names[n++] = audit_group_name((enum audit_group)i);
	return suggest_nearest(text, names, n);
}

static int fail_rule(const struct policy_reader *r, const struct yaml_node *n, struct err *e)
{
	const char *meant = audit_rule_meant(n->text);

	return fail_at(r, n, e,
		       arena_printf(r->a, "no rule '%s'%s%s%s", n->text,
				    meant ? "\ndid you mean '" : "", meant ? meant : "",
				    meant ? "'?" : "\npare audit --explain list shows them all"));
}

/* "on" is the level that the rule has by itself. */
static bool read_level(const char *text, size_t rule, enum audit_level *ret)
{
	if (strcmp(text, "on") != 0)
		return audit_level_by_name(text, ret);
	*ret = audit_rules[rule].level;
	return true;
}

static bool is_named(size_t rule, const char *name)
{
	return strcmp(audit_rules[rule].id, name) == 0 ||
	       strcmp(audit_group_name(audit_rules[rule].group), name) == 0;
}

static int read_one_level(struct policy_reader *r, const struct yaml_entry *x, bool groups,
			  struct err *e)
{
	bool any = false;

	if (x->value->kind != YAML_SCALAR)
		return fail_kind(r, x->value, x->key->text, "a level", e);
	for (size_t i = 0; i < AUDIT_RULES; i++) {
		if (!is_named(i, x->key->text))
			continue;
		any = true;
		if (strcmp(audit_rules[i].id, x->key->text) == 0 ? groups : !groups)
			continue;
		if (!read_level(x->value->text, i, &r->to->levels[i]))
			return fail_at(r, x->value, e,
				       "expected one of error, warning, note, off and on");
	}
	return any ? 0 : fail_rule(r, x->key, e);
}

/* A rule's own level counts more than its group's, wherever the two stand. */
static int read_levels(struct policy_reader *r, const struct yaml_node *map, struct err *e)
{
	if (map->kind != YAML_MAP)
		return fail_kind(r, map, "levels", "a map", e);
	for (int groups = 1; groups >= 0; groups--) {
		for (size_t i = 0; i < map->n; i++) {
			int rc = read_one_level(r, &map->entries[i], groups, e);

			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* ---- thresholds ---- */

static bool unit_of(struct view unit, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} units[] = {
		{ "", 1 },	     { "B", 1 },	   { "k", 1000 },     { "kB", 1000 },
		{ "K", 1000 },	     { "KB", 1000 },	   { "M", 1000000 },  { "MB", 1000000 },
		{ "G", 1000000000 }, { "GB", 1000000000 }, { "Ki", 1 << 10 }, { "KiB", 1 << 10 },
		{ "Mi", 1 << 20 },   { "MiB", 1 << 20 },   { "Gi", 1 << 30 }, { "GiB", 1 << 30 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (view_is(unit, units[i].name)) {
			*ret = units[i].factor;
			return true;
		}
	}
	return false;
}

/* "20 MB", "1500", "64Ki"; a count takes no unit. */
static bool read_amount(const char *text, bool bytes, uint64_t *ret)
{
	struct view v = view_trim(view_of(text)), number = v, unit;
	uint64_t n, factor;

	number.len = strspn(number.ptr, "0123456789");
	unit = view_trim(view_make(v.ptr + number.len, v.len - number.len));
	if (!view_to_u64(number, &n) || !unit_of(unit, &factor) || (!bytes && unit.len))
		return false;
	return checked_mul(n, factor, ret);
}

static int read_thresholds(struct policy_reader *r, const struct yaml_node *map, struct err *e)
{
	const struct {
		const char *key;
		uint64_t *to;
		bool bytes;
	} keys[] = {
		{ "size", &r->to->max_size_bytes, true },
		{ "dead-bytes", &r->to->max_dead_bytes, true },
		{ "packages", &r->to->max_packages, false },
		{ "files", &r->to->max_files, false },
	};

	if (map->kind != YAML_MAP)
		return fail_kind(r, map, "thresholds", "a map", e);
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_entry *x = &map->entries[i];
		size_t k = 0;

		while (k < sizeof(keys) / sizeof(keys[0]) && strcmp(keys[k].key, x->key->text) != 0)
			k++;
		if (k == sizeof(keys) / sizeof(keys[0]))
			return fail_at(r, x->key, e,
				       "expected one of size, dead-bytes, packages and files");
		if (x->value->kind != YAML_SCALAR)
			return fail_kind(r, x->value, x->key->text, "a number", e);
		if (yaml_is_null(x->value) || strcmp(x->value->text, "none") == 0)
			*keys[k].to = POLICY_NO_LIMIT;
		else if (!read_amount(x->value->text, keys[k].bytes, keys[k].to))
			return fail_at(r, x->value, e,
				       keys[k].bytes ? "expected bytes, such as 50 MB or 64Ki"
						     : "expected a number");
	}
	return 0;
}

/* ---- exceptions ---- */

static int read_expiry(struct policy_reader *r, const struct yaml_node *n, struct policy_ignore *to,
		       struct err *e)
{
	char text[sizeof("2026-01-31T23:59:59Z")];

	if (strlen(n->text) == sizeof("2026-01-31") - 1) {
		memcpy(text, n->text, sizeof("2026-01-31") - 1);
		memcpy(text + sizeof("2026-01-31") - 1, "T23:59:59Z", sizeof("T23:59:59Z"));
		if (date_parse_rfc3339(view_of(text), &to->expires_s)) {
			to->expires_s++;
			to->expiry = n->text;
			return 0;
		}
	}
	return fail_at(r, n, e, "expected the last day that it counts, such as 2027-01-31");
}

static int read_ignore_key(struct policy_reader *r, const struct yaml_entry *x,
			   struct policy_ignore *to, struct err *e)
{
	const char *key = x->key->text;

	if (x->value->kind != YAML_SCALAR || !x->value->text[0])
		return fail_kind(r, x->value, key, "text", e);
	if (strcmp(key, "id") == 0) {
		to->rule = audit_rule_find(x->value->text);
		return to->rule ? 0 : fail_rule(r, x->value, e);
	}
	if (strcmp(key, "expiry") == 0)
		return read_expiry(r, x->value, to, e);
	if (strcmp(key, "path") == 0)
		to->path = x->value->text;
	else if (strcmp(key, "reason") == 0)
		to->reason = x->value->text;
	else
		return fail_at(r, x->key, e, "expected one of id, path, reason and expiry");
	return 0;
}

static int read_ignore(struct policy_reader *r, const struct yaml_node *n, struct policy_ignore *to,
		       struct err *e)
{
	if (n->kind != YAML_MAP)
		return fail_kind(r, n, "ignore", "a list of maps", e);
	to->place = arena_printf(r->a, "%s:%u", r->name, n->line);
	for (size_t i = 0; i < n->n; i++) {
		int rc = read_ignore_key(r, &n->entries[i], to, e);

		if (rc < 0)
			return rc;
	}
	if (!to->rule)
		return fail_at(r, n, e, "an exception needs an id: the rule that it is of");
	if (!to->reason)
		return fail_at(r, n, e, "an exception needs a reason");
	return 0;
}

static int read_ignores(struct policy_reader *r, const struct yaml_node *list, struct err *e)
{
	size_t had = r->to->n_ignores;
	struct policy_ignore *all;

	if (list->kind != YAML_SEQUENCE)
		return fail_kind(r, list, "ignore", "a list", e);
	if (had + list->n > POLICY_MAX_IGNORES)
		return fail(e, FAIL_LIMIT, "%s: over %d exceptions", r->name, POLICY_MAX_IGNORES);
	all = arena_array(r->a, had + list->n + 1, sizeof(*all));
	if (had)
		memcpy(all, r->to->ignores, had * sizeof(*all));
	r->to->ignores = all;
	for (size_t i = 0; i < list->n; i++) {
		int rc = read_ignore(r, list->items[i], &all[had + i], e);

		if (rc < 0)
			return rc;
		r->to->n_ignores++;
	}
	return 0;
}

/* ---- the whole ---- */

static void start_with_rules(struct policy *p)
{
	*p = (struct policy){
		.max_size_bytes = POLICY_NO_LIMIT,
		.max_dead_bytes = POLICY_NO_LIMIT,
		.max_packages = POLICY_NO_LIMIT,
		.max_files = POLICY_NO_LIMIT,
	};
	for (size_t i = 0; i < AUDIT_RULES; i++)
		p->levels[i] = audit_rules[i].level;
}

static int read_key(struct policy_reader *r, const struct yaml_entry *x, struct err *e)
{
	const char *key = x->key->text;

	if (strcmp(key, "extends") == 0)
		return 0;
	if (yaml_is_null(x->value))
		return 0;
	if (strcmp(key, "levels") == 0)
		return read_levels(r, x->value, e);
	if (strcmp(key, "thresholds") == 0)
		return read_thresholds(r, x->value, e);
	if (strcmp(key, "ignore") == 0)
		return read_ignores(r, x->value, e);
	return fail_at(r, x->key, e, "expected one of extends, levels, thresholds and ignore");
}

static int read_extends(struct policy_reader *r, const struct yaml_node *root, struct err *e)
{
	const struct yaml_node *n = yaml_get(root, "extends");

	if (!n)
		return 0;
	if (n->kind != YAML_SCALAR)
		return fail_kind(r, n, "extends", "the name of a policy", e);
	if (policy_builtin(n->text, r->a, r->to, e) < 0)
		return fail_at(r, n, e, arena_strdup(r->a, e->msg));
	return 0;
}

int policy_parse(struct view text, const char *name, struct arena *a, struct policy *ret,
		 struct err *e)
{
	const struct yaml_node *root;
	struct policy p;
	struct policy_reader r = { .name = name, .a = a, .to = &p };
	int rc = yaml_parse(text, name, a, &root, e);

	start_with_rules(&p);
	if (rc < 0)
		return rc;
	if (root && root->kind != YAML_MAP)
		return fail_at(&r, root, e, "a policy is a map");
	rc = read_extends(&r, root, e);
	for (size_t i = 0; rc == 0 && root && i < root->n; i++)
		rc = read_key(&r, &root->entries[i], e);
	if (rc < 0)
		return rc;
	p.name = arena_strdup(a, name);
	*ret = p;
	return 0;
}

static const char *list_builtin(struct arena *a)
{
	auto_buf list = BUF_EMPTY;

	for (size_t i = 0; i < pare_policies_count; i++)
		buf_printf(&list, "%s%.*s", i ? ", " : "",
			   (int)(strlen(pare_policies[i].name) - strlen(".yaml")),
			   pare_policies[i].name);
	return arena_strdup(a, buf_str(&list));
}

int policy_builtin(const char *name, struct arena *a, struct policy *ret, struct err *e)
{
	const char *file = arena_printf(a, "%s.yaml", name);

	for (size_t i = 0; i < pare_policies_count; i++) {
		const struct embedded *x = &pare_policies[i];

		if (strcmp(x->name, file) == 0)
			return policy_parse(view_make((const char *)x->bytes, x->size), name, a,
					    ret, e);
	}
	return fail(e, FAIL_NOT_FOUND, "no policy '%s': there are %s", name, list_builtin(a));
}

const struct policy_ignore *policy_ignored(struct policy *p, const struct audit_rule *rule,
					   const char *path, int64_t now_s)
{
	for (size_t i = 0; i < p->n_ignores; i++) {
		struct policy_ignore *x = &p->ignores[i];

		if (x->rule != rule || (x->path && (!path || !glob_match(x->path, path))))
			continue;
		x->used = true;
		if (!x->expiry || now_s < x->expires_s)
			return x;
	}
	return NULL;
}
