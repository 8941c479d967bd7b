/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one image differs from another: packages, configuration, files, sizes. Paths are compared as
 * they are, not through links.
 */
#pragma once

#include "view/image_view.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED, DIFF_ATTRIBUTES };

struct diff_package {
	const char *name;
	const struct view_package *a, *b; /* NULL: not there */
	int order; /* of versions, when both are there: below 0, b is newer */
};

struct diff_value {
	const char *key;   /* "User", "Env PATH", "Label maintainer" */
	const char *a, *b; /* NULL: not set */
};

struct diff_file {
	enum diff_kind kind;
	const char *path; /* absolute */
	const struct node *a, *b;
	const char *what;    /* "mode 0644 → 0600, owner 0:0 → 7:8"; or NULL */
	const char *package; /* that owns it, in b or else in a; or NULL */
	int64_t bytes;	     /* b's less a's */
};

/* Files of one package together, those of none last. */
struct diff_group {
	const char *package; /* NULL: files that nobody owns */
	size_t first, n;     /* in view_diff.files */
	size_t n_kind[DIFF_ATTRIBUTES + 1];
	int64_t bytes;
};

struct view_diff {
	struct arena arena;
	struct {
		struct diff_package *at;
		size_t n, cap;
	} packages;
	struct {
		struct diff_value *at;
		size_t n, cap;
	} config;
	struct {
		struct diff_file *at;
		size_t n, cap;
	} files;
	struct {
		struct diff_group *at;
		size_t n, cap;
	} groups;
};

/* With `dates`, a file with another date is changed, too. Both views must outlive the result. */
void view_diff_make(const struct image_view *a, const struct image_view *b, bool dates,
		    struct view_diff *ret);
void view_diff_done(struct view_diff *d);
/* Whether they are the same in all that was compared. */
bool view_diff_is_empty(const struct view_diff *d);
/* The parts of making one. Internal to view/. */
void diff_config(struct view_diff *d, const struct image_view *a, const struct image_view *b);
