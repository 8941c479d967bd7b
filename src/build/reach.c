/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contents.keep: reached. What starts in the image is followed to its loaders and libraries, every
 * link on the way included; what contents.include names stays, too, and is followed likewise. Of a
 * package with something that stays, its licence and its entry for scanners stay; of the others
 * nothing, unless the recipe names them.
 */
#include "base/array.h"
#include "base/map.h"
#include "build/base.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_DIR "var/lib/dpkg/status.d/"

struct reaching {
	struct build *b;
	struct link *link;
	struct image_config config;
	struct link_process process;
	struct link_result result;
	struct map kept; /* node → itself, by address */
};

static struct view key_of(struct node *const *n)
{
	return view_make((const char *)n, sizeof(*n));
}

static bool is_kept(const struct reaching *r, struct node *n)
{
	return map_get(&r->kept, key_of(&n)) != NULL;
}

static void keep(struct node *n, void *ctx)
{
	struct reaching *r = ctx;
	struct node **key = arena_new(&r->b->tree.arena, struct node *);

	if (is_kept(r, n))
		return;
	*key = n;
	*map_put(&r->kept, key_of(key)) = n;
}

/* ---- roots ---- */

static int follow(struct reaching *r, struct node *n, const char *path, struct err *e)
{
	const char *absolute = arena_printf(&r->b->tree.arena, "/%s", path);

	const struct elf *elf;

	if (link_elf(r->link, n, &elf, e) < 0)
		return -(int)e->code;
	if (elf && !elf->interpreter.ptr)
		return link_library(r->link, absolute, &r->process, &r->result, e);
	if (n->inode->mode & 0111)
		return link_closure(r->link, absolute, &r->process, &r->result, e);
	return 0;
}

static int visit_root(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct reaching *r = ctx;
	enum origin_kind kind = n->inode->origin->kind;

	if (kind == ORIGIN_PACKAGE) {
		if (!build_is_included(r->b->recipe, path))
			return 0;
		keep(n, r); /* a link that leads nowhere was named, too */
		n = tree_trace(&r->b->tree, path, keep, r);
	} else if (kind != ORIGIN_RECIPE) {
		return 0;
	}
	return n && n->inode->type == NODE_FILE ? follow(r, n, path, e) : 0;
}

