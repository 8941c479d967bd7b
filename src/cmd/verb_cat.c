/* SPDX-License-Identifier: Apache-2.0 */
/* pare cat: the bytes of one file of an image. */
#include "base/interrupt.h"
#include "base/mem.h"
#include "cmd/verbs.h"
#include "cmd/view_options.h"

enum { PIECE_BYTES = 128 << 10 };

struct cat_options {
	struct view_flags view;
};

static const struct option cat_rows[] = { VIEW_OPTIONS(struct cat_options, view) };

static int copy(struct source *from, FILE *to, struct err *e)
{
	auto_free char *piece = mem_alloc(PIECE_BYTES);
	size_t n;
	int rc;

	do {
		rc = source_read(from, piece, PIECE_BYTES, &n, e);
		if (rc == 0 && n && fwrite(piece, 1, n, to) != n)
			break; /* the frame says so */
		if (rc == 0)
			rc = interrupt_check(e);
	} while (rc == 0 && n);
	return rc;
}

static struct view last_word(const char *path)
{
	struct view v = view_of(path);

	while (v.len && v.ptr[v.len - 1] == '/')
		v.len--;
	for (size_t i = v.len; i-- > 0;)
		if (v.ptr[i] == '/')
			return view_make(v.ptr + i + 1, v.len - i - 1);
	return v;
}

/* Kept at hand while layers are read for the first time, so that none is fetched again for it. */
static bool is_named_so(void *ctx, const struct tar_entry *t, enum file_kind kind)
{
	(void)kind;
	return view_eq(last_word(t->path), last_word(ctx));
}

static int run_cat(struct command *c, const void *options, struct err *e)
{
	const struct cat_options *o = options;
	const char *path = c->operands[1];
	auto_image_view v = NULL;
	auto_source from = NULL;
	const struct node *n;
	struct view_options how = {
		.only = path,
		.want = is_named_so,
		.want_ctx = (void *)(uintptr_t)path,
	};
	int rc = open_view_with(c, c->operands[0], &o->view, &how, &v, e);

	if (rc < 0)
		return rc;
	if (path[0] != '/')
		path = arena_printf(c->arena, "/%s", path);
	n = tree_find_from(&v->tree, v->tree.root, path, true);
	if (!n)
		return fail(e, FAIL_NOT_FOUND, "no '%.300s' in '%.200s'", path, v->name);
	if (n->inode->type != NODE_FILE)
		return fail(e, FAIL_USAGE, "'%.300s' is a %s, which has no bytes", path,
			    type_name(n->inode->type));
	rc = inode_open(n->inode, &from, e);
	return rc < 0 ? rc : copy(from, c->out, e);
}

const struct verb verb_cat = {
	.name = "cat",
	.summary = "Print a file of an image",
	.operands = "IMAGE PATH",
	.min_operands = 2,
	.max_operands = 2,
	.asks_registries = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare cat hello /etc/os-release",
	.options = OPTION_TABLE(cat_rows),
	.options_size = sizeof(struct cat_options),
	.run = run_cat,
};
