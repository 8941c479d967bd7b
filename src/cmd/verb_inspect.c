/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pare inspect: one image in detail. A summary for people, for programs the JSON that they know
 * from `docker image inspect`, or a document exactly as it is stored.
 */
#include "cmd/inspect.h"
#include "cmd/remote.h"
#include "cmd/verbs.h"

#include <string.h>

enum inspect_raw { RAW_NONE, RAW_MANIFEST, RAW_CONFIG, RAW_INDEX };

struct inspect_options {
	int raw; /* enum inspect_raw */
	const char *arch;
	const char *store;
};

static const char *const raw_choices[] = { "none", "manifest", "config", "index", NULL };

static const struct option inspect_rows[] = {
	OPTION(0, "raw", CHOICE, struct inspect_options, raw, "WHAT",
	       "the manifest, config or index as it is stored", .choices = raw_choices),
	OPTION('a', "arch", STRING, struct inspect_options, arch, "ARCH",
	       "only this platform, such as arm64 or arm/v7"),
	OPTION(0, "store", STRING, struct inspect_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

static const char *list_platforms(const struct look *l, struct arena *a)
{
	auto_buf list = BUF_EMPTY;

	for (size_t i = 0; i < l->n_platforms; i++)
		buf_printf(&list, "%s%s", i ? ", " : "",
			   platform_text(&l->platforms[i].config.platform, a));
	return arena_view(a, buf_view(&list));
}

static int find_raw(const struct look *l, enum inspect_raw what, struct arena *a, struct view *ret,
		    struct err *e)
{
	if (what == RAW_INDEX) {
		if (!l->is_index)
			return fail(e, FAIL_NOT_FOUND, "the image has no index, only a manifest");
		*ret = l->root_json;
		return 0;
	}
	if (l->n_platforms != 1)
		return fail(e, FAIL_USAGE, "which platform? the image has %s\nchoose with --arch",
			    list_platforms(l, a));
	*ret = what == RAW_CONFIG ? l->platforms[0].config_json : l->platforms[0].manifest_json;
	return 0;
}

static int print_image(struct command *c, const struct inspect_options *o,
		       const struct inspected *i, struct err *e)
{
	auto_buf out = BUF_EMPTY;
	struct view raw;
	int r;

	if (o->raw != RAW_NONE) {
		r = find_raw(&i->look, (enum inspect_raw)o->raw, c->arena, &raw, e);
		if (r < 0)
			return r;
		buf_add_view(&out, raw);
	} else if (c->globals.format == FORMAT_JSON) {
		inspect_json(i, c->arena, &out);
	} else {
		inspect_text(i, c->out_columns, c->out_color, c->arena, &out);
	}
	fwrite(buf_str(&out), 1, out.len, c->out);
	return 0;
}

/* All the names that the store has for the same image. */
static int find_names(struct store *s, struct inspected *i, struct arena *a, struct err *e)
{
	struct store_entry *entries;
	size_t n;
	int r = store_list(s, a, &entries, &n, e);

	if (r < 0)
		return r;
	i->names = arena_array(a, n + 1, sizeof(*i->names));
	for (size_t k = 0; k < n; k++)
		if (sha256_eq(&entries[k].descriptor.digest, &i->look.root.digest))
			i->names[i->n_names++] = entries[k].name;
	return 0;
}

static int run_inspect(struct command *c, const void *options, struct err *e)
{
	const struct inspect_options *o = options;
	struct inspected i = { .shown_as = c->operands[0] };
	auto_look_image image = { 0 };
	const struct platform_choice choice = { .wanted = o->arch, .name = c->operands[0] };
	struct place_access access;
	int r = remote_access(c, &access, e);

	if (r == 0)
		r = look_open(c->operands[0], o->store, &access, c->arena, &image, e);
	if (r < 0)
		return r;
	if (o->arch)
		r = look_read_one(image.source, &image.root, &choice, c->arena, &i.look, e);
	else
		r = look_read(image.source, &image.root, c->arena, &i.look, e);
	if (r < 0)
		return r;
	if (image.store) {
		r = find_names(image.store, &i, c->arena, e);
		if (r < 0)
			return r;
	}
	return print_image(c, o, &i, e);
}

const struct verb verb_inspect = {
	.name = "inspect",
	.summary = "Show what an image is made of and how it runs",
	.operands = "IMAGE",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare inspect hello --format json | jq '.[0].Config'",
	.options = OPTION_TABLE(inspect_rows),
	.options_size = sizeof(struct inspect_options),
	.run = run_inspect,
};
