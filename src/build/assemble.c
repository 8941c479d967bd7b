/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages into one tree, as dpkg or apk would unpack them one after the other: folders are shared,
 * a file belongs to one package unless the contents are equal or one package replaces the other;
 * and Debian's /bin, /lib and their like are links into /usr, whatever the packages ship.
 */
#include "base/array.h"
#include "base/mem.h"
#include "build/assemble_apk.h"
#include "build/build.h"
#include "fmt/deb822.h"
#include "pkg/deb/depends.h"
#include "pkg/world.h"

#include <string.h>

static const struct origin usr_merge = { .kind = ORIGIN_RULE, .name = "usr-merge" };

struct build_package *build_find_package(const struct build *b, const char *name)
{
	for (size_t i = 0; i < b->n_packages; i++)
		if (!b->packages[i].dropped && strcmp(b->packages[i].locked->name, name) == 0)
			return &b->packages[i];
	return NULL;
}

struct inode build_file(const struct build *b, struct view text, const struct origin *origin)
{
	struct inode inode = inode_file(text.ptr, text.len, 0644, origin);

	inode.mtime_s = b->created_s;
	return inode;
}

static const char *const merged_dirs[] = { "bin",   "sbin",   "lib",   "lib32",
					   "lib64", "libo32", "libx32" };

static int link_into_usr(struct build *b, const char *name, const struct origin *origin,
			 struct err *e)
{
	const char *target = arena_printf(&b->tree.arena, "usr/%s", name);
	struct inode dir = inode_dir(0755, origin);
	struct inode link = inode_symlink(target, origin);
	int rc = 0;

	dir.mtime_s = link.mtime_s = b->created_s;
	if (!tree_find(&b->tree, target, true))
		rc = tree_put(&b->tree, target, &dir, NULL, e);
	return rc < 0 ? rc : tree_put(&b->tree, name, &link, NULL, e);
}

/* Debian's merged /usr: the first use of such a folder makes it a link (debian.md 6.3). */
static int merge_usr(struct build *b, const char *path, struct err *e)
{
	size_t len = strcspn(path, "/");

	for (size_t i = 0; i < COUNT_OF(merged_dirs); i++)
		if (strlen(merged_dirs[i]) == len && strncmp(path, merged_dirs[i], len) == 0)
			return tree_find(&b->tree, merged_dirs[i], false)
				       ? 0
				       : link_into_usr(b, merged_dirs[i], &usr_merge, e);
	return 0;
}

/*
 * Packages that ship paths below /usr only leave the links to base-files; without that one no
 * program would find its loader, which it calls /lib64/ld-linux-x86-64.so.2. A link is its
 * folder's package's, so that it needs no layer of its own.
 */
