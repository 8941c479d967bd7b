/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a file or a package is in an image: what of the start leads to it, who owns it, who wrote
 * it, and what else needs it, as far as files say so themselves (needed libraries, interpreters,
 * links, what shell scripts start, names of files within programs), and package by package, as the
 * databases say it.
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

/* What made somebody want the first package of a chain; the first that is true of it. */
enum why_root {
	WHY_ROOT_STARTED,   /* it has a program or script that is started */
	WHY_ROOT_LOADED,    /* it has what a started program loads */
	WHY_ROOT_ASKED,	    /* /etc/apk/world names it */
	WHY_ROOT_ESSENTIAL, /* dpkg keeps it in every system */
	WHY_ROOT_ALONE,	    /* no other package of the image asks for it */
	WHY_ROOT_CIRCLE,    /* there is no chain: packages that only ask for each other */
};

/* A package, and by which field and clause of whom: of the step before, or its own. */
struct why_need {
	const struct view_package *package;
	const char *field; /* "Depends"; NULL: the first of a chain */
	const char *clause;
};

/* Why a package is there, by what other packages say. */
struct why_packages {
	enum why_root root;
	const char *root_path;	/* what is started or loaded, or names it; or NULL */
	struct why_need *steps; /* from the root to the package; at least that */
	size_t n_steps;
	struct why_need *dependents; /* all that ask for it, by name */
	size_t n_dependents;
	struct strings complaints; /* about fields that could not be understood */
	size_t n_complaints;
};

enum why_operand { WHY_PATH_OR_PACKAGE, WHY_PACKAGE };

struct why {
	struct arena arena;
	bool is_package;
	const struct node *node; /* the file itself, links followed; NULL: of a package, nothing
				    that the start leads to */
	const char *path;
	const char **links; /* that lead from the path that was asked for to it */
	size_t n_links, cap_links;
	const char *command;	/* what the image starts; NULL: nothing */
	struct why_step *steps; /* from the start to the file; none: the start doesn't need it */
	size_t n_steps;
	struct why_user *users;
	size_t n_users, cap_users;
	const struct view_package *package; /* or NULL */
	struct why_packages packages;	    /* if there is a package */
	const struct view_layer *layer;	    /* or NULL */
};

/* A view_want: what why_make() reads; without it at hand, it has layers decompressed anew. */
bool why_wants(void *ctx, const struct tar_entry *t, enum file_kind kind);
/*
 * Of a path, or of a package: NAME, NAME:ARCHITECTURE, or what one provides. Paths come first; what
 * has a '/' is never a package. FAIL_NOT_FOUND when there is neither. `ret` is to be given to
 * why_done() on success.
 */
int why_make(struct image_view *v, const char *what, enum why_operand kind, struct why *ret,
	     struct err *e);
void why_done(struct why *w);
