/* SPDX-License-Identifier: Apache-2.0 */
/* Reading passwd(5) and group(5) out of a tree; lines that aren't well-formed are passed over. */
#include "run/account.h"

#include <string.h>

enum { MAX_FIELDS = 7 };

/* passwd: name:password:uid:gid:comment:home:shell; group: name:password:gid:members */
struct line {
	struct view fields[MAX_FIELDS];
	size_t n;
};

static int read_text(const struct tree *t, const char *path, struct arena *a, struct view *ret,
		     struct err *e)
{
	const struct node *n = tree_find(t, path, true);
	int rc;

	*ret = view_make("", 0);
	if (!n || n->inode->type != NODE_FILE)
		return 0;
	rc = inode_read(n->inode, ACCOUNT_MAX_FILE_BYTES, a, ret, e);
	return rc < 0 ? err_context(e, "%s", path) : 0;
}

static bool next_line(struct view *text, struct line *ret)
{
	struct view line, field;

	if (!view_split(text, '\n', &line))
		return false;
	ret->n = 0;
	while (ret->n < MAX_FIELDS && view_split(&line, ':', &field))
		ret->fields[ret->n++] = field;
	return true;
}

static bool to_id(struct view v, uint32_t *ret)
{
	uint64_t value;

	if (!view_to_u64(v, &value) || value > INT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool has_member(struct view members, struct view name)
{
	struct view member;

	while (view_split(&members, ',', &member))
		if (view_eq(member, name))
			return true;
	return false;
}

static void add_groups(struct view text, struct view user, struct account *ret)
{
	struct line l;
	uint32_t gid;

	while (next_line(&text, &l) && ret->n_groups < ACCOUNT_MAX_GROUPS)
		if (l.n >= 4 && to_id(l.fields[2], &gid) && has_member(l.fields[3], user))
			ret->groups[ret->n_groups++] = gid;
}

/* The entry of a user by name or, if `by_uid`, by number. */
static bool find_user(struct view text, struct view name, bool by_uid, struct arena *a,
		      struct account *ret)
{
	struct line l;
	uint32_t uid, gid;

	while (next_line(&text, &l)) {
		if (l.n < 6 || !to_id(l.fields[2], &uid) || !to_id(l.fields[3], &gid))
			continue;
		if (by_uid ? uid != ret->uid : !view_eq(l.fields[0], name))
			continue;
		ret->uid = uid;
		ret->gid = gid;
		if (l.fields[5].len && l.fields[5].ptr[0] == '/')
			ret->home = arena_view(a, l.fields[5]);
		return true;
	}
	return false;
}

static int find_group(struct view text, struct view name, uint32_t *ret, struct err *e)
{
	struct line l;

	if (to_id(name, ret))
		return 0;
	while (next_line(&text, &l))
		if (l.n >= 3 && view_eq(l.fields[0], name) && to_id(l.fields[2], ret))
			return 0;
	return fail(e, FAIL_NOT_FOUND, "the image has no group '%.*s' in /etc/group",
		    VIEW_ARG(name));
}

int account_find(const struct tree *t, const char *user, struct arena *a, struct account *ret,
		 struct err *e)
{
	struct view rest = view_of(user && *user ? user : "0"), name, passwd, group;
	struct account got = { .home = "/" };
	bool by_uid;
	int rc = read_text(t, "/etc/passwd", a, &passwd, e);

	if (rc == 0)
		rc = read_text(t, "/etc/group", a, &group, e);
	if (rc < 0)
		return rc;
	view_split(&rest, ':', &name);
	by_uid = to_id(name, &got.uid);
	if (!find_user(passwd, name, by_uid, a, &got) && !by_uid)
		return fail(e, FAIL_NOT_FOUND, "the image has no user '%.*s' in /etc/passwd",
			    VIEW_ARG(name));
	if (rest.ptr && rest.len) {
		rc = find_group(group, rest, &got.gid, e);
		if (rc < 0)
			return rc;
	} else if (!by_uid) {
		add_groups(group, name, &got);
	}
	*ret = got;
	return 0;
}
