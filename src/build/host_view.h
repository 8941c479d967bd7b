/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This machine's libraries as a tree, for link/ to look into: the folders that a loader searches,
 * with what in them could be a library. Files are read when somebody asks for their bytes. Nothing
 * is run.
 */
#pragma once

#include "build/build.h"

struct host_view {
	struct build build; /* its tree, and what host files hang on */
	struct map folders; /* that are in it, by path */
	struct arena arena;
};

void host_view_init(struct host_view *v, const struct build_context *ctx);
void host_view_done(struct host_view *v);

/*
 * The loader's folder, the usual ones and those of ld.so.cache. `tuple` is the multiarch tuple.
 */
int host_view_add_libraries(struct host_view *v, const char *interpreter, const char *tuple,
			    struct err *e);
/* The path of a library of this name, in the first folder that has one; NULL: nowhere. */
const char *host_view_find(struct host_view *v, const char *soname);
/* One file under another name, such as a program where the image will have it. */
int host_view_add_file(struct host_view *v, const char *host_path, const char *path,
		       const struct origin *origin, struct err *e);

/* Which of this machine's packages has a file, by dpkg's database. */
struct host_package {
	const char *name, *version;
	const char *stanza;  /* its control fields, as status.d has them */
	const char *md5sums; /* the lines of the files that were asked about */
};

/*
 * The packages that own the files, each once; none where there is no dpkg. Paths are absolute, with
 * or without a merged /usr's links.
 */
int host_packages_of(const char *root, const char *const *paths, size_t n, struct arena *a,
		     struct host_package **ret, size_t *ret_n, struct err *e);
