/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding out which package owns which file. Each world's database is one file that adds packages
 * and what they claim; who claims first owns. Internal to view/.
 */
#pragma once

#include "view/image_view.h"

enum {
	VIEW_MAX_PACKAGES = 200000, /* all of Debian has 70,000 */
	VIEW_MAX_DATABASE_BYTES = 256 << 20,
};

struct owners {
	struct image_view *view;
	struct {
		struct view_package *at;
		size_t n, cap;
	} packages;
};

/* FAIL_LIMIT for too many. The package, by its number. */
int owners_add(struct owners *o, const struct view_package *p, size_t *ret, struct err *e);
/*
 * Package `number` says that it has the file `path` (with or without a leading '/'). Folders belong
 * to nobody: packages share them.
 */
void owners_claim(struct owners *o, size_t number, struct view path);
void owners_claim_node(size_t number, struct node *n);
/* The bytes of a visible file, in the view's arena; false when there is no such file. */
bool owners_read(struct owners *o, struct node *n, struct view *ret, struct err *e);
/* What is wrong with a database; kept in the view for whoever judges it. */
void owners_complain(struct owners *o, const char *database, const char *what);

/* A database that can't be understood gives a complaint and as many packages as it holds before. */
int owners_read_dpkg(struct owners *o, struct err *e);
int owners_read_status_d(struct owners *o, struct err *e);
int owners_read_apk(struct owners *o, struct err *e);
