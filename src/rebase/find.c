/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bases: the one for a platform, and those that only an image's annotations name. A name without a
 * host is one of the local store, as everywhere; a digest is looked for there too, for every base
 * that was built on lies in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fmt/json.h"
#include "oci/name.h"
#include "oci/platform.h"
#include "place/choose.h"
#include "place/walk.h"
#include "rebase/private.h"

/* ---- one platform ------------------------------------------------------------------------ */

/* What stands for a variant that isn't said (OCI image-spec image-index.md, Platform Variants). */
static const char *variant_of(const struct platform *p)
{
	if (p->variant)
		return p->variant;
	if (strcmp(p->architecture, "arm64") == 0)
		return "v8";
	if (strcmp(p->architecture, "arm") == 0)
		return "v7";
	return strcmp(p->architecture, "amd64") == 0 ? "v1" : "";
}

static bool fits(const struct platform *base, const struct platform *image)
{
	return strcmp(base->os, image->os) == 0 &&
	       strcmp(base->architecture, image->architecture) == 0 &&
	       strcmp(variant_of(base), variant_of(image)) == 0;
}

static int read_one(const struct rebase_source *from, const struct descriptor *manifest,
		    struct arena *a, struct look_platform *ret, struct err *e)
{
	struct look look;
	int rc = look_read(from->source, manifest, a, &look, e);

	if (rc == 0)
		*ret = look.platforms[0];
	return rc;
}

static int choose(const struct rebase_source *from, const char *wanted, struct arena *a,
		  struct look_platform *ret, struct err *e)
{
	const struct platform_choice choice = { .wanted = wanted, .name = from->name };
	struct descriptor manifest;
	int rc = place_choose(from->source, &from->root, &choice, a, &manifest, e);

	return rc < 0 ? rc : read_one(from, &manifest, a, ret, e);
}

/* An index may say the usual variant or not, whatever the config does. */
static int choose_in_index(const struct rebase_source *from, const struct platform *p,
			   struct arena *a, struct look_platform *ret, struct err *e)
{
	const struct platform plain = { p->os, p->architecture, NULL };
	const struct platform full = { p->os, p->architecture, variant_of(p) };
	const struct platform *const others[] = { &full, &plain };
	struct look_platform found;
	struct err other;
	int rc = choose(from, platform_text(p, a), a, ret, e);

	for (size_t i = 0; rc == -FAIL_NOT_FOUND && i < COUNT_OF(others); i++) {
		if (choose(from, platform_text(others[i], a), a, &found, &other) < 0 ||
		    !fits(&found.config.platform, p))
			continue;
		*ret = found;
		return 0;
	}
	return rc;
}

int rebase_choose(const struct rebase_source *from, const struct platform *p, struct arena *a,
		  struct look_platform *ret, struct err *e)
{
	struct look_platform found;
	int rc;

	if (is_index_type(from->root.media_type))
		return choose_in_index(from, p, a, ret, e);
	rc = read_one(from, &from->root, a, &found, e);
	if (rc < 0)
		return rc;
	if (!fits(&found.config.platform, p))
		return fail(e, FAIL_NOT_FOUND, "no platform '%s' in '%.200s': it has %s",
			    platform_text(p, a), from->name,
			    platform_text(&found.config.platform, a));
	*ret = found;
	return 0;
}

/* ---- notes ------------------------------------------------------------------------------- */

struct base_note base_note_read(const char *name, const char *digest)
{
	struct base_note note = { .name = name && *name ? name : NULL };

	if (digest && strncmp(digest, "sha256:", 7) == 0)
		note.has_digest = sha256_from_hex(view_of(digest + 7), &note.digest);
	return note;
}

struct base_note base_note_of(const struct pairs *annotations)
{
	return base_note_read(pairs_get(annotations, ANNOTATION_BASE_NAME),
			      pairs_get(annotations, ANNOTATION_BASE_DIGEST));
}

bool base_note_is_given(const struct base_note *n)
{
	return n->name || n->has_digest;
}

