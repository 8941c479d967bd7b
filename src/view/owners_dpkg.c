/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dpkg's database (dpkg(1), FILES): status and info/NAME.list; and distroless images' status.d,
 * whose md5sums leave out links and configuration files. What of these lies in the layer that
 * brought one package alone is that package's, and so is a link beside its file and what is in its
 * documentation folder.
 */
#include "view/owners.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "fmt/deb822.h"

#include <stdlib.h>

#define DPKG "var/lib/dpkg/"

static const char *text_or_null(struct image_view *v, struct view text)
{
	return text.ptr && text.len ? arena_view(&v->arena, view_trim(text)) : NULL;
}

/* "Source: name (version)", whose parts are the package's own where they are missing. */
static void read_source(struct image_view *v, struct view source, struct view_package *p)
{
	struct view name;

	p->source = p->name;
	p->source_version = p->version;
	if (!source.ptr || !view_split(&source, ' ', &name) || name.len == 0)
		return;
	p->source = arena_view(&v->arena, name);
	source = view_trim(source.ptr ? source : view_make("", 0));
	if (source.len > 2 && source.ptr[0] == '(' && source.ptr[source.len - 1] == ')')
		p->source_version = arena_strndup(&v->arena, source.ptr + 1, source.len - 2);
}

/* No Status, as in status.d, is an installed package. */
static bool is_installed(struct view status)
{
	struct view want, flag, state;

	if (!status.ptr)
		return true;
	if (!view_word(&status, &want) || !view_word(&status, &flag) || !view_word(&status, &state))
		return false;
	return !view_is(state, "not-installed") && !view_is(state, "config-files");
}

/* True for an installed package with name and version. */
static bool read_stanza(struct image_view *v, const struct deb822_stanza *s, const char *database,
			struct view_package *p)
{
	*p = (struct view_package){
		.name = text_or_null(v, deb822_get(s, "Package")),
		.version = text_or_null(v, deb822_get(s, "Version")),
		.architecture = text_or_null(v, deb822_get(s, "Architecture")),
		.database = database,
		.pre_depends = text_or_null(v, deb822_get(s, "Pre-Depends")),
		.depends = text_or_null(v, deb822_get(s, "Depends")),
		.recommends = text_or_null(v, deb822_get(s, "Recommends")),
		.provides = text_or_null(v, deb822_get(s, "Provides")),
		.is_essential = view_is(deb822_get(s, "Essential"), "yes"),
	};
	if (!p->name || !p->version || strchr(p->name, '/') ||
	    !is_installed(deb822_get(s, "Status")))
		return false;
	read_source(v, deb822_get(s, "Source"), p);
	return true;
}

/*
 * A list has its folders, too, each before what is in it; where one is a link in the image, as /lib
 * is, it doesn't belong to everybody with a library.
 */
static bool is_folder_of(struct view line, struct view rest)
{
	return rest.ptr && rest.len > line.len && memcmp(rest.ptr, line.ptr, line.len) == 0 &&
	       rest.ptr[line.len] == '/';
}

static void claim_lines(struct owners *o, size_t number, struct view text, size_t skip)
{
	struct view line;

	while (view_split(&text, '\n', &line)) {
		if (line.len <= skip || is_folder_of(line, text))
			continue;
		owners_claim(o, number, view_make(line.ptr + skip, line.len - skip));
	}
}

/* A package of several architectures has its name's and its architecture's files. */
static struct node *find_info(struct owners *o, const struct view_package *p, const char *suffix)
{
	struct image_view *v = o->view;
	struct node *n = tree_find(
		&v->tree, arena_printf(&v->arena, DPKG "info/%s%s", p->name, suffix), true);

	if (n || !p->architecture)
		return n;
	return tree_find(
		&v->tree,
		arena_printf(&v->arena, DPKG "info/%s:%s%s", p->name, p->architecture, suffix),
		true);
}

static void add_installed(struct owners *o, const struct deb822_stanza *s, struct err *e,
			  int *ret_rc)
{
	struct view_package p;
	struct view list;
	size_t number;

	if (!read_stanza(o->view, s, "/" DPKG "status", &p))
		return;
	p.kind = VIEW_DPKG;
	*ret_rc = owners_add(o, &p, &number, e);
	if (*ret_rc == 0 && owners_read(o, find_info(o, &p, ".list"), &list, e))
		claim_lines(o, number, list, 0);
	else if (*ret_rc == 0)
		o->packages.at[number].has_no_list = true;
}

