/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way down is link/'s: what is loaded at the start, and who asked for it. The way up goes over
 * all files: a library is asked for by its soname or by a name that leads to it.
 */
#include "view/why.h"

#include "base/array.h"
#include "base/interrupt.h"
#include "base/map.h"
#include "base/mem.h"
#include "view/start.h"
#include "view/why_packages.h"
#include "view/why_start.h"

#include <stdlib.h>
#include <string.h>

enum {
	MIN_OPENED_NAME = 6, /* a shorter one stands anywhere */
	/* a program that is searched for names; the largest have some hundred MB */
	MAX_OPENER_BYTES = 256 << 20,
};

/* ---- from the start ---------------------------------------------------------------------- */

bool why_wants(void *ctx, const struct tar_entry *t, enum file_kind kind)
{
	(void)ctx;
	return kind == FILE_ELF || kind == FILE_SCRIPT ||
	       view_ends(view_of(t->path), WHY_APK_WORLD);
}

static struct strings command_of(const struct image_config *c, struct arena *a)
{
	struct strings all = { .at = arena_array(a, c->entrypoint.n + c->cmd.n + 1,
						 sizeof(const char *)) };

	for (size_t i = 0; i < c->entrypoint.n; i++)
		all.at[all.n++] = c->entrypoint.at[i];
	for (size_t i = 0; i < c->cmd.n; i++)
		all.at[all.n++] = c->cmd.at[i];
	return all;
}

/* The way to `to`, and `last` behind it unless that is NULL. */
static void take_chain(struct why *w, const struct reach *r, const struct reached *to,
		       const struct why_step *last)
{
	size_t i = last != NULL;

	for (const struct reached *o = to; o; o = o->by == WHY_START ? NULL : &r->at[o->by])
		i++;
	w->n_steps = i;
	w->steps = arena_array(&w->arena, i, sizeof(*w->steps));
	if (last)
		w->steps[--i] = *last;
	for (const struct reached *o = to; o; o = o->by == WHY_START ? NULL : &r->at[o->by])
		w->steps[--i] = (struct why_step){
			.path = arena_strdup(&w->arena, o->path),
			.name = o->by == WHY_START ? NULL : arena_strdup(&w->arena, o->name),
			.role = o->role,
			.node = o->node,
		};
}

/* The soname by which a library is opened, or the whole path of anything else. */
static const char *name_to_open(struct why *w, const struct image_view *v)
{
	if (view_kind_of(v, w->node) == FILE_ELF)
		return arena_strdup(&w->arena, w->node->name);
	return w->path;
}

/* What names it somewhere in its bytes, as who calls dlopen(3) or open(2) does. */
static int find_opener(struct why *w, const struct image_view *v, const struct reach *r,
		       const struct reached **ret, struct err *e)
{
	const char *name = name_to_open(w, v);
	size_t len = strlen(name);

	for (size_t i = 0; i < r->n && len >= MIN_OPENED_NAME; i++) {
		const struct inode *inode = r->at[i].node->inode;
		auto_arena a = ARENA_EMPTY;
		struct view bytes;
		int rc;

		if (view_kind_of(v, r->at[i].node) != FILE_ELF ||
		    inode->content.size > MAX_OPENER_BYTES)
			continue;
		rc = inode_read(inode, MAX_OPENER_BYTES, &a, &bytes, e);
		if (rc == 0)
			rc = interrupt_check(e);
		if (rc < 0)
			return rc;
		if (!memmem(bytes.ptr, bytes.len, name, len + 1)) /* with the byte that ends it */
			continue;
		*ret = &r->at[i];
		return 0;
	}
	return 0;
}

/* A file that is reached and that came with the same package; the loader only if there's no other.
 */
static const struct reached *find_sibling(const struct why *w, const struct image_view *v,
					  const struct reach *r)
{
	const struct reached *found = NULL;

	for (size_t i = 0; w->package && i < r->n; i++)
		if (view_package_of(v, r->at[i].node) == w->package &&
		    (!found || found->role == LINK_INTERPRETER))
			found = &r->at[i];
	return found;
}

static int take_way(struct why *w, const struct image_view *v, const struct reach *r, struct err *e)
{
	const struct reached *to = reach_find(r, w->node->inode);
	struct why_step last = { .path = w->path, .node = w->node };
	int rc;

	if (to) {
		take_chain(w, r, to, NULL);
		return 0;
	}
	rc = find_opener(w, v, r, &to, e);
	if (rc < 0)
		return rc;
	last.role = to ? WHY_OPENED : WHY_PACKAGED;
	last.name = to ? name_to_open(w, v) : w->package ? w->package->name : NULL;
	if (!to)
		to = find_sibling(w, v, r);
	if (to)
		take_chain(w, r, to, &last);
	return 0;
}

