/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Python script imports: modules that lie beside it come with it, as Python would find them
 * first; those of Debian's packages are found by the signed Contents index, as libraries are.
 */
#include "build/derive_dynamic.h"

#include "base/array.h"
#include "base/embed.h"
#include "build/host.h"
#include "pkg/deb/owners.h"
#include "recipe/reader.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_LOCAL_FILES = 2000, /* more is an application, which wants a recipe */
	MAX_NAMED = 6,		/* modules in one message */
};

extern const struct embedded pare_python_modules[];

/* A file whose imports are looked at: the script, or a module that comes with it. */
struct importing {
	const char *name; /* for people */
	const struct python_import *at;
	size_t n;
};

/* A module of nobody that is there anyway. */
struct module {
	const char *name;   /* the first part */
	const char *second; /* "b" of `import a.b` or `from a import b`, or NULL */
	const char *package;
	const char *where; /* "app.py, line 3" */
};

struct finding {
	struct deriving *x;
	const char *dir; /* of the script, with a '/' behind it, or "" */
	struct importing *queue;
	size_t n_queue;
	size_t n_files;	      /* that lie beside the script and come with it */
	struct strings local; /* that lie beside the script */
	struct module *wanted;
	size_t n_wanted;
	struct strings maybe;
};

/* ---- modules that are known ---- */

/* What data/python-modules.txt says. */
struct known {
	const char *package; /* or NULL: python3's own, with all that it depends on */
	bool gone;	     /* the release has it no more */
};

static bool find_known(const struct deriving *x, const char *name, struct known *ret)
{
	struct view text =
		view_make((const char *)pare_python_modules[0].bytes, pare_python_modules[0].size);
	struct view line, word, package, last;

	while (view_split(&text, '\n', &line)) {
		if (!view_word(&line, &word) || !view_is(word, name))
			continue;
		*ret = (struct known){ 0 };
		if (!view_word(&line, &package))
			return true;
		if (!view_is(package, "-"))
			ret->package = arena_view(x->a, package);
		ret->gone = view_word(&line, &last) && !view_is(last, x->d->release->codename);
		return true;
	}
	return false;
}

/* ---- beside the script ---- */

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Of a module that comes with the script; one that can't be read is the build's to tell. */
static void look_into(struct finding *f, const char *path, const char *name)
{
	struct python_import *imports;
	auto_buf text = BUF_EMPTY;
	struct err ignored;
	struct view kept;
	struct stat st;
	size_t n;

	if (stat(path, &st) < 0)
		return;
	derived_saw(f->x->d, path, &st);
	if (file_read(AT_FDCWD, path, PROGRAM_MAX_IMPORTING, &text, &ignored) < 0)
		return;
	kept = view_make(arena_strndup(f->x->a, buf_str(&text), text.len), text.len);
	n = python_imports(kept, f->x->a, &imports);
	*append(f->x->a, f->queue, f->n_queue) =
		(struct importing){ arena_strdup(f->x->a, name), imports, n };
}

static int bring(struct finding *f, const char *below, const char *source, const char *why,
		 struct err *e)
{
	struct arena *a = f->x->a;

	if (f->n_files == MAX_LOCAL_FILES)
		return fail(e, FAIL_LIMIT,
			    "'%s' imports over %d files beside it\nwrite a recipe that brings "
			    "their folder: see pare.yaml(5)",
			    f->x->program->path, MAX_LOCAL_FILES);
	f->n_files++;
	derived_add_path(f->x->d, (struct derived_path){
					  .path = arena_printf(a, "/usr/bin/%s", below),
					  .type = "file",
					  .source = arena_strdup(a, source),
					  .mode = "0644",
					  .why = why,
				  });
	if (view_ends(view_of(below), ".py"))
		look_into(f, source, below);
	return 0;
}

struct package_walk {
	struct finding *f;
	const char *name, *why;
};

/* What links lead to, as Python reads it; not what it compiled, which differs between machines. */
static int bring_entry(void *ctx, const struct host_entry *entry, struct err *e)
{
	struct package_walk *w = ctx;
	const char *why = w->why;

	if (!is_file(entry->source) || strstr(entry->path, "__pycache__") ||
	    view_ends(view_of(entry->path), ".pyc"))
		return 0;
	w->why = NULL; /* said of the first */
	return bring(w->f, arena_printf(w->f->x->a, "%s/%s", w->name, entry->path), entry->source,
		     why, e);
}

static const char *why_beside(const struct finding *f, const char *where)
{
	return arena_printf(f->x->a, "imported by %s; it lies beside the script", where);
}

