/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a rebase share. */
#pragma once

#include <string.h>

#include "base/map.h"
#include "fmt/json.h"
#include "oci/convert.h"
#include "rebase/rebase.h"
#include "view/look.h"

/* NULL, that there is none, is another than "", as for a label: fields that may be absent read as
 * NULL when they are empty. */
static inline bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* What an image says of the base that it was built on (OCI image-spec annotations.md). */
struct base_note {
	const char *name; /* or NULL */
	bool has_digest;
	struct sha256 digest;
};

/* Of the two annotations; either may be NULL. */
struct base_note base_note_read(const char *name, const char *digest);
struct base_note base_note_of(const struct pairs *annotations);
bool base_note_is_given(const struct base_note *n);
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
	struct followed *result;
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
/* The member "annotations": as they were, and those of the base. */
void rebase_put_annotations(struct json_writer *w, const struct json *old,
			    const struct base_names *base);

/* What a manifest or an index has become. */
struct followed {
	bool goes; /* it has no place in the result */
	struct descriptor now;
	struct base_names base; /* of a manifest */
};

/* Of one image with an index, and of the indexes in it. */
struct index_change {
	struct place_source *from;   /* of the image */
	struct place_source *joined; /* that gets what is written */
	struct base_names base;	     /* of indexes */
	enum document_form form;
	struct map *followed; /* by digest: all manifests and artifacts; indexes are added */
	struct arena *arena;
};

struct followed *followed_get(const struct map *followed, const struct sha256 *digest);
/* Room for it, in `a`; the digest is borrowed. */
struct followed *followed_add(struct map *followed, const struct sha256 *digest, struct arena *a);
/* The image's own index anew, or as it was when nothing that it lists has changed. */
int rebase_follow_index(const struct index_change *x, const struct descriptor *root,
			struct descriptor *ret, struct err *e);

/* A document of the result; the bytes are borrowed. */
struct descriptor rebase_keep(struct place_source *joined, const char *type, struct view bytes);
