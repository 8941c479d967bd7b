/* SPDX-License-Identifier: Apache-2.0 */
/* Walking two trees side by side, and putting what differs in order; see diff.h. */
#include "view/diff.h"

#include "base/array.h"
#include "base/map.h"
#include "base/mem.h"
#include "pkg/apk/version.h"
#include "pkg/deb/version.h"

#include <stdlib.h>
#include <string.h>

struct diffing {
	const struct image_view *a, *b;
	bool dates;
	struct view_diff *to;
};

/* ---- files ------------------------------------------------------------------------------- */

static uint64_t size_of(const struct node *n)
{
	return n && n->inode->type == NODE_FILE ? n->inode->content.size : 0;
}

static const char *owner_of(const struct diffing *d, const struct node *a, const struct node *b)
{
	const struct view_package *p = b ? view_package_of(d->b, b) : NULL;

	if (!p && a)
		p = view_package_of(d->a, a);
	return p ? p->name : NULL;
}

static void add_file(struct diffing *d, enum diff_kind kind, const struct node *a,
		     const struct node *b, const char *what)
{
	struct view_diff *to = d->to;

	*array_push(&to->files) = (struct diff_file){
		.kind = kind,
		.path = node_path(b ? b : a, &to->arena),
		.a = a,
		.b = b,
		.what = what,
		.package = owner_of(d, a, b),
		.bytes = (int64_t)size_of(b) - (int64_t)size_of(a),
	};
}

/* In words, what of the attributes differs; empty when nothing does. */
static void attributes(const struct diffing *d, const struct inode *a, const struct inode *b,
		       struct buf *to)
{
	if (a->mode != b->mode)
		buf_printf(to, ", mode %04o → %04o", a->mode, b->mode);
	if (a->uid != b->uid || a->gid != b->gid)
		buf_printf(to, ", owner %u:%u → %u:%u", a->uid, a->gid, b->uid, b->gid);
	if (!inode_same_xattrs(a, b))
		buf_add_str(to, ", extended attributes");
	if (d->dates && a->mtime_s != b->mtime_s)
		buf_printf(to, ", date %lld → %lld", (long long)a->mtime_s, (long long)b->mtime_s);
}

