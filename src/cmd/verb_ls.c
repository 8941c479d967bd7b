/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pare ls: the files of an image, with the layer that wrote each and the package that owns it; or
 * what one layer did.
 */
#include "base/array.h"
#include "base/glob.h"
#include "cmd/ls.h"
#include "cmd/verbs.h"
#include "report/table.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

static const struct option ls_rows[] = {
	OPTION('t', "tree", BOOL, struct ls_options, tree, NULL,
	       "all below the folder, as a tree with the bytes of each"),
	OPTION('l', "layer", U64, struct ls_options, layer, "N",
	       "what layer N (1: the lowest) added, replaced, removed"),
	OPTION('n', "largest", U64, struct ls_options, largest, "N",
	       "the N largest files below the folder"),
	OPTION('c', "changed", BOOL, struct ls_options, changed, NULL,
	       "what a layer replaced or removed of those below it"),
	VIEW_OPTIONS(struct ls_options, view),
};

static void list_done(struct ls_list *l)
{
	free(l->at);
}

static const char *shown_path(const char *path, const struct inode *i, struct arena *a)
{
	return i->type == NODE_SYMLINK ? arena_printf(a, "%s -> %s", path, i->target) : path;
}

static void add_row(struct table *t, const struct image_view *v, const struct ls_item *item,
		    struct arena *a)
{
	const struct inode *i = item->node->inode;
	const struct view_package *p = view_package_of(v, item->node);
	const char *cells[6];
	char mode[11];

	mode_text(i->type, i->mode, mode);
	cells[0] = mode;
	cells[1] = arena_printf(a, "%u:%u", i->uid, i->gid);
	cells[2] = i->type == NODE_FILE ? size_text(i->content.size, a)
		   : i->type == NODE_CHAR || i->type == NODE_BLOCK
			   ? arena_printf(a, "%u,%u", i->dev_major, i->dev_minor)
			   : NULL;
	cells[3] = layer_number(v, item->node, a);
	cells[4] = p ? p->name : NULL;
	cells[5] = shown_path(item->path, i, a);
	table_add_row(t, cells);
}

static void print_table(struct command *c, const struct image_view *v, const struct ls_list *l)
{
	static const struct table_column columns[] = {
		{ "MODE", false }, { "OWNER", false },	 { "SIZE", true },
		{ "LAYER", true }, { "PACKAGE", false }, { "NAME", false },
	};
	struct table_style style = { .max_columns = 0, .color = c->out_color };
	auto_buf out = BUF_EMPTY;
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = 0; i < l->n; i++)
		add_row(&t, v, &l->at[i], c->arena);
	table_write(&t, &style, &out);
	fwrite(out.data, 1, out.len, c->out);
}

static void print_json(struct command *c, const struct image_view *v, const struct ls_list *l)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_array(&w);
	for (size_t i = 0; i < l->n; i++) {
		json_open_object(&w);
		json_add_node(&w, v, l->at[i].node, l->at[i].path, c->arena);
		json_close_object(&w);
	}
	json_close_array(&w);
	buf_add_char(&out, '\n');
	fwrite(out.data, 1, out.len, c->out);
}

/* ---- what is listed ---------------------------------------------------------------------- */

static bool is_glob(const char *path)
{
	return strpbrk(path, "*?") != NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ls_item *)a)->path, ((const struct ls_item *)b)->path);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = ((const struct ls_item *)a)->node->inode->content.size;
	uint64_t y = ((const struct ls_item *)b)->node->inode->content.size;

	return x < y ? 1 : x > y ? -1 : by_name(a, b);
}

struct walk {
	const struct ls_options *o;
	struct ls_list *list;
	struct arena *arena;
	const char *pattern; /* NULL: all below `below` */
	const struct node *below;
};

static bool is_below(const struct node *n, const struct node *folder)
{
	for (; n; n = n->parent)
		if (n == folder)
			return true;
	return false;
}

static int visit(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct walk *w = ctx;

	(void)e;
	if (w->o->largest && n->inode->type != NODE_FILE)
		return 0;
	if (w->pattern ? !glob_match(w->pattern, path) : !is_below(n, w->below))
		return 0;
	*array_push(w->list) = (struct ls_item){ n, arena_printf(w->arena, "/%s", path) };
	return 0;
}