static int finish_merge(struct build *b, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(merged_dirs); i++) {
		const char *in_usr = arena_printf(&b->tree.arena, "usr/%s", merged_dirs[i]);
		const struct node *folder = tree_find(&b->tree, in_usr, false);
		int rc;

		if (!folder || tree_find(&b->tree, merged_dirs[i], false))
			continue;
		if (folder->inode->origin->kind == ORIGIN_LAYER && b->n_packages == 0)
			continue;
		rc = link_into_usr(b, merged_dirs[i],
				   folder->inode->origin->kind == ORIGIN_LAYER
					   ? &usr_merge
					   : folder->inode->origin,
				   e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void reader_cleanup(struct deb822_reader **r)
{
	deb822_reader_free(*r);
}

static bool names(const struct atom *atom, const struct lock_package *p)
{
	struct view version = view_of(p->version);

	return view_is(atom->name, p->name) &&
	       (atom->relation == RELATION_ANY ||
		deb_world.version_fits(version, atom->relation, atom->version));
}

/* Whether the package's control file has `other`, of its version, in its Replaces. */
static bool replaces(const struct build_package *p, const struct build_package *other)
{
	__attribute__((cleanup(reader_cleanup))) struct deb822_reader *reader = NULL;
	struct view text = pkg_contents_control(p->contents, "control");
	struct deb822_stanza control;
	auto_arena a = ARENA_EMPTY;
	struct clause *clauses;
	struct err ignored;
	size_t n;

	reader = deb822_reader_new_mem(text, p->locked->name);
	if (deb822_reader_next(reader, &control, &ignored) != 1 ||
	    deb_depends_parse(deb822_get(&control, "Replaces"), "Replaces", &a, &clauses, &n,
			      &ignored) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < clauses[i].n; k++)
			if (names(&clauses[i].atoms[k], other->locked))
				return true;
	return false;
}

static const struct build_package *owner_of(const struct build *b, const struct inode *i)
{
	for (size_t p = 0; p < b->n_packages; p++)
		if (&b->packages[p].origin == i->origin)
			return &b->packages[p];
	return NULL;
}

static bool same_thing(const struct inode *a, const struct inode *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == NODE_SYMLINK)
		return strcmp(a->target, b->target) == 0;
	return a->content.size == b->content.size && a->mode == b->mode &&
	       sha256_eq(&a->content.digest, &b->content.digest);
}

/*
 * A package that ships both /bin/x and /usr/bin/x, which are one in a merged /usr: one of them is a
 * link to the other and gives way.
 */
static int settle_own(const struct inode *there, const char *path, const struct inode *inode,
		      bool *ret_put, struct err *e)
{
	*ret_put = inode->type != NODE_SYMLINK;
	if ((inode->type == NODE_SYMLINK) != (there->type == NODE_SYMLINK))
		return 0;
	return fail(e, FAIL_CONFLICT, "'/%s' is there twice in a merged /usr, with other contents",
		    path);
}

static int settle_on_base(const struct build_package *p, const struct inode *there,
			  const char *path, const struct inode *inode, bool *ret_put, struct err *e)
{
	bool was_folder = there->type == NODE_DIR, is_folder = inode->type == NODE_DIR;

	*ret_put = !is_folder;
	if (was_folder == is_folder)
		return 0;
	return fail(e, FAIL_CONFLICT, "'/%s' is a %s in the base, and a %s in package '%s'", path,
		    was_folder ? "folder" : "file", is_folder ? "folder" : "file", p->locked->name);
}

/* Whether the package's file goes where another package (or the merge) has put something. */
static int settle(const struct build *b, const struct build_package *p, const char *path,
		  const struct inode *inode, bool *ret_put, struct err *e)
{
	const struct node *there = tree_find(&b->tree, path, inode->type == NODE_DIR);
	const struct build_package *owner;

	*ret_put = true;
	if (!there)
		return 0;
	if (there->inode->origin->kind == ORIGIN_LAYER) /* folders stay as the base has them */
		return settle_on_base(p, there->inode, path, inode, ret_put, e);
	owner = owner_of(b, there->inode);
	if (there->inode->type == NODE_DIR && inode->type == NODE_DIR) {
		*ret_put = !owner || owner == p;
		return 0;
	}
	if (same_thing(there->inode, inode)) {
		*ret_put = !owner;
		return 0;
	}
	if (owner == p && b->alpine)
		return fail(e, FAIL_FORMAT, "'/%s' is there twice, with other contents", path);
	if (owner == p)
		return settle_own(there->inode, path, inode, ret_put, e);
	if (!owner)
		return fail(e, FAIL_CONFLICT, "'/%s' is where the merged /usr has its link", path);
	if (b->alpine)
		return alpine_settle(p, owner, path, ret_put, e);
	if (replaces(p, owner))
		return 0;
	*ret_put = false;
	if (replaces(owner, p))
		return 0;
	return fail(e, FAIL_CONFLICT, "packages '%s' and '%s' both hold '/%s', with other contents",
		    owner->locked->name, p->locked->name, path);
}

static int put_file(struct build *b, struct build_package *p, const struct pkg_file *file,
		    struct err *e)
{
	struct inode inode = file->inode;
	bool put = false;
	int rc = b->alpine ? 0 : merge_usr(b, file->path, e);

	if (rc == 0)
		rc = settle(b, p, file->path, &inode, &put, e);
	if (rc < 0 || !put)
		return rc;
	inode.origin = &p->origin;
	if (file->hardlink) {
		struct node *to = tree_find(&b->tree, file->hardlink, false);

		if (to && to->inode->origin == &p->origin && to->inode->type == NODE_FILE)
			return tree_link(&b->tree, file->path, to, e);
	}
	return tree_put(&b->tree, file->path, &inode, NULL, e);
}

static int put_package(struct build *b, struct build_package *p, struct err *e)
{
	for (size_t i = 0; i < p->contents->n_files; i++) {
		int rc = put_file(b, p, &p->contents->files[i], e);

		if (rc < 0)
			return err_context(e, "package '%s'", p->locked->name);
	}
	return 0;
}

int build_assemble(struct build *b, struct err *e)
{
	/* base-files has the skeleton, and its modes win. */
	struct build_package *first =
		build_find_package(b, b->alpine ? "alpine-baselayout" : "base-files");
	int rc = first ? put_package(b, first, e) : 0;

	for (size_t i = 0; rc == 0 && i < b->n_packages; i++)
		if (&b->packages[i] != first)
			rc = put_package(b, &b->packages[i], e);
	return rc < 0 || b->alpine ? rc : finish_merge(b, e);
}

static int clamp(struct node *n, const char *path, void *ctx, struct err *e)
{
	const int64_t *latest_s = ctx;

	(void)path;
	(void)e;
	if (n->inode->mtime_s > *latest_s)
		n->inode->mtime_s = *latest_s;
	return 0;
}

int build_clamp_dates(struct build *b, struct err *e)
{
	int64_t latest_s = b->ctx->source_date_epoch;

	return latest_s < 0 ? 0 : tree_walk(&b->tree, clamp, &latest_s, e);
}