/* 1, for it's there. */
static int bring_folder(struct finding *f, const char *name, const char *where, struct err *e)
{
	struct arena *a = f->x->a;
	const char *folder = arena_printf(a, "%s%s", f->dir, name);
	struct package_walk w = { f, name, why_beside(f, where) };
	int rc;

	derived_need(f->x->d, name, arena_printf(a, "%s/", folder),
		     arena_printf(a, "imported by %s", where));
	rc = host_walk(folder, bring_entry, &w, e);
	return rc < 0 ? rc : 1;
}

/* 1 when it's there. */
static int bring_local(struct finding *f, const char *name, const char *where, struct err *e)
{
	struct arena *a = f->x->a;
	const char *file = arena_printf(a, "%s%s.py", f->dir, name);
	int rc;

	if (strcmp(file, f->x->program->path) == 0 || strcmp(file, f->x->program->absolute) == 0)
		return 1; /* the script itself */
	if (is_file(arena_printf(a, "%s%s/__init__.py", f->dir, name)))
		return bring_folder(f, name, where, e);
	if (!is_file(file))
		return 0;
	derived_need(f->x->d, name, file, arena_printf(a, "imported by %s", where));
	rc = bring(f, arena_printf(a, "%s.py", name), file, why_beside(f, where), e);
	return rc < 0 ? rc : 1;
}

/*
 * A folder without __init__.py that has what is imported of it (Python reference, 5.2.2). For
 * Python modules anywhere else come before it.
 */
static bool is_namespace(const struct finding *f, const struct module *m)
{
	const char *second;

	if (!m->second)
		return false;
	second = arena_printf(f->x->a, "%s%s/%s", f->dir, m->name, m->second);
	return is_folder(second) || is_file(arena_printf(f->x->a, "%s.py", second));
}

/* By --file, wherever that puts it. */
static bool is_given(const struct derived *d, const char *name)
{
	const char *file = arena_printf(d->a, "/%s.py", name);
	const char *folder = arena_printf(d->a, "/%s/", name);

	for (size_t i = 0; i < d->wishes->files.n && i + 1 < d->n_paths; i++) {
		const char *path = d->paths[i + 1].path; /* the first is the script */

		if (view_ends(view_of(path), file) || strstr(path, folder))
			return true;
	}
	return false;
}

/* ---- one import ---- */

/* "google.protobuf" → "google" and "protobuf"; "yaml" imported from → "yaml" and the member. */
static void split_module(const struct python_import *i, struct arena *a, struct module *ret)
{
	struct view rest = i->module, part;

	(void)view_split(&rest, '.', &part);
	ret->name = arena_view(a, part);
	if (rest.ptr && view_split(&rest, '.', &part))
		ret->second = arena_view(a, part);
	else if (i->member.len)
		ret->second = arena_view(a, i->member);
}

static void note_gone(struct finding *f, const struct module *m)
{
	derived_note(f->x->d,
		     arena_printf(f->x->a,
				  "%s imports %s, which Python of Debian %s has no more: --release "
				  "bookworm has it",
				  m->where, m->name, f->x->d->release->codename));
}

static int take_import(struct finding *f, const struct importing *in, const struct python_import *i,
		       struct err *e)
{
	struct arena *a = f->x->a;
	struct module m = { 0 };
	struct known known = { 0 };
	bool is_known;
	int rc;

	split_module(i, a, &m);
	m.where = arena_printf(a, "%s, line %zu", in->name, i->line);
	if (is_given(f->x->d, m.name) || strings_have(&f->local, m.name))
		return 0;
	is_known = find_known(f->x, m.name, &known);
	rc = bring_local(f, m.name, m.where, e);
	if (rc == 0 && !is_known && is_namespace(f, &m))
		rc = bring_folder(f, m.name, m.where, e);
	if (rc == 1)
		strings_add(a, &f->local, m.name);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (is_known && !known.package && !known.gone)
		return 0;
	m.package = known.package;
	if (i->maybe) {
		if (!strings_have(&f->maybe, m.name))
			strings_add(a, &f->maybe, m.name);
	} else if (known.gone) {
		note_gone(f, &m);
	} else {
		*append(a, f->wanted, f->n_wanted) = m;
	}
	return 0;
}

static int take_all(struct finding *f, struct err *e)
{
	/* The queue grows meanwhile. */
	for (size_t q = 0; q < f->n_queue; q++) {
		struct importing in = f->queue[q];

		for (size_t i = 0; i < in.n; i++)
			if (take_import(f, &in, &in.at[i], e) < 0)
				return -(int)e->code;
	}
	return 0;
}

/* ---- packages ---- */

/* The archive's tables: modules in Python are mostly packages for all architectures. */
struct tables {
	struct deb_owners *at[2];
	size_t n;
};