static void list_folder(const struct node *folder, struct ls_list *list)
{
	for (size_t i = 0; i < folder->children.n; i++) {
		struct node *child = folder->children.at[i].value;

		if (child)
			*array_push(list) = (struct ls_item){ child, child->name };
	}
	if (list->n)
		qsort(list->at, list->n, sizeof(*list->at), by_name);
}

/* Of a name with two files, one is enough. */
static void keep_largest(struct ls_list *list, uint64_t n)
{
	if (list->n)
		qsort(list->at, list->n, sizeof(*list->at), by_size);
	if (n < list->n)
		list->n = (size_t)n;
}

static int find(struct command *c, const struct image_view *v, const char *path, struct node **ret,
		struct err *e)
{
	const char *absolute = path[0] == '/' ? path : arena_printf(c->arena, "/%s", path);

	*ret = tree_find_from(&v->tree, v->tree.root, absolute, false);
	return *ret ? 0 : fail(e, FAIL_NOT_FOUND, "no '%.300s' in '%.200s'", path, v->name);
}

static int collect(struct command *c, const struct ls_options *o, const struct image_view *v,
		   struct ls_list *list, struct err *e)
{
	const char *path = c->n_operands > 1 ? c->operands[1] : "/";
	struct walk w = { .o = o, .list = list, .arena = c->arena };
	struct node *n;
	int rc = 0;

	if (is_glob(path)) {
		w.pattern = path;
		rc = tree_walk(&v->tree, visit, &w, e);
		if (rc == 0 && list->n == 0)
			return fail(e, FAIL_NOT_FOUND, "nothing in '%.200s' is like '%.300s'",
				    v->name, path);
	} else {
		rc = find(c, v, path, &n, e);
		if (rc < 0)
			return rc;
		w.below = n;
		if (o->largest)
			rc = tree_walk(&v->tree, visit, &w, e);
		else if (n->inode->type == NODE_DIR)
			list_folder(n, list);
		else
			*array_push(list) = (struct ls_item){ n, path };
	}
	if (o->largest)
		keep_largest(list, o->largest);
	return rc;
}

static int check_options(const struct ls_options *o, struct err *e)
{
	if (o->tree && (o->largest || o->layer || o->changed))
		return fail(e, FAIL_USAGE, "--tree shows everything: no other choice goes with it");
	if (o->largest && (o->layer || o->changed))
		return fail(e, FAIL_USAGE,
			    "--largest is of the whole image, --layer and --changed of its layers");
	return 0;
}

/* NULL: more of the tree is needed. */
static const char *only_path(const struct command *c, const struct ls_options *o)
{
	const char *path = c->n_operands > 1 ? c->operands[1] : "/";

	return o->tree || o->layer || o->changed || o->largest || is_glob(path) ? NULL : path;
}

static int run_ls(struct command *c, const void *options, struct err *e)
{
	const struct ls_options *o = options;
	__attribute__((cleanup(list_done))) struct ls_list list = { 0 };
	auto_image_view v = NULL;
	int rc = check_options(o, e);

	if (rc == 0)
		rc = open_view_path(c, c->operands[0], &o->view, only_path(c, o), &v, e);
	if (rc < 0)
		return rc;
	if (o->layer || o->changed)
		return ls_layers(c, o, v, e);
	if (o->tree)
		return ls_tree(c, v, c->n_operands > 1 ? c->operands[1] : "/", e);
	rc = collect(c, o, v, &list, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_json(c, v, &list);
	else
		print_table(c, v, &list);
	return 0;
}

const struct verb verb_ls = {
	.name = "ls",
	.summary = "List an image's files, with layer and package",
	.operands = "IMAGE [PATH|PATTERN]",
	.min_operands = 1,
	.max_operands = 2,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare ls hello '**/*.so*'",
	.options = OPTION_TABLE(ls_rows),
	.options_size = sizeof(struct ls_options),
	.run = run_ls,
};
