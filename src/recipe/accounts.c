/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's `accounts`. Users and groups of the same name replace each other, in the place of
 * the first, so that a recipe can change an account of the profile that it extends.
 */
#include "base/array.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <string.h>

/* What useradd takes, but names may have capitals and dots, as some packages' have. */
static int read_name(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const char **ret = to;
	int r = read_text(rd, n, ret);

	if (r < 0)
		return r;
	if (!(isalpha((unsigned char)**ret) || **ret == '_') || strlen(*ret) > 32 ||
	    (*ret)[strspn(*ret, allowed)])
		return fail_value(rd, n, "a name of at most 32 letters, digits, '.', '_' and '-'");
	return 0;
}

/* A field of passwd(5): ends at a colon or the line's end. */
static int read_field(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char **ret = to;
	int r = read_text(rd, n, ret);

	if (r == 0 && strpbrk(*ret, ":\n\r"))
		return fail_value(rd, n, "text without ':' and line ends");
	return r;
}

static int read_field_path(struct reader *rd, const struct yaml_node *n, void *to)
{
	int r = read_absolute(rd, n, to);

	return r < 0 ? r : read_field(rd, n, to);
}

struct new_user {
	struct recipe_user user;
	bool has_gid;
};

static int read_user_name(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_name(rd, n, &((struct new_user *)to)->user.name);
}

static int read_user_uid(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_id(rd, n, &((struct new_user *)to)->user.uid);
}

static int read_user_gid(struct reader *rd, const struct yaml_node *n, void *to)
{
	((struct new_user *)to)->has_gid = true;
	return read_id(rd, n, &((struct new_user *)to)->user.gid);
}

static int read_user_shell(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_field_path(rd, n, &((struct new_user *)to)->user.shell);
}

static int read_user_home(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_field_path(rd, n, &((struct new_user *)to)->user.home);
}

static int read_user_gecos(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_field(rd, n, &((struct new_user *)to)->user.gecos);
}

static void set_defaults(struct reader *rd, struct new_user *new)
{
	struct recipe_user *u = &new->user;

	if (!new->has_gid)
		u->gid = u->uid;
	if (!u->shell)
		u->shell = "/bin/sh";
	if (!u->home)
		u->home = arena_printf(rd->a, "/home/%s", u->name);
	if (!u->gecos)
		u->gecos = u->name;
}

static void put_user(struct reader *rd, const struct recipe_user *u)
{
	struct recipe *r = rd->recipe;

	for (size_t i = 0; i < r->n_users; i++) {
		if (strcmp(r->users[i].name, u->name) == 0) {
			r->users[i] = *u;
			return;
		}
	}
	*append(rd->a, r->users, r->n_users) = *u;
}

static int read_user(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "username", read_user_name, NULL }, { "uid", read_user_uid, NULL },
		{ "gid", read_user_gid, NULL },	      { "shell", read_user_shell, NULL },
		{ "homedir", read_user_home, NULL },  { "gecos", read_user_gecos, NULL },
	};
	struct new_user new = { 0 };
	int r = read_map(rd, n, rules, COUNT_OF(rules), &new);

	(void)to;
	if (r == 0)
		r = require_key(rd, n, "username");
	if (r == 0)
		r = require_key(rd, n, "uid");
	if (r < 0)
		return r;
	if (new.user.uid == 0 && strcmp(new.user.name, "root") != 0)
		return fail_node(rd, yaml_get(n, "uid"), FAIL_FORMAT,
				 "user '%s' can't have uid 0, which is root's", new.user.name);
	set_defaults(rd, &new);
	put_user(rd, &new.user);
	return 0;
}

static int read_users(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_user, to);
}

static int read_group_name(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_name(rd, n, &((struct recipe_group *)to)->name);
}

static int read_group_gid(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_id(rd, n, &((struct recipe_group *)to)->gid);
}

static int read_member(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_group *g = to;
	const char *name = NULL;
	int r = read_name(rd, n, &name);

	if (r == 0 && !strings_have(&g->members, name))
		strings_add(rd->a, &g->members, name);
	return r;
}

static int read_members(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_member, to);
}

static int read_group(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "groupname", read_group_name, NULL },
		{ "gid", read_group_gid, NULL },
		{ "members", read_members, NULL },
	};
	struct recipe *recipe = rd->recipe;
	struct recipe_group g = { 0 };
	int r = read_map(rd, n, rules, COUNT_OF(rules), &g);

	(void)to;
	if (r == 0)
		r = require_key(rd, n, "groupname");
	if (r == 0)
		r = require_key(rd, n, "gid");
	if (r < 0)
		return r;
	for (size_t i = 0; i < recipe->n_groups; i++) {
		if (strcmp(recipe->groups[i].name, g.name) == 0) {
			recipe->groups[i] = g;
			return 0;
		}
	}
	*append(rd->a, recipe->groups, recipe->n_groups) = g;
	return 0;
}

static int read_groups(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_group, to);
}

/* USER[:GROUP], each a name or a number; names may come from a package, so aren't looked up. */
static int read_run_as(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const char *s = NULL, *p;
	int r = read_text(rd, n, &s);

	(void)to;
	if (r < 0)
		return r;
	p = s + strspn(s, allowed);
	if (p != s && *p == ':' && p[1])
		p += 1 + strspn(p + 1, allowed);
	if (p == s || *p || s[0] == '-' || strlen(s) > 65)
		return fail_value(rd, n, "USER or USER:GROUP, each a name or a number");
	rd->recipe->run_as = s;
	return 0;
}

int read_accounts(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "run-as", read_run_as, NULL },
		{ "users", read_users, NULL },
		{ "groups", read_groups, NULL },
	};

	return read_map(rd, n, rules, COUNT_OF(rules), to);
}
