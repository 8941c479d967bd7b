/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what there is to say about a program, and says it to people. */
#include "cmd/explain.h"

#include "recipe/reader.h"
#include "report/table.h"
#include "report/text.h"

#include <string.h>

static const char *size_text(uint64_t bytes, struct arena *a)
{
	auto_buf size = BUF_EMPTY;

	text_add_size(&size, bytes);
	return arena_strdup(a, buf_str(&size));
}

static const char *safe(const char *text, struct arena *a)
{
	auto_buf out = BUF_EMPTY;

	text_add_safe(&out, view_of(text));
	return arena_strdup(a, buf_str(&out));
}

/* ---- what would be smaller or safer ---- */

/* Whether glibc would load something at run time even if it were linked statically. */
static bool opens_files(const struct derived *d)
{
	return d->extras[EXTRA_NSS].on || d->extras[EXTRA_GCONV].on || d->extras[EXTRA_DLOPEN].on ||
	       d->extras[EXTRA_LOCALE].on || d->extras[EXTRA_MODULES].on;
}

static void advise_size(struct explanation *x, struct arena *a)
{
	const struct program *p = x->program;
	uint64_t bytes = p->facts.debug_bytes + p->facts.symbol_bytes;

	if (bytes && !x->derived->wishes->strip)
		strings_add(
			a, &x->advice,
			arena_printf(a, "not stripped: --strip would leave out %s of %s%s",
				     size_text(bytes, a),
				     p->facts.debug_bytes ? "debug data and symbols" : "symbols",
				     p->facts.go.present ? " (or build with -ldflags=-s)" : ""));
	if (p->kind == PROGRAM_GLIBC && p->facts.go.present)
		strings_add(a, &x->advice,
			    "dynamic only because of cgo: with CGO_ENABLED=0 it is static, unless "
			    "a package needs C");
	else if (p->kind == PROGRAM_GLIBC && p->elf.n_needed == 1 && !opens_files(x->derived))
		strings_add(a, &x->advice,
			    arena_printf(a,
					 "dynamic only because of %.*s: linked with -static it "
					 "would need no libraries",
					 VIEW_ARG(p->elf.needed[0])));
}

static void advise_safety(struct explanation *x, struct arena *a)
{
	const char *user = x->derived->wishes->user;

	if (user && user[0] == '0' && (!user[1] || user[1] == ':'))
		strings_add(a, &x->advice,
			    "runs as root only because of --user; without it it runs as 65532");
	if (x->derived->extras[EXTRA_SHELL].on)
		strings_add(a, &x->advice, "holds a shell, which whoever breaks in can use");
	for (size_t i = 0; i < x->derived->notes.n; i++)
		strings_add(a, &x->advice, x->derived->notes.at[i]);
}

/* ---- for people ---- */

static void add_table(struct command *c, struct table *t, struct buf *out)
{
	struct table_style style = { c->out_columns, c->out_color };

	buf_add_char(out, '\n');
	table_write(t, &style, out);
}

static void write_needs(struct command *c, const struct explanation *x, struct buf *out)
{
	static const struct table_column columns[] = {
		{ "NEEDS", false },
		{ "FROM", false },
		{ "EVIDENCE", false },
	};
	const struct derived *d = x->derived;
	bool any = d->n_needs > 0;
	auto_table t;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < d->n_needs; i++)
		table_add_row(&t, (const char *const[]){ safe(d->needs[i].name, c->arena),
							 safe(d->needs[i].from, c->arena),
							 safe(d->needs[i].evidence, c->arena) });
	for (size_t i = 0; i < EXTRAS; i++) {
		const struct derived_extra *extra = &d->extras[i];

		if (!extra->reason)
			continue;
		any = true;
		table_add_row(&t, (const char *const[]){ extra_name((enum extra)i),
							 extra->on ? "" : "left out",
							 safe(extra->reason, c->arena) });
	}
	if (any)
		add_table(c, &t, out);
}

static void write_weight(struct command *c, const struct explanation *x, struct buf *out)
{
	static const struct table_column columns[] = {
		{ "SIZE", true },
		{ "FILES", true },
		{ "OF", false },
	};
	struct arena *a = c->arena;
	auto_table t;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < x->weight.n_parts; i++) {
		const struct weight_part *p = &x->weight.parts[i];

		table_add_row(&t,
			      (const char *const[]){
				      size_text(p->bytes, a), arena_printf(a, "%zu", p->n_files),
				      p->version ? arena_printf(a, "%s %s", p->name, p->version)
						 : p->name });
	}
	table_add_row(&t, (const char *const[]){ size_text(x->weight.bytes, a),
						 arena_printf(a, "%zu", x->weight.n_files),
						 "the image, unpacked" });
	add_table(c, &t, out);
}

static void write_about(struct command *c, const struct explanation *x, struct buf *out)
{
	const struct program *p = x->program;
	const struct elf_go *go = &p->facts.go;

	buf_printf(out, "%s: %s, %s\n", safe(p->path, c->arena), program_describe(p, c->arena),
		   size_text(p->size_bytes, c->arena));
	if (go->present) {
		buf_add_str(out, "built with ");
		text_add_safe(out, go->version.ptr ? go->version : view_of("Go"));
		if (go->path.ptr) {
			buf_add_str(out, " from ");
			text_add_safe(out, go->path);
		}
		buf_add_char(out, '\n');
	}
	buf_printf(out, "%s: %s\n", x->derived->strategy, safe(x->derived->reason, c->arena));
}

static void write_text(struct command *c, const struct explanation *x, struct buf *out)
{
	write_about(c, x, out);
	write_needs(c, x, out);
	write_weight(c, x, out);
	if (x->advice.n)
		buf_add_str(out, "\nSmaller or safer:\n");
	for (size_t i = 0; i < x->advice.n; i++)
		buf_printf(out, "- %s\n", safe(x->advice.at[i], c->arena));
}

int explain(struct command *c, struct session *s, struct err *e)
{
	struct explanation x = { .program = s->program, .derived = s->derived };
	auto_buf out = BUF_EMPTY;
	auto_lock lock = NULL;
	int rc = session_lock(s, false, &lock, e);

	if (rc == 0)
		rc = build_weigh(&s->ctx, s->recipe, lock, arch_by_oci(s->archs.at[0]), c->arena,
				 &x.weight, e);
	if (rc < 0)
		return rc;
	advise_size(&x, c->arena);
	advise_safety(&x, c->arena);
	if (c->globals.format == FORMAT_JSON)
		explain_write_json(&x, &out);
	else
		write_text(c, &x, &out);
	fputs(buf_str(&out), c->out);
	return 0;
}
