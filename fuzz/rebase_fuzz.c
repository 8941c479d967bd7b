/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three configs, a line each: the old base's, the image's, the new base's. What comes of them must
 * have the layers that it should, and onto the old base again be what the image was.
 */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "rebase/private.h"

static int read_image(struct view text, struct arena *a, struct look_platform *ret)
{
	struct err e;

	*ret = (struct look_platform){ .config_json = text };
	if (image_config_read(text, "config", a, &ret->config, &e) < 0)
		return -1;
	ret->manifest.n_layers = ret->config.n_diff_ids;
	return 0;
}

static bool same_strings(const struct strings *a, const struct strings *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return a->n == b->n;
}

static void check_back(const struct look_platform *old, const struct look_platform *image,
		       struct arena *a)
{
	const struct image_config *i = &image->config;
	struct image_config c;

	rebase_merge(&old->config, i, &old->config, a, &c);
	assert(same_text(c.user, i->user) && same_text(c.working_dir, i->working_dir));
	assert(same_text(c.stop_signal, i->stop_signal));
	assert(same_strings(&c.entrypoint, &i->entrypoint) && same_strings(&c.cmd, &i->cmd));
	for (size_t k = 0; k < i->labels.n; k++)
		assert(same_text(pairs_get(&c.labels, i->labels.at[k].key),
				 pairs_get(&i->labels, i->labels.at[k].key)));
}

static void move(const struct moved *m, struct arena *a)
{
	size_t n_own = m->image->config.n_diff_ids - m->old.config.n_diff_ids;
	struct image_config c;
	struct view text;
	struct err e;

	rebase_merge(&m->old.config, &m->image->config, &m->fresh.config, a, &c);
	(void)rebase_splice(m, a, &c);
	assert(c.n_diff_ids == m->fresh.config.n_diff_ids + n_own);
	if (rebase_write_config(m, &c, a, &text, &e) < 0)
		assert(e.code == FAIL_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_make((const char *)data, size), lines[3];
	struct moved m = { 0 };
	struct look_platform image;
	auto_arena a = ARENA_EMPTY;
	struct err e;

	for (size_t i = 0; i < 3; i++)
		if (!view_split(&rest, '\n', &lines[i]))
			return 0;
	m.image = &image;
	if (read_image(lines[0], &a, &m.old) < 0 || read_image(lines[1], &a, &image) < 0 ||
	    read_image(lines[2], &a, &m.fresh) < 0)
		return 0;
	check_back(&m.old, &image, &a);
	if (rebase_check_prefix(&m, "base", &a, &e) == 0)
		move(&m, &a);
	return 0;
}
