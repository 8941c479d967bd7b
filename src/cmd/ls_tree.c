/* SPDX-License-Identifier: Apache-2.0 */
/* pare ls --tree: a folder drawn as a tree, each branch with the bytes of all below it. */
#include "base/mem.h"
#include "cmd/ls.h"
#include "report/text.h"

#include <string.h>

enum { SIZE_COLUMNS = 7 };

struct drawing {
	const struct image_view *v;
	struct map counted; /* inodes with several names, by their address: bytes count once */
	struct arena arena;
	struct buf out, indent;
};

static uint64_t bytes_of(struct drawing *d, const struct node *n)
{
	const struct inode *i = n->inode;
	uint64_t sum = 0;
	void **seen;

	if (i->type == NODE_FILE) {
		if (i->n_links < 2)
			return i->content.size;
		seen = map_put(&d->counted,
			       view_of(arena_printf(&d->arena, "%p", (const void *)i)));
		sum = *seen && *seen != n ? 0 : i->content.size;
		if (!*seen)
			*seen = (void *)(uintptr_t)n;
		return sum;
	}
	for (size_t k = 0; k < n->children.n; k++)
		if (n->children.at[k].value)
			sum += bytes_of(d, n->children.at[k].value);
	return sum;
}

static void add_size(struct drawing *d, const struct node *n)
{
	const char *size = "";

	if (n->inode->type == NODE_FILE || n->inode->type == NODE_DIR)
		size = size_text(bytes_of(d, n), &d->arena);
	buf_printf(&d->out, "%*s  ", SIZE_COLUMNS, size);
}

static void draw(struct drawing *d, const struct node *folder)
{
	size_t n, indent = d->indent.len;
	auto_free struct node **list = node_children(folder, &n);

	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		add_size(d, list[i]);
		buf_add_view(&d->out, buf_view(&d->indent));
		buf_add_str(&d->out, last ? "└─ " : "├─ ");
		text_add_safe(&d->out, view_of(list[i]->name));
		if (list[i]->inode->type == NODE_DIR)
			buf_add_char(&d->out, '/');
		if (list[i]->inode->type == NODE_SYMLINK) {
			buf_add_str(&d->out, " -> ");
			text_add_safe(&d->out, view_of(list[i]->inode->target));
		}
		buf_add_char(&d->out, '\n');
		buf_add_str(&d->indent, last ? "   " : "│  ");
		draw(d, list[i]);
		d->indent.len = indent;
	}
}

static void add_json(struct drawing *d, struct json_writer *w, const struct node *n)
{
	size_t n_list;
	auto_free struct node **list = node_children(n, &n_list);

	json_open_object(w);
	json_add_node(w, d->v, n, node_path(n, &d->arena), &d->arena);
	if (n->inode->type == NODE_DIR) {
		json_member_u64(w, "bytes", bytes_of(d, n));
		json_key(w, "children");
		json_open_array(w);
		for (size_t i = 0; i < n_list && w->depth + 2 < JSON_MAX_DEPTH; i++)
			add_json(d, w, list[i]);
		json_close_array(w);
	}
	json_close_object(w);
}

int ls_tree(struct command *c, const struct image_view *v, const char *path, struct err *e)
{
	struct drawing d = { .v = v };
	const char *absolute = path[0] == '/' ? path : arena_printf(c->arena, "/%s", path);
	const struct node *n = tree_find_from(&v->tree, v->tree.root, absolute, true);
	struct json_writer w;

	if (!n)
		return fail(e, FAIL_NOT_FOUND, "no '%.300s' in '%.200s'", path, v->name);
	if (c->globals.format == FORMAT_JSON) {
		json_writer_init(&w, &d.out, 2);
		add_json(&d, &w, n);
		buf_add_char(&d.out, '\n');
	} else {
		add_size(&d, n);
		text_add_safe(&d.out, view_of(node_path(n, &d.arena)));
		buf_add_char(&d.out, '\n');
		draw(&d, n);
	}
	fwrite(d.out.data, 1, d.out.len, c->out);
	map_done(&d.counted);
	buf_done(&d.out);
	buf_done(&d.indent);
	arena_done(&d.arena);
	return 0;
}
