/* SPDX-License-Identifier: Apache-2.0 */
/* Asks link/ whether the image's command would start, and puts the answer into words. */
#include "build/proof.h"

#include "base/buf.h"
#include "link/link.h"

#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A file that isn't there, which a package may have. */
static bool is_missing_file(const struct link_problem *p)
{
	return p->kind == LINK_NO_LIBRARY || p->kind == LINK_NO_INTERPRETER ||
	       p->kind == LINK_NO_COMMAND;
}

struct lookout {
	const char *name;
	const char *found;
	struct arena *arena;
};

static int see(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct lookout *l = ctx;

	(void)e;
	if (n->inode->type == NODE_DIR || strcmp(n->name, l->name) != 0)
		return 0;
	l->found = arena_printf(l->arena, "/%s", path);
	return 1;
}

/* The file that is missing may lie where nobody looks. */
static const char *elsewhere(const struct build *b, const struct link_problem *p, struct arena *a)
{
	struct lookout l = { .name = base_name(p->name ? p->name : p->object), .arena = a };
	struct err ignored;

	(void)tree_walk(&b->tree, see, &l, &ignored);
	return l.found;
}

static void add_help(struct buf *to, const struct build *b, const struct link_problem *p,
		     struct arena *a)
{
	const char *package = NULL, *there = NULL;

	if (is_missing_file(p))
		there = elsewhere(b, p, a);
	if (is_missing_file(p) && !there)
		package = build_package_with(b, p->name ? p->name : p->object, a);
	if (there)
		buf_printf(to, "\n'%.200s' is there, but not where it is looked for", there);
	else if (package && build_find_package(b, package))
		buf_printf(to, "\npackage '%s' is in the image, but not this file of it", package);
	else if (package)
		buf_printf(to,
			   recipe_is_alpine(b->recipe)
				   ? "\nAlpine has it: contents.packages takes '%s'"
				   : "\nDebian has it in the package '%s'",
			   package);
	if (p->kind == LINK_NO_VERSION)
		buf_add_str(to, "\nit was built against a newer release than the image is made of");
}

static int refuse(const struct build *b, const struct link_problem *p, struct arena *a,
		  struct err *e)
{
	auto_buf text = BUF_EMPTY;

	link_refusal_text(p, &text);
	add_help(&text, b, p, a);
	buf_add_str(&text, "\n--no-verify builds it all the same");
	return fail(e, FAIL_FINDING, "%s", buf_str(&text));
}

/* The rest of the tree, for whoever wants to know all. */
static int look_around(const struct build *b, struct link *l, const struct link_process *p,
		       struct err *e)
{
	struct link_result r = { 0 };
	int rc = link_check_tree(l, p, &r, e);

	for (size_t i = 0; rc == 0 && i < r.n_problems; i++)
		link_problem_say(&r.problems[i], b->ctx->monitor, MONITOR_DEBUG);
	link_result_done(&r);
	return rc;
}

static int prove(const struct build *b, const struct strings *command, const struct link_process *p,
		 struct arena *a, struct err *e)
{
	auto_link l = link_new(&b->tree);
	const struct link_problem *worst = NULL;
	struct link_result r = { 0 };
	int rc = link_start(l, (const char *const *)command->at, command->n, p, &r, e);

	if (rc == 0)
		worst = link_verdict(&r, b->ctx->monitor);
	if (worst)
		rc = refuse(b, worst, a, e);
	if (rc == 0 && b->ctx->thorough)
		rc = look_around(b, l, p, e);
	link_result_done(&r);
	return rc;
}

int build_prove(const struct build *b, const struct image_config *c, struct err *e)
{
	/* what is run is the first word of both together */
	const struct strings *command = c->entrypoint.n ? &c->entrypoint : &c->cmd;
	const struct link_process p = { .env = (const char *const *)c->env.at,
					.n_env = c->env.n,
					.work_dir = c->working_dir,
					.user = c->user,
					.architecture = b->arch->architecture,
					.variant = b->arch->variant };
	auto_arena a = ARENA_EMPTY;

	if (b->ctx->no_verify)
		return 0;
	if (command->n == 0 && !b->ctx->thorough)
		return 0;
	return prove(b, command, &p, &a, e);
}
