/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to copy: one platform or all, the documents, and the blobs that they name. */
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "copy/private.h"
#include "sys/machine.h"

static const char *platform_text(const struct platform *p, struct arena *a)
{
	return arena_printf(a, "%s/%s%s%s", p->os, p->architecture, p->variant ? "/" : "",
			    p->variant ? p->variant : "");
}

/* "arm64", "arm/v7", "linux/arm64". */
static bool is_wanted(const struct platform *p, const char *wanted, struct arena *a)
{
	const char *full = platform_text(p, a);

	return strcmp(full, wanted) == 0 || strcmp(strchr(full, '/') + 1, wanted) == 0 ||
	       strcmp(p->architecture, wanted) == 0;
}

/* An index need not say what it lists: then the config does. */
static int platform_of(struct copy *c, const struct descriptor *d, const struct platform **ret,
		       struct err *e)
{
	struct image_config *config = arena_new(c->arena, struct image_config);
	struct manifest m;
	struct view json;
	int rc;

	*ret = d->platform;
	if (d->platform)
		return 0;
	rc = place_source_read(c->source, d, c->arena, &json, e);
	if (rc == 0)
		rc = manifest_read(json, "manifest", c->arena, &m, e);
	if (rc == 0)
		rc = place_source_read(c->source, &m.config, c->arena, &json, e);
	if (rc == 0)
		rc = image_config_read(json, "config", c->arena, config, e);
	*ret = &config->platform;
	return rc;
}

struct choice {
	const char *wanted;
	struct descriptor found, only;
	size_t n_found, n_listed;
	struct buf list;
};

static int consider(struct copy *c, const struct descriptor *d, unsigned depth,
		    struct choice *choice, struct err *e)
{
	const struct platform *p;
	struct image_index x;
	struct view json;
	int rc;

	if (depth > WALK_MAX_DEPTH)
		return fail(e, FAIL_LIMIT, "indexes are nested more than %d levels deep",
			    WALK_MAX_DEPTH);
	if (is_index_type(d->media_type)) {
		rc = place_source_read(c->source, d, c->arena, &json, e);
		if (rc == 0)
			rc = image_index_read(json, "index", c->arena, &x, e);
		for (size_t i = 0; rc == 0 && i < x.n_manifests; i++)
			rc = consider(c, &x.manifests[i], depth + 1, choice, e);
		return rc;
	}
	rc = platform_of(c, d, &p, e);
	if (rc < 0 || strcmp(p->architecture, "unknown") == 0) /* an attestation */
		return rc;
	buf_printf(&choice->list, "%s%s", choice->n_listed++ ? ", " : "",
		   platform_text(p, c->arena));
	choice->only = *d;
	if (is_wanted(p, choice->wanted, c->arena) && choice->n_found++ == 0)
		choice->found = *d;
	return 0;
}

int copy_choose(struct copy *c, struct err *e)
{
	const char *arch = c->o->arch;
	struct choice choice = { .wanted = arch ? arch : machine_architecture() };
	int rc;

	if (c->o->all || (!arch && !is_index_type(c->root.media_type)))
		return 0;
	rc = consider(c, &c->root, 0, &choice, e);
	if (rc == 0 && choice.n_found)
		c->root = choice.found;
	else if (rc == 0 && choice.n_listed == 1 && !arch)
		c->root = choice.only;
	else if (rc == 0)
		rc = fail(e, FAIL_NOT_FOUND, "no platform '%s': it has %s%s", choice.wanted,
			  choice.n_listed ? buf_str(&choice.list) : "none",
			  arch || !choice.n_listed ? "" : "\nchoose with --arch, or take --all");
	buf_done(&choice.list);
	/* what an index says of an image is not the image's */
	c->root.platform = NULL;
	c->root.annotations = NULL;
	c->root.n_annotations = 0;
	return rc;
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
