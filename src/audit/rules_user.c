/* SPDX-License-Identifier: Apache-2.0 */
/* Who the image runs as, and what is wrong with its accounts. */
#include "audit/private.h"

#include <string.h>

/* Of a user or group: its number, as a runtime finds it. */
static bool id_of(const struct account_file *f, struct view text, const struct account_line **ret,
		  uint32_t *ret_id)
{
	uint64_t number;

	*ret = NULL;
	if (view_to_u64(text, &number) && number <= UINT32_MAX) {
		*ret_id = (uint32_t)number;
		*ret = account_by_id(f, *ret_id);
		return true;
	}
	*ret = account_by_name(f, text);
	if (!*ret || !(*ret)->has_id)
		return false;
	*ret_id = (*ret)->id;
	return true;
}

static void say_root(struct auditing *x, struct view user)
{
	struct finding *f = find_image(x, RULE_USER_ROOT);

	if (!f)
		return;
	/* one to build on: whoever does that sets the user with the command */
	if (x->command.n == 0 && f->level > AUDIT_WARNING)
		f->level = AUDIT_WARNING;
	if (user.len == 0)
		f->message = "no user is set: the image runs as root";
	else if (view_is(user, "root") || view_is(user, "0"))
		f->message = arena_printf(x->a, "the user is '%s'", x->config->user);
	else
		f->message = arena_printf(x->a, "the user '%.*s' has the number 0 in /etc/passwd",
					  VIEW_ARG(user));
}

static void check_number(struct auditing *x, struct view user)
{
	struct finding *f;
	uint64_t number;

	if (view_to_u64(user, &number))
		return;
	f = find_image(x, RULE_USER_NOT_NUMERIC);
	if (f)
		f->message = arena_printf(x->a, "the user is '%.*s', a name", VIEW_ARG(user));
	if (f && x->knows_user)
		f->advice = arena_printf(x->a, "Set the user by number: %u.", x->uid);
}

static void check_group(struct auditing *x, bool given)
{
	struct finding *f;

	if (!x->knows_user || x->gid != 0 || x->uid == 0)
		return;
	f = find_image(x, RULE_USER_GROUP_ROOT);
	if (f)
		f->message = given ? "the group is 0"
				   : "no group is set, and passwd has no other for the user than 0";
}

int rules_user(struct auditing *x, struct err *e)
{
	struct view rest = view_of(x->config->user ? x->config->user : ""), user = { "", 0 };
	const struct account_line *account, *group;
	bool has_group;

	(void)e;
	if (x->view->is_rootfs)
		return 0;
	(void)view_split(&rest, ':', &user);
	has_group = rest.ptr && rest.len;
	x->knows_user =
		id_of(&x->accounts.passwd, user.len ? user : view_of("0"), &account, &x->uid);
	x->gid = account ? account->gid : 0;
	if (has_group && !id_of(&x->accounts.group, rest, &group, &x->gid))
		x->knows_user = false;
	if (view_is(user, "root") || (x->knows_user && x->uid == 0))
		say_root(x, user);
	else
		check_number(x, user);
	check_group(x, has_group);
	return 0;
}

/* ---- accounts ---- */

static struct finding *find_line(struct auditing *x, enum audit_rule_number rule,
				 const struct account_file *f, const struct account_line *l)
{
	struct finding *found = find_node(x, rule, f->node);

	if (found)
		found->line = l->line;
	return found;
}

static bool is_hash(struct view v)
{
	/* crypt(3): $id$…, or thirteen characters of the oldest form */
	return (v.len > 3 && v.ptr[0] == '$') ||
	       (v.len == 13 && v.ptr[0] != '!' && v.ptr[0] != '*');
}

static void check_password(struct auditing *x, const struct account_file *f,
			   const struct account_line *l)
{
	struct finding *found;

	if (l->password.ptr && l->password.len == 0) {
		found = find_line(x, RULE_PASSWORD_EMPTY, f, l);
		if (found)
			found->message = arena_printf(x->a, "'%.*s' has an empty password in %s",
						      VIEW_ARG(l->name), f->path);
	} else if (is_hash(l->password)) {
		found = find_line(x, RULE_PASSWORD_READABLE, f, l);
		if (found)
			found->message = arena_printf(x->a, "'%.*s' has a password hash in %s",
						      VIEW_ARG(l->name), f->path);
	}
}

static void check_malformed(struct auditing *x, const struct account_file *f,
			    const struct account_line *l)
{
	struct finding *found;

	if (!l->malformed)
		return;
	found = find_line(x, RULE_ACCOUNT_MALFORMED, f, l);
	if (found)
		found->message =
			arena_printf(x->a, "line %zu of %s: %s", l->line, f->path, l->malformed);
}

static void check_duplicate(struct auditing *x, const struct account_file *f,
			    const struct account_line *l, struct map *ids, struct map *names)
{
	const struct account_line *other = NULL;
	struct finding *found;
	const char *what = "name";
	void **at = map_put(names, l->name);

	if (*at)
		other = *at;
	else
		*at = (void *)(uintptr_t)l;
	if (l->has_id) {
		at = map_put(ids, view_make((const char *)&l->id, sizeof(l->id)));
		if (*at && !other) {
			other = *at;
			what = "number";
		} else if (!*at) {
			*at = (void *)(uintptr_t)l;
		}
	}
	if (!other)
		return;
	found = find_line(x, RULE_ACCOUNT_DUPLICATE, f, l);
	if (found)
		found->message =
			arena_printf(x->a, "'%.*s' has the %s of '%.*s' in %s", VIEW_ARG(l->name),
				     what, VIEW_ARG(other->name), f->path);
}

static void check_file(struct auditing *x, const struct account_file *f, bool passwords)
{
	auto_map ids = MAP_EMPTY;
	auto_map names = MAP_EMPTY;

	for (size_t i = 0; i < f->n; i++) {
		const struct account_line *l = &f->at[i];

		check_malformed(x, f, l);
		if (passwords)
			check_password(x, f, l);
		if (l->name.len)
			check_duplicate(x, f, l, &ids, &names);
	}
}

int rules_accounts(struct auditing *x, struct err *e)
{
	(void)e;
	check_file(x, &x->accounts.passwd, true);
	check_file(x, &x->accounts.group, false);
	check_file(x, &x->accounts.shadow, true);
	return 0;
}
