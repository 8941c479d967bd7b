/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an image is built on a base, and its layers and history on another. What is in the layers
 * decides: compressed anew, a layer has another digest, and is the same.
 */
#include <string.h>

#include "oci/history.h"
#include "rebase/private.h"

/* ---- is it built on it? ------------------------------------------------------------------ */

static int check_counts(const struct look_platform *p, const char *what, struct err *e)
{
	if (p->manifest.n_layers == p->config.n_diff_ids)
		return 0;
	return fail(e, FAIL_FORMAT, "%s: the manifest has %zu layers and the config %zu", what,
		    p->manifest.n_layers, p->config.n_diff_ids);
}

int rebase_check_prefix(const struct moved *m, const char *name, struct arena *a, struct err *e)
{
	const struct image_config *image = &m->image->config, *old = &m->old.config;
	int rc = check_counts(m->image, "the image", e);
	size_t i = 0;

	if (rc == 0)
		rc = check_counts(&m->old, "the old base", e);
	if (rc == 0)
		rc = check_counts(&m->fresh, "the new base", e);
	if (rc < 0)
		return rc;
	while (i < old->n_diff_ids && i < image->n_diff_ids &&
	       sha256_eq(&old->diff_ids[i], &image->diff_ids[i]))
		i++;
	if (i == old->n_diff_ids)
		return 0;
	if (i == image->n_diff_ids)
		fail(e, FAIL_CONFLICT,
		     "the image is not built on '%.200s': that has %zu layers, and the image only "
		     "%zu",
		     name, old->n_diff_ids, image->n_diff_ids);
	else
		fail(e, FAIL_CONFLICT,
		     "the image is not built on '%.200s': layer %zu of that is %s, and of the "
		     "image %s",
		     name, i + 1, look_short_digest(&old->diff_ids[i], a),
		     look_short_digest(&image->diff_ids[i], a));
	return err_hint(e, "name the base that it was built on with --from; an image whose layers "
			   "were squashed must be built again");
}

/* ---- the layers -------------------------------------------------------------------------- */

static void splice_layers(const struct moved *m, struct arena *a, struct image_config *c)
{
	const struct image_config *image = &m->image->config, *fresh = &m->fresh.config;

	c->diff_ids =
		arena_array(a, image->n_diff_ids + fresh->n_diff_ids + 1, sizeof(*c->diff_ids));
	for (size_t i = 0; i < fresh->n_diff_ids; i++)
		c->diff_ids[c->n_diff_ids++] = fresh->diff_ids[i];
	for (size_t i = m->old.config.n_diff_ids; i < image->n_diff_ids; i++)
		c->diff_ids[c->n_diff_ids++] = image->diff_ids[i];
}

/* ---- the history ------------------------------------------------------------------------- */

static bool is_same_step(const struct history *a, const struct history *b)
{
	return a->empty_layer == b->empty_layer && same_text(a->created_by, b->created_by) &&
	       same_text(a->comment, b->comment);
}

static bool begins_with(const struct image_config *image, const struct image_config *old)
{
	if (old->n_history > image->n_history)
		return false;
	for (size_t i = 0; i < old->n_history; i++)
		if (!is_same_step(&image->history[i], &old->history[i]))
			return false;
	return true;
}

/*
 * How many of the image's steps that made a layer are the old base's: those that its own layers
 * leave. A base need not have told of all of its layers, and who built on it may have told of them
 * in its place, or not.
 */
static size_t steps_of_base(const struct image_config *image, const struct image_config *old)
{
	size_t n_own = image->n_diff_ids - old->n_diff_ids, n_made = 0;

	for (size_t i = 0; i < image->n_history; i++)
		n_made += !image->history[i].empty_layer;
	n_made -= n_made < n_own ? n_made : n_own;
	return n_made < old->n_diff_ids ? n_made : old->n_diff_ids;
}

/* The first step that isn't the old base's. */
static size_t first_own_step(const struct image_config *image, const struct image_config *old,
			     bool known)
{
	size_t n_base = steps_of_base(image, old), i = 0, n_made = 0;

	while (i < image->n_history && ((known && i < old->n_history) || n_made < n_base))
		n_made += !image->history[i++].empty_layer;
	return i;
}

static void splice_history(const struct moved *m, bool known, struct arena *a,
			   struct image_config *c)
{
	const struct image_config *image = &m->image->config, *fresh = &m->fresh.config;
	size_t from = first_own_step(image, &m->old.config, known);
	size_t n_own = image->n_history - from;
	size_t n_own_layers = image->n_diff_ids - m->old.config.n_diff_ids;
	const struct history *own = n_own ? image->history + from : NULL;

	if (fresh->n_history + n_own == 0)
		return; /* nobody tells anything */
	c->history = arena_array(a, fresh->n_history + fresh->n_diff_ids + n_own + n_own_layers + 1,
				 sizeof(*c->history));
	c->n_history = history_fit(fresh->history, fresh->n_history, fresh->n_diff_ids,
				   "layer of the base", c->history);
	c->n_history += history_fit(own, n_own, n_own_layers, "layer of the image",
				    c->history + c->n_history);
}

bool rebase_splice(const struct moved *m, struct arena *a, struct image_config *c)
{
	bool known = begins_with(&m->image->config, &m->old.config);

	splice_layers(m, a, c);
	splice_history(m, known, a, c);
	return known || m->image->config.n_history == 0;
}
