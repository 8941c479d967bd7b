/* SPDX-License-Identifier: Apache-2.0 */
/* The explanation for machines; pare-explain(1) documents it. */
#include "cmd/explain.h"

#include "fmt/json.h"

static const char *const kinds[] = {
	[PROGRAM_STATIC] = "static",	  [PROGRAM_GLIBC] = "glibc",   [PROGRAM_MUSL] = "musl",
	[PROGRAM_OTHER_LOADER] = "other", [PROGRAM_SCRIPT] = "script",
};

static void member_view(struct json_writer *w, const char *key, struct view v)
{
	if (!v.ptr)
		return;
	json_key(w, key);
	json_put_view(w, v);
}

static void write_build_id(struct json_writer *w, struct view id)
{
	auto_buf hex = BUF_EMPTY;

	for (size_t i = 0; i < id.len; i++)
		buf_printf(&hex, "%02x", (unsigned char)id.ptr[i]);
	if (hex.len)
		json_member_string(w, "buildId", buf_str(&hex));
}

static void write_rust(struct json_writer *w, const struct elf_rust *rust)
{
	if (!rust->present)
		return;
	json_key(w, "rust");
	json_open_object(w);
	member_view(w, "crate", rust->crate);
	member_view(w, "version", rust->version);
	json_member_u64(w, "crates", rust->n_crates);
	json_close_object(w);
}

static void write_program(struct json_writer *w, const struct explanation *x)
{
	const struct program *p = x->program;

	json_key(w, "program");
	json_open_object(w);
	json_member_string(w, "path", p->path);
	json_member_string(w, "kind", kinds[p->kind]);
	if (p->arch)
		json_member_string(w, "architecture", p->arch->oci);
	json_member_u64(w, "bytes", p->size_bytes);
	member_view(w, "interpreter",
		    p->kind == PROGRAM_SCRIPT ? view_of(p->interpreter) : p->elf.interpreter);
	if (p->kind != PROGRAM_SCRIPT) {
		json_member_bool(w, "staticPie", p->elf.linkage == ELF_STATIC_PIE);
		json_member_u64(w, "debugBytes", p->facts.debug_bytes);
		json_member_u64(w, "symbolBytes", p->facts.symbol_bytes);
		json_member_bool(w, "stripped", p->facts.has_sections && !p->facts.symbol_bytes);
		write_build_id(w, p->facts.build_id);
		if (p->elf.x86_isa_needed)
			json_member_u64(w, "x86Level", explain_x86_level(p));
	}
	if (x->package) {
		json_key(w, "package");
		json_put_value(w, x->package);
	}
	write_rust(w, &p->facts.rust);
	if (p->facts.go.present) {
		json_key(w, "go");
		json_open_object(w);
		member_view(w, "version", p->facts.go.version);
		member_view(w, "path", p->facts.go.path);
		member_view(w, "module", p->facts.go.module);
		member_view(w, "moduleVersion", p->facts.go.module_version);
		if (p->facts.go.cgo.ptr)
			json_member_bool(w, "cgo", view_is(p->facts.go.cgo, "1"));
		json_member_u64(w, "modules", p->facts.go.n_modules);
		json_close_object(w);
	}
	json_close_object(w);
}

static void write_strategy(struct json_writer *w, const struct derived *d)
{
	json_key(w, "strategy");
	json_open_object(w);
	json_member_string(w, "name", d->strategy);
	json_member_string(w, "release", d->release ? d->release->codename : NULL);
	json_member_string(w, "reason", d->reason);
	json_close_object(w);
}

static void write_needs(struct json_writer *w, const struct derived *d)
{
	json_key(w, "needs");
	json_open_array(w);
	for (size_t i = 0; i < d->n_needs; i++) {
		json_open_object(w);
		json_member_string(w, "name", d->needs[i].name);
		json_member_string(w, "from", d->needs[i].from);
		json_member_string(w, "evidence", d->needs[i].evidence);
		json_close_object(w);
	}
	json_close_array(w);
	json_key(w, "extras");
	json_open_object(w);
	for (size_t i = 0; i < EXTRAS; i++) {
		json_key(w, extra_name((enum extra)i));
		json_open_object(w);
		json_member_bool(w, "in", d->extras[i].on);
		json_member_string(w, "reason", d->extras[i].reason);
		json_close_object(w);
	}
	json_close_object(w);
}

static void write_image(struct json_writer *w, const struct weight *weight)
{
	json_key(w, "image");
	json_open_object(w);
	json_member_u64(w, "bytes", weight->bytes);
	json_member_u64(w, "files", weight->n_files);
	json_key(w, "parts");
	json_open_array(w);
	for (size_t i = 0; i < weight->n_parts; i++) {
		json_open_object(w);
		json_member_string(w, weight->parts[i].version ? "package" : "origin",
				   weight->parts[i].name);
		json_member_string(w, "version", weight->parts[i].version);
		json_member_u64(w, "bytes", weight->parts[i].bytes);
		json_member_u64(w, "files", weight->parts[i].n_files);
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
}

void explain_write_json(const struct explanation *x, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	write_program(&w, x);
	write_strategy(&w, x->derived);
	write_needs(&w, x->derived);
	write_image(&w, &x->weight);
	json_key(&w, "advice");
	json_open_array(&w);
	for (size_t i = 0; i < x->advice.n; i++)
		json_put_string(&w, x->advice.at[i]);
	json_close_array(&w);
	json_close_object(&w);
}