static void fill_environment(struct reaching *r)
{
	build_config(r->b, &r->b->tree.arena, &r->config);
	r->process.env = (const char *const *)r->config.env.at;
	r->process.n_env = r->config.env.n;
	r->process.work_dir = r->config.working_dir;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* musl's loader reads where libraries are from /etc/ld-musl-ARCH.path, which may be a package's. */
static void keep_loader_path(struct reaching *r, const char *loader)
{
	const char *name = base_of(loader), *end = strstr(name, ".so");

	if (strncmp(name, "ld-musl-", strlen("ld-musl-")) == 0 && end)
		(void)tree_trace(
			&r->b->tree,
			arena_printf(&r->b->tree.arena, "etc/%.*s.path", (int)(end - name), name),
			keep, r);
}

static int find_reached(struct reaching *r, struct err *e)
{
	const struct image_config *c = &r->config;
	const struct strings *command = c->entrypoint.n ? &c->entrypoint : &c->cmd;
	int rc = link_start(r->link, command->at, command->n, &r->process, &r->result, e);

	if (rc == 0)
		rc = tree_walk(&r->b->tree, visit_root, r, e);
	for (size_t i = 0; rc == 0 && i < r->result.n_objects; i++) {
		(void)tree_trace(&r->b->tree, r->result.objects[i]->path, keep, r);
		keep_loader_path(r, r->result.objects[i]->path);
	}
	return rc;
}

int build_find_reached(struct build *b, struct link *link, struct link_result *ret, struct err *e)
{
	struct reaching r = { .b = b, .link = link, .result = *ret, .kept = MAP_EMPTY };
	int rc;

	fill_environment(&r);
	rc = find_reached(&r, e);
	*ret = r.result;
	map_done(&r.kept);
	return rc;
}

/* ---- packages ---- */

static struct build_package *package_of(const struct build *b, const struct node *n)
{
	for (size_t i = 0; i < b->n_packages; i++)
		if (&b->packages[i].origin == n->inode->origin)
			return &b->packages[i];
	return NULL;
}

/* "name=1.2" names name. */
static bool is_named(const struct recipe *r, const char *package)
{
	size_t len = strlen(package);

	for (size_t i = 0; i < r->packages.n; i++)
		if (strncmp(r->packages.at[i], package, len) == 0 &&
		    (!r->packages.at[i][len] || strchr("=<>~:", r->packages.at[i][len])))
			return true;
	return false;
}

static void drop_unreached(struct reaching *r)
{
	struct build *b = r->b;

	for (size_t i = 0; i < b->n_packages; i++)
		b->packages[i].dropped = !is_named(b->recipe, b->packages[i].locked->name);
	for (size_t i = 0; i < r->kept.n; i++) {
		struct node *n = r->kept.at[i].value;
		struct build_package *p = package_of(b, n);

		if (p && n->inode->type != NODE_DIR)
			p->dropped = false;
	}
}

/* Of several packages with one source only the first may have the licence, the others a link. */
static void keep_licences(struct reaching *r)
{
	struct build *b = r->b;

	for (size_t i = 0; i < b->n_packages; i++)
		if (!b->packages[i].dropped)
			(void)tree_trace(&b->tree,
					 arena_printf(&b->tree.arena, "usr/share/doc/%s/copyright",
						      b->packages[i].locked->name),
					 keep, r);
	for (size_t i = 0; i < r->kept.n; i++) {
		struct build_package *p = package_of(b, r->kept.at[i].value);

		if (p)
			p->dropped = false;
	}
}

/* ---- taking out ---- */

struct pruning {
	struct reaching *r;
	struct {
		struct node **at;
		size_t n, cap;
	} doomed;
};

static bool stays(struct pruning *p, struct node *n, const char *path)
{
	const struct build_package *owner = package_of(p->r->b, n);

	if (is_kept(p->r, n))
		return true;
	if (!owner) /* links that were made for whatever is there */
		return n->inode->type != NODE_SYMLINK || n->inode->origin->kind != ORIGIN_RULE ||
		       strcmp(n->inode->origin->name, "alternatives") != 0;
	return !owner->dropped && (strncmp(path, STATUS_DIR, strlen(STATUS_DIR)) == 0 ||
				   (n->inode->type != NODE_DIR && build_is_licence(n, path)));
}

static int visit_prune(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct pruning *p = ctx;

	(void)e;
	if (!stays(p, n, path))
		*array_push(&p->doomed) = n;
	return 0;
}

/* Children come after their folders: from the end, so that folders are empty when it is theirs. */
static void prune(struct pruning *p)
{
	for (size_t i = p->doomed.n; i > 0; i--) {
		struct node *n = p->doomed.at[i - 1];

		if (n->inode->type != NODE_DIR || node_is_empty(n))
			tree_remove(&p->r->b->tree, n);
	}
}

/*
 * A folder of a package that is left out, with something of another's: it becomes theirs, so that
 * the layer of a package holds nothing of one that isn't there. The origin of what is in it.
 */
static const struct origin *adopt(const struct build *b, struct node *n)
{
	const struct build_package *owner = package_of(b, n);
	const struct origin *heir = NULL;

	for (size_t i = 0; i < n->children.n; i++) {
		struct node *child = n->children.at[i].value;
		const struct origin *origin = child ? adopt(b, child) : NULL;

		if (!heir)
			heir = origin;
	}
	if (n->parent && n->inode->type == NODE_DIR && owner && owner->dropped && heir)
		n->inode->origin = heir;
	return n->inode->origin;
}

static int take_out(struct reaching *r, struct err *e)
{
	struct pruning p = { .r = r };
	int rc = tree_walk(&r->b->tree, visit_prune, &p, e);

	if (rc == 0) {
		prune(&p);
		(void)adopt(r->b, r->b->tree.root);
	}
	free(p.doomed.at);
	return rc;
}

int build_reach(struct build *b, struct err *e)
{
	struct reaching r = { .b = b, .kept = MAP_EMPTY };
	int rc;

	if (b->recipe->keep != KEEP_REACHED)
		return 0;
	r.link = link_new(&b->tree);
	fill_environment(&r);
	rc = find_reached(&r, e);
	if (rc == 0) {
		drop_unreached(&r);
		keep_licences(&r);
		rc = take_out(&r, e);
	}
	link_result_done(&r.result);
	link_free(r.link);
	map_done(&r.kept);
	return rc;
}
