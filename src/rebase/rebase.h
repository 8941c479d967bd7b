/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine that puts an image on another base without its recipe: the layers of the old base give
 * way to the new one's, the image's own stay, and the config is merged. Only documents are read and
 * written: no layer is looked at.
 */
#pragma once

#include "base/monitor.h"
#include "oci/image.h"
#include "place/source.h"

struct image_view;

/* An image that is open. */
struct rebase_source {
	const char *name; /* for messages */
	struct place_source *source;
	struct descriptor root;
};

/* Where a base may be that only annotations name. */
struct rebase_access {
	const char *store_dir; /* as for store_open() */
	struct registry *registry;
};

struct rebase_options {
	struct rebase_source image, onto;
	struct rebase_source from; /* the old base; without a source: what annotations name */
	bool from_scratch;	   /* it is nothing */
	const char *base_name;	   /* of `onto`, for org.opencontainers.image.base.name */
	const char *arch;	   /* only the image for this platform; NULL: all that there are */
	struct rebase_access access;
	struct monitor *monitor;
};

struct rebase_platform {
	struct platform platform;
	struct descriptor before, after;
	struct sha256 old_base, new_base;	/* manifests */
	struct view base_manifest, base_config; /* the new base's */
	size_t n_old, n_new, n_own;		/* layers */
	bool from_scratch;
};

struct rebase_result {
	/* Of source_join.h; has all blobs and documents; reads from those given. */
	struct place_source *source;
	struct descriptor before, root;
	struct rebase_platform *platforms;
	size_t n_platforms;
	struct descriptor *artifacts; /* that the image's index lists; they are left out */
	size_t n_artifacts;
};

/*
 * FAIL_CONFLICT when the image isn't built on the old base, FAIL_NOT_FOUND when the new one has
 * nothing for a platform, or nobody knows the old one: each with what to do. Everything is in `a`,
 * which must outlive the result, as the options' sources must.
 */
int rebase_image(const struct rebase_options *o, struct arena *a, struct rebase_result *ret,
		 struct err *e);
void rebase_done(struct rebase_result *r);

#define auto_rebase __attribute__((cleanup(rebase_done))) struct rebase_result

/*
 * The place where a newer version of the image's base would be, by its annotations: the same name
 * without a digest. FAIL_NOT_FOUND when they don't say.
 */
int rebase_newer_base(const struct rebase_source *image, struct arena *a, struct place *ret,
		      struct err *e);

/*
 * Warns of the image's own package databases that hide one of its new base, the first `n_base`
 * layers of a result: whoever reads them is told of the old base's packages.
 */
void rebase_warn_hidden(const struct image_view *result, size_t n_base, struct monitor *m);
