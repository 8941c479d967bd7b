/* SPDX-License-Identifier: Apache-2.0 */
/* The packages of an image and what they own; see owners.h. */
#include "view/owners.h"

#include "base/array.h"
#include "view/private.h"

#include <stdlib.h>

int owners_add(struct owners *o, const struct view_package *p, size_t *ret, struct err *e)
{
	if (o->packages.n == VIEW_MAX_PACKAGES)
		return fail(e, FAIL_LIMIT, "'%s' names more than %d packages", p->database,
			    VIEW_MAX_PACKAGES);
	*ret = o->packages.n;
	*array_push(&o->packages) = *p;
	return 0;
}

void owners_claim_node(size_t number, struct node *n)
{
	if (n->inode->type != NODE_DIR && n->mark == 0)
		n->mark = (uint32_t)number + 1;
}

void owners_claim(struct owners *o, size_t number, struct view path)
{
	struct view_package *p = &o->packages.at[number];
	char text[TREE_MAX_PATH + 1];
	struct node *n;

	while (path.len && path.ptr[0] == '/')
		path = view_make(path.ptr + 1, path.len - 1);
	if (path.len == 0 || path.len > TREE_MAX_PATH || memchr(path.ptr, '\0', path.len))
		return;
	memcpy(text, path.ptr, path.len);
	text[path.len] = '\0';
	n = tree_find(&o->view->tree, text, false);
	if (n) {
		owners_claim_node(number, n);
		return;
	}
	if (p->n_missing++ == 0)
		p->missing = arena_strdup(&o->view->arena, text);
}

bool owners_read(struct owners *o, struct node *n, struct view *ret, struct err *e)
{
	return n && n->inode->type == NODE_FILE &&
	       inode_read(n->inode, VIEW_MAX_DATABASE_BYTES, &o->view->arena, ret, e) == 0;
}

void owners_complain(struct owners *o, const char *database, const char *what)
{
	struct image_view *v = o->view;

	*array_push(&v->complaints) = arena_printf(&v->arena, "/%s: %s", database, what);
}

/* A copyright file is where Debian's policy wants it; documentation folders may be links. */
static void find_licence(struct image_view *v, struct view_package *p)
{
	const char *path = arena_printf(&v->arena, "/usr/share/doc/%s/copyright", p->name);
	const struct node *n = tree_find(&v->tree, path, true);

	if (n && n->inode->type == NODE_FILE)
		p->licence_path = path;
}

static int count_node(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct image_view *v = ctx;

	(void)path;
	(void)e;
	if (n->mark) {
		struct view_package *p = &v->packages[n->mark - 1];

		p->n_files++;
		p->content_bytes += n->inode->type == NODE_FILE ? n->inode->content.size : 0;
	}
	return 0;
}

int view_find_owners(struct image_view *v, struct err *e)
{
	struct owners o = { .view = v };
	int rc = owners_read_dpkg(&o, e);

	if (rc == 0)
		rc = owners_read_apk(&o, e);
	if (rc == 0)
		rc = owners_read_status_d(&o, e);
	v->packages = o.packages.at;
	v->n_packages = o.packages.n;
	for (size_t i = 0; i < v->n_packages; i++)
		find_licence(v, &v->packages[i]);
	return rc == 0 ? tree_walk(&v->tree, count_node, v, e) : rc;
}