/* Without the user: one who may not start the program leaves the question open what it loads. */
static int find_reach(struct why *w, const struct image_view *v, struct link *l, struct reach *ret,
		      struct err *e)
{
	const struct image_config *c = &v->platform.config;
	struct strings command = command_of(c, &w->arena);
	const struct link_process p = {
		.env = c->env.at,
		.n_env = c->env.n,
		.work_dir = c->working_dir,
		.architecture = v->is_rootfs ? NULL : c->platform.architecture,
		.variant = v->is_rootfs ? NULL : c->platform.variant,
	};

	w->command = command.n ? command.at[0] : NULL;
	return why_start(&v->tree, l, &p, command.at, command.n, &w->arena, ret, e);
}

/* ---- who else ---------------------------------------------------------------------------- */

/* A file that may need others. */
struct asker {
	const struct node *node;
	const struct elf *elf;	 /* NULL: a script */
	const char *interpreter; /* of a script */
	bool is_user;
};

struct askers {
	struct image_view *view;
	struct link *link;
	struct why *why;
	struct asker *at;
	size_t n, cap;
};

/* "#!/usr/bin/env NAME" asks for NAME, every other line for its path. */
static int read_script(struct askers *s, const struct node *n, struct asker *ret, struct err *e)
{
	uint64_t size = n->inode->content.size;
	size_t len = size < LINK_SCRIPT_BYTES ? (size_t)size : LINK_SCRIPT_BYTES;
	auto_source from = NULL;
	char head[LINK_SCRIPT_BYTES];
	struct view rest, line, word;
	int rc = inode_open(n->inode, &from, e);

	if (rc == 0)
		rc = source_read_full(from, head, len, e);
	if (rc < 0)
		return rc;
	rest = view_make(head, len);
	if (!view_starts(rest, "#!") || !view_split(&rest, '\n', &line))
		return 0;
	line = view_make(line.ptr + 2, line.len - 2);
	if (!view_word(&line, &word))
		return 0;
	ret->interpreter = arena_view(&s->why->arena, word);
	if (view_ends(word, "/env") && view_word(&line, &word))
		ret->interpreter = arena_view(&s->why->arena, word);
	return 0;
}

static int add_asker(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct askers *s = ctx;
	struct asker a = { .node = n };
	int rc = interrupt_check(e);
	enum file_kind kind = view_kind_of(s->view, n);

	(void)path;
	if (rc == 0 && kind == FILE_ELF)
		rc = link_elf(s->link, n, &a.elf, e);
	else if (rc == 0 && kind == FILE_SCRIPT && (n->inode->mode & 0111))
		rc = read_script(s, n, &a, e);
	if (rc == 0 && (a.elf || a.interpreter))
		*array_push_to(s->at, s->n, s->cap) = a;
	return rc;
}

/* The names by which a file is asked for. */
struct names {
	struct map set;
	struct arena arena;
};

static void add_name(struct names *n, const char *name)
{
	name = arena_strdup(&n->arena, name);
	*map_put(&n->set, view_of(name)) = n;
}

struct naming {
	const struct image_view *view;
	const struct inode *inode;
	struct names *to;
};

static int see_name(struct node *n, const char *path, void *ctx, struct err *e)
{
	const struct naming *w = ctx;
	const struct node *to = n;

	(void)path;
	(void)e;
	if (n->inode->type == NODE_SYMLINK)
		to = tree_find_from(&w->view->tree, n->parent, n->inode->target, true);
	if (to && to->inode == w->inode)
		add_name(w->to, n->name);
	return 0;
}

static int name_all(struct askers *s, const struct node *n, struct names *to, struct err *e)
{
	struct naming w = { s->view, n->inode, to };
	const struct elf *elf = NULL;
	int rc = n->inode->type == NODE_FILE ? link_elf(s->link, n, &elf, e) : 0;

	if (rc == 0 && elf && elf->soname.ptr)
		add_name(to, elf->soname.ptr);
	return rc == 0 ? tree_walk(&s->view->tree, see_name, &w, e) : rc;
}

static bool asks_interpreter(const struct askers *s, const char *path, const struct node *for_)
{
	const struct node *n;

	if (path[0] != '/')
		return strcmp(path, for_->name) == 0;
	n = tree_find_from(&s->view->tree, s->view->tree.root, path, true);
	return n && n->inode == for_->inode;
}

/* The name by which `a` asks for the file, or NULL. */
static const char *asked_as(const struct askers *s, const struct asker *a,
			    const struct names *names, const struct node *for_)
{
	if (!a->elf)
		return asks_interpreter(s, a->interpreter, for_) ? a->interpreter : NULL;
	if (a->elf->interpreter.ptr && asks_interpreter(s, a->elf->interpreter.ptr, for_))
		return a->elf->interpreter.ptr;
	for (size_t i = 0; i < a->elf->n_needed; i++)
		if (map_get(&names->set, a->elf->needed[i]))
			return a->elf->needed[i].ptr;
	return NULL;
}

static bool is_program(const struct asker *a)
{
	return !a->elf || a->elf->linkage == ELF_STATIC || a->elf->linkage == ELF_STATIC_PIE ||
	       a->elf->interpreter.ptr;
}

