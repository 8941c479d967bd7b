/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root filesystem as data. Nothing here touches the host: paths are resolved through the links
 * that the tree itself holds, and building one never unpacks anything on disk.
 *
 * A node is a name in a folder; what it names is an inode, so that two hard links are two nodes
 * with one inode. Everything lives in the tree's arena. Paths are given with or without a leading
 * '/' or './'; '.' and '..' and empty components are refused.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TREE_MAX_PATH = 4096, /* PATH_MAX: longer names can't be opened by anyone */
	TREE_MAX_NAME = 255,  /* NAME_MAX */
	TREE_MAX_LINKS = 40,  /* as the kernel: more links in one lookup count as a loop */
	TREE_MAX_XATTRS = 64, /* per inode; real files carry one or two */
	/*
	 * Of a tree's arena: two million files, ten times the largest images. A small layer may
	 * name many more, as each name may lie under thousands of folders of its own.
	 */
	TREE_MAX_BYTES = 512 << 20,
};

enum node_type { NODE_DIR, NODE_FILE, NODE_SYMLINK, NODE_CHAR, NODE_BLOCK, NODE_FIFO };

/* Who put a node there. */
enum origin_kind { ORIGIN_PACKAGE, ORIGIN_RECIPE, ORIGIN_RULE, ORIGIN_LAYER };

struct origin {
	enum origin_kind kind;
	const char *name;    /* package name, recipe key, rule name or layer digest */
	const char *version; /* of a package, else NULL */
	const char *group;   /* source package, for layering; else NULL */
	size_t layer;	     /* of ORIGIN_LAYER: its number in the image, from 0 */
};

/*
 * Where a regular file's bytes are. A provider serves any number of files and outlives the trees
 * that refer to it; reading may be lazy (a package that is decoded on first use).
 */
struct content_provider {
	const struct content_provider_ops *ops;
};

struct content_provider_ops {
	/* `size` bytes at `offset`, as a stream that the caller closes. Thread-safe. */
	int (*open)(struct content_provider *p, uint64_t offset, uint64_t size, struct source **ret,
		    struct err *e);
};

struct content {
	struct content_provider *provider; /* NULL: `bytes` holds it all */
	const char *bytes;
	uint64_t offset;
	uint64_t size;
	struct sha256 digest;
};

struct xattr {
	const char *name;
	struct view value;
};

struct inode {
	enum node_type type;
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid, gid;
	int64_t mtime_s;
	uint32_t dev_major, dev_minor;
	const char *target; /* symlinks */
	struct content content;
	const struct xattr *xattrs; /* sorted by name */
	size_t n_xattrs;
	const struct origin *origin;
	uint32_t n_links; /* nodes that name this inode; kept by the tree */
};

struct node {
	const char *name;
	struct node *parent; /* NULL for the root */
	struct inode *inode;
	struct map children; /* name → struct node; removed children have a NULL value */
	uint32_t mark;	     /* for whoever holds the tree; 0 at first */
	uint32_t path_bytes; /* from the root, each name with its slash */
};

struct tree {
	struct arena arena;
	struct node *root;
};

void tree_init(struct tree *t, const struct origin *origin);
void tree_done(struct tree *t);

/*
 * Finds a node. Links in the middle of a path are always followed, inside the tree ('..' in a
 * link's target stops at the root); the last one only with `follow_last`. NULL when it isn't
 * there, or a link loops.
 */
struct node *tree_find(const struct tree *t, const char *path, bool follow_last);
/*
 * The same as a process in the folder `from` would find it: relative to it without a leading '/',
 * with '.', '..' and repeated slashes. A trailing slash wants a folder.
 */
struct node *tree_find_from(const struct tree *t, struct node *from, const char *path,
			    bool follow_last);

/*
 * As tree_find_from() from the root, to the end of all links, telling of each link on the way and
 * at last of what is found. NULL, and maybe some links told, when it isn't there.
 */
typedef void tree_passed(struct node *n, void *ctx);
struct node *tree_trace(const struct tree *t, const char *path, tree_passed *passed, void *ctx);

/*
 * Puts a copy of `inode` at `path`, writing through links in the parent folders; missing parents
 * are made 0755 0:0 with `inode`'s origin and mtime. Over an existing node:
 *   folder over folder            takes the new attributes
 *   folder over link to a folder  leaves the link (dpkg's rule; layers must not replace it)
 *   folder over anything else     FAIL_CONFLICT
 *   anything else over a folder   FAIL_CONFLICT
 *   otherwise                     replaces it
 * FAIL_FORMAT for paths and targets over the limits above. ret_node may be NULL; where a link is
 * left, it is the folder that the link leads to. Text and xattrs are copied; the origin is borrowed
 * and must outlive the tree, as must a content's bytes and provider.
 */
int tree_put(struct tree *t, const char *path, const struct inode *inode, struct node **ret_node,
	     struct err *e);
/* Makes `path` another name of the regular file `to`. */
int tree_link(struct tree *t, const char *path, struct node *to, struct err *e);
/* Takes a node, and all below it, out of its folder. Not the root. */
void tree_remove(struct tree *t, struct node *n);

/* A regular file's attributes with inline content; `bytes` must outlive the tree. */
struct inode inode_file(const void *bytes, size_t size, uint32_t mode, const struct origin *origin);
struct inode inode_dir(uint32_t mode, const struct origin *origin);
struct inode inode_symlink(const char *target, const struct origin *origin);

/* The absolute path, '/' for the root; in `a`. */
const char *node_path(const struct node *n, struct arena *a);
/* What is in a folder, in byte order of the names; the caller frees the list. */
struct node **node_children(const struct node *folder, size_t *ret_n)
	__attribute__((returns_nonnull));
/* Whether nothing is in the folder; true for anything else. */
bool node_is_empty(const struct node *n);
bool inode_same_xattrs(const struct inode *a, const struct inode *b);
/* Opens a regular file's bytes. */
int inode_open(const struct inode *i, struct source **ret, struct err *e);
/* A regular file's bytes in `a`; more than `limit` is FAIL_LIMIT. */
int inode_read(const struct inode *i, uint64_t limit, struct arena *a, struct view *ret,
	       struct err *e);

/*
 * Visits every node but the root, children in byte order of their names and after their folder:
 * the canonical order. `path` has no leading '/'. A visit that returns non-zero ends the walk,
 * which returns that. A visit may add and remove nodes; a removed one is not visited any more.
 */
typedef int tree_visit(struct node *n, const char *path, void *ctx, struct err *e);
int tree_walk(const struct tree *t, tree_visit *visit, void *ctx, struct err *e);
