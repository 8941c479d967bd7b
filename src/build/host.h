/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the host on their way into a tree. Their bytes are hashed when they are put and read
 * again when a layer needs them; one that changes in between is an error.
 */
#pragma once

#include "build/build.h"

/* A regular file: its content and, as mode, 0755 or 0644 by the owner's executable bit. */
int host_file(struct build *b, const char *path, const struct origin *origin, struct inode *ret,
	      struct err *e);

/* The same, stripped of debug data and symbols; what can't be stays as it is. */
int host_file_stripped(struct build *b, const char *path, const struct origin *origin,
		       struct inode *ret, struct err *e);

struct host_entry {
	const char *path;    /* below the folder walked */
	const char *source;  /* to open it by */
	enum node_type type; /* folder, file or symlink */
	const char *target;  /* of a symlink */
};

typedef int host_visit(void *ctx, const struct host_entry *entry, struct err *e);

/* Everything below a folder, in byte order, folders before what is in them. */
int host_walk(const char *folder, host_visit *visit, void *ctx, struct err *e);

/* A tar, in any compression, below the path's folder. */
int host_archive(struct build *b, const struct recipe_path *p, const struct origin *origin,
		 struct err *e);

/* Adds to `h` whatever decides the bytes of the recipe's local files, for cache keys. */
int host_inputs_digest(struct host_memo *memo, const struct recipe *r, struct hasher *h,
		       struct err *e);
