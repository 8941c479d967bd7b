/* SPDX-License-Identifier: Apache-2.0 */
/* An image for people: what runs and how, then the layers and what each is for. */
#include "cmd/inspect.h"

#include "base/array.h"
#include "fmt/json.h"
#include "report/table.h"
#include "report/text.h"

enum { INSPECT_LABEL_COLUMNS = 13 };

struct writer {
	struct buf *to;
	struct arena *arena;
	unsigned int columns;
	bool color;
};

/* "Label       value"; without a label the value goes below the one before. */
static void add_field(struct writer *w, const char *label, const char *value)
{
	auto_buf safe = BUF_EMPTY;

	if (!value || !*value)
		return;
	text_add_safe(&safe, view_of(value));
	buf_printf(w->to, "%s%-*s%s", w->color && *label ? "\033[1m" : "", INSPECT_LABEL_COLUMNS,
		   label, w->color && *label ? "\033[0m" : "");
	buf_printf(w->to, "%s\n", buf_str(&safe));
}

static void add_lines(struct writer *w, const char *label, const struct strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		add_field(w, i ? "" : label, list->at[i]);
}

static void add_pairs(struct writer *w, const char *label, const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++)
		add_field(w, i ? "" : label,
			  arena_printf(w->arena, "%s=%s", pairs->at[i].key, pairs->at[i].value));
}

/* As Dockerfiles write it: ["/hello", "--flag"]. */
static void add_command(struct writer *w, const char *label, const struct strings *words)
{
	auto_buf json = BUF_EMPTY, spaced = BUF_EMPTY;
	struct json_writer writer;

	if (words->n == 0)
		return;
	for (size_t i = 0; i < words->n; i++) {
		buf_clear(&json);
		json_writer_init(&writer, &json, 0);
		json_put_string(&writer, words->at[i]);
		buf_printf(&spaced, "%s%s", i ? ", " : "[", buf_str(&json));
	}
	buf_add_char(&spaced, ']');
	add_field(w, label, buf_str(&spaced));
}

static void add_size(struct writer *w, const struct look_platform *p)
{
	auto_buf size = BUF_EMPTY;

	buf_add_size(&size, p->layer_bytes);
	buf_printf(&size, " in %zu %s", p->manifest.n_layers,
		   p->manifest.n_layers == 1 ? "layer" : "layers");
	add_field(w, "Size", buf_str(&size));
}

static void add_layers(struct writer *w, const struct look_platform *p)
{
	static const struct table_column columns[] = {
		{ "LAYER", false },
		{ "SIZE", true },
		{ "CREATED BY", false },
	};
	struct table_style style = { .max_columns = w->columns, .color = w->color };
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = 0; i < p->manifest.n_layers; i++) {
		const struct descriptor *d = &p->manifest.layers[i];
		const struct history *h = look_layer_history(&p->config, i);
		auto_buf size = BUF_EMPTY;
		const char *cells[3];

		buf_add_size(&size, d->size);
		cells[0] = look_short_digest(&d->digest, w->arena);
		cells[1] = buf_str(&size);
		cells[2] = h ? h->created_by : NULL;
		table_add_row(&t, cells);
	}
	buf_add_char(w->to, '\n');
	table_write(&t, &style, w->to);
}

static void add_platform(struct writer *w, const struct look_platform *p)
{
	const struct image_config *c = &p->config;

	add_field(w, "Platform", platform_text(&c->platform, w->arena));
	add_field(w, "Manifest", look_digest(&p->descriptor.digest, w->arena));
	add_field(w, "Config", look_digest(&p->manifest.config.digest, w->arena));
	add_field(w, "Created", c->created);
	add_field(w, "Author", c->author);
	add_size(w, p);
	add_field(w, "User", c->user && *c->user ? c->user : "0 (root)");
	add_command(w, "Entrypoint", &c->entrypoint);
	add_command(w, "Cmd", &c->cmd);
	add_field(w, "Directory", c->working_dir);
	add_lines(w, "Environment", &c->env);
	add_lines(w, "Ports", &c->exposed_ports);
	add_lines(w, "Volumes", &c->volumes);
	add_field(w, "Stop signal", c->stop_signal);
	add_pairs(w, "Labels", &c->labels);
	add_pairs(w, "Annotations", &p->manifest.annotations);
	add_layers(w, p);
}

void inspect_text(const struct inspected *i, unsigned int columns, bool color, struct arena *a,
		  struct buf *to)
{
	struct writer w = { .to = to, .arena = a, .columns = columns, .color = color };

	if (i->n_names == 0)
		add_field(&w, "Image", i->shown_as);
	for (size_t k = 0; k < i->n_names; k++)
		add_field(&w, k ? "" : "Image", i->names[k]);
	if (i->look.is_index)
		add_field(&w, "Index", look_digest(&i->look.root.digest, a));
	for (size_t k = 0; k < i->look.n_platforms; k++) {
		if (i->look.is_index)
			buf_add_char(to, '\n');
		add_platform(&w, &i->look.platforms[k]);
	}
}
