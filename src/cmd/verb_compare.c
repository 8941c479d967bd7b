/* SPDX-License-Identifier: Apache-2.0 */
/* pare compare: several images side by side, a row each, with what an audit finds. */
#include "base/array.h"
#include "cmd/judge.h"
#include "cmd/verbs.h"
#include "report/table.h"
#include "view/facts.h"

struct compare_options {
	const char *policy;
	struct view_flags view;
};

static const struct option compare_rows[] = {
	OPTION('p', "policy", STRING, struct compare_options, policy, "POLICY",
	       "count findings by default, strict, base or a file", .complete = COMPLETE_FILE),
	VIEW_OPTIONS(struct compare_options, view),
};

/* What is shown of an image. A further column is a line here, and its value in fill(). */
enum column {
	COLUMN_STORED,
	COLUMN_SIZE,
	COLUMN_DEAD,
	COLUMN_LAYERS,
	COLUMN_FILES,
	COLUMN_EXECUTABLES,
	COLUMN_SETUID,
	COLUMN_SHELLS,
	COLUMN_MANAGERS,
	COLUMN_PACKAGES,
	COLUMN_ERRORS,
	COLUMN_WARNINGS,
	COLUMN_NOTES,
	N_COLUMNS,
};

static const struct {
	const char *title, *key;
	bool bytes;
} columns[N_COLUMNS] = {
	[COLUMN_STORED] = { "STORED", "storedBytes", true },
	[COLUMN_SIZE] = { "SIZE", "bytes", true },
	[COLUMN_DEAD] = { "DEAD", "deadBytes", true },
	[COLUMN_LAYERS] = { "LAYERS", "layers", false },
	[COLUMN_FILES] = { "FILES", "files", false },
	[COLUMN_EXECUTABLES] = { "EXEC", "executables", false },
	[COLUMN_SETUID] = { "SETUID", "setuid", false },
	[COLUMN_SHELLS] = { "SHELLS", "shells", false },
	[COLUMN_MANAGERS] = { "MGRS", "packageManagers", false },
	[COLUMN_PACKAGES] = { "PKGS", "packages", false },
	[COLUMN_ERRORS] = { "ERR", "errors", false },
	[COLUMN_WARNINGS] = { "WARN", "warnings", false },
	[COLUMN_NOTES] = { "NOTE", "notes", false },
};

static void fill(const struct judged *j, uint64_t *ret)
{
	const struct image_view *v = j->view;
	struct image_facts f;

	image_facts(v, &f);
	ret[COLUMN_STORED] = view_compressed_bytes(v);
	ret[COLUMN_SIZE] = view_content_bytes(v);
	ret[COLUMN_DEAD] = view_dead_bytes(v);
	ret[COLUMN_LAYERS] = v->n_layers;
	ret[COLUMN_FILES] = f.n_files;
	ret[COLUMN_EXECUTABLES] = f.n_executables;
	ret[COLUMN_SETUID] = f.n_setuid;
	ret[COLUMN_SHELLS] = f.n_shells;
	ret[COLUMN_MANAGERS] = f.n_package_managers;
	ret[COLUMN_PACKAGES] = v->n_packages;
	ret[COLUMN_ERRORS] = j->audit.counts.errors;
	ret[COLUMN_WARNINGS] = j->audit.counts.warnings;
	ret[COLUMN_NOTES] = j->audit.counts.notes;
}

static void add_row(struct table *t, const char *name, const uint64_t *values, struct arena *a)
{
	const char *cells[N_COLUMNS + 1];

	cells[0] = name;
	for (size_t i = 0; i < N_COLUMNS; i++)
		cells[i + 1] = !columns[i].bytes || values[i] == 0
				       ? arena_printf(a, "%llu", (unsigned long long)values[i])
				       : size_text(values[i], a);
	table_add_row(t, cells);
}

static void add_json(struct json_writer *w, const char *name, const uint64_t *values)
{
	json_open_object(w);
	json_member_string(w, "image", name);
	for (size_t i = 0; i < N_COLUMNS; i++)
		json_member_u64(w, columns[i].key, values[i]);
	json_close_object(w);
}

/* One image at a time is open: many large ones would take much memory. */
static int add_images(struct command *c, const struct compare_options *o, struct table *t,
		      struct json_writer *w, struct err *e)
{
	for (int i = 0; i < c->n_operands; i++) {
		uint64_t values[N_COLUMNS];
		auto_judged j = { 0 };
		int rc = judge_open(c, c->operands[i], &o->view, o->policy, &j, e);

		if (rc == 0)
			rc = judge_run(c, &j, NULL, 0, e);
		if (rc < 0)
			return err_context(e, "%.200s", c->operands[i]);
		fill(&j, values);
		if (w)
			add_json(w, c->operands[i], values);
		else
			add_row(t, c->operands[i], values, c->arena);
	}
	return 0;
}

/* A row each; on a terminal that is too narrow for that, a column each. */
static void print(struct command *c, const struct table *t, struct buf *to)
{
	struct table_style style = { .color = c->out_color };
	struct table_column *names =
		arena_array(c->arena, (size_t)c->n_operands + 1, sizeof(*names));
	auto_table turned;

	table_turn(t, names, &turned);
	if (c->out_columns && table_width(t) > c->out_columns &&
	    table_width(&turned) < table_width(t))
		table_write(&turned, &style, to);
	else
		table_write(t, &style, to);
}

static int run_compare(struct command *c, const void *options, struct err *e)
{
	struct table_column titles[N_COLUMNS + 1] = { { "IMAGE", false } };
	bool json = c->globals.format == FORMAT_JSON;
	auto_buf out = BUF_EMPTY;
	struct json_writer w;
	auto_table t;
	int rc;

	for (size_t i = 0; i < N_COLUMNS; i++)
		titles[i + 1] = (struct table_column){ columns[i].title, true };
	table_init(&t, titles, COUNT_OF(titles));
	json_writer_init(&w, &out, 2);
	if (json)
		json_open_array(&w);
	rc = add_images(c, options, &t, json ? &w : NULL, e);
	if (rc < 0)
		return rc;
	if (json) {
		json_close_array(&w);
		buf_add_char(&out, '\n');
	} else {
		print(c, &t, &out);
	}
	fwrite(out.data, 1, out.len, c->out);
	return 0;
}

const struct verb verb_compare = {
	.name = "compare",
	.summary = "Compare images by size, files, packages and findings",
	.operands = "IMAGE...",
	.min_operands = 1,
	.max_operands = ARITY_ANY,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare compare hello oci-archive:other.tar",
	.options = OPTION_TABLE(compare_rows),
	.options_size = sizeof(struct compare_options),
	.run = run_compare,
};
