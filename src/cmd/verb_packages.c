/* SPDX-License-Identifier: Apache-2.0 */
/* pare packages: what a recipe resolves to, and what asked for each package. */
#include "base/buf.h"
#include "cmd/recipe_options.h"
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "report/table.h"
#include "report/text.h"

struct packages_options {
	struct recipe_options recipe;
};

static const struct option packages_rows[] = {
	RECIPE_OPTIONS(struct packages_options, recipe),
};

static const struct table_column columns[] = {
	{ "NAME", false },     { "VERSION", false },	  { "ARCH", false },
	{ "INSTALLED", true }, { "ASKED FOR BY", false },
};

static void print_table(struct command *c, const struct lock *l, const struct strings *archs)
{
	struct table_style style = { .max_columns = c->out_columns, .color = c->out_color };
	auto_buf out = BUF_EMPTY;
	auto_table t;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t a = 0; a < archs->n; a++) {
		const struct lock_arch *la = lock_find_arch(l, archs->at[a]);

		for (size_t i = 0; la && i < la->n_packages; i++) {
			const struct lock_package *p = &la->packages[i];
			auto_buf size = BUF_EMPTY;

			buf_add_size(&size, p->installed_bytes);
			table_add_row(&t, (const char *const[]){ p->name, p->version, p->arch,
								 buf_str(&size), p->asked_by });
		}
	}
	table_write(&t, &style, &out);
	fputs(buf_str(&out), c->out);
}

static void write_package(struct json_writer *w, const struct lock *l, const char *arch,
			  const struct lock_package *p)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&p->digest, hex);
	json_open_object(w);
	json_member_string(w, "platform", arch);
	json_member_string(w, "name", p->name);
	json_member_string(w, "version", p->version);
	json_member_string(w, "arch", p->arch);
	json_member_string(w, "source", p->source);
	json_member_u64(w, "installedBytes", p->installed_bytes);
	json_member_u64(w, "size", p->size_bytes);
	json_member_string(w, "sha256", hex);
	json_member_string(w, "suite", l->indexes[p->index].suite);
	json_member_string(w, "askedBy", p->asked_by);
	json_close_object(w);
}

static void print_json(struct command *c, const struct lock *l, const struct strings *archs)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_array(&w);
	for (size_t a = 0; a < archs->n; a++) {
		const struct lock_arch *la = lock_find_arch(l, archs->at[a]);

		for (size_t i = 0; la && i < la->n_packages; i++)
			write_package(&w, l, la->arch, &la->packages[i]);
	}
	json_close_array(&w);
	fprintf(c->out, "%s\n", buf_str(&out));
}

static int run_packages(struct command *c, const void *options, struct err *e)
{
	const struct packages_options *o = options;
	struct session_options wishes = { .recipe = &o->recipe };
	auto_lock lock = NULL;
	auto_session s;
	int rc = session_open(c, &wishes, &s, e);

	if (rc == 0) {
		s.only_look = true;
		rc = session_lock(&s, false, &lock, e);
	}
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_json(c, lock, &s.archs);
	else
		print_table(c, lock, &s.archs);
	return 0;
}

const struct verb verb_packages = {
	.name = "packages",
	.summary = "Show the packages of a recipe's image",
	.rare = true,
	.operands = "[RECIPE]",
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare packages --profile distroless/cc",
	.options = OPTION_TABLE(packages_rows),
	.options_size = sizeof(struct packages_options),
	.run = run_packages,
};
