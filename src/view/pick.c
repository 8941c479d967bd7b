/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of an image's platforms is looked at, and its documents. Attestations, which indexes list
 * as platform unknown/unknown, are none.
 */
#include "view/private.h"

#include "base/buf.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/machine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_INDEX_DEPTH = 4 }; /* indexes in indexes: nobody writes more than one */

struct choice {
	const char *arch;
	struct descriptor found;
	unsigned n_found, n_listed;
	struct descriptor only; /* the only one that is listed */
	struct buf list;
};

static bool is_unknown(const struct platform *p)
{
	return p && p->architecture && strcmp(p->architecture, "unknown") == 0;
}

/* An index need not say what it lists: then the config does. */
static int platform_of(struct image_view *v, const struct descriptor *d, struct platform *ret,
		       struct err *e)
{
	struct look look;
	int rc;

	if (d->platform) {
		*ret = *d->platform;
		return 0;
	}
	rc = look_read(v->own->source, d, &v->arena, &look, e);
	if (rc == 0)
		*ret = look.platforms[0].config.platform;
	return rc;
}

static int choose_from(struct image_view *v, const struct descriptor *d, unsigned depth,
		       struct choice *c, struct err *e);

static int choose_from_index(struct image_view *v, const struct descriptor *d, unsigned depth,
			     struct choice *c, struct err *e)
{
	struct image_index x;
	struct view json;
	int rc;

	if (depth == MAX_INDEX_DEPTH)
		return fail(e, FAIL_LIMIT, "indexes in indexes, more than %d deep",
			    MAX_INDEX_DEPTH);
	rc = place_source_read(v->own->source, d, &v->arena, &json, e);
	if (rc == 0)
		rc = image_index_read(json, look_digest(&d->digest, &v->arena), &v->arena, &x, e);
	for (size_t i = 0; rc == 0 && i < x.n_manifests; i++)
		rc = choose_from(v, &x.manifests[i], depth + 1, c, e);
	return rc;
}

static int choose_from(struct image_view *v, const struct descriptor *d, unsigned depth,
		       struct choice *c, struct err *e)
{
	struct platform p;
	int rc;

	if (look_is_index(d))
		return choose_from_index(v, d, depth, c, e);
	if (is_unknown(d->platform))
		return 0;
	rc = platform_of(v, d, &p, e);
	if (rc < 0)
		return rc;
	buf_printf(&c->list, "%s%s", c->n_listed++ ? ", " : "", look_platform_name(&p, &v->arena));
	c->only = *d;
	if (look_is_platform(&p, c->arch, &v->arena) && c->n_found++ == 0)
		c->found = *d;
	return 0;
}

static int choose(struct image_view *v, struct descriptor *ret, struct err *e)
{
	const char *wanted = v->own->options.arch;
	struct choice c = { .arch = wanted ? wanted : machine_architecture(), .list = BUF_EMPTY };
	int rc = choose_from(v, &v->root, 0, &c, e);

	/* an image for one platform needs no word about it */
	if (rc == 0 && c.n_found == 0 && c.n_listed == 1 && !wanted)
		c.found = c.only;
	else if (rc == 0 && c.n_found == 0)
		rc = fail(e, FAIL_NOT_FOUND, "no platform '%s' in '%.200s': it has %s%s", c.arch,
			  v->name, c.n_listed ? buf_str(&c.list) : "none",
			  wanted || !c.n_listed ? "" : "\nchoose with --arch");
	*ret = c.found;
	buf_done(&c.list);
	return rc;
}

static int set_layers(struct image_view *v, struct err *e)
{
	const struct manifest *m = &v->platform.manifest;
	const struct image_config *c = &v->platform.config;

	if (m->n_layers != c->n_diff_ids)
		return fail(e, FAIL_FORMAT, "the manifest has %zu layers and the config %zu",
			    m->n_layers, c->n_diff_ids);
	v->n_layers = m->n_layers;
	v->layers = arena_array(&v->arena, v->n_layers + 1, sizeof(*v->layers));
	for (size_t i = 0; i < v->n_layers; i++) {
		v->layers[i].descriptor = &m->layers[i];
		v->layers[i].diff_id = c->diff_ids[i];
		v->layers[i].history = look_layer_history(c, i);
		v->layers[i].compressed_bytes = m->layers[i].size;
	}
	return 0;
}

static int pick_image(struct image_view *v, struct err *e)
{
	struct descriptor manifest;
	struct look_image image = { 0 };
	struct look look;
	int rc = look_open(v->name, v->own->options.store_dir, &v->arena, &image, e);

	if (rc < 0)
		return rc;
	v->own->source = image.source;
	v->own->store = image.store;
	v->root = image.root;
	rc = choose(v, &manifest, e);
	if (rc == 0)
		rc = look_read(v->own->source, &manifest, &v->arena, &look, e);
	if (rc < 0)
		return rc;
	v->platform = look.platforms[0];
	return set_layers(v, e);
}

static int pick_rootfs(struct image_view *v, struct err *e)
{
	const char *path = v->own->place.path;
	struct stat st;

	if (stat(path, &st) < 0)
		return fail_sys(e, "open '%s'", path);
	v->is_rootfs = true;
	v->n_layers = 1;
	v->layers = arena_new(&v->arena, struct view_layer);
	if (S_ISDIR(st.st_mode))
		return dir_open(path, 0, &v->own->dir_fd, e);
	if (!S_ISREG(st.st_mode))
		return fail(e, FAIL_USAGE, "'%s' is neither a folder nor a tar", path);
	v->layers[0].compressed_bytes = (uint64_t)st.st_size;
	return 0;
}

int view_pick(struct image_view *v, struct err *e)
{
	int rc = place_parse(v->name, &v->arena, &v->own->place, e);

	if (rc < 0)
		return rc;
	return v->own->place.kind == PLACE_ROOTFS ? pick_rootfs(v, e) : pick_image(v, e);
}
