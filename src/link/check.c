/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole tree: every program, library and executable script in the order of their paths. What
 * many of them share is parsed once and said once.
 */
#include "base/array.h"
#include "base/interrupt.h"
#include "link/private.h"

#include <stdlib.h>
#include <string.h>

struct check {
	struct link *link;
	struct start start;
	struct link_result *result;
	struct map said; /* problems, by what they say */
	struct {
		struct candidate *at;
		size_t n, cap;
	} files;
};

static bool is_elf(const struct link_file *f)
{
	return f->kind == LINK_FILE_ELF && f->elf.linkage != ELF_OTHER;
}

/* Everything is parsed before anything is judged, so that who defines a symbol is known. */
static int collect(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct check *c = ctx;
	struct candidate at = { .node = n };

	if (interrupt_check(e) < 0)
		return -(int)e->code;
	/* most files of a tree: for these not even an entry is made */
	if (n->inode->type != NODE_FILE || n->inode->content.size == 0 ||
	    link_is_known_other(c->link, n))
		return 0;
	if (link_file_get(c->link, n, &at.file, e) < 0)
		return -(int)e->code;
	if (at.file->kind == LINK_FILE_OTHER || at.file->seen)
		return 0;
	at.file->seen = true; /* hard links are one file */
	at.path = arena_printf(&c->link->arena, "/%s", path);
	if (is_elf(at.file) && link_file_symbols(c->link, at.file, e) < 0)
		return -(int)e->code;
	link_kept_limit(c->link);
	*array_push(&c->files) = at;
	return 0;
}

/* One path for one file, whichever way it was found. */
static const char *plain_path(struct check *c, const char *path)
{
	const struct node *n = tree_find_from(c->link->tree, c->link->tree->root, path, true);

	return n ? node_path(n, &c->link->arena) : path;
}

/* Problems that weren't said before, into the result. */
static void take_news(struct check *c, struct link_result *found)
{
	for (size_t i = 0; i < found->n_problems; i++) {
		struct link_problem *p = &found->problems[i];
		const char *key = arena_printf(&c->link->arena, "%d %s %s %s", (int)p->kind,
					       plain_path(c, p->object), p->name ? p->name : "",
					       p->library ? p->library : "");
		void **slot = map_put(&c->said, view_of(key));

		if (*slot)
			continue;
		*slot = p->chain;
		*array_push_to(c->result->problems, c->result->n_problems,
			       c->result->cap_problems) = *p;
	}
}

static int check_file(struct check *c, const struct candidate *at, struct err *e)
{
	struct link_result found = { 0 };
	const struct link_file *f = at->file;
	int rc = 0;

	if (f->kind == LINK_FILE_DAMAGED) {
		struct link_problem *p = problem_add(c->link, &found, LINK_DAMAGED, NULL, at->path);

		p->detail = f->why;
	} else if (f->kind == LINK_FILE_SCRIPT) {
		if (at->node->inode->mode & 0111)
			rc = exec_file(c->link, at, &c->start, true, &found, e);
	} else if (is_elf(f)) {
		rc = closure_of(c->link, at, NULL, &c->start, !f->elf.interpreter.ptr, &found, e);
	}
	if (rc == 0)
		take_news(c, &found);
	link_result_done(&found);
	return rc;
}

int link_check_tree(struct link *l, const struct link_process *p, struct link_result *r,
		    struct err *e)
{
	struct check c = { .link = l,
			   .start = { .process = p, .work_dir = l->tree->root },
			   .result = r };
	int rc = tree_walk(l->tree, collect, &c, e);

	l->knows_all = rc == 0;
	for (size_t i = 0; rc == 0 && i < c.files.n; i++) {
		rc = interrupt_check(e);
		if (rc == 0)
			rc = check_file(&c, &c.files.at[i], e);
		link_kept_limit(l);
	}
	free(c.files.at);
	map_done(&c.said);
	return rc;
}