/* Those that ask for `for_`; they are added to the users once. */
static int add_users(struct askers *s, const struct node *for_, bool direct, struct err *e)
{
	struct why *w = s->why;
	struct names names = { 0 };
	int rc = name_all(s, for_, &names, e);

	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		struct asker *a = &s->at[i];
		const char *name;

		if (a->is_user || a->node->inode == w->node->inode)
			continue;
		name = asked_as(s, a, &names, for_);
		if (!name)
			continue;
		a->is_user = true;
		*array_push_to(w->users, w->n_users, w->cap_users) = (struct why_user){
			.path = node_path(a->node, &w->arena),
			.name = arena_strdup(&w->arena, name),
			.node = a->node,
			.direct = direct,
			.is_program = is_program(a),
		};
	}
	map_done(&names.set);
	arena_done(&names.arena);
	return rc;
}

static int find_users(struct why *w, struct image_view *v, struct link *l, struct err *e)
{
	struct askers s = { .view = v, .link = l, .why = w };
	int rc = tree_walk(&v->tree, add_asker, &s, e);

	if (rc == 0)
		rc = add_users(&s, w->node, true, e);
	/* what needs a library that needs it needs it, too */
	for (size_t i = 0; rc == 0 && i < w->n_users; i++)
		if (!w->users[i].is_program)
			rc = add_users(&s, w->users[i].node, false, e);
	free(s.at);
	return rc;
}

/* ---- all of it --------------------------------------------------------------------------- */

static void pass(struct node *n, void *ctx)
{
	struct why *w = ctx;

	if (n->inode->type == NODE_SYMLINK)
		*array_push_to(w->links, w->n_links, w->cap_links) = arena_printf(
			&w->arena, "%s -> %s", node_path(n, &w->arena), n->inode->target);
}

static bool find_node(struct why *w, const struct image_view *v, const char *path)
{
	if (path[0] != '/')
		path = arena_printf(&w->arena, "/%s", path);
	w->node = tree_trace(&v->tree, path, pass, w);
	if (!w->node)
		w->node = tree_find_from(&v->tree, v->tree.root, path, false);
	if (!w->node)
		return false;
	w->path = node_path(w->node, &w->arena);
	w->package = view_package_of(v, w->node);
	w->layer = view_layer_of(v, w->node);
	return true;
}

static int find_operand(struct why *w, const struct image_view *v, const struct needs *needs,
			const char *what, enum why_operand kind, struct err *e)
{
	if (kind == WHY_PATH_OR_PACKAGE && find_node(w, v, what))
		return 0;
	if (kind == WHY_PACKAGE || !strchr(what, '/'))
		w->package = why_package_named(w, v, needs, what);
	w->is_package = w->package != NULL;
	if (w->is_package)
		return 0;
	if (kind == WHY_PACKAGE)
		return fail(e, FAIL_NOT_FOUND, "no package '%.300s' in '%.200s'", what, v->name);
	return fail(e, FAIL_NOT_FOUND, "no '%s%.300s'%s in '%.200s'", what[0] == '/' ? "" : "/",
		    what, strchr(what, '/') ? "" : " and no package of that name", v->name);
}

/* Of a package, the first file that the start leads to stands for it. */
static void take_package_way(struct why *w, const struct image_view *v, const struct reach *r)
{
	for (size_t i = 0; i < r->n && !w->node; i++) {
		if (view_package_of(v, r->at[i].node) != w->package)
			continue;
		w->node = r->at[i].node;
		w->path = node_path(w->node, &w->arena);
		take_chain(w, r, &r->at[i], NULL);
	}
}

static int find_all(struct why *w, struct image_view *v, const struct needs *needs, struct link *l,
		    struct reach *r, struct err *e)
{
	bool is_file = !w->is_package && w->node->inode->type == NODE_FILE;
	int rc = is_file || w->package ? find_reach(w, v, l, r, e) : 0;

	if (rc == 0 && w->is_package)
		take_package_way(w, v, r);
	if (rc == 0 && is_file)
		rc = take_way(w, v, r, e);
	if (rc == 0 && is_file)
		rc = find_users(w, v, l, e);
	return rc == 0 && w->package ? why_find_packages(w, v, needs, r, e) : rc;
}

int why_make(struct image_view *v, const char *what, enum why_operand kind, struct why *ret,
	     struct err *e)
{
	struct why w = { 0 };
	struct needs needs;
	struct reach r = { 0 };
	struct link *l;
	int rc = needs_make(v, &needs, e);

	if (rc < 0)
		return rc;
	l = view_link_new(v);
	rc = find_operand(&w, v, &needs, what, kind, e);
	if (rc == 0)
		rc = find_all(&w, v, &needs, l, &r, e);
	reach_done(&r);
	link_free(l);
	needs_done(&needs);
	if (rc < 0)
		why_done(&w);
	else
		*ret = w;
	return rc;
}

void why_done(struct why *w)
{
	free(w->links);
	free(w->users);
	free(w->packages.complaints.at);
	arena_done(&w->arena);
}
