/* SPDX-License-Identifier: Apache-2.0 */
/* A search from the package up through all that ask for it, breadth first; see why_packages.h. */
#include "view/why_packages.h"

#include "base/array.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "pkg/apk/depends.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WORLD_BYTES = 1 << 20 }; /* hand-written: some hundred bytes */

/* ---- by name ----------------------------------------------------------------------------- */

static const struct view_package *of_arch(const struct image_view *v, const struct needs *needs,
					  const char *name)
{
	const char *colon = strrchr(name, ':');
	const struct name_holder *h;

	if (!colon)
		return NULL;
	h = needs_named(needs, view_make(name, (size_t)(colon - name)));
	for (; h; h = needs_next(needs, h)) {
		const struct view_package *p = &v->packages[h->package];

		if (h->is_own && p->architecture && strcmp(p->architecture, colon + 1) == 0)
			return p;
	}
	return NULL;
}

const struct view_package *why_package_named(struct why *w, const struct image_view *v,
					     const struct needs *needs, const char *name)
{
	const struct name_holder *first = needs_named(needs, view_of(name)), *h = first;
	const struct view_package *p;

	while (h && !h->is_own)
		h = needs_next(needs, h);
	if (h || !first)
		return h ? &v->packages[h->package] : of_arch(v, needs, name);
	p = &v->packages[first->package];
	*array_push_to(w->links, w->n_links, w->cap_links) =
		arena_printf(&w->arena, "%s is provided by %s", name, p->name);
	return p;
}

/* ---- roots ------------------------------------------------------------------------------- */

struct root {
	enum why_root is;
	const char *path;
};

struct search {
	struct why *why;
	const struct image_view *view;
	const struct needs *needs;
	struct root *roots; /* per package */
	bool weak;	    /* Recommends and install_if count, too */
	size_t *way;	    /* per package: number + 1 of the need that leads down, 0: not seen */
	uint32_t *queue;
	size_t n_queue;
};

static void take_root(struct search *s, size_t package, enum why_root is, const char *path)
{
	if (s->roots[package].is > is)
		s->roots[package] = (struct root){ is, path };
}

static void add_reached(struct search *s, const struct reach *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct view_package *p = view_package_of(s->view, r->at[i].node);
		bool started = r->at[i].role == LINK_PROGRAM || r->at[i].role == LINK_SCRIPT;

		if (p)
			take_root(s, (size_t)(p - s->view->packages),
				  started ? WHY_ROOT_STARTED : WHY_ROOT_LOADED,
				  arena_strdup(&s->why->arena, r->at[i].path));
	}
}

static void add_wish(struct search *s, struct view word)
{
	const struct name_holder *h = needs_named(s->needs, apk_atom_name(word));

	for (; h; h = needs_next(s->needs, h))
		if (s->view->packages[h->package].kind == VIEW_APK)
			take_root(s, h->package, WHY_ROOT_ASKED, "/" WHY_APK_WORLD);
}

/* A world that can't be read names nothing: it is only one of the reasons. */
static void add_world(struct search *s)
{
	const struct node *n = tree_find(&s->view->tree, WHY_APK_WORLD, true);
	auto_arena a = ARENA_EMPTY;
	struct view text, word;
	struct err ignored;

	if (!n || n->inode->type != NODE_FILE ||
	    inode_read(n->inode, MAX_WORLD_BYTES, &a, &text, &ignored) < 0)
		return;
	while (view_word(&text, &word))
		add_wish(s, word);
}

static void find_roots(struct search *s, const struct reach *r)
{
	for (size_t i = 0; i < s->view->n_packages; i++)
		s->roots[i].is =
			s->view->packages[i].is_essential ? WHY_ROOT_ESSENTIAL : WHY_ROOT_CIRCLE;
	add_reached(s, r);
	add_world(s);
}

/* ---- the search -------------------------------------------------------------------------- */

static bool counts(const struct search *s, const struct need *n)
{
	return s->weak || n->field == NEED_PRE_DEPENDS || n->field == NEED_DEPENDS;
}

/* What a package is in this search: who has nobody above stands for itself. */
static enum why_root root_of(struct search *s, size_t package)
{
	const size_t *first = &s->needs->first[package];

	if (s->roots[package].is < WHY_ROOT_ALONE)
		return s->roots[package].is;
	for (size_t i = first[0]; i < first[1]; i++)
		if (counts(s, &s->needs->at[i]))
			return WHY_ROOT_CIRCLE;
	return WHY_ROOT_ALONE;
}

static void search_up(struct search *s, size_t package)
{
	const size_t *first = &s->needs->first[package];

	for (size_t i = first[0]; i < first[1]; i++) {
		const struct need *n = &s->needs->at[i];

		if (!counts(s, n) || s->way[n->by])
			continue;
		s->way[n->by] = i + 1;
		s->queue[s->n_queue++] = n->by;
	}
}

