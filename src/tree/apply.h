/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer of an image on top of the tree that the layers below it made (OCI image-spec layer.md,
 * Whiteouts and Changeset over existing files). Whiteouts and opaque folders take away what lower
 * layers brought and never what this one does, wherever in the tar they stand.
 */
#pragma once

#include "fmt/tar.h"
#include "io/stream.h"
#include "tree/spool.h"
#include "tree/tree.h"

#define WHITEOUT_PREFIX ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"
/* What aufs kept for itself, and old images still hold: not part of the file system. */
#define WHITEOUT_META_PREFIX ".wh..wh."

/*
 * `tar` is uncompressed, not closed, and read up to its end-of-archive mark. The files' bytes go
 * into `spool`, which must outlive the tree. `origin` must be this layer's alone: it tells what
 * the layer brought. Names lead through all links of the tree, never out of it; a folder takes
 * a folder's place by changing its attributes, anything else by replacing what is there; a file
 * of a lower layer on the way to a name gives way to a folder.
 *
 * FAIL_FORMAT for '..', for whiteouts without a name, for names below one, and for hard links to
 * what isn't there; FAIL_LIMIT for more than TREE_MAX_TAR_ENTRIES. After an error the tree holds
 * what came before it.
 */
int tree_apply_layer(struct tree *t, struct source *tar, const char *name,
		     const struct origin *origin, struct spool *spool, struct err *e);

/*
 * The same, entry by entry, for layers whose entries are known without their tar. First
 * layering_mark(): 1 when the entry says that something isn't there, which is done then; 0 when it
 * is to be put. `content` is copied.
 */
struct layering;

/* What an entry did to the layers below its own. */
enum layer_change {
	LAYER_ADDS,
	LAYER_REPLACES,	  /* with other bytes, another target or type */
	LAYER_ATTRIBUTES, /* only mode, owner, date or extended attributes are others */
	LAYER_REPEATS,	  /* nothing is: as most of a layer's folders */
	LAYER_REMOVES,
	LAYER_REMOVES_NOTHING, /* a whiteout of what isn't there */
};

struct layered {
	enum layer_change change;
	struct inode *inode; /* that was put: visible while it has names (n_links); NULL for a
				further name of a file, and for whiteouts */
};

struct layering *layering_new(struct tree *t, const char *name, const struct origin *origin)
	__attribute__((returns_nonnull));
void layering_free(struct layering *l);
int layering_mark(struct layering *l, const struct tar_entry *t, struct layered *ret,
		  struct err *e);
int layering_put(struct layering *l, const struct tar_entry *t, const struct content *content,
		 struct layered *ret, struct err *e);
