/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pare history: the steps that made an image, newest first as docker history has them, each with
 * what its layer weighs and what of it is dead weight.
 */
#include "base/array.h"
#include "cmd/verbs.h"
#include "cmd/view_options.h"
#include "report/table.h"

#include <ctype.h>

struct history_options {
	struct view_flags view;
};

static const struct option history_rows[] = { VIEW_OPTIONS(struct history_options, view) };

/* A step: what the config says about it, its layer, or both. */
struct step {
	const struct history *history;
	const struct view_layer *layer;
};

struct steps {
	struct step *at;
	size_t n, cap;
};

static void steps_done(struct steps *s)
{
	free(s->at);
}

/*
 * Entries that aren't empty have the layers one after the other (OCI image-spec config.md,
 * history); layers that nobody speaks of come behind.
 */
static void pair(const struct image_view *v, struct steps *to)
{
	const struct image_config *config = &v->platform.config;
	size_t layer = 0;

	for (size_t i = 0; i < config->n_history; i++) {
		const struct history *h = &config->history[i];
		bool has = !h->empty_layer && layer < v->n_layers;

		*array_push(to) = (struct step){ h, has ? &v->layers[layer] : NULL };
		layer += has;
	}
	for (; layer < v->n_layers; layer++)
		*array_push(to) = (struct step){ NULL, &v->layers[layer] };
}

/* On one line: commands hold newlines and tabs. */
static const char *one_line(const char *text, struct arena *a)
{
	char *copy = arena_strdup(a, text ? text : "");

	for (char *p = copy; *p; p++)
		if (isspace((unsigned char)*p))
			*p = ' ';
	return copy;
}

static const char *date_of(const struct history *h, struct arena *a)
{
	return h && h->created ? arena_strndup(a, h->created, strcspn(h->created, "T")) : NULL;
}

static const char *command_of(const struct history *h, struct arena *a)
{
	if (!h)
		return "(no history)";
	if (h->comment && h->created_by)
		return arena_printf(a, "%s  # %s", one_line(h->created_by, a),
				    one_line(h->comment, a));
	return one_line(h->created_by ? h->created_by : h->comment, a);
}

static void add_row(struct table *t, const struct image_view *v, const struct step *s,
		    struct arena *a)
{
	const struct view_layer *l = s->layer;
	const char *cells[7] = { 0 };

	cells[1] = date_of(s->history, a);
	cells[6] = command_of(s->history, a);
	cells[0] = "-";
	if (l) {
		cells[0] = arena_printf(a, "%zu", (size_t)(l - v->layers) + 1);
		cells[2] = size_text(l->compressed_bytes, a);
		cells[3] = size_text(l->content_bytes, a);
		cells[4] = l->dead_bytes ? size_text(l->dead_bytes, a) : "0";
		cells[5] = arena_printf(a, "%zu", l->n_files);
	}
	table_add_row(t, cells);
}

static void print_table(struct command *c, const struct image_view *v, const struct steps *s)
{
	static const struct table_column columns[] = {
		{ "LAYER", true }, { "CREATED", false }, { "STORED", true },	  { "SIZE", true },
		{ "DEAD", true },  { "FILES", true },	 { "CREATED BY", false },
	};
	struct table_style style = {
		.max_columns = c->out_columns,
		.wrap = true,
		.color = c->out_color,
	};
	auto_buf out = BUF_EMPTY;
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = s->n; i-- > 0;)
		add_row(&t, v, &s->at[i], c->arena);
	table_write(&t, &style, &out);
	fwrite(out.data, 1, out.len, c->out);
}

static void add_layer(struct json_writer *w, const struct image_view *v, const struct view_layer *l,
		      struct arena *a)
{
	json_member_u64(w, "layer", (uint64_t)(l - v->layers) + 1);
	if (l->descriptor) {
		json_member_string(w, "digest", look_digest(&l->descriptor->digest, a));
		json_member_string(w, "mediaType", l->descriptor->media_type);
	}
	json_member_string(w, "diffId", look_digest(&l->diff_id, a));
	json_member_u64(w, "storedBytes", l->compressed_bytes);
	json_member_u64(w, "bytes", l->content_bytes);
	json_member_u64(w, "tarBytes", layer_index_totals(l->index)->tar_bytes);
	json_member_u64(w, "deadBytes", l->dead_bytes);
	json_member_u64(w, "files", l->n_files);
	json_member_u64(w, "deadFiles", l->n_dead_files);
}

static void print_json(struct command *c, const struct image_view *v, const struct steps *s)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_array(&w);
	for (size_t i = s->n; i-- > 0;) {
		const struct history *h = s->at[i].history;

		json_open_object(&w);
		json_member_string(&w, "created", h ? h->created : NULL);
		json_member_string(&w, "createdBy", h ? h->created_by : NULL);
		json_member_string(&w, "comment", h ? h->comment : NULL);
		json_member_string(&w, "author", h ? h->author : NULL);
		json_member_bool(&w, "emptyLayer", s->at[i].layer == NULL);
		if (s->at[i].layer)
			add_layer(&w, v, s->at[i].layer, c->arena);
		json_close_object(&w);
	}
	json_close_array(&w);
	buf_add_char(&out, '\n');
	fwrite(out.data, 1, out.len, c->out);
}

static int run_history(struct command *c, const void *options, struct err *e)
{
	const struct history_options *o = options;
	__attribute__((cleanup(steps_done))) struct steps steps = { 0 };
	auto_image_view v = NULL;
	int rc = open_view(c, c->operands[0], &o->view, &v, e);

	if (rc < 0)
		return rc;
	pair(v, &steps);
	if (c->globals.format == FORMAT_JSON)
		print_json(c, v, &steps);
	else
		print_table(c, v, &steps);
	return 0;
}

const struct verb verb_history = {
	.name = "history",
	.summary = "Show the steps that made an image, and what each weighs",
	.operands = "IMAGE",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare history hello --format json | jq 'map(.deadBytes) | add'",
	.options = OPTION_TABLE(history_rows),
	.options_size = sizeof(struct history_options),
	.run = run_history,
};
