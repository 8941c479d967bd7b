/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe: what a user wants in an image, as pare.yaml(5) describes it, after `extends` has been
 * followed and merged. Everything lives in the recipe's arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "oci/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum recipe_depends { DEPENDS_RUNTIME, DEPENDS_NONE, DEPENDS_FULL };

/* Of packages: everything that isn't excluded, or just what the image's programs reach. */
enum recipe_keep { KEEP_PACKAGES, KEEP_REACHED };

/* What scanners and the package manager find in the image about its packages. */
enum recipe_database { DATABASE_STATUS, DATABASE_NONE, DATABASE_FULL };

/* A key that the recipe has in itself. */
struct recipe_key {
	const char *name;    /* the file's name, by which signatures call it */
	const char *content; /* PEM */
};

/* One path pattern of contents.exclude / contents.include, in the order written. */
struct recipe_cut {
	const char *pattern;
	bool include; /* brings back instead of cutting */
};

enum recipe_path_type {
	PATH_DIRECTORY,
	PATH_EMPTY_FILE,
	PATH_HARDLINK,
	PATH_SYMLINK,
	PATH_PERMISSIONS,
	PATH_FILE,
	PATH_TREE,
	PATH_ARCHIVE,
};

struct recipe_path {
	const char *path;
	enum recipe_path_type type;
	bool has_uid, has_gid, has_mode;
	uint32_t uid, gid, mode;
	const char *source;  /* link target, or a file, folder or tar on the host (absolute) */
	const char *content; /* of a file, inline; instead of source */
	bool recursive;
	bool strip;	   /* a file: without debug data and symbols */
	const char *where; /* "pare.yaml:12:5", for messages */
};

struct recipe_user {
	const char *name;
	uint32_t uid, gid;
	const char *shell, *home, *gecos;
};

struct recipe_group {
	const char *name;
	uint32_t gid;
	struct strings members;
};

struct recipe_certificate {
	const char *name;
	const char *content; /* PEM */
};

struct recipe {
	struct arena arena;
	const char *name;    /* file or profile as given, for messages and history */
	const char *dir;     /* folder that relative paths of the outermost recipe refer to */
	const char *profile; /* innermost built-in profile it extends, with its variant, or NULL */

	const char *base;	/* the image that it builds on, as written; NULL: none */
	const char *base_place; /* the same, its path as seen from anywhere */
	bool default_path;	/* PATH is nobody's wish: a base's own counts more */
	bool default_entrypoint;
	bool own_entrypoint, own_cmd; /* somebody said so, be it that there is none */

	struct strings repositories;	    /* apt's one-line form; Alpine's: "[@TAG ]URI" */
	struct strings listed_repositories; /* of them, what an image with apk's own list names */
	struct strings keyring;		    /* absolute paths */
	struct recipe_key *keys;	    /* contents.keyring with name and content */
	size_t n_keys;
	struct strings runtime_repositories; /* Alpine's, for apk in the image only; as written */
	struct recipe_key *runtime_keys;     /* and its keys */
	size_t n_runtime_keys;
	const char *runtime_place;  /* "pare.yaml:12:5" of the first of these keys, or NULL */
	struct sha256 *key_digests; /* of the keyring files, then of each signed-by file */
	size_t n_key_digests;
	struct strings packages;
	struct strings package_places; /* "pare.yaml:12:5" of each, for messages */
	enum recipe_depends depends;
	bool has_depends; /* somebody said so */
	enum recipe_keep keep;
	enum recipe_database database;
	struct recipe_cut *cuts;
	size_t n_cuts;

	struct recipe_path *paths;
	size_t n_paths;
	const char *run_as;
	struct recipe_user *users;
	size_t n_users;
	struct recipe_group *groups;
	size_t n_groups;

	struct strings entrypoint, cmd;
	struct pairs environment;
	const char *work_dir, *stop_signal;
	struct strings volumes, ports;
	struct pairs annotations, labels;
	bool all_archs;	      /* "all": until recipe_finish() has put them into `archs` */
	struct strings archs; /* as OCI names them: amd64, arm64, arm/v7, … */
	struct recipe_certificate *certificates;
	size_t n_certificates;
	struct strings history; /* remarks for the image's history */
	uint32_t layer_budget;	/* layering.budget */
	bool debug;		/* variant debug: the engine adds busybox, its links and /bin/sh */
};

/*
 * Loads a file (its name may end in the variant, FILE:nonroot) or a built-in profile
 * ("distroless/cc", "distroless/cc:debug-nonroot"), with everything it extends. Errors are
 * FAIL_FORMAT with "file:line:column: " in front, and name the key that was probably meant.
 */
int recipe_load_file(const char *path, struct recipe **ret, struct err *e);
int recipe_load_profile(const char *name, struct recipe **ret, struct err *e);
/* A text as if it were the file `name` in the folder `dir` (absolute); it may extend and name
 * files. */
int recipe_load_text(struct view text, const char *name, const char *dir, struct recipe **ret,
		     struct err *e);
void recipe_free(struct recipe *r);
/* Whether its packages are Alpine's; else they are Debian's, or there are none. */
bool recipe_is_alpine(const struct recipe *r);
/* Another base, for a path as seen from `dir`; "scratch": none. */
void recipe_set_base(struct recipe *r, const char *place, const char *dir);

/* The merged recipe as canonical JSON: equal recipes, equal bytes. For locks and cache keys. */
void recipe_write(const struct recipe *r, struct buf *to);
/*
 * Of just what decides which packages are chosen: the base, repositories, keys (by content, not by
 * path), packages, depends, archs and the debug variant. A lock is current while lock.recipe equals
 * it.
 */
void recipe_resolution_digest(const struct recipe *r, struct sha256 *ret);

/*
 * The names of the built-in profiles for users, sorted; *ret_n of them, static storage. Helpers
 * that only other profiles extend are left out.
 */
const char *const *recipe_profile_list(size_t *ret_n);
/* A built-in profile's YAML, without variant; NULL if there is none of that name. */
const char *recipe_profile_text(const char *name);