bool base_note_is_scratch(const struct base_note *n)
{
	return n->name && strcmp(n->name, "scratch") == 0 && !n->has_digest;
}

/* Names of other places say nothing of where these are. */
static bool has_host(const char *name)
{
	struct view rest = view_of(name), first;

	view_split(&rest, '/', &first);
	return rest.ptr && image_host_like(first);
}

/* ---- the base of a note ------------------------------------------------------------------ */

/* One search for the old base of one platform. */
struct search {
	const struct base_note *note;
	const struct rebase_options *o;
	const struct platform *platform;
	struct arena *arena;
	const char *found_in; /* where the base is, but not for the platform; NULL: nowhere */
	struct err why;
};

static const char *note_name(const struct search *x)
{
	if (x->note->name)
		return x->note->name;
	return look_digest(&x->note->digest, x->arena);
}

/* A document of which only the digest is known. */
static int read_descriptor_of(struct store *s, const struct sha256 *digest, struct arena *a,
			      struct descriptor *ret, struct err *e)
{
	auto_json doc = NULL;
	const char *type;
	struct view text;
	int rc = store_read_blob(s, digest, OCI_MAX_DOCUMENT_BYTES, a, &text, e);

	if (rc == 0)
		rc = json_parse(text, "the old base", &doc, e);
	if (rc < 0)
		return rc;
	type = json_str(json_get(json_root(doc), "mediaType"));
	if (!type)
		type = json_get(json_root(doc), "manifests") ? MEDIA_TYPE_INDEX
							     : MEDIA_TYPE_MANIFEST;
	*ret = (struct descriptor){ .media_type = arena_strdup(a, type),
				    .digest = *digest,
				    .size = text.len };
	return 0;
}

/* What is there, but can't be used, is remembered: there may be a better one elsewhere. */
static bool choose_in(struct search *x, struct store *s, const char *where,
		      struct look_platform *ret)
{
	auto_place_source source = place_source_of_store(s);
	struct rebase_source from = { .name = note_name(x), .source = source };
	struct err e;
	int rc = read_descriptor_of(s, &x->note->digest, x->arena, &from.root, &e);

	if (rc == -FAIL_NOT_FOUND)
		return false;
	if (rc == 0)
		rc = rebase_choose(&from, x->platform, x->arena, ret, &e);
	if (rc < 0 && !x->found_in) {
		x->found_in = where;
		x->why = e;
	}
	return rc == 0;
}

/* In the layouts that are at hand, and in the store. */
static int choose_near(struct search *x, struct look_platform *ret, bool *ret_found, struct err *e)
{
	const struct rebase_source *const near[] = { &x->o->image, &x->o->onto };
	auto_store s = NULL;
	int rc;

	*ret_found = false;
	for (size_t i = 0; x->note->has_digest && !*ret_found && i < COUNT_OF(near); i++) {
		struct store *layout = place_source_store(near[i]->source);

		*ret_found =
			layout &&
			choose_in(x, layout,
				  arena_printf(x->arena, "beside '%.200s'", near[i]->name), ret);
	}
	if (!x->note->has_digest || *ret_found)
		return 0;
	rc = store_open(x->o->access.store_dir, &s, e);
	if (rc == 0)
		*ret_found = choose_in(x, s, "in the store", ret);
	return rc;
}

static int choose_by_name(const struct search *x, struct look_platform *ret, struct err *e)
{
	const struct rebase_access *access = &x->o->access;
	const struct base_note *n = x->note;
	struct arena *a = x->arena;
	struct place place = { .kind = PLACE_STORE, .ref = n->name, .registry = access->registry };
	struct rebase_source from = { .name = n->name };
	auto_place_source source = NULL;
	struct reference ref;
	int rc = 0;

	if (has_host(n->name)) {
		place.kind = PLACE_REGISTRY;
		rc = reference_parse(n->name, a, &ref, e);
		if (rc == 0 && n->has_digest)
			place.ref = arena_printf(a, "%s/%s@%s", ref.host, ref.name,
						 look_digest(&n->digest, a));
	}
	if (rc == 0)
		rc = place_open(&place, access->store_dir, a, &source, &from.root, e);
	from.source = source;
	return rc < 0 ? rc : rebase_choose(&from, x->platform, a, ret, e);
}

