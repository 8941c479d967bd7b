/* SPDX-License-Identifier: Apache-2.0 */
/* A tree's passwd, group and shadow, as far as they can be read; and what is wrong with them. */
#pragma once

#include "tree/tree.h"

enum { ACCOUNTS_MAX_BYTES = 4 << 20 }; /* of one file; 50,000 lines */

struct account_line {
	struct view name, password;
	bool has_id;  /* else malformed */
	uint32_t id;  /* of passwd and group */
	uint32_t gid; /* of passwd */
	struct view home, shell;
	size_t line;	       /* from 1 */
	const char *malformed; /* why, or NULL */
};

struct account_file {
	const char *path;	 /* "/etc/passwd" */
	const struct node *node; /* NULL: it isn't there */
	struct account_line *at;
	size_t n;
};

struct accounts {
	struct account_file passwd, group, shadow;
};

/* In `a`. A file that is too large to be one counts as malformed in its first line. */
int accounts_read(const struct tree *t, struct arena *a, struct accounts *ret, struct err *e);
/* NULL when there is none. */
const struct account_line *account_by_name(const struct account_file *f, struct view name);
const struct account_line *account_by_id(const struct account_file *f, uint32_t id);
