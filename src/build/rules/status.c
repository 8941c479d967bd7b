/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /var/lib/dpkg/status.d, as distroless images have it: each package's control file verbatim and
 * its md5sums, so that scanners see what is in the image (distroless.md 1.3).
 */
#include "base/buf.h"
#include "build/rules.h"

static int put(struct build *b, const struct build_package *p, const char *suffix, struct view text,
	       struct err *e)
{
	struct inode file = build_file(b, text, &p->origin);
	const char *path =
		arena_printf(&b->tree.arena, "var/lib/dpkg/status.d/%s%s", p->locked->name, suffix);

	return tree_put(&b->tree, path, &file, NULL, e);
}

int rule_status(struct build *b, struct err *e)
{
	for (size_t i = 0; i < b->n_packages && b->recipe->database != DATABASE_NONE; i++) {
		const struct build_package *p = &b->packages[i];
		int rc = put(b, p, "", pkg_contents_control(p->contents, "control"), e);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The md5sums lines of those files that are still this package's. */
static struct view kept_sums(const struct build *b, const struct build_package *p, struct buf *to)
{
	struct view text = pkg_contents_control(p->contents, "md5sums"), line;

	buf_clear(to);
	while (view_split(&text, '\n', &line)) {
		char path[TREE_MAX_PATH + 1];
		const struct node *n;
		size_t at = 34; /* 32 digits and two blanks */

		if (line.len <= at || line.len - at > TREE_MAX_PATH)
			continue;
		memcpy(path, line.ptr + at, line.len - at);
		path[line.len - at] = '\0';
		n = tree_find(&b->tree, path, true);
		if (!n || n->inode->origin != &p->origin)
			continue;
		buf_add_view(to, line);
		buf_add_char(to, '\n');
	}
	return buf_view(to);
}

int rule_md5sums(struct build *b, struct err *e)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < b->n_packages && b->recipe->database != DATABASE_NONE; i++) {
		const struct build_package *p = &b->packages[i];
		struct view sums = kept_sums(b, p, &text);
		int rc;

		if (p->dropped || !pkg_contents_control(p->contents, "md5sums").ptr)
			continue;
		sums.ptr = arena_view(&b->tree.arena, sums);
		rc = put(b, p, ".md5sums", sums, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}
