/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to copy: one platform or all, the documents, and the blobs that they name. */
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "copy/private.h"
#include "place/choose.h"

int copy_choose(struct copy *c, struct err *e)
{
	const struct platform_choice choice = {
		.wanted = c->o->arch,
		.hint = "choose with --arch, or take --all",
	};

	if (c->o->all)
		return 0;
	return place_choose(c->source, &c->root, &choice, c->arena, &c->root, e);
}

static bool is_document(const struct descriptor *d)
{
	return is_index_type(d->media_type) || is_manifest_type(d->media_type);
}

/* Layers that registries must not have are taken from elsewhere, if at all (media-types.md). */
static bool stays_behind(const struct descriptor *d)
{
	return strstr(d->media_type, ".nondistributable.") ||
	       strstr(d->media_type, "image.rootfs.foreign.");
}

static int take_document(struct copy *c, const struct descriptor *d, struct err *e)
{
	struct document *doc = &c->documents[c->n_documents++];

	doc->d = *d;
	return place_source_read(c->source, d, c->arena, &doc->bytes, e);
}

static void see_date(struct copy *c, const struct descriptor *d)
{
	struct image_config config;
	struct err ignored;
	struct view json;
	int64_t at_s;

	if ((strcmp(d->media_type, MEDIA_TYPE_CONFIG) != 0 &&
	     strcmp(d->media_type, MEDIA_TYPE_DOCKER_CONFIG) != 0) ||
	    place_source_read(c->source, d, c->arena, &json, &ignored) < 0 ||
	    image_config_read(json, "config", c->arena, &config, &ignored) < 0 || !config.created)
		return;
	if (date_parse_rfc3339(view_of(config.created), &at_s) && at_s > c->created_s)
		c->created_s = at_s;
}

int copy_plan(struct copy *c, struct err *e)
{
	auto_walk w = { .source = c->source, .arena = c->arena };
	int rc = walk_image(&w, &c->root, e);

	if (rc < 0)
		return rc;
	c->n_documents = c->n_blobs = 0;
	c->documents = arena_array(c->arena, w.n + 1, sizeof(*c->documents));
	c->blobs = arena_array(c->arena, w.n + 1, sizeof(*c->blobs));
	for (size_t i = 0; rc == 0 && i < w.n; i++) {
		if (is_document(&w.at[i]))
			rc = take_document(c, &w.at[i], e);
		else if (!stays_behind(&w.at[i]))
			c->blobs[c->n_blobs++] = w.at[i];
	}
	return rc;
}

void copy_see_dates(struct copy *c)
{
	for (size_t i = 0; i < c->n_blobs; i++)
		see_date(c, &c->blobs[i]);
}
