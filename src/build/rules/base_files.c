/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What base-files' postinst sets up and programs look for: /var/run and /var/lock as links to
 * /run, /usr/local and the empty top folders. Images that take packages as they are
 * (contents.depends: none) keep the folders as shipped.
 */
#include "base/array.h"
#include "build/rules.h"

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "base-files" };

static int put_dirs(struct build *b, struct err *e)
{
	static const char *const dirs[] = {
		"opt",
		"srv",
		"mnt",
		"media",
		"usr/local",
		"usr/local/bin",
		"usr/local/etc",
		"usr/local/include",
		"usr/local/lib",
		"usr/local/sbin",
		"usr/local/share",
	};

	for (size_t i = 0; i < COUNT_OF(dirs); i++) {
		struct inode dir = inode_dir(0755, &origin);
		int rc;

		dir.mtime_s = b->created_s;
		if (tree_find(&b->tree, dirs[i], false))
			continue;
		rc = tree_put(&b->tree, dirs[i], &dir, NULL, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* An empty folder gives way to a link. */
static int put_link(struct build *b, const char *path, const char *target, struct err *e)
{
	struct inode link = inode_symlink(target, &origin);
	struct node *there = tree_find(&b->tree, path, false);

	link.mtime_s = b->created_s;
	if (there && (there->inode->type != NODE_DIR || !node_is_empty(there)))
		return 0;
	if (there)
		tree_remove(&b->tree, there);
	return tree_put(&b->tree, path, &link, NULL, e);
}

int rule_base_files(struct build *b, struct err *e)
{
	struct inode lock = inode_dir(01777, &origin);
	int rc;

	if (!build_find_package(b, "base-files") || b->recipe->depends == DEPENDS_NONE)
		return 0;
	lock.mtime_s = b->created_s;
	rc = put_dirs(b, e);
	if (rc == 0)
		rc = tree_put(&b->tree, "run/lock", &lock, NULL, e);
	if (rc == 0)
		rc = put_link(b, "var/lock", "/run/lock", e);
	return rc == 0 ? put_link(b, "var/run", "/run", e) : rc;
}
