/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what is told of images, and names the formats; see report.h. */
#include "report/report.h"

#include "base/array.h"

#include <stdlib.h>

const char *const report_format_names[REPORT_FORMATS + 1] = {
	[REPORT_TABLE] = "table", [REPORT_JSON] = "json",     [REPORT_SARIF] = "sarif",
	[REPORT_JUNIT] = "junit", [REPORT_GITHUB] = "github", [REPORT_MARKDOWN] = "markdown",
	[REPORT_HTML] = "html",
};

void report_init(struct report *r)
{
	*r = (struct report){ .arena = ARENA_EMPTY };
}

void report_done(struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->at[i]->layers.at);
		free(r->at[i]->packages.at);
		free(r->at[i]->parts.at);
		map_done(&r->at[i]->part_index);
	}
	free(r->at);
	arena_done(&r->arena);
	*r = (struct report){ .arena = ARENA_EMPTY };
}

struct report_image *report_add_image(struct report *r, const char *name)
{
	struct report_image *i = arena_new(&r->arena, struct report_image);

	i->name = name;
	for (size_t k = 0; k < AUDIT_RULES; k++)
		i->checked[k] = audit_rules[k].group != AUDIT_UPDATES;
	*array_push(r) = i;
	return i;
}

void report_add_file(struct report *r, struct report_image *i, size_t layer, const char *package,
		     struct view folder, uint64_t bytes)
{
	auto_buf key = BUF_EMPTY;
	uintptr_t number;
	void **slot;

	buf_printf(&key, "%zu%c%s%c", layer, '\0', package ? package : "", '\0');
	buf_add_view(&key, folder);
	number = (uintptr_t)map_get(&i->part_index, buf_view(&key));
	if (!number) {
		char *kept = arena_view(&r->arena, buf_view(&key));

		slot = map_put(&i->part_index, view_make(kept, key.len));
		*array_push(&i->parts) = (struct report_part){
			.layer = layer,
			.package = package ? arena_strdup(&r->arena, package) : NULL,
			.folder = arena_view(&r->arena, folder),
		};
		number = i->parts.n;
		/* A number, not an address: the parts move while they grow. */
		*slot = (void *)number; /* NOLINT */
	}
	i->parts.at[number - 1].bytes += bytes;
	i->parts.at[number - 1].n_files++;
}

struct report_totals report_totals(const struct report_image *i)
{
	struct report_totals t = { 0 };

	for (size_t k = 0; k < i->layers.n; k++) {
		const struct report_layer *l = &i->layers.at[k];

		t.compressed_bytes += l->compressed_bytes;
		t.content_bytes += l->content_bytes;
		t.dead_bytes += l->dead_bytes;
		t.n_files += l->n_files - l->n_dead_files;
	}
	return t;
}

void report_write(const struct report *r, enum report_format f, const struct report_style *style,
		  struct buf *to)
{
	static void (*const writers[REPORT_FORMATS])(const struct report *, struct buf *) = {
		[REPORT_JSON] = report_json,	     [REPORT_SARIF] = report_sarif,
		[REPORT_JUNIT] = report_junit,	     [REPORT_GITHUB] = report_github,
		[REPORT_MARKDOWN] = report_markdown, [REPORT_HTML] = report_html,
	};

	if (f == REPORT_TABLE)
		report_table(r, style, to);
	else
		writers[f](r, to);
}