static int open_tables(struct deriving *x, struct tables *ret, struct err *e)
{
	const struct arch *host = arch_host();
	const char *const archs[] = { "all", host ? host->debian : "amd64" };

	for (size_t i = 0; i < COUNT_OF(archs); i++) {
		int rc = derive_open_owners(x, x->d->release, archs[i], "modules", &ret->at[ret->n],
					    e);

		if (rc == 0)
			ret->n++;
		else if (rc != -FAIL_NOT_FOUND)
			return rc;
	}
	return 0;
}

static bool find_module(const struct tables *t, const char *name, struct arena *a, const char **ret)
{
	for (size_t i = 0; i < t->n; i++) {
		struct deb_owner owner;

		if (!deb_owners_of_module(t->at[i], name, &owner))
			continue;
		*ret = arena_view(a, owner.package);
		return true;
	}
	return false;
}

static void add_module(struct deriving *x, const struct tables *t, const struct module *m)
{
	struct arena *a = x->a;
	const char *name = m->second ? arena_printf(a, "%s.%s", m->name, m->second) : m->name;
	const char *package = m->package;

	if (package || !m->second || !find_module(t, name, a, &package))
		name = m->name;
	if (!package)
		(void)find_module(t, name, a, &package);
	if (!package) {
		derived_note(x->d,
			     arena_printf(a,
					  "%s imports %s, which is neither in Python's standard "
					  "library nor in a package of Debian %s: --file brings a "
					  "module of one file, a recipe (pare init) a folder",
					  m->where, m->name, x->d->release->codename));
		return;
	}
	derived_add(x->d, &x->d->packages, package,
		    arena_printf(a, "%s, which is imported by %s", name, m->where));
	derived_need(x->d, name, package, arena_printf(a, "imported by %s", m->where));
}

static int add_packages(struct finding *f, struct err *e)
{
	struct tables t = { { NULL }, 0 };
	bool look = false;
	int rc = 0;

	for (size_t i = 0; i < f->n_wanted; i++)
		look = look || !f->wanted[i].package;
	if (look)
		rc = open_tables(f->x, &t, e);
	if (rc < 0)
		(void)err_hint(e, "or leave out what packages would bring: --without modules");
	for (size_t i = 0; rc == 0 && i < f->n_wanted; i++)
		add_module(f->x, &t, &f->wanted[i]);
	for (size_t i = 0; i < t.n; i++)
		deb_owners_close(t.at[i]);
	return rc;
}

/* "a, b, c and 4 more" */
static const char *name_all(const struct strings *names, struct arena *a)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < names->n && i < MAX_NAMED; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", names->at[i]);
	if (names->n > MAX_NAMED)
		buf_printf(&text, " and %zu more", names->n - MAX_NAMED);
	return arena_strdup(a, buf_str(&text));
}

static void note_maybe(struct finding *f, const struct strings *certain)
{
	struct strings left = { 0 };

	for (size_t i = 0; i < f->maybe.n; i++)
		if (!strings_have(certain, f->maybe.at[i]))
			strings_add(f->x->a, &left, f->maybe.at[i]);
	if (left.n)
		derived_note(f->x->d,
			     arena_printf(f->x->a,
					  "left out, since imported only under try or if: %s; a "
					  "recipe (pare init) brings them by contents.packages, "
					  "most as python3-NAME",
					  name_all(&left, f->x->a)));
}

/* As the program was named, so that a recipe can be committed beside it; not where a link leads. */
static const char *folder_of(const struct program *p, struct arena *a)
{
	const char *slash = strrchr(p->path, '/');
	struct stat st;

	if (lstat(p->path, &st) < 0 || S_ISLNK(st.st_mode)) {
		slash = strrchr(p->absolute, '/');
		return arena_strndup(a, p->absolute, (size_t)(slash + 1 - p->absolute));
	}
	return slash ? arena_strndup(a, p->path, (size_t)(slash + 1 - p->path)) : "";
}

int derive_python(struct deriving *x, struct err *e)
{
	struct finding f = { .x = x, .dir = folder_of(x->program, x->a) };
	struct strings names = { 0 };
	int rc;

	*append(x->a, f.queue, f.n_queue) =
		(struct importing){ x->program->name, x->program->imports, x->program->n_imports };
	rc = take_all(&f, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < f.n_wanted; i++)
		if (!strings_have(&names, f.wanted[i].name))
			strings_add(x->a, &names, f.wanted[i].name);
	note_maybe(&f, &names);
	if (!names.n)
		return 0;
	derived_extra(x->d, EXTRA_MODULES,
		      arena_printf(x->a, "the script imports %s", name_all(&names, x->a)));
	return x->d->extras[EXTRA_MODULES].on ? add_packages(&f, e) : 0;
}