static int fail_unknown(const struct search *x, struct err *e)
{
	const struct base_note *n = x->note;

	if (!base_note_is_given(n))
		return fail(e, FAIL_NOT_FOUND,
			    "the image doesn't say what it was built on: it has no annotations %s "
			    "and %s\nname its old base with --from",
			    ANNOTATION_BASE_NAME, ANNOTATION_BASE_DIGEST);
	if (x->found_in) {
		*e = x->why;
		err_context(e, "the old base is %.240s, but of no use there", x->found_in);
		return err_hint(e, "name a place that has all of it with --from");
	}
	return fail(e, FAIL_NOT_FOUND,
		    "the old base %s%.200s%s(sha256:%s) is not in the store, and its name says no "
		    "registry\nname the place where it is with --from",
		    n->name ? "'" : "", n->name ? n->name : "", n->name ? "' " : "",
		    look_short_digest(&n->digest, x->arena));
}

int base_note_choose(const struct base_note *n, const struct rebase_options *o,
		     const struct platform *p, struct arena *a, struct look_platform *ret,
		     struct err *e)
{
	struct search x = { .note = n, .o = o, .platform = p, .arena = a };
	bool found;
	int rc = choose_near(&x, ret, &found, e);

	if (rc < 0 || found)
		return rc;
	if (!n->name || (n->has_digest && !has_host(n->name)))
		return fail_unknown(&x, e);
	rc = choose_by_name(&x, ret, e);
	if (rc == 0)
		return 0;
	err_context(e, "the old base '%.200s'", n->name);
	if (strncmp(n->name, "localhost/", 10) == 0)
		return err_hint(e,
				"so buildah and podman call images of their own storage: push it "
				"from there to oci-archive:FILE, and name that with --from");
	return err_hint(e, "name the place where it is with --from");
}

/* ---- what is newer ----------------------------------------------------------------------- */

static int read_root_note(const struct rebase_source *image, struct arena *a, struct base_note *ret,
			  struct err *e)
{
	struct image_index index;
	struct manifest manifest;
	struct view text;
	int rc = place_source_read(image->source, &image->root, a, &text, e);

	if (rc < 0)
		return rc;
	if (!is_index_type(image->root.media_type)) {
		rc = manifest_read(text, image->name, a, &manifest, e);
		if (rc == 0)
			*ret = base_note_of(&manifest.annotations);
		return rc;
	}
	rc = image_index_read(text, image->name, a, &index, e);
	if (rc == 0)
		*ret = base_note_of(&index.annotations);
	return rc;
}

int rebase_newer_base(const struct rebase_source *image, struct arena *a, struct place *ret,
		      struct err *e)
{
	struct base_note note;
	struct reference ref;
	int rc = read_root_note(image, a, &note, e);

	if (rc < 0)
		return rc;
	if (!note.name || base_note_is_scratch(&note))
		return fail(e, FAIL_NOT_FOUND,
			    "'%.200s' doesn't say what it was built on\nname its new base with "
			    "--onto",
			    image->name);
	*ret = (struct place){ .kind = PLACE_STORE, .ref = note.name };
	if (!has_host(note.name))
		return 0;
	rc = reference_parse(note.name, a, &ref, e);
	if (rc == 0 && ref.has_digest && !ref.tag)
		rc = fail(e, FAIL_NOT_FOUND,
			  "the base '%.200s' is named by its digest: nothing newer has that name\n"
			  "name the new base with --onto",
			  note.name);
	if (rc < 0)
		return rc;
	ref.has_digest = false;
	*ret = (struct place){ .kind = PLACE_REGISTRY, .ref = reference_text(&ref, a) };
	return 0;
}
