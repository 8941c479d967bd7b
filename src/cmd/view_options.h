/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that look into an image share: their options, opening, and how parts are shown. */
#pragma once

#include "cmd/remote.h"
#include "cmd/verb.h"
#include "fmt/json.h"
#include "view/image_view.h"

struct view_flags {
	const char *arch, *store, *cache;
};

/* Rows for a table whose struct has the view_flags at member `m`. */
#define VIEW_OPTIONS(type, m)                                                                 \
	OPTION('a', "arch", STRING, type, m.arch, "ARCH",                                     \
	       "this platform, such as arm64 or arm/v7"),                                     \
		OPTION(0, "store", STRING, type, m.store, "DIR",                              \
		       "instead of the user's own store", .complete = COMPLETE_FOLDER),       \
		OPTION(0, "cache", STRING, type, m.cache, "DIR", "keep layers' indexes here", \
		       .complete = COMPLETE_FOLDER)

/* Opens an image with these options; a cache that can't be had is a note. */
int open_view(struct command *c, const char *name, const struct view_flags *f,
	      struct image_view **ret, struct err *e);
/* The same when lookups of `path` are all that is wanted of the tree; NULL: everything is. */
int open_view_path(struct command *c, const char *name, const struct view_flags *f,
		   const char *path, struct image_view **ret, struct err *e);
/* The same with scanners and more: fills `o` up and opens. */
int open_view_with(struct command *c, const char *name, const struct view_flags *f,
		   struct view_options *o, struct image_view **ret, struct err *e);

/* "drwxr-xr-x"; ret has room for 11. */
void mode_text(enum node_type type, uint32_t mode, char ret[11]);
/* "file", "folder", "symlink", "device", … for JSON. */
const char *type_name(enum node_type type);
/* Layers are counted from 1 for people, as in every table; "-" for no layer. */
const char *layer_number(const struct image_view *v, const struct node *n, struct arena *a);
/* "815 B" as a string. */
const char *size_text(uint64_t bytes, struct arena *a);
/* The members that every JSON list of files has: path, type, mode, … package. */
void json_add_node(struct json_writer *w, const struct image_view *v, const struct node *n,
		   const char *path, struct arena *a);
