/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `busybox --install -s` would do after the package is there: a link for each applet, in its
 * folder, where nothing else is. Alpine's list in /etc/busybox-paths.d comes first; else the names
 * are read out of the program and the folders from data/busybox-applets.txt.
 */
#include "base/array.h"
#include "base/embed.h"
#include "build/rules.h"
#include "build/rules/applets.h"

#include <string.h>

#define PATHS_DIR "etc/busybox-paths.d"

enum {
	MAX_BUSYBOX_BYTES = 16 << 20, /* Alpine's has 800 kB */
	MAX_PATHS_BYTES = 1 << 20,
};

extern const struct embedded pare_alpine_data[];

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "busybox" };

/* The folder that an applet belongs to. */
static const char *folder_of(struct view applet, struct arena *a)
{
	const struct embedded *file = &pare_alpine_data[1];
	struct view text = view_make((const char *)file->bytes, file->size), line, folder, word;

	while (view_split(&text, '\n', &line)) {
		if (line.len == 0 || line.ptr[0] == '#' || !view_split(&line, ':', &folder))
			continue;
		while (view_word(&line, &word))
			if (view_eq(word, applet))
				return arena_view(a, folder);
	}
	return "usr/bin";
}

static int put_link(struct build *b, const char *path, const char *target, struct err *e)
{
	struct inode link = inode_symlink(target, &origin);

	link.mtime_s = b->created_s;
	if (tree_find(&b->tree, path, false))
		return 0;
	return tree_put(&b->tree, path, &link, NULL, e);
}

static int link_listed(struct build *b, const struct node *list, const char *target, struct err *e)
{
	struct view text, line;
	int rc = inode_read(list->inode, MAX_PATHS_BYTES, &b->tree.arena, &text, e);

	while (rc == 0 && view_split(&text, '\n', &line)) {
		line = view_trim(line);
		if (line.len)
			rc = put_link(b, arena_view(&b->tree.arena, line), target, e);
	}
	return rc;
}

static int link_found(struct build *b, const struct node *busybox, const char *target,
		      struct err *e)
{
	struct arena *a = &b->tree.arena;
	struct view program, table, name;
	size_t n;
	int rc = inode_read(busybox->inode, MAX_BUSYBOX_BYTES, a, &program, e);

	if (rc < 0)
		return rc;
	table = applets_find(program, &n);
	if (!table.ptr) {
		monitor_warn(b->ctx->monitor, "no table of applets in '%s': no links to it",
			     target);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		view_split(&table, '\0', &name);
		if (!view_is(name, "busybox"))
			rc = put_link(
				b, arena_printf(a, "%s/%.*s", folder_of(name, a), VIEW_ARG(name)),
				target, e);
	}
	return rc;
}

int rule_busybox(struct build *b, struct err *e)
{
	static const char *const places[] = { "bin/busybox", "usr/bin/busybox" };
	const struct node *dir = tree_find(&b->tree, PATHS_DIR, true), *busybox = NULL;
	const char *target = NULL;
	bool listed = false;
	int rc = 0;

	for (size_t i = 0; i < COUNT_OF(places) && !busybox; i++) {
		busybox = tree_find(&b->tree, places[i], true);
		target = arena_printf(&b->tree.arena, "/%s", places[i]);
	}
	if (!busybox || busybox->inode->type != NODE_FILE ||
	    busybox->inode->origin->kind != ORIGIN_PACKAGE)
		return 0;
	for (size_t i = 0; rc == 0 && dir && i < dir->children.n; i++) {
		const struct node *n = dir->children.at[i].value;

		if (!n || n->inode->type != NODE_FILE)
			continue;
		listed = true;
		rc = link_listed(b, n, target, e);
	}
	return rc < 0 || listed ? rc : link_found(b, busybox, target, e);
}
