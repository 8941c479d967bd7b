/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image that a recipe builds on, pinned by its digest. Its layers go into the result as they
 * are, its tree is what the recipe's files are put into, its config is inherited.
 */
#pragma once

#include "build/build.h"
#include "view/image_view.h"

struct build_base {
	const char *name; /* for org.opencontainers.image.base.name */
	struct descriptor root;
	struct place_source *source; /* the store */
	struct image_view *view;     /* one platform; all of its blobs are in the context's store */
	struct arena arena;
};

/* What the recipe's base is now; in `a`. */
int build_base_resolve(const struct build_context *ctx, const struct recipe *r, struct arena *a,
		       struct lock_base *ret, struct err *e);
/* What the lock pins: a manifest or an index; in `a`. */
struct descriptor build_base_root(const struct lock_base *locked, struct arena *a);
/* All of it for one architecture into the store: from the vendored files, else from its place. */
int build_base_bring(const struct build_context *ctx, const struct recipe *r,
		     const struct descriptor *root, const struct arch *arch, struct arena *a,
		     struct err *e);
/*
 * Brings what the store lacks of it, and opens it. FAIL_NOT_FOUND when it isn't there any more, or
 * has nothing for that architecture. FAIL_UNSUPPORTED offline, for one that isn't in the store.
 */
int build_base_open(const struct build_context *ctx, const struct recipe *r,
		    const struct lock_base *locked, const struct arch *arch,
		    struct build_base **ret, struct err *e);
void build_base_close(struct build_base *base);
/* What an index of several platforms says of its base: the name, in `a`. */
const char *build_base_name(const struct recipe *r, struct arena *a);
/* The package of that name in the base's own databases, apk's or dpkg's, or NULL. */
const struct view_package *build_base_package(const struct build_base *base, bool apk,
					      const char *name, const char *arch);

/* Steps of build_fill(): the base's tree first, and at the end what the recipe left as it was. */
int build_lay_base(struct build *b, struct err *e);
int build_settle_on_base(struct build *b, struct err *e);

/*
 * The config that the image will have, of base and recipe by a Dockerfile's rules, without layers
 * and history; in `a`. The user is not looked up before the tree is whole: see build_config_user().
 */
void build_config(const struct build *b, struct arena *a, struct image_config *ret);
int build_config_user(const struct build *b, struct arena *a, struct image_config *c,
		      struct err *e);
