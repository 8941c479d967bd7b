/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts; the lint test holds the manual to the same words. */
#include "cmd/usage.h"

#include "cmd/parse.h"

#include <string.h>

enum {
	USAGE_COLUMNS = 72,
	USAGE_MAX_NAME_COLUMNS = 28, /* longer option names get a line of their own */
};

/* "-t, --tag=NAME", the way help and manual show an option. */
static void option_name(const struct option *o, struct buf *to)
{
	if (o->letter)
		buf_printf(to, "-%c, ", o->letter);
	buf_printf(to, "--%s%s", o->negatable ? "[no-]" : "", o->name);
	if (o->kind == OPTION_OPTIONAL)
		buf_printf(to, "[=%s]", o->value);
	else if (o->kind != OPTION_BOOL)
		buf_printf(to, "=%s", o->value);
}

static size_t name_columns(const struct option *o)
{
	auto_buf name = BUF_EMPTY;

	option_name(o, &name);
	return name.len + (o->letter ? 0 : 4);
}

static size_t widest(const struct option_table *table, size_t width)
{
	for (size_t i = 0; i < table->n; i++) {
		size_t name = name_columns(&table->at[i]);

		if (name > width && name <= USAGE_MAX_NAME_COLUMNS)
			width = name;
	}
	return width;
}

static void add_options(const struct option_table *table, size_t width, struct buf *to)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct option *o = &table->at[i];
		auto_buf name = BUF_EMPTY;

		option_name(o, &name);
		buf_printf(to, "  %s%s", o->letter ? "" : "    ", buf_str(&name));
		if (name_columns(o) > width)
			buf_printf(to, "\n  %*s", (int)width, "");
		else
			buf_printf(to, "%*s", (int)(width - name_columns(o)), "");
		buf_printf(to, "  %s\n", o->help);
	}
}

/* "build [OPTIONS] RECIPE [-- ARG...]" */
static void synopsis(const struct verb *v, struct buf *to)
{
	buf_printf(to, "%s [OPTIONS]", v->name);
	if (v->operands)
		buf_printf(to, " %s", v->operands);
	if (v->takes_arguments)
		buf_add_str(to, " [-- ARG...]");
}

void usage_verb(const struct verb *v, struct buf *to)
{
	size_t width = widest(&global_options, widest(&v->options, 0));
	const struct option_table *shared;

	for (size_t i = 0; (shared = shared_options(v, i)); i++)
		width = widest(shared, width);
	buf_add_str(to, "Usage: pare ");
	synopsis(v, to);
	buf_printf(to, "\n\n%s.\n\nOptions:\n", v->summary);
	add_options(&v->options, width, to);
	for (size_t i = 0; (shared = shared_options(v, i)); i++)
		add_options(shared, width, to);
	add_options(&global_options, width, to);
	buf_printf(to, "\nExample:\n  %s\n\nManual: man pare-%s\n", v->example, v->name);
}

/* By their names alone, so that the help of the program fits a screen. */
static void add_rare_verbs(struct buf *to)
{
	size_t line = USAGE_COLUMNS;

	for (size_t i = 0; i < n_verbs; i++) {
		if (!verbs[i]->rare)
			continue;
		if (line + strlen(verbs[i]->name) + 2 > USAGE_COLUMNS) {
			buf_add_str(to, "\n ");
			line = 1;
		}
		buf_printf(to, " %s", verbs[i]->name);
		line += strlen(verbs[i]->name) + 1;
	}
	buf_add_char(to, '\n');
}

void usage_program(struct buf *to)
{
	size_t width = widest(&global_options, 0);

	buf_add_str(to, "Usage: pare VERB [OPTIONS] [OPERANDS]\n\n"
			"Build the smallest container image that runs a program, from signed\n"
			"packages, without root, daemon or Docker.\n\nVerbs:\n");
	for (size_t i = 0; i < n_verbs; i++) {
		if (!verbs[i]->rare)
			buf_printf(to, "  %-*s  %s\n", (int)width, verbs[i]->name,
				   verbs[i]->summary);
	}
	buf_add_str(to, "\nMore verbs:");
	add_rare_verbs(to);
	buf_add_str(to, "\nOptions of every verb:\n");
	add_options(&global_options, width, to);
	buf_add_str(to, "\nExample:\n  pare build --profile distroless/cc:nonroot -t cc\n\n"
			"'pare VERB --help' tells more; so does 'man pare'.\n");
}
