/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what there is to say about a program, and says it to people. */
#include "cmd/explain.h"

#include "base/array.h"
#include "recipe/reader.h"
#include "report/table.h"
#include "report/text.h"

#include <string.h>

static const char *size_text(uint64_t bytes, struct arena *a)
{
	auto_buf size = BUF_EMPTY;

	buf_add_size(&size, bytes);
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
static bool opens_files(const struct program *p, const struct derived *d)
{
	for (size_t i = 0; i < p->symbols.n_undefined; i++)
		if (view_is(p->symbols.undefined[i].name, "dlopen"))
			return true;
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
	else if (p->kind == PROGRAM_GLIBC && p->elf.n_needed == 1 && !opens_files(p, x->derived))
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
	struct table_style style = { .max_columns = c->out_columns, .color = c->out_color };

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

static void add_words(struct buf *out, const char *before, struct view v)
{
	if (!v.ptr || !v.len)
		return;
	buf_add_str(out, before);
	text_add_safe(out, v);
}

unsigned explain_x86_level(const struct program *p)
{
	unsigned level = 0;

	for (uint32_t bits = p->elf.x86_isa_needed; bits; bits >>= 1)
		level++;
	return level;
}

static void write_go(const struct elf_go *go, struct buf *out)
{
	if (!go->present)
		return;
	buf_add_str(out, "built with ");
	text_add_safe(out, go->version.ptr ? go->version : view_of("Go"));
	add_words(out, " from ", go->path);
	if (!view_is(go->module_version, "(devel)"))
		add_words(out, " ", go->module_version);
	if (go->cgo.ptr)
		buf_add_str(out, view_is(go->cgo, "1") ? ", with cgo" : ", without cgo");
	if (go->n_modules)
		buf_printf(out, ", %zu other module%s", go->n_modules,
			   go->n_modules == 1 ? "" : "s");
	buf_add_char(out, '\n');
}

static void write_rust(const struct elf_rust *rust, struct buf *out)
{
	if (!rust->n_crates)
		return;
	buf_add_str(out, "Rust");
	add_words(out, " crate ", rust->crate);
	add_words(out, " ", rust->version);
	buf_printf(out, ", %zu crates by its audit data\n", rust->n_crates);
}

static void write_package(const struct json *package, struct buf *out)
{
	static const char *const keys[] = { "type", "os",      "osVersion",
					    "name", "version", "architecture" };

	if (!package)
		return;
	buf_add_str(out, "says that it is of the package:");
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const char *text = json_str(json_get(package, keys[i]));

		if (text)
			add_words(out, " ", view_of(text));
	}
	buf_add_char(out, '\n');
}

static void write_about(struct command *c, const struct explanation *x, struct buf *out)
{
	const struct program *p = x->program;

	buf_printf(out, "%s: %s, %s\n", safe(p->path, c->arena), program_describe(p, c->arena),
		   size_text(p->size_bytes, c->arena));
	write_go(&p->facts.go, out);
	write_rust(&p->facts.rust, out);
	write_package(x->package, out);
	if (p->elf.x86_isa_needed > 1)
		buf_printf(out, "needs a processor of the level x86-64-v%u or newer\n",
			   explain_x86_level(p));
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

/* What `.note.package` says; NULL when that is nothing, or can't be read. */
static const struct json *package_note(const struct program *p, struct json_doc **ret)
{
	struct err ignored;

	if (!p->facts.package_note.ptr ||
	    json_parse(p->facts.package_note, "note", ret, &ignored) < 0)
		return NULL;
	return json_is_object(json_root(*ret)) ? json_root(*ret) : NULL;
}

int explain(struct command *c, struct session *s, struct err *e)
{
	auto_json note = NULL;
	struct explanation x = { .program = s->program,
				 .derived = s->derived,
				 .package = package_note(s->program, &note) };
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
