/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a file is in an image: what of the start leads to it, who owns it, who wrote it, and what
 * else needs it, as far as files say so themselves: needed libraries, interpreters, links, what
 * shell scripts start, names of files within programs.
 */
#pragma once

#include "link/link.h"
#include "view/image_view.h"

/* How a step leads on, besides what link/ knows. */
enum why_role {
	WHY_OPENED = LINK_VARIANT + 1, /* its name is in the program or library before it */
	WHY_PACKAGED,		       /* it came with the package of the file before it */
};

/* One step of the way from what is started. */
struct why_step {
	const char *path;
	const char *name; /* as it was asked for: "libz.so.1", or its package; NULL: the first */
	unsigned role;	  /* enum link_role or why_role */
	const struct node *node;
};

/* A file that needs it. */
struct why_user {
	const char *path;
	const char *name; /* by which it asks: a library's or interpreter's; NULL: it is a link */
	const struct node *node;
	bool direct; /* else through another user */
	bool is_program;
};

struct why {
	struct arena arena;
	const struct node *node; /* the file itself, links followed */
	const char *path;
	const char **links; /* that lead from the path that was asked for to it */
	size_t n_links, cap_links;
	const char *command;	/* what the image starts; NULL: nothing */
	struct why_step *steps; /* from the start to the file; none: the start doesn't need it */
	size_t n_steps;
	struct why_user *users;
	size_t n_users, cap_users;
	const struct view_package *package; /* or NULL */
	const struct view_layer *layer;	    /* or NULL */
};

/* A view_want: what why_make() reads; without it at hand, it has layers decompressed anew. */
bool why_wants(void *ctx, const struct tar_entry *t, enum file_kind kind);
/* FAIL_NOT_FOUND when there is no such path. `ret` is to be given to why_done() on success. */
int why_make(struct image_view *v, const char *path, struct why *ret, struct err *e);
void why_done(struct why *w);
