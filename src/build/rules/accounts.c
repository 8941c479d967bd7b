/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/passwd, /etc/group and home folders: base-passwd's master files where that package is in
 * the image (its preinst copies them), then the recipe's accounts over them, in the recipe's order.
 */
#include "base/array.h"
#include "base/buf.h"
#include "build/rules.h"

#include <string.h>

#define SHADOW_PATH "etc/shadow"

enum { MAX_ACCOUNTS_BYTES = 4 << 20 }; /* a passwd of 50,000 lines */

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "accounts" };

/* An account file as its lines, so that a name's line can be replaced in place. */
struct lines {
	struct view *at;
	size_t n, cap;
};

static struct view name_of(struct view line)
{
	const char *colon = memchr(line.ptr, ':', line.len);

	return colon ? view_make(line.ptr, (size_t)(colon - line.ptr)) : line;
}

static void set_line(struct lines *lines, struct view line)
{
	for (size_t i = 0; i < lines->n; i++)
		if (view_eq(name_of(lines->at[i]), name_of(line))) {
			lines->at[i] = line;
			return;
		}
	*array_push(lines) = line;
}

/* What the file starts from: itself if the tree has it, else base-passwd's master. */
static int load(struct build *b, const char *path, const char *master, struct lines *ret,
		struct err *e)
{
	const struct node *from = tree_find(&b->tree, path, true);
	struct view text, line;
	int rc;

	if (!from)
		from = tree_find(&b->tree, master, true);
	if (!from)
		return 0;
	rc = inode_read(from->inode, MAX_ACCOUNTS_BYTES, &b->tree.arena, &text, e);
	if (rc < 0)
		return err_context(e, "read '%s'", master);
	while (view_split(&text, '\n', &line))
		if (line.len)
			*array_push(ret) = line;
	return 0;
}

static int save(struct build *b, const char *path, const struct lines *lines, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	struct view bytes;
	struct inode file;

	if (lines->n == 0)
		return 0;
	for (size_t i = 0; i < lines->n; i++) {
		buf_add_view(&text, lines->at[i]);
		buf_add_char(&text, '\n');
	}
	bytes = view_make(arena_view(&b->tree.arena, buf_view(&text)), text.len);
	file = build_file(b, bytes, &origin);
	return tree_put(&b->tree, path, &file, NULL, e);
}

static void add_user(struct build *b, const struct recipe_user *u, struct lines *to)
{
	const char *line = arena_printf(&b->tree.arena, "%s:x:%u:%u:%s:%s:%s", u->name, u->uid,
					u->gid, u->gecos, u->home, u->shell);

	set_line(to, view_of(line));
}

/* Where there's a shadow file, each user has a line in it, without a password that fits. */
static int add_shadow(struct build *b, const struct recipe_user *u, struct err *e)
{
	const struct node *shadow = tree_find(&b->tree, SHADOW_PATH, true);
	struct lines lines = { 0 };
	auto_buf text = BUF_EMPTY;
	struct inode file;
	int rc;

	if (!shadow || shadow->inode->type != NODE_FILE)
		return 0;
	rc = load(b, SHADOW_PATH, SHADOW_PATH, &lines, e);
	if (rc == 0) {
		set_line(&lines, view_of(arena_printf(&b->tree.arena, "%s:!::0:::::", u->name)));
		for (size_t i = 0; i < lines.n; i++)
			buf_printf(&text, "%.*s\n", VIEW_ARG(lines.at[i]));
		file = *shadow->inode;
		file.n_links = 0;
		file.content = inode_file(arena_view(&b->tree.arena, buf_view(&text)), text.len, 0,
					  &origin)
				       .content;
		rc = tree_put(&b->tree, SHADOW_PATH, &file, NULL, e);
	}
	free(lines.at);
	return rc;
}

static void add_group(struct build *b, const struct recipe_group *g, struct lines *to)
{
	auto_buf line = BUF_EMPTY;

	buf_printf(&line, "%s:x:%u:", g->name, g->gid);
	for (size_t i = 0; i < g->members.n; i++)
		buf_printf(&line, "%s%s", i ? "," : "", g->members.at[i]);
	set_line(to, view_make(arena_view(&b->tree.arena, buf_view(&line)), line.len));
}

