/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a rebase share. */
#pragma once

#include "oci/convert.h"
#include "rebase/rebase.h"
#include "view/look.h"

/* What an image says of the base that it was built on (OCI image-spec annotations.md). */
struct base_note {
	const char *name; /* or NULL */
	bool has_digest;
	struct sha256 digest;
};

void base_note_read(const struct pairs *annotations, struct base_note *ret);
bool base_note_is_scratch(const struct base_note *n);

/* The image for a platform among those of `from`; FAIL_NOT_FOUND says which there are. */
int rebase_choose(const struct rebase_source *from, const struct platform *p, struct arena *a,
		  struct look_platform *ret, struct err *e);
/*
 * The same of the base that a note names: by its digest in the layouts of image and new base,
 * the store or its registry; without one by its name as it is now. FAIL_NOT_FOUND says what to do.
 */
int base_note_choose(const struct base_note *n, const struct rebase_options *o,
		     const struct platform *p, struct arena *a, struct look_platform *ret,
		     struct err *e);

/* One platform: what it is, what it was built on, what it will be on. */
struct moved {
	const struct look_platform *image;
	struct look_platform old, fresh;
	bool same; /* nothing changes */
};

/* Its config by three-way merge, without layers and history; in `a`. */
void rebase_merge(const struct image_config *old, const struct image_config *image,
		  const struct image_config *fresh, struct arena *a, struct image_config *ret);
/* FAIL_CONFLICT unless the old base's layers are the image's first; says which isn't. */
int rebase_check_prefix(const struct moved *m, const char *name, struct arena *a, struct err *e);
/* Layers and history of the result; false: the old base's history isn't the image's first. */
bool rebase_splice(const struct moved *m, struct arena *a, struct image_config *c);

/* What `name` and `digest` are to be in annotations. */
struct base_names {
	const char *name, *digest;
};

/*
 * The documents of the result, in `a`, members that pare doesn't know included. FAIL_LIMIT for
 * what pare wouldn't read itself, as two images together may be too large.
 */
int rebase_write_config(const struct moved *m, const struct image_config *c, struct arena *a,
			struct view *ret, struct err *e);
int rebase_write_manifest(const struct moved *m, const struct base_names *base,
			  const struct descriptor *config, enum document_form form, struct arena *a,
			  struct view *ret, const char **ret_type, struct err *e);
/* `after`: what each descriptor of the index is now; a size of 0: it has no place any more. */
int rebase_write_index(const struct look *l, const struct descriptor *after,
		       const struct base_names *base, enum document_form form, struct arena *a,
		       struct view *ret, const char **ret_type, struct err *e);