/* The nearest of the best roots; SIZE_MAX: there is none. */
static int search(struct search *s, size_t from, size_t *ret, struct err *e)
{
	enum why_root best = WHY_ROOT_CIRCLE;
	int rc = 0;

	memset(s->way, 0, s->view->n_packages * sizeof(*s->way));
	*ret = SIZE_MAX;
	s->n_queue = 0;
	s->queue[s->n_queue++] = (uint32_t)from;
	s->way[from] = SIZE_MAX;
	for (size_t i = 0; i < s->n_queue && rc == 0; i++) {
		enum why_root is = root_of(s, s->queue[i]);

		if (is < best) {
			best = is;
			*ret = s->queue[i];
		}
		search_up(s, s->queue[i]);
		rc = interrupt_check(e);
	}
	return rc;
}

/* A clause may go over several lines. */
static const char *one_line(struct arena *a, struct view text)
{
	auto_buf to = BUF_EMPTY;
	struct view word;

	while (view_word(&text, &word)) {
		if (to.len)
			buf_add_char(&to, ' ');
		buf_add_view(&to, word);
	}
	return arena_strdup(a, buf_str(&to));
}

static struct why_need need_of(struct search *s, const struct need *n, size_t package)
{
	return (struct why_need){
		.package = &s->view->packages[package],
		.field = need_field_name(n->field),
		.clause = one_line(&s->why->arena, n->text),
	};
}

static void take_steps(struct search *s, size_t root)
{
	struct why_packages *to = &s->why->packages;
	size_t n = 1, at;

	for (at = root; s->way[at] != SIZE_MAX; at = s->needs->at[s->way[at] - 1].on)
		n++;
	to->steps = arena_array(&s->why->arena, n, sizeof(*to->steps));
	to->steps[to->n_steps++].package = &s->view->packages[root];
	for (at = root; s->way[at] != SIZE_MAX;) {
		const struct need *need = &s->needs->at[s->way[at] - 1];

		at = need->on;
		to->steps[to->n_steps++] = need_of(s, need, at);
	}
	to->root = root_of(s, root);
	to->root_path = s->roots[root].path;
}

static int compare_needs(const void *a, const void *b)
{
	const struct why_need *x = a, *y = b;
	int order = strcmp(x->package->name, y->package->name);

	return order ? order : (x->package > y->package) - (x->package < y->package);
}

static void take_dependents(struct search *s, size_t package)
{
	struct why_packages *to = &s->why->packages;
	size_t first = s->needs->first[package], n = s->needs->first[package + 1] - first;

	to->dependents = arena_array(&s->why->arena, n + 1, sizeof(*to->dependents));
	for (size_t i = 0; i < n; i++) {
		const struct need *need = &s->needs->at[first + i];

		to->dependents[i] = need_of(s, need, need->by);
	}
	to->n_dependents = n;
	qsort(to->dependents, n, sizeof(*to->dependents), compare_needs);
}

static int find_chain(struct search *s, size_t package, struct err *e)
{
	size_t root;
	int rc = search(s, package, &root, e);

	if (rc == 0 && (root == SIZE_MAX || root_of(s, root) == WHY_ROOT_ALONE)) {
		s->weak = true;
		rc = search(s, package, &root, e);
	}
	if (rc < 0)
		return rc;
	s->why->packages.root = WHY_ROOT_CIRCLE;
	if (root != SIZE_MAX)
		take_steps(s, root);
	return 0;
}

static void take_complaints(struct why *w, const struct needs *needs)
{
	for (size_t i = 0; i < needs->complaints.n; i++)
		*array_push(&w->packages.complaints) =
			arena_strdup(&w->arena, needs->complaints.at[i]);
	w->packages.n_complaints = needs->n_complaints;
}

/* The lowest layer with a file of the package brought it. */
static int see_layer(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct search *s = ctx;
	const struct view_layer *l = view_layer_of(s->view, n);

	(void)path;
	if (view_package_of(s->view, n) == s->why->package && l &&
	    (!s->why->layer || l < s->why->layer))
		s->why->layer = l;
	return interrupt_check(e);
}

int why_find_packages(struct why *w, const struct image_view *v, const struct needs *needs,
		      const struct reach *r, struct err *e)
{
	struct search s = { .why = w, .view = v, .needs = needs };
	size_t package = (size_t)(w->package - v->packages);
	int rc;

	s.roots = mem_zalloc(v->n_packages * sizeof(*s.roots));
	s.way = mem_zalloc(v->n_packages * sizeof(*s.way));
	s.queue = mem_zalloc(v->n_packages * sizeof(*s.queue));
	find_roots(&s, r);
	rc = find_chain(&s, package, e);
	if (rc == 0)
		take_dependents(&s, package);
	if (rc == 0 && w->is_package)
		rc = tree_walk(&v->tree, see_layer, &s, e);
	take_complaints(w, needs);
	free(s.roots);
	free(s.way);
	free(s.queue);
	return rc;
}