static bool same_content(const struct inode *a, const struct inode *b)
{
	if (a->type == NODE_FILE)
		return sha256_eq(&a->content.digest, &b->content.digest);
	if (a->type == NODE_SYMLINK)
		return strcmp(a->target, b->target) == 0;
	return a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

static const char *type_word(enum node_type type)
{
	static const char *const words[] = {
		[NODE_DIR] = "folder",	[NODE_FILE] = "file",	 [NODE_SYMLINK] = "link",
		[NODE_CHAR] = "device", [NODE_BLOCK] = "device", [NODE_FIFO] = "pipe",
	};

	return words[type];
}

static void compare_nodes(struct diffing *d, const struct node *a, const struct node *b)
{
	const struct inode *x = a->inode, *y = b->inode;
	auto_buf what = BUF_EMPTY;
	enum diff_kind kind = DIFF_ATTRIBUTES;

	if (x->type != y->type) {
		kind = DIFF_CHANGED;
		buf_printf(&what, ", %s → %s", type_word(x->type), type_word(y->type));
	} else if (!same_content(x, y)) {
		kind = DIFF_CHANGED;
		if (x->type == NODE_SYMLINK)
			buf_printf(&what, ", %s → %s", x->target, y->target);
	}
	attributes(d, x, y, &what);
	if (kind == DIFF_CHANGED || what.len)
		add_file(d, kind, a, b,
			 what.len
				 ? arena_view(&d->to->arena, view_make(what.data + 2, what.len - 2))
				 : NULL);
}

static void compare_folders(struct diffing *d, const struct node *a, const struct node *b);

/* A folder that is there on one side only, and all in it. */
static void add_all(struct diffing *d, const struct node *n, bool added)
{
	size_t n_list;
	auto_free struct node **list = node_children(n, &n_list);

	add_file(d, added ? DIFF_ADDED : DIFF_REMOVED, added ? NULL : n, added ? n : NULL, NULL);
	for (size_t i = 0; i < n_list; i++)
		add_all(d, list[i], added);
}

static void compare_pair(struct diffing *d, const struct node *a, const struct node *b)
{
	if (!a || !b) {
		add_all(d, a ? a : b, !a);
		return;
	}
	compare_nodes(d, a, b);
	compare_folders(d, a, b);
}

static void compare_folders(struct diffing *d, const struct node *a, const struct node *b)
{
	size_t n_a, n_b, i = 0, k = 0;
	auto_free struct node **in_a = node_children(a, &n_a);
	auto_free struct node **in_b = node_children(b, &n_b);

	while (i < n_a || k < n_b) {
		int order = i == n_a ? 1 : k == n_b ? -1 : strcmp(in_a[i]->name, in_b[k]->name);

		compare_pair(d, order <= 0 ? in_a[i] : NULL, order >= 0 ? in_b[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* ---- groups ------------------------------------------------------------------------------ */

static int by_package(const void *x, const void *y)
{
	const struct diff_file *a = x, *b = y;
	int order;

	if (!a->package != !b->package)
		return a->package ? -1 : 1;
	order = a->package ? strcmp(a->package, b->package) : 0;
	return order ? order : strcmp(a->path, b->path);
}

static bool same_group(const struct diff_group *g, const struct diff_file *f)
{
	return g->package && f->package ? strcmp(g->package, f->package) == 0
					: g->package == f->package;
}

static void make_groups(struct view_diff *d)
{
	struct diff_group *g = NULL;

	if (d->files.n)
		qsort(d->files.at, d->files.n, sizeof(*d->files.at), by_package);
	for (size_t i = 0; i < d->files.n; i++) {
		const struct diff_file *f = &d->files.at[i];

		if (!g || !same_group(g, f)) {
			g = array_push(&d->groups);
			*g = (struct diff_group){ .package = f->package, .first = i };
		}
		g->n++;
		g->n_kind[f->kind]++;
		g->bytes += f->bytes;
	}
}

/* ---- packages ---------------------------------------------------------------------------- */

/* The architecture is part of the name where several are installed. */
static const char *package_key(const struct view_package *p, struct arena *a)
{
	return arena_printf(a, "%s\n%s\n%d", p->name, p->architecture ? p->architecture : "",
			    p->kind == VIEW_APK);
}

static int compare_versions(const struct view_package *a, const struct view_package *b)
{
	struct view x = view_of(a->version), y = view_of(b->version);

	return a->kind == VIEW_APK ? apk_version_compare(x, y) : deb_version_compare(x, y);
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct diff_package *)x)->name,
		      ((const struct diff_package *)y)->name);
}

static void compare_packages(struct diffing *d)
{
	struct view_diff *to = d->to;
	struct map in_a = MAP_EMPTY;

	for (size_t i = 0; i < d->a->n_packages; i++)
		*map_put(&in_a, view_of(package_key(&d->a->packages[i], &to->arena))) =
			&d->a->packages[i];
	for (size_t i = 0; i < d->b->n_packages; i++) {
		const struct view_package *b = &d->b->packages[i];
		void **found = map_find(&in_a, view_of(package_key(b, &to->arena)));
		const struct view_package *a = found ? *found : NULL;

		if (found)
			*found = NULL;
		if (!a || strcmp(a->version, b->version) != 0)
			*array_push(&to->packages) =
				(struct diff_package){ b->name, a, b,
						       a ? compare_versions(a, b) : 0 };
	}
	for (size_t i = 0; i < in_a.n; i++) {
		const struct view_package *a = in_a.at[i].value;

		if (a)
			*array_push(&to->packages) = (struct diff_package){ a->name, a, NULL, 0 };
	}
	map_done(&in_a);
	if (to->packages.n)
		qsort(to->packages.at, to->packages.n, sizeof(*to->packages.at), by_name);
}

void view_diff_make(const struct image_view *a, const struct image_view *b, bool dates,
		    struct view_diff *ret)
{
	struct diffing d = { a, b, dates, ret };

	*ret = (struct view_diff){ 0 };
	compare_packages(&d);
	diff_config(ret, a, b);
	compare_pair(&d, a->tree.root, b->tree.root);
	make_groups(ret);
}

void view_diff_done(struct view_diff *d)
{
	free(d->packages.at);
	free(d->config.at);
	free(d->files.at);
	free(d->groups.at);
	arena_done(&d->arena);
}

bool view_diff_is_empty(const struct view_diff *d)
{
	return !d->packages.n && !d->config.n && !d->files.n;
}
