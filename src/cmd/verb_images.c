/* SPDX-License-Identifier: Apache-2.0 */
/* pare images: what is in the local store. */
#include "base/array.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "report/table.h"
#include "report/text.h"
#include "view/look.h"

#include <string.h>

struct images_options {
	bool names;
	const char *store;
};

static const struct option images_rows[] = {
	OPTION(0, "names", BOOL, struct images_options, names, NULL,
	       "only names, one a line: for scripts"),
	OPTION(0, "store", STRING, struct images_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

static const struct table_column columns[] = {
	{ "NAME", false },    { "DIGEST", false },    { "SIZE", true },
	{ "CREATED", false }, { "PLATFORMS", false },
};

static const char *created_of(const struct look *l)
{
	return l->n_platforms ? l->platforms[0].config.created : NULL;
}

/* "2025-01-02T03:04:05Z" → "2025-01-02": nobody compares seconds in a list. */
static const char *date_of(const char *created, struct arena *a)
{
	return created ? arena_strndup(a, created, strcspn(created, "T")) : NULL;
}

static const char *platforms_of(const struct look *l, struct arena *a)
{
	auto_buf list = BUF_EMPTY;

	for (size_t i = 0; i < l->n_platforms; i++)
		buf_printf(&list, "%s%s", i ? ", " : "",
			   platform_text(&l->platforms[i].config.platform, a));
	return arena_view(a, buf_view(&list));
}

static void add_row(struct table *t, const char *name, const struct look *l, struct arena *a)
{
	auto_buf size = BUF_EMPTY;
	const char *cells[5];

	buf_add_size(&size, look_layers(l).bytes);
	cells[0] = name;
	cells[1] = look_short_digest(&l->root.digest, a);
	cells[2] = buf_str(&size);
	cells[3] = date_of(created_of(l), a);
	cells[4] = platforms_of(l, a);
	table_add_row(t, cells);
}

static void add_json(struct json_writer *w, const char *name, const struct look *l, struct arena *a)
{
	json_open_object(w);
	json_member_string(w, "name", name);
	json_member_string(w, "digest", look_digest(&l->root.digest, a));
	json_member_string(w, "mediaType", l->root.media_type);
	json_member_u64(w, "size", look_layers(l).bytes);
	json_member_string(w, "created", created_of(l));
	json_key(w, "platforms");
	json_open_array(w);
	for (size_t i = 0; i < l->n_platforms; i++)
		json_put_string(w, platform_text(&l->platforms[i].config.platform, a));
	json_close_array(w);
	json_close_object(w);
}

static void print_names(struct command *c, const struct store_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(c->out, "%s\n", entries[i].name);
}

/* An image that can't be read is named in a warning and doesn't hide the others. */
static void print_images(struct command *c, struct store *s, const struct store_entry *entries,
			 size_t n)
{
	struct table_style style = { .max_columns = c->out_columns, .color = c->out_color };
	bool json = c->globals.format == FORMAT_JSON;
	auto_place_source source = place_source_of_store(s);
	auto_buf out = BUF_EMPTY;
	struct json_writer w;
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	json_writer_init(&w, &out, 2);
	if (json)
		json_open_array(&w);
	for (size_t i = 0; i < n; i++) {
		struct look l;
		struct err e;

		if (look_read(source, &entries[i].descriptor, c->arena, &l, &e) < 0)
			monitor_warn(c->monitor, "image '%s': %s", entries[i].name, e.msg);
		else if (json)
			add_json(&w, entries[i].name, &l, c->arena);
		else
			add_row(&t, entries[i].name, &l, c->arena);
	}
	if (json) {
		json_close_array(&w);
		buf_add_char(&out, '\n');
	} else {
		table_write(&t, &style, &out);
	}
	fwrite(out.data, 1, out.len, c->out);
}

static int run_images(struct command *c, const void *options, struct err *e)
{
	const struct images_options *o = options;
	struct store_entry *entries;
	auto_store s = NULL;
	size_t n;
	int r;

	r = store_open(o->store, &s, e);
	if (r < 0)
		return r;
	r = store_list(s, c->arena, &entries, &n, e);
	if (r < 0)
		return r;
	if (o->names)
		print_names(c, entries, n);
	else
		print_images(c, s, entries, n);
	return 0;
}

const struct verb verb_images = {
	.name = "images",
	.summary = "List the images in the local store",
	.shows = true,
	.example = "pare images --format json",
	.options = OPTION_TABLE(images_rows),
	.options_size = sizeof(struct images_options),
	.run = run_images,
};
