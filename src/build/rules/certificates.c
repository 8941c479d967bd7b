/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CA bundle that update-ca-certificates would write: every file below
 * /usr/share/ca-certificates in byte order of its path, each ending in a newline
 * (distroless.md 1.3), then the recipe's certificates.additional.
 */
#include "base/buf.h"
#include "build/rules.h"

#include <string.h>

#define BUNDLE_PATH "etc/ssl/certs/ca-certificates.crt"
#define FOLDER "usr/share/ca-certificates"

enum {
	MAX_CERTIFICATE_BYTES = 1 << 20, /* a certificate has about 2 kB */
	MAX_BUNDLE_BYTES = 16 << 20,	 /* Mozilla's has 200 kB */
};

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "ca-certificates" };

struct bundle {
	struct arena arena;
	struct buf text;
	size_t n, n_new; /* certificates, and those that the base has not */
};

static void add_text(struct bundle *bundle, struct view text)
{
	buf_add_view(&bundle->text, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_add_char(&bundle->text, '\n');
	bundle->n++;
}

static int add_file(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct bundle *bundle = ctx;
	struct view text;
	int rc;

	if (n->inode->type != NODE_FILE || strncmp(path, FOLDER "/", strlen(FOLDER "/")) != 0)
		return 0;
	rc = inode_read(n->inode, MAX_CERTIFICATE_BYTES, &bundle->arena, &text, e);
	if (rc < 0)
		return err_context(e, "certificate '/%s'", path);
	add_text(bundle, text);
	bundle->n_new += n->inode->origin->kind != ORIGIN_LAYER;
	return 0;
}

/* The bundle that the base has, which may hold more than its certificates do. */
static int start_from_base(struct build *b, struct bundle *bundle, struct err *e)
{
	const struct node *n = tree_find(&b->tree, BUNDLE_PATH, true);
	struct view text;
	int rc;

	if (!b->base || bundle->n_new || !n || n->inode->origin->kind != ORIGIN_LAYER)
		return 0;
	rc = inode_read(n->inode, MAX_BUNDLE_BYTES, &bundle->arena, &text, e);
	if (rc < 0)
		return err_context(e, "the base's /" BUNDLE_PATH);
	buf_clear(&bundle->text);
	bundle->n = 0;
	if (b->recipe->n_certificates)
		add_text(bundle, text);
	return 0;
}

/* A bundle that a package ships as it is (Alpine's ca-certificates-bundle). */
static int add_shipped(const struct build *b, struct bundle *bundle, struct err *e)
{
	const struct node *n = tree_find(&b->tree, BUNDLE_PATH, true);
	struct view text;
	int rc;

	if (!n || n->inode->type != NODE_FILE)
		return 0;
	rc = inode_read(n->inode, MAX_BUNDLE_BYTES, &bundle->arena, &text, e);
	if (rc == 0)
		add_text(bundle, text);
	return rc;
}

int rule_certificates(struct build *b, struct err *e)
{
	struct bundle bundle = { ARENA_EMPTY, BUF_EMPTY, 0, 0 };
	struct inode file;
	int rc = 0;

	if (tree_find(&b->tree, FOLDER, true))
		rc = tree_walk(&b->tree, add_file, &bundle, e);
	else if (b->recipe->n_certificates)
		rc = add_shipped(b, &bundle, e);
	if (rc == 0)
		rc = start_from_base(b, &bundle, e);
	for (size_t i = 0; i < b->recipe->n_certificates; i++)
		add_text(&bundle, view_of(b->recipe->certificates[i].content));
	if (rc == 0 && bundle.n) {
		struct view text = buf_view(&bundle.text);

		text.ptr = arena_view(&b->tree.arena, text);
		file = build_file(b, text, &origin);
		rc = tree_put(&b->tree, BUNDLE_PATH, &file, NULL, e);
	}
	arena_done(&bundle.arena);
	buf_done(&bundle.text);
	return rc;
}
