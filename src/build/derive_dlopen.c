/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that are opened at run time: those that notes name (the UAPI group's ELF dlopen
 * metadata: `.note.dlopen`), in the program or in anything that it reaches; and, where the program
 * calls dlopen(3) and has no note, the names of libraries that are compiled into it.
 */
#include "build/derive_dynamic.h"

#include "base/array.h"
#include "fmt/json.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <string.h>

enum {
	MAX_OBJECT_BYTES = 512 << 20, /* the largest libraries, of browsers, have 200 MB */
	MAX_COMPILED_NAMES = 64,      /* a list of all libraries there are is no evidence */
};

struct opening {
	struct supply *ar;
	struct deriving *x;
	struct probe *p;
};

static bool is_reached(const struct probe *p, const char *soname)
{
	for (size_t i = 0; i < p->reached.n_objects; i++) {
		const struct link_object *o = p->reached.objects[i];
		const char *base = strrchr(o->path, '/');

		if (strcmp(base ? base + 1 : o->path, soname) == 0 ||
		    (o->elf && o->elf->soname.ptr && view_is(o->elf->soname, soname)))
			return true;
	}
	return false;
}

static int include(struct opening *o, const char *soname, const char *package, const char *why)
{
	struct deriving *x = o->x;

	derived_extra(x->d, EXTRA_DLOPEN, why);
	if (!x->d->extras[EXTRA_DLOPEN].on)
		return 0;
	if (o->ar->host) {
		if (!strings_have(o->ar->opened, package))
			strings_add(x->a, o->ar->opened, arena_strdup(x->a, package));
		return 0;
	}
	derived_add(x->d, &x->d->packages, package, why);
	if (x->program->kind == PROGRAM_MUSL) {
		derived_add(x->d, &x->d->includes, arena_printf(x->a, "/usr/lib/%s", soname), why);
		derived_add(x->d, &x->d->includes, arena_printf(x->a, "/lib/%s", soname), why);
		return 0;
	}
	derived_add(x->d, &x->d->includes,
		    arena_printf(x->a, "/usr/lib/%s/%s", x->program->arch->tuple, soname), why);
	return 0;
}

/* One library under the names that it may have: the first that there is. */
static int open_one(struct opening *o, const struct json *names, const char *feature,
		    const char *who, bool wanted, struct err *e)
{
	struct deriving *x = o->x;

	for (size_t i = 0; i < json_length(names); i++)
		if (json_str(json_at(names, i)) && is_reached(o->p, json_str(json_at(names, i))))
			return 0;
	for (size_t i = 0; i < json_length(names); i++) {
		const char *soname = json_str(json_at(names, i)), *package;

		if (!soname || !*soname || strchr(soname, '/'))
			continue;
		if (!wanted) {
			derived_note(x->d, arena_printf(x->a,
							"%s would also use %s, if it were there "
							"(%s): --file or a recipe adds it",
							who, soname, feature));
			return 0;
		}
		if (supply_find(o->ar, soname, &package, e) < 0)
			return -(int)e->code;
		if (package)
			return include(o, arena_strdup(x->a, soname), package,
				       arena_printf(x->a, "%s says that it opens %s (%s)", who,
						    soname, feature));
	}
	return 0;
}