/* 0700 and the user's own, as adduser has it; what is there already stays. */
static int make_home(struct build *b, const struct recipe_user *u, struct err *e)
{
	struct inode home = inode_dir(0700, &origin), parent = inode_dir(0755, &origin);
	const char *slash = strrchr(u->home, '/');
	char *above;
	int rc = 0;

	if (strcmp(u->home, "/nonexistent") == 0 || strcmp(u->home, "/") == 0 ||
	    tree_find(&b->tree, u->home, true))
		return 0;
	home.uid = u->uid;
	home.gid = u->gid;
	home.mtime_s = parent.mtime_s = b->created_s;
	above = arena_strndup(&b->tree.arena, u->home, slash ? (size_t)(slash - u->home) : 0);
	if (*above && !tree_find(&b->tree, above, true))
		rc = tree_put(&b->tree, above, &parent, NULL, e);
	return rc < 0 ? rc : tree_put(&b->tree, u->home, &home, NULL, e);
}

int rule_accounts(struct build *b, struct err *e)
{
	const struct recipe *r = b->recipe;
	struct lines users = { 0 }, groups = { 0 };
	int rc = load(b, "etc/passwd", "usr/share/base-passwd/passwd.master", &users, e);

	if (rc == 0)
		rc = load(b, "etc/group", "usr/share/base-passwd/group.master", &groups, e);
	for (size_t i = 0; rc == 0 && i < r->n_users; i++) {
		add_user(b, &r->users[i], &users);
		rc = make_home(b, &r->users[i], e);
		if (rc == 0)
			rc = add_shadow(b, &r->users[i], e);
	}
	for (size_t i = 0; i < r->n_groups; i++)
		add_group(b, &r->groups[i], &groups);
	if (rc == 0)
		rc = save(b, "etc/passwd", &users, e);
	if (rc == 0)
		rc = save(b, "etc/group", &groups, e);
	free(users.at);
	free(groups.at);
	return rc;
}

/* The number behind a name in an account file of the image; NULL where there is none. */
static int find_number(const struct build *b, const char *path, struct view name, struct arena *a,
		       const char **ret, struct err *e)
{
	const struct node *file = tree_find(&b->tree, path, true);
	struct view text, line, field;
	uint64_t number;
	int rc;

	*ret = NULL;
	if (!file)
		return 0;
	rc = inode_read(file->inode, MAX_ACCOUNTS_BYTES, a, &text, e);
	if (rc < 0)
		return err_context(e, "read '/%s'", path);
	while (view_split(&text, '\n', &line)) {
		if (!view_split(&line, ':', &field) || !view_eq(field, name))
			continue;
		if (view_split(&line, ':', &field) && view_split(&line, ':', &field) &&
		    view_to_u64(field, &number))
			*ret = arena_view(a, field);
		return 0;
	}
	return 0;
}

/* A number stays one; a name that the image doesn't have stays, too, with a warning. */
static int to_number(const struct build *b, const char *path, struct view name, struct arena *a,
		     const char **ret, struct err *e)
{
	uint64_t number;
	int rc = 0;

	*ret = NULL;
	if (!view_to_u64(name, &number))
		rc = find_number(b, path, name, a, ret, e);
	if (rc == 0 && !*ret) {
		*ret = arena_view(a, name);
		if (!view_to_u64(name, &number))
			monitor_warn(b->ctx->monitor, "run-as: the image's /%s has no '%s'", path,
				     *ret);
	}
	return rc;
}

int build_user(const struct build *b, struct arena *a, const char **ret, struct err *e)
{
	const char *user, *group;
	struct view rest, name;
	int rc;

	*ret = NULL;
	if (!b->recipe->run_as)
		return 0;
	rest = view_of(b->recipe->run_as);
	view_split(&rest, ':', &name);
	rc = to_number(b, "etc/passwd", name, a, &user, e);
	if (rc == 0 && !view_split(&rest, ':', &name)) {
		*ret = user;
		return 0;
	}
	if (rc == 0)
		rc = to_number(b, "etc/group", name, a, &group, e);
	if (rc == 0)
		*ret = arena_printf(a, "%s:%s", user, group);
	return rc;
}
