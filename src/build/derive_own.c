/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that come with a program: those that its DT_RPATH or DT_RUNPATH leads to outside of the
 * system's folders, as ld.so(8) would search, without running anything.
 */
#include "build/derive_dynamic.h"

#include "base/array.h"
#include "base/map.h"
#include "recipe/reader.h"
#include "tree/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_OWN_LIBRARIES = 1024 }; /* desktop programs bring a hundred */

struct own {
	const struct own *by;
	const struct program *file;
	const char *host_dir;  /* $ORIGIN on this machine */
	const char *image_dir; /* … and in the image */
};

struct finding_own {
	struct deriving *x;
	struct wanted_list *wanted;
	struct map seen; /* sonames */
	const struct own **queue;
	size_t n_queue;
};

/* "/usr/bin/../lib" → "/usr/lib"; ".." stops at the root. */
static const char *normalize(const char *path, struct arena *a)
{
	struct strings parts = { 0 };
	struct view rest = view_of(path), part;
	auto_buf out = BUF_EMPTY;

	while (view_split(&rest, '/', &part)) {
		if (!part.len || view_is(part, "."))
			continue;
		if (!view_is(part, ".."))
			strings_add(a, &parts, arena_view(a, part));
		else if (parts.n)
			parts.n--;
	}
	for (size_t i = 0; i < parts.n; i++)
		buf_printf(&out, "/%s", parts.at[i]);
	return arena_strdup(a, out.len ? buf_str(&out) : "/");
}

/* $ORIGIN and ${ORIGIN} replaced; NULL for other tokens, whose value the loader knows. */
static const char *expand(struct view entry, const char *origin, struct arena *a)
{
	auto_buf out = BUF_EMPTY;

	for (size_t i = 0; i < entry.len; i++) {
		struct view rest = view_make(entry.ptr + i, entry.len - i);

		if (entry.ptr[i] != '$') {
			buf_add_char(&out, entry.ptr[i]);
		} else if (view_starts(rest, "${ORIGIN}")) {
			buf_add_str(&out, origin);
			i += strlen("${ORIGIN}") - 1;
		} else if (view_starts(rest, "$ORIGIN")) {
			buf_add_str(&out, origin);
			i += strlen("$ORIGIN") - 1;
		} else {
			return NULL;
		}
	}
	return buf_str(&out)[0] == '/' ? normalize(buf_str(&out), a) : NULL;
}

bool derive_is_system_folder(const char *dir, const char *tuple)
{
	static const char *const folders[] = { "/lib", "/usr/lib", "/lib64", "/usr/lib64" };

	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		size_t len = strlen(folders[i]);

		if (strcmp(dir, folders[i]) == 0)
			return true;
		if (strncmp(dir, folders[i], len) == 0 && dir[len] == '/' &&
		    strcmp(dir + len + 1, tuple) == 0)
			return true;
	}
	return false;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int add_own(struct finding_own *f, const struct own *by, const char *host, const char *image,
		   const char *name, struct err *e)
{
	struct arena *a = f->x->a;
	struct program *file = arena_new(a, struct program);
	struct own *own = arena_new(a, struct own);
	int rc;

	if (f->n_queue >= MAX_OWN_LIBRARIES)
		return fail(e, FAIL_LIMIT, "'%s' brings more than %d libraries",
			    f->x->program->path, MAX_OWN_LIBRARIES);
	rc = program_read_library(arena_printf(a, "%s/%s", host, name), f->x->rules, a, file, e);
	if (rc < 0)
		return err_context(e, "library of '%s'", f->x->program->path);
	derived_saw(f->x->d, file->path, &file->seen);
	f->x->texts |= file->texts;
	*own = (struct own){ by, file, host, image };
	derived_add_path(f->x->d,
			 (struct derived_path){ .path = arena_printf(a, "%s/%s", image, name),
						.type = "file",
						.source = file->path,
						.mode = "0755",
						.strip = f->x->wishes->strip,
						.why = arena_printf(a,
								    "%s: needed by %s, which knows "
								    "where it is",
								    name, by->file->name) });
	derived_need(f->x->d, name, file->path,
		     arena_printf(a, "needed by %s, which knows where it is", by->file->name));
	*append(a, f->queue, f->n_queue) = own;
	return 0;
}

/* 1 when it was found in one of the colon-separated folders. */
static int search(struct finding_own *f, const struct own *from, const struct own *by,
		  struct view list, const char *name, struct err *e)
{
	struct view entry;

	while (list.ptr && view_split(&list, ':', &entry)) {
		const char *host = expand(entry, from->host_dir, f->x->a);
		const char *image = expand(entry, from->image_dir, f->x->a);

		if (!host || derive_is_system_folder(host, f->x->program->arch->tuple) ||
		    !is_file(arena_printf(f->x->a, "%s/%s", host, name)))
			continue;
		return add_own(f, by, host, image, name, e) < 0 ? -(int)e->code : 1;
	}
	return 0;
}

/* By DT_RUNPATH; or, when there is none, DT_RPATH of the object and of those that loaded it. */
static int find_own(struct finding_own *f, const struct own *by, const char *name, struct err *e)
{
	int rc;

	if (by->file->elf.runpath.ptr)
		return search(f, by, by, by->file->elf.runpath, name, e);
	for (const struct own *at = by; at; at = at->by) {
		if (at->file->elf.runpath.ptr)
			continue;
		rc = search(f, at, by, at->file->elf.rpath, name, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int take_needed(struct finding_own *f, const struct own *by, struct err *e)
{
	const struct elf *elf = &by->file->elf;

	for (size_t i = 0; i < elf->n_needed; i++) {
		const char *name = elf->needed[i].ptr;
		int rc;

		if (map_get(&f->seen, elf->needed[i]))
			continue;
		*map_put(&f->seen, elf->needed[i]) = f;
		if (!*name || strchr(name, '/'))
			return fail(e, FAIL_UNSUPPORTED,
				    "'%s' needs the library '%.200s' by its path; link it by name",
				    by->file->path, name);
		rc = find_own(f, by, name, e);
		if (rc < 0)
			return rc;
		if (rc == 0)
			*append(f->x->a, f->wanted->at, f->wanted->n) =
				(struct wanted){ name, by->file->name };
	}
	return 0;
}

static const char *folder_of(const char *path, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

int derive_own(struct deriving *x, struct wanted_list *ret, struct err *e)
{
	struct finding_own f = { .x = x, .wanted = ret, .seen = MAP_EMPTY };
	struct own *program = arena_new(x->a, struct own);
	int rc = 0;

	*program = (struct own){ NULL, x->program, folder_of(x->program->absolute, x->a),
				 folder_of(x->d->image_path, x->a) };
	*append(x->a, f.queue, f.n_queue) = program;
	for (size_t i = 0; rc == 0 && i < f.n_queue; i++)
		rc = take_needed(&f, f.queue[i], e);
	map_done(&f.seen);
	return rc;
}
