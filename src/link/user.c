/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the process is: an image's user looked up in the tree's passwd and group, as the runtimes do
 * (numbers need no entry), and what that user may do with a file. No access control lists.
 */
#include "base/array.h"
#include "link/private.h"

#include <string.h>

enum { MAX_FIELDS = 7 };

static bool to_id(struct view v, uint32_t *ret)
{
	uint64_t n;

	if (!view_to_u64(v, &n) || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static size_t split_fields(struct view line, struct view fields[MAX_FIELDS])
{
	size_t n = 0;

	while (n < MAX_FIELDS && view_split(&line, ':', &fields[n]))
		n++;
	return n;
}

static void add_group(struct link_user *u, uint32_t gid)
{
	if (u->n_gids < LINK_USER_MAX_GROUPS)
		u->gids[u->n_gids++] = gid;
}

/* By name, or by number; the name found is for the groups' member lists. */
static bool find_in_passwd(struct view text, struct view user, struct link_user *to,
			   struct view *ret_name)
{
	struct view line, f[MAX_FIELDS];
	uint32_t uid = 0, gid, wanted = 0;
	bool by_number = to_id(user, &wanted);

	while (view_split(&text, '\n', &line)) {
		if (split_fields(line, f) < 4 || !to_id(f[2], &uid) || !to_id(f[3], &gid))
			continue;
		if (by_number ? uid != wanted : !view_eq(f[0], user))
			continue;
		to->uid = uid;
		add_group(to, gid);
		*ret_name = f[0];
		return true;
	}
	return false;
}

static bool is_member(struct view list, struct view name)
{
	struct view part;

	while (view_split(&list, ',', &part))
		if (name.len && view_eq(part, name))
			return true;
	return false;
}

static bool find_group(struct view text, struct view group, uint32_t *ret)
{
	struct view line, f[MAX_FIELDS];

	if (to_id(group, ret))
		return true;
	while (view_split(&text, '\n', &line))
		if (split_fields(line, f) >= 3 && view_eq(f[0], group) && to_id(f[2], ret))
			return true;
	return false;
}

static void add_memberships(struct view text, struct view name, struct link_user *to)
{
	struct view line, f[MAX_FIELDS];
	uint32_t gid;

	while (view_split(&text, '\n', &line))
		if (split_fields(line, f) >= 4 && to_id(f[2], &gid) && is_member(f[3], name))
			add_group(to, gid);
}

static void unknown(struct link *l, struct link_result *r, struct view name, const char *file)
{
	struct link_problem *p = problem_add(l, r, LINK_NO_USER, NULL, file);

	p->name = arena_view(&l->arena, name);
	p->fatal = true;
}

int user_find(struct link *l, const char *config_user, struct link_result *r, struct link_user *ret,
	      bool *ret_ok, struct err *e)
{
	struct view rest = view_of(config_user ? config_user : ""), user, name = { NULL, 0 };
	struct view passwd, groups;
	struct link_user u = { 0 };

	*ret_ok = true;
	if (!view_split(&rest, ':', &user) || user.len == 0)
		user = view_of("0");
	if (link_text(l, "etc/passwd", &passwd, e) < 0 || link_text(l, "etc/group", &groups, e) < 0)
		return -(int)e->code;
	if (!find_in_passwd(passwd, user, &u, &name) && !to_id(user, &u.uid)) {
		unknown(l, r, user, "/etc/passwd");
		*ret_ok = false;
	} else if (rest.ptr && rest.len) {
		u.n_gids = 1;
		if (!find_group(groups, rest, &u.gids[0])) {
			unknown(l, r, rest, "/etc/group");
			*ret_ok = false;
		}
	} else {
		if (u.n_gids == 0)
			add_group(&u, 0);
		add_memberships(groups, name, &u);
	}
	*ret = u;
	return 0;
}

static bool has_group(const struct link_user *u, uint32_t gid)
{
	for (size_t i = 0; i < u->n_gids; i++)
		if (u->gids[i] == gid)
			return true;
	return false;
}

/* Root may read anything, enter any folder, and execute what anybody may. */
static bool may(const struct link_user *u, const struct inode *i, uint32_t what)
{
	if (u->uid == 0)
		return what != MAY_EXECUTE || i->type == NODE_DIR || i->mode & 0111;
	if (i->uid == u->uid)
		return i->mode >> 6 & what;
	if (has_group(u, i->gid))
		return i->mode >> 3 & what;
	return i->mode & what;
}

static const struct node *first_closed_folder(const struct link_user *u, const struct node *n)
{
	const struct node *closed = NULL;

	for (n = n->parent; n; n = n->parent)
		if (!may(u, n->inode, MAY_EXECUTE))
			closed = n;
	return closed;
}

bool user_may(const struct link_user *u, const struct node *n, uint32_t what)
{
	return may(u, n->inode, what) && (u->uid == 0 || !first_closed_folder(u, n));
}

const char *why_not_executable(struct link *l, const struct link_user *u, const struct node *n)
{
	const struct node *closed = u->uid ? first_closed_folder(u, n) : NULL;

	if (n->inode->type == NODE_DIR)
		return "it is a folder";
	if (n->inode->type != NODE_FILE)
		return "it is no regular file";
	if (closed)
		return arena_printf(&l->arena, "user %u may not enter '%s', mode %04o", u->uid,
				    node_path(closed, &l->arena), closed->inode->mode);
	return arena_printf(&l->arena, "mode %04o of %u:%u doesn't let user %u", n->inode->mode,
			    n->inode->uid, n->inode->gid, u->uid);
}
