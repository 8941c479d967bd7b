/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners of files in packages of apk 3, which have names where tars have numbers: as apk does it,
 * by the image's own passwd and group, which the install scripts' users are in by now. Whoever
 * isn't there is nobody, and that is said.
 */
#include "base/map.h"
#include "build/rules.h"
#include "pkg/apk/package_file.h"

enum { MAX_FILE_BYTES = 4 << 20, COLUMN_ID = 2 };

struct owners {
	struct build *b;
	const struct build_package *p;
	struct view passwd, group;
	struct map missing; /* "user NAME": said already */
};

static int load(struct build *b, const char *path, struct view *ret, struct err *e)
{
	const struct node *n = tree_find(&b->tree, path, true);

	*ret = view_of("");
	return n && n->inode->type == NODE_FILE
		       ? inode_read(n->inode, MAX_FILE_BYTES, &b->tree.arena, ret, e)
		       : 0;
}

static bool find_id(struct view file, struct view name, uint32_t *ret)
{
	struct view line, field = { NULL, 0 };
	uint64_t id;

	while (view_split(&file, '\n', &line)) {
		if (!view_split(&line, ':', &field) || !view_eq(field, name))
			continue;
		for (int i = 0; i < COLUMN_ID; i++)
			if (!view_split(&line, ':', &field))
				return false;
		if (!view_to_u64(field, &id) || id >= UINT32_MAX)
			return false;
		*ret = (uint32_t)id;
		return true;
	}
	return false;
}

static uint32_t id_of(struct owners *o, struct view file, const char *what, struct view name)
{
	uint32_t id = APK_NOBODY;
	const char *key;
	void **said;

	if (view_is(name, "root"))
		return 0;
	if (find_id(file, name, &id))
		return id;
	key = arena_printf(&o->b->tree.arena, "%s %.*s", what, VIEW_ARG(name));
	said = map_put(&o->missing, view_of(key));
	if (!*said)
		monitor_warn(o->b->ctx->monitor,
			     "package '%s' has files of the %s '%.*s', whom the image doesn't "
			     "know: they are nobody's (%d)",
			     o->p->locked->name, what, VIEW_ARG(name), APK_NOBODY);
	*said = o;
	return APK_NOBODY;
}

/* "USER GROUP PATH"; a file that another package has put there isn't this one's. */
static void settle(struct owners *o, struct view line)
{
	struct view user, group;
	const char *path;
	struct node *n;

	if (!view_split(&line, ' ', &user) || !view_split(&line, ' ', &group))
		return;
	path = arena_view(&o->b->tree.arena, line);
	n = tree_find(&o->b->tree, path, false);
	if (!n || n->inode->origin != &o->p->origin)
		return;
	n->inode->uid = id_of(o, o->passwd, "user", user);
	n->inode->gid = id_of(o, o->group, "group", group);
}

int rule_apk_owners(struct build *b, struct err *e)
{
	struct owners o = { .b = b, .missing = MAP_EMPTY };
	int rc = load(b, "etc/passwd", &o.passwd, e);

	if (rc == 0)
		rc = load(b, "etc/group", &o.group, e);
	for (size_t i = 0; rc == 0 && i < b->n_packages; i++) {
		struct view text, line;

		o.p = &b->packages[i];
		text = pkg_contents_control(o.p->contents, APK_OWNERS);
		while (view_split(&text, '\n', &line))
			settle(&o, line);
	}
	map_done(&o.missing);
	return rc;
}
