/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of an image that is rebased, and those in it. What becomes of an entry is told by its
 * digest: an index may list a manifest as often as it likes, and in what order.
 */
#include <assert.h>

#include "oci/artifact.h"
#include "place/source_join.h"
#include "place/walk.h"
#include "rebase/private.h"

static struct view key_of(const struct sha256 *digest)
{
	return view_make((const char *)digest->bytes, SHA256_BYTES);
}

struct followed *followed_get(const struct map *followed, const struct sha256 *digest)
{
	return map_get(followed, key_of(digest));
}

struct followed *followed_add(struct map *followed, const struct sha256 *digest, struct arena *a)
{
	struct followed *f = arena_new(a, struct followed);

	*map_put(followed, key_of(digest)) = f;
	return f;
}

/* ---- an entry ---------------------------------------------------------------------------- */

/* What was listed as an artifact is one there, even if the manifest is an image elsewhere. */
static const struct followed *what_became(const struct index_change *x, const struct descriptor *d)
{
	static const struct followed gone = { .goes = true };
	const struct followed *f;

	if (!is_index_type(d->media_type) && descriptor_is_artifact(d))
		return &gone;
	f = followed_get(x->followed, &d->digest);
	assert(f);
	return f;
}

/* Where an entry says what base it has, it says it anew. */
static void put_entry_annotations(struct json_writer *w, const struct json *old,
				  const struct base_names *base)
{
	const struct json *value;
	void *state = NULL;
	const char *key;

	json_open_object(w);
	while (json_next(old, &state, &key, &value)) {
		json_key(w, key);
		if (strcmp(key, ANNOTATION_BASE_NAME) == 0)
			json_put_string(w, base->name);
		else if (strcmp(key, ANNOTATION_BASE_DIGEST) == 0)
			json_put_string(w, base->digest);
		else
			json_put_value(w, value);
	}
	json_close_object(w);
}

static void put_entry(struct json_writer *w, const struct json *entry,
		      const struct base_names *base)
{
	const struct json *value;
	void *state = NULL;
	const char *key;

	json_open_object(w);
	while (json_next(entry, &state, &key, &value)) {
		json_key(w, key);
		if (strcmp(key, "annotations") == 0 && json_is_object(value))
			put_entry_annotations(w, value, base);
		else
			json_put_value(w, value);
	}
	json_close_object(w);
}

/* ---- the document ------------------------------------------------------------------------ */

static void put_entries(const struct index_change *x, struct json_writer *w,
			const struct json *entries, const struct image_index *index)
{
	json_open_array(w);
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct followed *f = what_became(x, &index->manifests[i]);

		if (!f->goes)
			put_entry(w, json_at(entries, i), &f->base);
	}
	json_close_array(w);
}

/* For convert.h. */
static void replace(void *ctx, struct descriptor *d)
{
	const struct index_change *x = ctx;
	const struct followed *f = followed_get(x->followed, &d->digest);

	if (!f)
		return;
	d->digest = f->now.digest;
	d->size = f->now.size;
	d->media_type = f->now.media_type;
}

/* `index` is what was read of the text: its manifests are the array's, one by one. */
static int write_index(const struct index_change *x, struct view old,
		       const struct image_index *index, struct descriptor *ret, struct err *e)
{
	auto_buf text = BUF_EMPTY, converted = BUF_EMPTY;
	struct index_change change = *x;
	const struct json *value;
	struct image_index again;
	auto_json doc = NULL;
	void *state = NULL;
	struct json_writer w;
	struct view bytes;
	const char *key, *type;
	int rc = json_parse(old, "the image's index", &doc, e);

	if (rc < 0)
		return rc;
	json_writer_init(&w, &text, 0);
	json_open_object(&w);
	while (json_next(json_root(doc), &state, &key, &value)) {
		if (strcmp(key, "annotations") == 0)
			continue;
		json_key(&w, key);
		if (strcmp(key, "manifests") == 0)
			put_entries(x, &w, value, index);
		else
			json_put_value(&w, value);
	}
	rebase_put_annotations(&w, json_get(json_root(doc), "annotations"), &x->base);
	json_close_object(&w);
	rc = document_convert(buf_view(&text), x->form, replace, &change, &converted, &type, e);
	if (rc < 0)
		return rc;
	bytes = view_make(arena_view(x->arena, buf_view(&converted)), converted.len);
	rc = image_index_read(bytes, "the result's index", x->arena, &again, e);
	if (rc == 0)
		*ret = rebase_keep(x->joined, type, bytes);
	return rc;
}

/* ---- is there anything to write? --------------------------------------------------------- */

static bool is_same(const struct index_change *x, const struct image_index *index)
{
	const char *name = pairs_get(&index->annotations, ANNOTATION_BASE_NAME);
	const char *digest = pairs_get(&index->annotations, ANNOTATION_BASE_DIGEST);

	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *d = &index->manifests[i];
		const struct followed *f = what_became(x, d);

		if (f->goes || !sha256_eq(&f->now.digest, &d->digest))
			return false;
	}
	return same_text(name, x->base.name) && same_text(digest, x->base.digest);
}

static bool is_empty(const struct index_change *x, const struct image_index *index)
{
	for (size_t i = 0; i < index->n_manifests; i++)
		if (!what_became(x, &index->manifests[i])->goes)
			return false;
	return true;
}

static int follow(const struct index_change *x, const struct descriptor *d, struct err *e);

static int follow_nested(const struct index_change *x, const struct image_index *index,
			 struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < index->n_manifests; i++)
		if (is_index_type(index->manifests[i].media_type))
			rc = follow(x, &index->manifests[i], e);
	return rc;
}

/* In the order in which place_manifests() has read them, and so nowhere deeper than that went. */
static int follow(const struct index_change *x, const struct descriptor *d, struct err *e)
{
	struct followed f = { .base = x->base, .now = *d };
	struct image_index index;
	struct view text;
	int rc;

	if (followed_get(x->followed, &d->digest))
		return 0;
	rc = place_source_read(x->from, d, x->arena, &text, e);
	if (rc == 0)
		rc = image_index_read(text, "the image's index", x->arena, &index, e);
	if (rc == 0)
		rc = follow_nested(x, &index, e);
	if (rc < 0)
		return rc;
	f.goes = is_empty(x, &index);
	if (is_same(x, &index))
		place_source_join_bytes(x->joined, &d->digest, text);
	else if (!f.goes)
		rc = write_index(x, text, &index, &f.now, e);
	*followed_add(x->followed, &d->digest, x->arena) = f;
	return rc;
}

int rebase_follow_index(const struct index_change *x, const struct descriptor *root,
			struct descriptor *ret, struct err *e)
{
	int rc = follow(x, root, e);

	if (rc == 0)
		*ret = followed_get(x->followed, &root->digest)->now;
	return rc;
}
