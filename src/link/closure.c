/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program as its loader would set it up: interpreter, preloaded libraries, then what each
 * object needs, breadth first, each file once under all the names that it answers to.
 */
#include "base/array.h"
#include "base/interrupt.h"
#include "link/private.h"

#include <stdlib.h>
#include <string.h>

static bool answers_to(const struct loaded *o, const char *name)
{
	for (size_t i = 0; i < o->names.n; i++)
		if (strcmp(o->names.at[i], name) == 0)
			return true;
	return false;
}

static void add_name(struct closure *c, struct loaded *o, const char *name)
{
	if (!answers_to(o, name)) {
		const char **more = arena_array(&c->link->arena, o->names.n + 1, sizeof(*more));

		if (o->names.n)
			memcpy(more, o->names.at, o->names.n * sizeof(*more));
		more[o->names.n++] = name;
		o->names.at = more;
	}
	if (!map_get(&c->by_name, view_of(name)))
		*map_put(&c->by_name, view_of(name)) = o;
}

/* Under the name asked for and the soname: for glibc both, for musl the file's own name. */
static void name_object(struct closure *c, struct loaded *o, const char *name)
{
	const char *base = strrchr(o->object.path, '/');

	add_name(c, o, name);
	if (c->loader && c->loader->musl)
		add_name(c, o, base ? base + 1 : o->object.path);
	else if (o->file->elf.soname.ptr)
		add_name(c, o, o->file->elf.soname.ptr);
}

static struct loaded *by_file(const struct closure *c, const struct link_file *f)
{
	return map_get(&c->by_file, view_make((const char *)&f, sizeof(f)));
}

struct loaded *closure_add(struct closure *c, const struct candidate *found, const char *name,
			   enum link_role role, const struct loaded *by)
{
	struct arena *a = &c->link->arena;
	struct loaded *o = by_file(c, found->file);

	if (o)
		return o;
	o = arena_new(a, struct loaded);
	o->file = found->file;
	o->by = by;
	o->object = (struct link_object){ .node = found->node,
					  .path = found->path,
					  .name = name,
					  .role = role,
					  .asked_by = by ? &by->object : c->before,
					  .elf = &found->file->elf };
	*map_put(&c->by_file, view_make((const char *)&o->file, sizeof(o->file))) = o;
	*array_push_to(c->result->objects, c->result->n_objects, c->result->cap_objects) =
		&o->object;
	if (role != LINK_VARIANT && role != LINK_INTERPRETER)
		*array_push_to(c->scope, c->n_scope, c->cap_scope) = o;
	return o;
}

static struct link_problem *problem(struct closure *c, enum link_problem_kind kind,
				    const struct loaded *at)
{
	struct link_problem *p =
		problem_add(c->link, c->result, kind, &at->object, at->object.path);

	p->musl = c->loader && c->loader->musl;
	return p;
}

static void set_searched(struct closure *c, struct link_problem *p)
{
	p->searched = arena_array(&c->link->arena, c->n_searched + 1, sizeof(*p->searched));
	p->n_searched = c->n_searched;
	if (c->n_searched)
		memcpy(p->searched, c->searched, c->n_searched * sizeof(*p->searched));
}

static void not_found(struct closure *c, const struct loaded *by, const char *name, enum found what,
		      const struct candidate *found, bool fatal)
{
	struct link_problem *p =
		problem(c, what == FOUND_BAD ? LINK_BAD_LIBRARY : LINK_NO_LIBRARY, by);

	p->name = arena_strdup(&c->link->arena, name);
	p->fatal = fatal;
	if (what == FOUND_BAD) {
		p->library = found->path;
		p->detail = found->why;
		return;
	}
	if (what == FOUND_OTHER_MACHINE)
		p->detail = arena_printf(&c->link->arena, "'%s' is for %s", found->path,
					 machine_text(&found->file->elf, &c->link->arena));
	set_searched(c, p);
}

