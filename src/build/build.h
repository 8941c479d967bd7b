/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build engine: recipe → lock → packages → tree → layers → image. What a build needs from
 * outside hangs off struct build_context; one platform's build in progress is a struct build,
 * which the steps (assemble, rules, cuts, paths, layers) work on in turn.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/monitor.h"
#include "io/codec.h"
#include "link/link.h"
#include "net/http.h"
#include "oci/image.h"
#include "pkg/arch.h"
#include "pkg/contents.h"
#include "pkg/deb/mirror.h"
#include "pkg/lock.h"
#include "place/store.h"
#include "recipe/recipe.h"
#include "sys/workers.h"
#include "tree/tree.h"

#include <stdbool.h>
#include <stdint.h>

struct host_memo;
struct build_base;
struct place_access;
struct registry;

struct build_context {
	struct monitor *monitor;
	struct http *http;
	struct workers *workers;
	struct store *store;
	/* How the places of bases are asked; NULL: as the defaults say. */
	struct registry *registry;
	const struct place_access *access;
	const char *cache_path;
	int cache_fd;
	const struct deb_mirrors *mirrors;
	int64_t now_s;
	int64_t source_date_epoch; /* -1 when not given */
	const char *vendor;	   /* folder of vendored packages, or NULL */
	bool offline;
	bool allow_unsigned;
	bool no_verify;		/* nobody proves that what is built would start */
	struct host_memo *memo; /* hashes of local files; NULL: each is read every time */
	/* Told of each layer as soon as it is in the store, on any thread; NULL: nobody is. */
	void (*layer_made)(void *ctx, const struct descriptor *layer);
	void *layer_ctx;
	bool thorough; /* files that nothing starts are looked at, too, for notes */
};

struct build_package {
	const struct lock_package *locked;
	struct pkg_contents *contents;
	struct origin origin;
	const char *tag; /* of the Alpine repository that it is from, or NULL */
	bool dropped;	 /* contents.keep: nothing in the image reaches it */
	bool damaged;	 /* its cached file is not what it was: see struct build's `recheck` */
};

/* One platform of an image in the making. */
struct build {
	const struct build_context *ctx;
	const struct recipe *recipe;
	const struct arch *arch;
	struct build_base *base;	/* what it is built on, or NULL */
	struct build_package *packages; /* sorted by name; without those that the base has */
	size_t n_packages;
	struct tree tree;
	struct spool *spool; /* contents of the recipe's archives, or NULL */
	int64_t created_s;   /* the newest input's date, or SOURCE_DATE_EPOCH */
	bool alpine;	     /* its packages are; set when they are opened */
	bool recheck;	     /* no cached package is believed without its digest */
	bool weigh;	     /* contents of host files aren't needed, only their sizes */
	int spool_fd;	     /* folder of the spools, -1 before the packages are open */
};

/* Opens the packages of one architecture, fetching and decoding what the cache lacks. */
int build_open_packages(struct build *b, const struct lock *lock, const struct lock_arch *locked,
			struct err *e);
/* The packages' files into the tree, by dpkg's rules for conflicts, in a merged /usr. */
int build_assemble(struct build *b, struct err *e);
/* Takes out what contents.exclude names, package files only; licence files stay. */
int build_cut(struct build *b, struct err *e);
/* Whether the last of the recipe's patterns that fits a path is an include. */
bool build_is_included(const struct recipe *r, const char *path);
/* Licences, which stay whatever is cut. */
bool build_is_licence(const struct node *n, const char *path);
/* The recipe's `paths`. */
int build_paths(struct build *b, struct err *e);
/* contents.keep: reached. Takes out the packages' files that no program of the image reaches. */
int build_reach(struct build *b, struct err *e);
/* What these programs, and what contents.include names, load; the tree stays as it is. */
int build_find_reached(struct build *b, struct link *link, struct link_result *ret, struct err *e);
/* With SOURCE_DATE_EPOCH nothing is younger than that, whoever dated it. */
int build_clamp_dates(struct build *b, struct err *e);

/*
 * Whom the image will be told to run as: USER or USER:GROUP, as numbers where the image's account
 * files know the names; NULL if the recipe doesn't say. After the rules.
 */
int build_user(const struct build *b, struct arena *a, const char **ret, struct err *e);

/* All of these steps for an empty build, rules included; build_done() in any case. */
int build_fill(struct build *b, const struct lock *lock, const struct lock_arch *locked,
	       struct err *e);
void build_done(struct build *b);

/* What an image holds, without making it. */
struct weight {
	uint64_t bytes; /* of files, unpacked */
	size_t n_files;
	/* By origin, in `a`: packages sorted by name, then the recipe's own files, then rules'. */
	struct weight_part {
		const char *name, *version; /* of a package, else version is NULL */
		uint64_t bytes;
		size_t n_files;
	} * parts;
	size_t n_parts;
};

int build_weigh(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		const struct arch *arch, struct arena *a, struct weight *ret, struct err *e);

struct build_package *build_find_package(const struct build *b, const char *name);
/* An inode for a file made by a rule: 0644, dated like the build. `text` is borrowed. */
struct inode build_file(const struct build *b, struct view text, const struct origin *origin);

/* How layers are made; part of every cache key. */
struct layer_options {
	enum codec codec; /* CODEC_GZIP or CODEC_ZSTD */
	int level;	  /* of the codec; ENCODE_LEVEL_DEFAULT */
};

struct layer {
	struct descriptor descriptor;
	struct sha256 diff_id;
	const char *comment; /* what it holds, for the history */
};

/* Divides the tree into at most recipe->layer_budget layers and writes those that the cache
 * lacks into the store. In `a`. */
int build_layers(struct build *b, const struct layer_options *o, struct arena *a,
		 struct layer **ret, size_t *ret_n, struct err *e);

struct image_options {
	struct layer_options layers;
	const char *const *archs; /* overrides the recipe's; n_archs 0: the recipe's */
	size_t n_archs;
};

/*
 * The whole image of a locked recipe: a manifest for one architecture, an index for several.
 * With everything cached it only reads JSON. *ret and its strings are in `a`.
 */
int build_image(const struct build_context *ctx, const struct recipe *r, const struct lock *lock,
		const struct image_options *o, struct arena *a, struct descriptor *ret,
		struct err *e);
