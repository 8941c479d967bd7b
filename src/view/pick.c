/* SPDX-License-Identifier: Apache-2.0 */
/* Opens what is looked at: the documents of one platform of an image, or a plain tree. */
#include "view/private.h"

#include "place/choose.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <fcntl.h>
#include <sys/stat.h>

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

static int open_image(struct image_view *v, struct err *e)
{
	struct look_image image = { 0 };
	int rc = look_open(v->name, v->own->options.store_dir, v->own->options.access, &v->arena,
			   &image, e);

	if (rc < 0)
		return rc;
	v->own->source = image.source;
	v->own->store = image.store;
	v->root = image.root;
	return 0;
}

static int pick_image(struct image_view *v, struct err *e)
{
	const struct platform_choice choice = {
		.wanted = v->own->options.arch,
		.name = v->name,
		.hint = "choose with --arch",
	};
	struct descriptor manifest;
	struct look look;
	int rc = place_choose(v->own->source, &v->root, &choice, &v->arena, &manifest, e);

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
	const struct view_options *o = &v->own->options;
	int rc;

	if (o->source) {
		v->own->source = o->source;
		v->root = *o->root;
		return pick_image(v, e);
	}
	rc = place_parse(v->name, &v->arena, &v->own->place, e);
	if (rc < 0)
		return rc;
	if (v->own->place.kind == PLACE_ROOTFS)
		return pick_rootfs(v, e);
	rc = open_image(v, e);
	return rc < 0 ? rc : pick_image(v, e);
}