/* musl holds all of libc in its loader, and takes these names for itself. */
static bool is_musl_itself(const struct closure *c, const char *name)
{
	static const char *const parts[] = {
		"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."
	};

	if (!c->loader->musl || !c->interpreter || strncmp(name, "lib", 3) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (strncmp(name + 3, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

/* A second C library, under whatever name: musl goes on with its own. */
static int is_musl_twin(struct closure *c, struct link_file *f, bool *ret, struct err *e)
{
	*ret = false;
	if (!c->loader->musl || !c->interpreter)
		return 0;
	if (link_file_symbols(c->link, f, e) < 0)
		return -(int)e->code;
	*ret = link_file_defines(f, view_of("__libc_start_main"), NULL) &&
	       link_file_defines(f, view_of("stdin"), NULL);
	return 0;
}

/*
 * A library that nobody starts can count on others that whoever opens it has opened before, from
 * wherever they are: Java's need the libjvm.so that its launcher opens by its path.
 */
static bool is_opened_by_others(const struct closure *c, const char *name)
{
	const struct link *l = c->link;

	for (size_t i = 0; c->is_library && l->knows_all && i < l->files.n; i++) {
		const struct link_file *f = l->files.at[i].value;

		if (f->kind == LINK_FILE_ELF && f->elf.soname.ptr && view_is(f->elf.soname, name) &&
		    same_machine(&f->elf, &c->main->file->elf))
			return true;
	}
	return false;
}

/* What a name that wasn't found means to the program. */
enum lack { LACK_IS_FATAL, LACK_IS_NOTED, LACK_IS_NOTHING };

/* Only the processors of some glibc-hwcaps folder get it: who has another can't start. */
static void take_variant(struct closure *c, const struct loaded *by, const char *name)
{
	struct loaded *o = c->variant;

	not_found(c, by, name, FOUND_NOT, NULL, false);
	c->result->problems[c->result->n_problems - 1].detail = arena_printf(
		&c->link->arena, "only some processors find it, as '%s'", o->object.path);
	*array_push_to(c->scope, c->n_scope, c->cap_scope) = o;
	name_object(c, o, name);
}

/* A library that an object needs, or a preloaded one. */
static int load(struct closure *c, const struct loaded *by, const char *name, enum link_role role,
		enum lack lack, struct err *e)
{
	struct loaded *o = map_get(&c->by_name, view_of(name));
	struct candidate found;
	enum found what;
	bool twin;

	if (!o && is_musl_itself(c, name))
		o = c->interpreter;
	if (o)
		return 0;
	if (search_library(c, by, name, &what, &found, e) < 0)
		return -(int)e->code;
	if (what != FOUND) {
		if (what == FOUND_NOT && c->variant)
			take_variant(c, by, name);
		else if (lack != LACK_IS_NOTHING && !is_opened_by_others(c, name))
			not_found(c, by, name, what, &found, lack == LACK_IS_FATAL);
		return 0;
	}
	if (is_musl_twin(c, found.file, &twin, e) < 0)
		return -(int)e->code;
	if (twin)
		o = c->interpreter;
	else if (c->n_scope >= LINK_MAX_OBJECTS)
		return fail(e, FAIL_LIMIT, "'%.200s' loads more than %d libraries",
			    c->main->object.path, LINK_MAX_OBJECTS);
	else
		o = closure_add(c, &found, name, role, by);
	name_object(c, o, name);
	return 0;
}

/* The words of LD_PRELOAD or ld.so.preload. */
static int preload_words(struct closure *c, struct view text, const char *separators, struct err *e)
{
	for (size_t i = 0; i < text.len;) {
		size_t n = 0;

		while (i + n < text.len && !strchr(separators, text.ptr[i + n]))
			n++;
		if (n && load(c, c->main, arena_strndup(&c->link->arena, text.ptr + i, n),
			      LINK_PRELOAD, LACK_IS_NOTED, e) < 0)
			return -(int)e->code;
		i += n + 1;
	}
	return 0;
}

/* The file's comments out: '#' to the end of the line. */
static struct view without_comments(struct closure *c, struct view text)
{
	char *copy = arena_view(&c->link->arena, text);
	bool comment = false;

	for (size_t i = 0; i < text.len; i++) {
		comment = (comment || copy[i] == '#') && copy[i] != '\n';
		if (comment || copy[i] == '\0')
			copy[i] = ' ';
	}
	return view_make(copy, text.len);
}

static int preload(struct closure *c, struct err *e)
{
	const char *list = c->secure ? NULL : process_env(c->process, "LD_PRELOAD");
	struct view text;

	if (list && preload_words(c, view_of(list), ": ", e) < 0)
		return -(int)e->code;
	if (c->loader->musl)
		return 0;
	if (link_text(c->link, "etc/ld.so.preload", &text, e) < 0)
		return -(int)e->code;
	return text.ptr ? preload_words(c, without_comments(c, text), ": \t\n", e) : 0;
}

static void split_library_path(struct closure *c)
{
	const char *list = c->secure ? NULL : process_env(c->process, "LD_LIBRARY_PATH");
	struct view rest, part, piece;

	if (!list || !list[0])
		return;
	rest = view_of(list);
	while (view_split(&rest, ':', &part)) {
		while (view_split(&part, ';', &piece))
			*array_push(&c->library_path) =
				piece.len ? arena_view(&c->link->arena, piece) : ".";
	}
}

/* The program's interpreter, opened by the kernel. False: a problem was added. */
static int open_interpreter(struct closure *c, bool *ret_ok, struct err *e)
{
	const char *path = c->main->file->elf.interpreter.ptr;
	struct candidate found = { .path = path };
	struct link_problem *p = NULL;

	*ret_ok = false;
	found.node = tree_find_from(c->link->tree, c->work_dir, path, true);
	if (!found.node) {
		p = problem(c, LINK_NO_INTERPRETER, c->main);
	} else if (found.node->inode->type != NODE_FILE ||
		   !user_may(&c->user, found.node, MAY_EXECUTE)) {
		p = problem(c, LINK_NOT_EXECUTABLE, c->main);
	} else {
		if (link_file_get(c->link, found.node, &found.file, e) < 0)
			return -(int)e->code;
		if (found.file->kind == LINK_FILE_DAMAGED) {
			p = problem(c, LINK_DAMAGED, c->main);
			p->detail = found.file->why;
		} else if (found.file->kind != LINK_FILE_ELF) {
			p = problem(c, LINK_NOT_PROGRAM, c->main);
		} else if (!same_machine(&found.file->elf, &c->main->file->elf)) {
			p = problem(c, LINK_ARCHITECTURE, c->main);
			p->detail = machine_text(&found.file->elf, &c->link->arena);
		}
	}
	if (p) {
		p->name = path;
		p->fatal = true;
		return 0;
	}
	c->interpreter = closure_add(c, &found, path, LINK_INTERPRETER, c->main);
	*ret_ok = true;
	return loader_of(c->link, path, found.file, &c->loader, e);
}

/* Libraries looked at for themselves: the loader is that of the tree, if it has one. */
static int guess_loader(struct closure *c, struct err *e)
{
	struct candidate found;

	if (loader_for_library(c->link, &c->main->file->elf, &found, e) < 0)
		return -(int)e->code;
	if (!found.path) {
		c->loader = loader_without(c->link, &c->main->file->elf);
		return 0;
	}
	if (found.file != c->main->file)
		c->interpreter = closure_add(c, &found, found.path, LINK_INTERPRETER, c->main);
	return loader_of(c->link, found.path, found.file, &c->loader, e);
}

/* elf/dl-deps.c; musl knows nothing of filters. */
static int load_filtees(struct closure *c, const struct loaded *o, struct err *e)
{
	const struct elf *f = &o->file->elf;

	for (size_t i = 0; i < f->n_filtees && !c->loader->musl; i++)
		if (load(c, o, f->filtees[i].name.ptr, LINK_LIBRARY,
			 f->filtees[i].optional ? LACK_IS_NOTHING : LACK_IS_FATAL, e) < 0)
			return -(int)e->code;
	return 0;
}

static int load_all(struct closure *c, struct err *e)
{
	name_object(c, c->main, c->main->object.path);
	if (c->interpreter)
		name_object(c, c->interpreter, c->interpreter->object.path);
	split_library_path(c);
	if (preload(c, e) < 0)
		return -(int)e->code;
	for (size_t i = 0; i < c->n_scope; i++) {
		const struct loaded *o = c->scope[i];

		if (interrupt_check(e) < 0)
			return -(int)e->code;
		for (size_t k = 0; k < o->file->elf.n_needed; k++)
			if (load(c, o, o->file->elf.needed[k].ptr, LINK_LIBRARY, LACK_IS_FATAL, e) <
			    0)
				return -(int)e->code;
		if (load_filtees(c, o, e) < 0)
			return -(int)e->code;
	}
	if (c->interpreter)
		*array_push_to(c->scope, c->n_scope, c->cap_scope) = c->interpreter;
	return 0;
}

static bool lacks_libraries(const struct closure *c, size_t first)
{
	for (size_t i = first; i < c->result->n_problems; i++)
		if (c->result->problems[i].kind == LINK_NO_LIBRARY ||
		    c->result->problems[i].kind == LINK_BAD_LIBRARY)
			return true;
	return false;
}

static int run(struct closure *c, struct err *e)
{
	const struct elf *f = &c->main->file->elf;
	size_t first = c->result->n_problems;
	bool ok = true;
	int rc;

	if (!f->interpreter.ptr && f->linkage != ELF_SHARED)
		return 0;
	if (!f->interpreter.ptr && !c->is_library)
		return 0; /* a loader, started by itself */
	rc = f->interpreter.ptr ? open_interpreter(c, &ok, e) : guess_loader(c, e);
	if (rc < 0 || !ok)
		return rc;
	if (load_all(c, e) < 0 || check_versions(c, e) < 0)
		return -(int)e->code;
	/* symbols of a missing library are missing, too: that says nothing new */
	return lacks_libraries(c, first) ? 0 : check_symbols(c, e);
}

static void closure_done(struct closure *c)
{
	free(c->scope);
	free(c->library_path.at);
	free(c->searched);
	map_done(&c->by_name);
	map_done(&c->by_file);
}

int closure_of(struct link *l, const struct candidate *program, const struct link_object *before,
	       const struct start *s, bool is_library, struct link_result *r, struct err *e)
{
	struct closure c = { .link = l,
			     .process = s->process,
			     .user = s->user,
			     .work_dir = s->work_dir,
			     .result = r,
			     .before = before,
			     .secure = program->node->inode->mode & 06000,
			     .is_library = is_library };
	int rc;

	c.main = closure_add(&c, program, program->path, LINK_PROGRAM, NULL);
	rc = run(&c, e);
	closure_done(&c);
	return rc;
}
