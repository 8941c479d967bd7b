/* SPDX-License-Identifier: Apache-2.0 */
/* One copy from beginning to end; see copy.h. */
#include "copy/copy.h"

#include <string.h>

#include "base/mem.h"
#include "copy/private.h"
#include "sys/fd.h"

static bool is_archive(const struct place *p)
{
	return p->kind == PLACE_OCI_ARCHIVE || p->kind == PLACE_DOCKER_ARCHIVE;
}

/* A file is needed where a stream comes in and no target keeps files. */
static bool needs_stage(const struct copy *c, const struct place *to, size_t n_to)
{
	for (size_t i = 0; i < n_to; i++) {
		if (is_archive(&to[i]) ||
		    (to[i].kind == PLACE_REGISTRY && !place_source_store(c->source)) ||
		    (to[i].kind == PLACE_DAEMON && place_source_is_far(c->source)))
			return true;
	}
	return c->o->format != COPY_FORMAT_KEEP || c->o->codec != CODEC_PLAIN;
}

/* The digest of the image's config, which an engine knows the image by; NULL of several images. */
static const struct sha256 *config_digest(struct copy *c)
{
	struct manifest *m = arena_new(c->arena, struct manifest);
	struct err ignored;

	if (!is_manifest_type(c->root.media_type) ||
	    manifest_read(c->documents[c->n_documents - 1].bytes, "manifest", c->arena, m,
			  &ignored) < 0)
		return NULL;
	return &m->config.digest;
}

static int open_targets(struct copy *c, const struct place *to, size_t n_to, struct err *e)
{
	struct target_options o = {
		.store_dir = c->o->store_dir,
		.stage = c->stage_path,
		.source = c->source,
		.config = config_digest(c),
		.root = &c->root.digest,
	};
	int rc = 0;

	c->targets = arena_array(c->arena, n_to, sizeof(*c->targets));
	for (size_t i = 0; rc == 0 && i < n_to; i++) {
		rc = place_target_open(&to[i], &o, &c->targets[i], e);
		c->n_targets += rc == 0;
	}
	return rc;
}

/* Documents, children first, into every target; the last one names the image. *n_done have it. */
static int put_documents(struct copy *c, size_t *n_done, struct err *e)
{
	int rc = 0;

	for (size_t t = 0; rc == 0 && t < c->n_targets; t++) {
		for (size_t i = 0; rc == 0 && i + 1 < c->n_documents; i++)
			rc = place_target_put_document(c->targets[t], &c->documents[i].d,
						       c->documents[i].bytes, e);
		if (rc == 0)
			rc = place_target_finish(c->targets[t], &c->root,
						 c->documents[c->n_documents - 1].bytes,
						 c->created_s, e);
		*n_done += rc == 0;
	}
	return rc;
}

/* Of several places: where the image is in spite of the failure. */
static int hint_places(size_t n_done, size_t n_to, struct err *e)
{
	if (n_to == 1 || e->code == FAIL_INTERRUPTED)
		return -(int)e->code;
	return err_hint(e,
			"%zu of the %zu places have the image; the same command again goes on "
			"from here",
			n_done, n_to);
}

/* Who took the image in one stream took all of it. */
static void count_streamed(const struct copy *c, struct copy_result *ret)
{
	for (size_t i = 0; i < c->n_targets; i++) {
		if (!place_target_sent(c->targets[i]))
			continue;
		ret->n_sent = ret->n_blobs;
		ret->sent_bytes = ret->bytes;
	}
}

static int run(struct copy *c, const struct place *to, size_t n_to, struct copy_result *ret,
	       struct err *e)
{
	bool staged = needs_stage(c, to, n_to);
	size_t n_done = 0;
	int rc = copy_choose(c, e);

	if (rc == 0)
		rc = copy_plan(c, e);
	if (rc == 0 && staged)
		rc = copy_open_stage(c, e);
	if (rc == 0)
		rc = copy_convert(c, e);
	if (rc == 0)
		rc = open_targets(c, to, n_to, e);
	for (size_t i = 0; rc == 0 && i < n_to; i++)
		if ((is_archive(&to[i]) || to[i].kind == PLACE_DAEMON) && c->created_s == 0)
			copy_see_dates(c);
	if (rc == 0)
		rc = copy_blobs(c, ret, e);
	if (rc == 0)
		rc = put_documents(c, &n_done, e);
	if (rc == 0)
		count_streamed(c, ret);
	for (size_t i = 0; i < c->n_targets; i++)
		place_target_close(c->targets[i]);
	copy_close_stage(c, rc == 0);
	ret->root = c->root;
	return rc < 0 ? hint_places(n_done, n_to, e) : 0;
}

static int copy_with(struct copy *c, const struct place *to, size_t n_to, struct copy_result *ret,
		     struct err *e)
{
	*ret = (struct copy_result){ 0 };
	c->to_places = to;
	c->stage_folder = c->stage_lock = -1;
	if (n_to == 0 || n_to > COPY_MAX_TARGETS)
		return fail(e, FAIL_USAGE, "%zu places to copy to: expected 1 to %d", n_to,
			    COPY_MAX_TARGETS);
	return run(c, to, n_to, ret, e);
}

int copy_from(struct place_source *from, const struct descriptor *root, const struct place *to,
	      size_t n_to, const struct copy_options *o, struct arena *a, struct copy_result *ret,
	      struct err *e)
{
	struct copy c = { .o = o, .arena = a, .source = from, .root = *root };

	return copy_with(&c, to, n_to, ret, e);
}

int copy_image(const struct place *from, const struct place *to, size_t n_to,
	       const struct copy_options *o, struct arena *a, struct copy_result *ret,
	       struct err *e)
{
	struct copy c = { .o = o, .arena = a, .from_place = from };
	int rc = place_open(from, o->store_dir, a, &c.source, &c.root, e);

	if (rc < 0)
		return rc;
	rc = copy_with(&c, to, n_to, ret, e);
	place_source_close(c.source);
	return rc;
}
