/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as data: one platform of an image in any place, its layers indexed, the tree that they
 * make, and the package that owns each file. Nothing is unpacked on disk. Each layer is
 * decompressed once, by several threads, and its index kept in the cache under its diff_id: who
 * comes again decompresses nothing.
 */
#pragma once

#include "base/monitor.h"
#include "sys/workers.h"
#include "tree/apply.h"
#include "tree/tree.h"
#include "view/layer_index.h"
#include "view/look.h"
#include "view/scan.h"

struct view_options {
	/* One path of the tree is enough, as image_view_open() says; NULL: all of it. */
	const char *only;
	const char *arch;      /* "arm64", "arm/v7", "linux/arm64"; NULL: this machine's */
	const char *store_dir; /* NULL: the user's own */
	/* An image that is open: `root` in it, whatever its name. Borrowed, like what follows. */
	struct place_source *source;
	const struct descriptor *root;
	const struct place_access *access; /* to registries; borrowed; NULL: the defaults */
	int cache_fd;			   /* the cache folder; -1: nothing is kept */
	struct workers *workers;
	struct monitor *monitor; /* or NULL */
	const struct view_scanner *scanners;
	size_t n_scanners;
	view_want *want; /* or NULL */
	void *want_ctx;
	/*
	 * What is read of the wanted files may be kept, image_view_keep_reads() does it; a layer
	 * of which there is something is not read for what is wanted until something else is.
	 */
	bool keep_reads;
};

/* A package that the image's databases know. */
enum view_database { VIEW_DPKG, VIEW_DPKG_STATUS_D, VIEW_APK };

struct view_package {
	const char *name, *version;
	const char *architecture;	     /* or NULL */
	const char *source, *source_version; /* what it was built from; itself, if not said */
	const char *licence;		     /* as the database says it (apk), or NULL */
	const char *licence_path;	     /* of the text, in the tree; or NULL */
	const char *database;		     /* path of the file that knows it */
	enum view_database kind;
	/* What it asks for and offers, in the database's words, each NULL if it says nothing. */
	const char *pre_depends, *depends, *recommends, *provides;
	const char *joins;	/* apk's install_if: it comes by itself with all of these */
	bool is_essential;	/* as dpkg has it: nobody need ask for it */
	bool has_no_list;	/* the database doesn't say which files it has */
	size_t n_files;		/* that it owns and that are there, all types but folders */
	uint64_t content_bytes; /* of those */
	size_t n_missing;	/* that it should have, by the database, and that aren't there */
	const char *missing;	/* the first of these, without leading '/'; or NULL */
};

struct view_layer {
	const struct descriptor *descriptor; /* NULL: a plain tree */
	struct sha256 diff_id;		     /* zero for rootfs:DIR */
	const struct history *history;	     /* that made it, or NULL */
	const struct layer_index *index; /* its entries, in the order of the tar; NULL in a part */
	uint64_t compressed_bytes;	 /* as stored; 0 for rootfs:DIR */
	uint64_t content_bytes;		 /* of its regular files */
	uint64_t dead_bytes;		 /* of those, what is not visible in the end */
	size_t n_files;			 /* regular files and hard links */
	size_t n_dead_files;		 /* regular files of which no byte is visible */
	const unsigned char *states;	 /* a byte per entry: view_is_visible(), view_change() */
};

struct image_view {
	const char *name; /* as it was asked for */
	bool is_rootfs;	  /* a plain tree: one layer, an empty config, no manifest */
	struct descriptor root;
	struct look_platform platform;
	struct view_layer *layers;
	size_t n_layers;
	struct tree tree; /* origins: ORIGIN_LAYER with the layer's number */
	struct view_package *packages;
	size_t n_packages;
	struct strings complaints; /* what is wrong with the databases, "/path: what" */
	struct arena arena;
	struct view_private *own;
};

/*
 * Opens `name` (any place of place/place.h), and reads what is not in the cache. FAIL_NOT_FOUND
 * names the platforms when the image doesn't have the wanted one. FAIL_VERIFY for bytes that have
 * another digest than the config or manifest says. Workers and cache_fd are borrowed until
 * image_view_free().
 *
 * With options.only, and an image that was looked at before, the tree holds just what lookups of
 * that path need, and what is in the folder that it leads to; xattrs are left out, and of packages
 * only name, version and architecture are known. Layers then have no entries.
 */
int image_view_open(const char *name, const struct view_options *o, struct image_view **ret,
		    struct err *e);
void image_view_free(struct image_view *v);

static inline void image_view_cleanup(struct image_view **v)
{
	image_view_free(*v);
}

#define auto_image_view __attribute__((cleanup(image_view_cleanup))) struct image_view *

/*
 * Decompresses the layers that have wanted files once more, in parallel, and keeps those that are
 * visible at hand. Without it, inode_open() of one file decompresses its layer up to that file's
 * end.
 */
int image_view_fetch(struct image_view *v, view_want *want, void *ctx, struct err *e);
/* Decompresses the layers marked in `layers`, one mark for each, once more, past a scanner. */
int image_view_scan(struct image_view *v, const struct view_scanner *scanner, const bool *layers,
		    struct err *e);

/*
 * Keeps what was read of the wanted files in the cache, so that who asks the same of these layers
 * decompresses nothing; but nothing of files that are private. Costs time only if it fails.
 */
typedef bool view_is_private(void *ctx, size_t layer, size_t entry);
void image_view_keep_reads(const struct image_view *v, view_is_private *is_private, void *ctx);

/* The layer that wrote the node, or NULL for a folder that no layer names. */
const struct view_layer *view_layer_of(const struct image_view *v, const struct node *n);
/* The package that owns it, or NULL. */
const struct view_package *view_package_of(const struct image_view *v, const struct node *n);
/* What a regular file is, by its first bytes; known without reading it. */
enum file_kind view_kind_of(const struct image_view *v, const struct node *n);
/* Whether that entry of a layer is there in the end. Hard links count as not: they have no bytes.
 */
bool view_is_visible(const struct view_layer *l, size_t entry);
/* What the entry did to the layers below. */
enum layer_change view_change(const struct view_layer *l, size_t entry);
/* Sums over all layers. */
uint64_t view_compressed_bytes(const struct image_view *v);
uint64_t view_content_bytes(const struct image_view *v);
uint64_t view_dead_bytes(const struct image_view *v);