/* "priority": required, recommended (the default) or suggested. */
static int take_note(struct opening *o, struct view note, const char *who, struct err *e)
{
	auto_json doc = NULL;
	struct err ignored;

	/* Notes are advice: one that can't be read stops nobody. */
	if (json_parse(note, "dlopen note", &doc, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < json_length(json_root(doc)); i++) {
		const struct json *entry = json_at(json_root(doc), i);
		const char *priority = json_str(json_get(entry, "priority"));
		const char *feature = json_str(json_get(entry, "feature"));
		bool wanted = !priority || strcmp(priority, "suggested") != 0;

		if (open_one(o, json_get(entry, "soname"),
			     feature ? arena_strdup(o->x->a, feature) : "dlopen", who, wanted,
			     e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static int take_notes(struct opening *o, const struct elf_facts *f, const char *who, struct err *e)
{
	for (size_t i = 0; i < f->n_dlopen_notes; i++)
		if (take_note(o, f->dlopen_notes[i], who, e) < 0)
			return -(int)e->code;
	return 0;
}

static int take_object(struct opening *o, const struct link_object *object, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	const char *base = strrchr(object->path, '/');
	struct elf_facts facts = { 0 };
	struct elf_input in;
	struct view bytes;
	struct err ignored;

	if (inode_read(object->node->inode, MAX_OBJECT_BYTES, &a, &bytes, e) < 0)
		return -(int)e->code;
	in = elf_input_of(&bytes);
	if (elf_read_facts(&in, object->elf, &a, &facts, &ignored) < 0)
		return 0;
	return take_notes(o, &facts, arena_strdup(o->x->a, base ? base + 1 : object->path), e);
}

/* ---- names without a note ---- */

/* "libfoo.so.1": the whole of a NUL-ended text. */
static bool is_soname(struct view name)
{
	const char *so = memmem(name.ptr, name.len, ".so.", 4);

	if (name.len > 64 || !view_starts(name, "lib") || !so)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.ptr[i]) && !strchr("._+-", name.ptr[i]))
			return false;
	return isdigit((unsigned char)so[4]);
}

static void collect_names(struct view bytes, struct arena *a, struct strings *to)
{
	const char *at = bytes.ptr, *end = bytes.ptr + bytes.len;

	while (to->n < MAX_COMPILED_NAMES && (at = memmem(at, (size_t)(end - at), ".so.", 4))) {
		const char *from = at, *nul = memchr(at, '\0', (size_t)(end - at));

		while (from > bytes.ptr && from[-1] && at - from < 64)
			from--;
		if (nul && is_soname(view_make(from, (size_t)(nul - from)))) {
			const char *name = arena_strndup(a, from, (size_t)(nul - from));

			if (!strings_have(to, name))
				strings_add(a, to, name);
		}
		at += 4;
	}
}

static bool imports(const struct elf_symbols *s, const char *name)
{
	for (size_t i = 0; i < s->n_undefined; i++)
		if (view_is(s->undefined[i].name, name))
			return true;
	return false;
}

static bool is_needed(const struct elf *elf, const char *soname)
{
	for (size_t i = 0; i < elf->n_needed; i++)
		if (view_is(elf->needed[i], soname))
			return true;
	return false;
}

static int take_compiled(struct opening *o, const struct link_object *program, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct strings names = { 0 };
	struct deriving *x = o->x;
	struct view bytes;
	bool any = false;

	if (x->program->facts.n_dlopen_notes || !imports(&x->program->symbols, "dlopen"))
		return 0;
	if (inode_read(program->node->inode, MAX_OBJECT_BYTES, &a, &bytes, e) < 0)
		return -(int)e->code;
	collect_names(bytes, &a, &names);
	for (size_t i = 0; i < names.n; i++) {
		const char *soname = arena_strdup(x->a, names.at[i]), *package;

		/* The linker's own list is among a program's texts. */
		if (is_needed(program->elf, soname))
			continue;
		any = true;
		if (is_reached(o->p, soname))
			continue;
		if (supply_find(o->ar, soname, &package, e) < 0)
			return -(int)e->code;
		if (package)
			include(o, soname, package,
				arena_printf(x->a, "%s imports dlopen and names %s",
					     x->program->name, soname));
	}
	if (!any && !strings_have(&x->d->wishes->without, extra_name(EXTRA_DLOPEN)))
		derived_note(
			x->d,
			arena_printf(x->a,
				     "%s opens libraries at run time (dlopen), and their names "
				     "aren't in it: --file or a recipe adds them",
				     x->program->name));
	return 0;
}

int derive_dlopen(struct supply *ar, struct probe *p, struct err *e)
{
	struct opening o = { ar, ar->x, p };

	for (size_t i = 0; i < p->reached.n_objects; i++) {
		const struct link_object *object = p->reached.objects[i];
		int rc;

		if (!object->elf)
			continue;
		rc = take_object(&o, object, e);
		if (rc == 0 && object->role == LINK_PROGRAM &&
		    object->node->inode->origin->kind == ORIGIN_RECIPE &&
		    object->elf->interpreter.ptr)
			rc = take_compiled(&o, object, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}
