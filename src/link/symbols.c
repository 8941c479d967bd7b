/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions and symbols, once everything is loaded. glibc checks versions at the start, by library
 * (elf/dl-version.c), and looks symbols up with theirs (elf/dl-lookup.c, check_match); a function
 * may be looked up as late as its first call. musl knows no versions and looks up all at once.
 */
#include "link/private.h"

#include <string.h>

enum { VERSION_BASE = 2 }; /* the first version a library defines: what old programs get */

static bool defines_version(const struct elf_symbols *s, struct view name)
{
	for (size_t i = 0; i < s->n_versions_defined; i++)
		if (view_eq(s->versions_defined[i].name, name))
			return true;
	return false;
}

/* A symbol table that can't be read: the loader would stumble over it, too. */
static bool is_readable(struct closure *c, const struct loaded *o)
{
	struct link_problem *p;

	if (!o->file->symbols_why)
		return true;
	p = problem_add(c->link, c->result, LINK_DAMAGED, &o->object, o->object.path);
	p->fatal = true;
	p->detail = o->file->symbols_why;
	return false;
}

/*
 * Whether a library without the table of versions may give versioned symbols. An assertion of
 * older glibcs fails over it; 2.36 has it and 2.41 doesn't, so those between are taken for old.
 */
static bool takes_what_has_no_table(const struct closure *c)
{
	const struct loaded *libc = map_get(&c->by_name, view_of("libc.so.6"));

	return libc && defines_version(&libc->file->symbols, view_of("GLIBC_2.41"));
}

static void check_version(struct closure *c, const struct loaded *o, const struct elf_version *v)
{
	const struct loaded *in = map_get(&c->by_name, v->file);
	const struct elf_symbols *s;
	struct link_problem *p;

	if (!in || v->weak)
		return;
	s = &in->file->symbols;
	/* without versions of its own glibc only warns */
	if (s->n_versions_defined == 0 ? s->has_version_table || takes_what_has_no_table(c)
				       : defines_version(s, v->name))
		return;
	p = problem_add(c->link, c->result, LINK_NO_VERSION, &o->object, o->object.path);
	p->name = arena_view(&c->link->arena, v->name);
	p->library = in->object.path;
	p->fatal = true;
}

static int read_symbols(struct closure *c, bool *ret_ok, struct err *e)
{
	*ret_ok = true;
	for (size_t i = 0; i < c->n_scope; i++) {
		if (link_file_symbols(c->link, c->scope[i]->file, e) < 0)
			return -(int)e->code;
		*ret_ok &= is_readable(c, c->scope[i]);
	}
	return 0;
}

int check_versions(struct closure *c, struct err *e)
{
	if (read_symbols(c, &c->symbols_ok, e) < 0)
		return -(int)e->code;
	if (c->loader->musl || !c->symbols_ok)
		return 0;
	for (size_t i = 0; i < c->n_scope; i++) {
		const struct elf_symbols *s = &c->scope[i]->file->symbols;

		for (size_t v = 0; v < s->n_versions_needed; v++)
			check_version(c, c->scope[i], &s->versions_needed[v]);
	}
	return 0;
}

/* dl-lookup.c, check_match(). */
static bool fits(const struct link_file *f, const struct elf_symbol *want,
		 const struct elf_symbol *have)
{
	if (!want->version)
		return !have->hidden || !have->version || have->version->index <= VERSION_BASE;
	if (f->symbols.n_versions_defined == 0)
		return true;
	if (!have->version)
		return !have->hidden;
	return view_eq(have->version->name, want->version->name);
}

static bool is_defined_in(const struct closure *c, const struct link_file *f,
			  const struct elf_symbol *want)
{
	for (const struct elf_symbol *s = link_file_defines(f, want->name, NULL); s;
	     s = link_file_defines(f, want->name, s))
		if (c->loader->musl ? !s->hidden : fits(f, want, s))
			return true;
	return false;
}

static bool is_defined(const struct closure *c, const struct elf_symbol *want)
{
	for (size_t i = 0; i < c->n_scope; i++)
		if (is_defined_in(c, c->scope[i]->file, want))
			return true;
	return false;
}

/* Versions that are missing were said already; their symbols are no news. */
static bool has_version_problem(const struct closure *c, const struct elf_symbol *s)
{
	const struct loaded *in = s->version ? map_get(&c->by_name, s->version->file) : NULL;

	return in && in->file->symbols.n_versions_defined &&
	       !defines_version(&in->file->symbols, s->version->name);
}

/* proc_service.h: the debugger that opens libthread_db defines these for it. */
static bool is_of_debugger(const struct loaded *o, const struct elf_symbol *s)
{
	return o->file->elf.soname.ptr && view_starts(o->file->elf.soname, "libthread_db.so.") &&
	       view_starts(s->name, "ps_");
}

static bool is_missing(const struct closure *c, const struct loaded *o, const struct elf_symbol *s)
{
	if (s->weak || s->name.len == 0 || is_defined(c, s) || has_version_problem(c, s))
		return false;
	return !c->is_library ||
	       (!link_names_has(&c->link->names, s->name) && !is_of_debugger(o, s));
}

static void add_missing(struct closure *c, const struct loaded *o, const struct elf_symbol *s,
			struct link_problem **of_object)
{
	bool fatal = c->loader->musl || s->use == ELF_USE_EARLY;
	struct link_problem *p = *of_object;

	if (s->use == ELF_USE_NONE)
		return;
	if (!p) {
		p = *of_object =
			problem_add(c->link, c->result, LINK_NO_SYMBOL, &o->object, o->object.path);
		p->musl = c->loader->musl;
		p->name = arena_view(&c->link->arena, s->name);
		if (s->version && s->version->file.ptr)
			p->library = arena_view(&c->link->arena, s->version->file);
	} else {
		p->n_more++;
	}
	p->fatal |= fatal && !c->is_library;
}

static int check_object(struct closure *c, const struct loaded *o, struct err *e)
{
	const struct elf_symbols *s = &o->file->symbols;
	struct link_problem *problem = NULL;

	for (size_t i = 0; i < s->n_undefined; i++) {
		if (!is_missing(c, o, &s->undefined[i]))
			continue;
		if (link_file_uses(c->link, o->file, e) < 0)
			return -(int)e->code;
		add_missing(c, o, &s->undefined[i], &problem);
	}
	return 0;
}

int check_symbols(struct closure *c, struct err *e)
{
	if (!c->symbols_ok)
		return 0;
	for (size_t i = 0; i < c->n_scope; i++)
		if (check_object(c, c->scope[i], e) < 0)
			return -(int)e->code;
	return 0;
}
