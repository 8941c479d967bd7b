/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debug variant: the world's static busybox as /busybox/busybox, a link for each of its
 * applets, and a /bin/sh that works.
 */
#include "base/array.h"
#include "build/rules.h"
#include "build/rules/applets.h"

#include <string.h>

enum {
	MAX_BUSYBOX_BYTES = 16 << 20, /* Debian's has 2 MB */
};

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "debug" };

static int put_link(struct build *b, const char *path, const char *target, struct err *e)
{
	struct inode link = inode_symlink(target, &origin);

	link.mtime_s = b->created_s;
	return tree_put(&b->tree, path, &link, NULL, e);
}

static int link_applets(struct build *b, struct node *busybox, struct err *e)
{
	struct view program, table, name;
	size_t n;
	int rc = inode_read(busybox->inode, MAX_BUSYBOX_BYTES, &b->tree.arena, &program, e);

	if (rc < 0)
		return rc;
	table = applets_find(program, &n);
	if (!table.ptr)
		return fail(e, FAIL_FORMAT, "no table of applets in busybox");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		view_split(&table, '\0', &name);
		if (!view_is(name, "busybox"))
			rc = tree_link(&b->tree,
				       arena_printf(&b->tree.arena, "busybox/%.*s", VIEW_ARG(name)),
				       busybox, e);
	}
	return rc;
}

/* All of the package but its licence and status; the folders that are left empty, too. */
static void drop_package(struct build *b, const struct build_package *p)
{
	for (size_t i = p->contents->n_files; i > 0; i--) {
		const char *path = p->contents->files[i - 1].path;
		struct node *n = tree_find(&b->tree, path, false);

		if (!n || n->inode->origin != &p->origin || !node_is_empty(n) ||
		    strcmp(path, "usr/share/doc/busybox-static/copyright") == 0)
			continue;
		tree_remove(&b->tree, n);
	}
}

int rule_debug(struct build *b, struct err *e)
{
	struct inode dir = inode_dir(0755, &origin), program;
	struct build_package *p;
	struct node *n;
	int rc;

	if (!b->recipe->debug)
		return 0;
	p = build_find_package(b, "busybox-static");
	n = p ? tree_find(&b->tree, b->alpine ? "bin/busybox.static" : "bin/busybox", true) : NULL;
	if (!n || n->inode->type != NODE_FILE)
		return fail(e, FAIL_NOT_FOUND,
			    "the debug variant needs busybox of the package busybox-static");
	program = *n->inode;
	program.n_links = 0;
	drop_package(b, p);
	dir.mtime_s = b->created_s;
	rc = tree_put(&b->tree, "busybox", &dir, NULL, e);
	if (rc == 0)
		rc = tree_put(&b->tree, "busybox/busybox", &program, &n, e);
	if (rc == 0)
		rc = link_applets(b, n, e);
	if (rc == 0 && !tree_find(&b->tree, "bin/sh", true))
		rc = put_link(b, "bin/sh", "/busybox/sh", e);
	return rc < 0 ? err_context(e, "variant debug") : 0;
}
