/* SPDX-License-Identifier: Apache-2.0 */
/* Does the image have a package database, and is it true? */
#include "audit/private.h"

#include "base/buf.h"

#include <string.h>

enum {
	MAX_LIST_BYTES = 32 << 20, /* as the layer index keeps them */
	LIST_SAMPLES = 5,
};

/* ---- files against lists ---- */

struct check {
	struct auditing *x;
	const struct view_package *package;
	struct view diversions;
	size_t n, n_missing, n_changed;
	const char *first;
	struct buf samples;
	size_t n_samples;
};

static int read_text(struct auditing *x, const char *path, uint64_t limit, struct view *ret,
		     struct err *e)
{
	const struct node *n = tree_find(x->tree, path, true);

	*ret = (struct view){ NULL, 0 };
	if (!n || n->inode->type != NODE_FILE || n->inode->content.size > limit)
		return 0;
	return inode_read(n->inode, limit, x->a, ret, e);
}

/* dpkg-divert(1): the file is somewhere else, and another may be in its place. */
static bool is_diverted(const struct check *c, const char *path)
{
	struct view rest = c->diversions, line;

	while (rest.ptr && view_split(&rest, '\n', &line))
		if (line.len > 1 && strcmp(arena_view(c->x->a, line) + 1, path) == 0)
			return true;
	return false;
}

static bool may_miss(const struct check *c, const char *path)
{
	size_t at = 0;

	return path_rules_next(c->x->path_rules, PATH_MAY_MISS, path, &at) || is_diverted(c, path);
}

static void note(struct check *c, const char *path, const char *what)
{
	if (!c->first)
		c->first = arena_printf(c->x->a, "/%s", path);
	if (c->n_samples++ < LIST_SAMPLES)
		buf_printf(&c->samples, "%s%s /%s", c->samples.len ? "\n" : "", what, path);
}

static void check_listed(void *ctx, const struct listed_file *f)
{
	struct check *c = ctx;
	const char *path = arena_view(c->x->a, f->path);
	const struct node *n = tree_find(c->x->tree, path, false);
	const struct scan_digests *d;

	c->n++;
	if (!n) {
		if (!may_miss(c, path)) {
			c->n_missing++;
			note(c, path, "missing:");
		}
		return;
	}
	if (n->inode->type != NODE_FILE) /* apk lists links, too, with a checksum of their target */
		return;
	d = scan_digests_of(c->x->scan, &n->inode->content.digest);
	if (integrity_compare(f, d) == FILE_CHANGED && !is_diverted(c, path)) {
		c->n_changed++;
		note(c, path, "changed:");
	}
}

/* apk's checksums are of configuration files, too, which are there to be changed. */
static void check_apk_listed(void *ctx, const struct listed_file *f)
{
	struct check *c = ctx;

	if (view_starts(f->path, "etc/") &&
	    tree_find(c->x->tree, arena_view(c->x->a, f->path), false))
		c->n++;
	else
		check_listed(ctx, f);
}

static int find_list(struct auditing *x, const struct view_package *p, struct view *ret,
		     struct err *e)
{
	static const char info[] = "/var/lib/dpkg/info";
	int rc;

	if (p->kind == VIEW_APK)
		return read_text(x, p->database, MAX_LIST_BYTES, ret, e);
	if (p->kind == VIEW_DPKG_STATUS_D)
		return read_text(x, arena_printf(x->a, "%s.md5sums", p->database), MAX_LIST_BYTES,
				 ret, e);
	rc = read_text(x, arena_printf(x->a, "%s/%s.md5sums", info, p->name), MAX_LIST_BYTES, ret,
		       e);
	if (rc == 0 && !ret->ptr && p->architecture)
		rc = read_text(
			x, arena_printf(x->a, "%s/%s:%s.md5sums", info, p->name, p->architecture),
			MAX_LIST_BYTES, ret, e);
	return rc;
}

static void say_disagrees(struct check *c)
{
	struct auditing *x = c->x;
	const struct node *n = tree_find(x->tree, c->first, false);
	struct finding *f = n ? find_node(x, RULE_PACKAGES_DISAGREE, n)
			      : find_layer(x, RULE_PACKAGES_DISAGREE, FINDING_NO_LAYER, c->first);

	if (!f)
		return;
	f->package = arena_printf(x->a, "%s %s", c->package->name, c->package->version);
	f->n_paths = c->n_missing + c->n_changed;
	if (!c->n_changed)
		f->message = arena_printf(x->a, "%zu of %zu files of %s are missing", c->n_missing,
					  c->n, c->package->name);
	else if (!c->n_missing)
		f->message = arena_printf(x->a, "%zu of %zu files of %s were changed", c->n_changed,
					  c->n, c->package->name);
	else
		f->message =
			arena_printf(x->a, "of %zu files of %s, %zu are missing and %zu changed",
				     c->n, c->package->name, c->n_missing, c->n_changed);
	f->detail = arena_strdup(x->a, buf_str(&c->samples));
}

static int check_package(struct auditing *x, const struct view_package *p, struct view diversions,
			 struct err *e)
{
	struct check c = { .x = x, .package = p, .diversions = diversions, .samples = BUF_EMPTY };
	struct view list;
	int rc = find_list(x, p, &list, e);

	if (rc == 0 && list.ptr && p->kind == VIEW_APK)
		integrity_apk(list, p->name, x->a, check_apk_listed, &c);
	else if (rc == 0 && list.ptr)
		integrity_md5sums(list, check_listed, &c);
	if (c.n_missing || c.n_changed)
		say_disagrees(&c);
	buf_done(&c.samples);
	return rc;
}

static int check_lists(struct auditing *x, struct err *e)
{
	struct view diversions;
	int rc = read_text(x, "/var/lib/dpkg/diversions", MAX_LIST_BYTES, &diversions, e);

	if (!rule_is_on(x, RULE_PACKAGES_DISAGREE))
		return 0;
	for (size_t i = 0; rc == 0 && i < x->view->n_packages; i++)
		rc = check_package(x, &x->view->packages[i], diversions, e);
	return rc;
}

/* ---- databases that can't be read as a whole ---- */

static void say_complaints(struct auditing *x)
{
	for (size_t i = 0; i < x->view->complaints.n; i++) {
		const char *text = x->view->complaints.at[i], *colon = strchr(text, ':');
		struct finding *f = find_layer(
			x, RULE_PACKAGES_DISAGREE, FINDING_NO_LAYER,
			colon ? arena_strndup(x->a, text, (size_t)(colon - text)) : NULL);

		if (f)
			f->message =
				arena_printf(x->a, "the package database is damaged: %s", text);
	}
}

/* ---- no database ---- */

static void check_unknown(struct auditing *x)
{
	struct finding *f;

	if (x->view->n_packages || x->n_foreign_programs == 0)
		return;
	f = find_image(x, RULE_PACKAGES_UNKNOWN);
	if (f)
		f->message = arena_printf(
			x->a, "there are %llu programs and libraries, and no package database",
			(unsigned long long)x->n_foreign_programs);
}

int rules_packages(struct auditing *x, struct err *e)
{
	int rc = check_lists(x, e);

	say_complaints(x);
	check_unknown(x);
	return rc;
}
