/* SPDX-License-Identifier: Apache-2.0 */
/* pare diff: how one image differs from another, or one text file of them; 1 when they do. */
#include "cmd/diff.h"
#include "cmd/verbs.h"
#include "cmd/view_options.h"
#include "report/unified.h"

enum { MAX_CONTENT_BYTES = 16 << 20 }; /* of a text that somebody reads */

struct diff_options {
	const char *content;
	bool dates;
	struct view_flags view;
};

static const struct option diff_rows[] = {
	OPTION('c', "content", STRING, struct diff_options, content, "PATH",
	       "how this text file differs, line by line"),
	OPTION(0, "dates", BOOL, struct diff_options, dates, NULL,
	       "files with another date differ, too"),
	VIEW_OPTIONS(struct diff_options, view),
};

/* A file that isn't there is an empty one, as for diff -N. */
static int read_text(struct command *c, const struct image_view *v, const char *path,
		     struct view *ret, bool *ret_is_there, struct err *e)
{
	const struct node *n =
		tree_find_from(&v->tree, v->tree.root,
			       path[0] == '/' ? path : arena_printf(c->arena, "/%s", path), true);

	*ret = view_make("", 0);
	*ret_is_there = n != NULL;
	if (!n)
		return 0;
	if (n->inode->type != NODE_FILE)
		return fail(e, FAIL_USAGE, "'%.300s' in '%.200s' is a %s, which has no text", path,
			    v->name, type_name(n->inode->type));
	return inode_read(n->inode, MAX_CONTENT_BYTES, c->arena, ret, e);
}

static int diff_content(struct command *c, const char *path, const struct image_view *a,
			const struct image_view *b, struct err *e)
{
	auto_buf out = BUF_EMPTY;
	struct view in_a, in_b;
	bool there_a, there_b;
	int rc = read_text(c, a, path, &in_a, &there_a, e);

	if (rc == 0)
		rc = read_text(c, b, path, &in_b, &there_b, e);
	if (rc < 0)
		return rc;
	if (!there_a && !there_b)
		return fail(e, FAIL_NOT_FOUND, "no '%.300s' in either image", path);
	if (there_a == there_b && view_eq(in_a, in_b))
		return 0;
	if (unified_is_text(in_a) && unified_is_text(in_b))
		unified_write(
			in_a, in_b,
			there_a ? arena_printf(c->arena, "%s:%s", a->name, path) : "/dev/null",
			there_b ? arena_printf(c->arena, "%s:%s", b->name, path) : "/dev/null",
			&out);
	else
		buf_printf(&out, "%s is no text, and differs: %zu and %zu bytes\n", path, in_a.len,
			   in_b.len);
	fwrite(buf_str(&out), 1, out.len, c->out);
	return 1;
}

static int diff_images(struct command *c, const struct diff_options *o, const struct image_view *a,
		       const struct image_view *b)
{
	struct view_diff d;
	auto_buf out = BUF_EMPTY;
	bool empty;

	view_diff_make(a, b, o->dates, &d);
	if (c->globals.format == FORMAT_JSON)
		diff_json(&d, a, b, &out);
	else
		diff_text(&d, a, b, c, &out);
	fwrite(buf_str(&out), 1, out.len, c->out);
	empty = view_diff_is_empty(&d);
	view_diff_done(&d);
	return empty ? 0 : 1;
}

static int run_diff(struct command *c, const void *options, struct err *e)
{
	const struct diff_options *o = options;
	auto_image_view a = NULL;
	auto_image_view b = NULL;
	int rc = 0;

	if (o->content && c->globals.format == FORMAT_JSON)
		rc = fail(e, FAIL_USAGE, "--content writes a text, which has no JSON");
	if (rc == 0)
		rc = open_view_path(c, c->operands[0], &o->view, o->content, &a, e);
	if (rc == 0)
		rc = open_view_path(c, c->operands[1], &o->view, o->content, &b, e);
	if (rc < 0)
		return rc;
	return o->content ? diff_content(c, o->content, a, b, e) : diff_images(c, o, a, b);
}

const struct verb verb_diff = {
	.name = "diff",
	.summary = "Show how one image differs from another",
	.operands = "IMAGE IMAGE",
	.min_operands = 2,
	.max_operands = 2,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare diff app:1 app:2",
	.options = OPTION_TABLE(diff_rows),
	.options_size = sizeof(struct diff_options),
	.run = run_diff,
};