int owners_read_dpkg(struct owners *o, struct err *e)
{
	struct node *n = tree_find(&o->view->tree, DPKG "status", true);
	struct deb822_reader *r;
	struct deb822_stanza s;
	struct view text;
	int rc = 0, more;

	if (!owners_read(o, n, &text, e)) {
		if (n)
			owners_complain(o, DPKG "status", "can't be read");
		return 0;
	}
	r = deb822_reader_new_mem(text, "status");
	while (rc == 0 && (more = deb822_reader_next(r, &s, e)) != 0) {
		if (more < 0) {
			owners_complain(o, DPKG "status", e->msg);
			break;
		}
		add_installed(o, &s, e, &rc);
		if (rc == 0)
			rc = interrupt_check(e);
	}
	deb822_reader_free(r);
	return rc;
}

/* ---- status.d ---------------------------------------------------------------------------- */

enum { MD5SUMS_DIGITS = 34 }; /* 32 and two blanks */

struct status_d {
	struct owners *owners;
	size_t first;	  /* number of the first package of status.d */
	size_t *by_layer; /* per layer: number + 1 of its only package, 0: none, SIZE_MAX: several
			   */
};

static int add_status_d(struct status_d *sd, struct node *n, struct err *e)
{
	struct owners *o = sd->owners;
	struct image_view *v = o->view;
	const char *path = arena_printf(&v->arena, DPKG "status.d/%s", n->name);
	struct node *sums = tree_find(&v->tree, arena_printf(&v->arena, "%s.md5sums", path), true);
	struct deb822_reader *r;
	struct deb822_stanza s;
	struct view_package p;
	struct view text;
	size_t number, *layer;
	int rc = 0, more;

	if (view_ends(view_of(n->name), ".md5sums") || !owners_read(o, n, &text, e))
		return 0;
	r = deb822_reader_new_mem(text, n->name);
	more = deb822_reader_next(r, &s, e);
	if (more < 0)
		owners_complain(o, path, e->msg);
	if (more > 0 && read_stanza(v, &s, arena_printf(&v->arena, "/%s", path), &p)) {
		p.kind = VIEW_DPKG_STATUS_D;
		rc = owners_add(o, &p, &number, e);
		if (rc == 0 && n->inode->origin->kind == ORIGIN_LAYER) {
			layer = &sd->by_layer[n->inode->origin->layer];
			*layer = *layer ? SIZE_MAX : number + 1;
		}
		if (rc == 0)
			owners_claim_node(number, n);
		if (rc == 0 && sums)
			owners_claim_node(number, sums);
		if (rc == 0 && owners_read(o, sums, &text, e))
			claim_lines(o, number, text, MD5SUMS_DIGITS);
	}
	deb822_reader_free(r);
	return rc;
}

/* The package whose documentation folder the path is in. */
static size_t documented(const struct status_d *sd, const char *path)
{
	static const char doc[] = "usr/share/doc/";
	const struct owners *o = sd->owners;
	const char *name, *end;

	if (strncmp(path, doc, strlen(doc)) != 0)
		return 0;
	name = path + strlen(doc);
	end = strchrnul(name, '/');
	for (size_t i = sd->first; i < o->packages.n; i++)
		if (view_eq(view_make(name, (size_t)(end - name)), view_of(o->packages.at[i].name)))
			return i + 1;
	return 0;
}

static size_t beside(const struct status_d *sd, const struct node *n)
{
	const struct node *to;

	if (n->inode->type != NODE_SYMLINK)
		return 0;
	to = tree_find_from(&sd->owners->view->tree, n->parent, n->inode->target, true);
	return to && to->parent == n->parent ? to->mark : 0;
}

static int fill_gap(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct status_d *sd = ctx;
	const struct origin *origin = n->inode->origin;
	size_t owner = 0;

	if (n->inode->type == NODE_DIR || n->mark)
		return interrupt_check(e);
	if (origin->kind == ORIGIN_LAYER && sd->by_layer[origin->layer] != SIZE_MAX)
		owner = sd->by_layer[origin->layer];
	if (!owner)
		owner = documented(sd, path);
	if (!owner)
		owner = beside(sd, n);
	if (owner)
		owners_claim_node(owner - 1, n);
	return 0;
}

int owners_read_status_d(struct owners *o, struct err *e)
{
	struct node *folder = tree_find(&o->view->tree, DPKG "status.d", true);
	struct status_d sd = { .owners = o, .first = o->packages.n };
	auto_free struct node **list = NULL;
	size_t n;
	int rc = 0;

	if (!folder || folder->inode->type != NODE_DIR)
		return 0;
	sd.by_layer = mem_zalloc((o->view->n_layers + 1) * sizeof(*sd.by_layer));
	list = node_children(folder, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_status_d(&sd, list[i], e);
	if (rc == 0 && o->packages.n > sd.first)
		rc = tree_walk(&o->view->tree, fill_gap, &sd, e);
	free(sd.by_layer);
	return rc;
}
