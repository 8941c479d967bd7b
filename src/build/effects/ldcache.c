/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the libraries: in each folder, for each soname, the one file or link that ldconfig would
 * take. Reads of each file only the few pieces that its ELF headers point to.
 */
#include "base/array.h"
#include "build/effects/ldcache_parts.h"
#include "tree/windows.h"

#include <stdlib.h>
#include <string.h>

/* 1 when it is an ELF file, 0 when it isn't (or a broken one). */
static int read_library(const struct inode *i, struct arena *a, struct elf *ret, struct err *e)
{
	struct windows w = { .inode = i };
	struct elf_input in = { .size = i->content.size, .read = windows_read, .ctx = &w };
	int rc = elf_read(&in, a, ret, e);

	windows_done(&w);
	if (rc == 0)
		return 1;
	return w.failed ? rc : 0;
}

/* One soname of a folder, and who bears it. */
struct library {
	const char *name, *soname;
	bool is_link;
	uint32_t flags, isa_level;
};

struct folder {
	struct library *at;
	size_t n, cap;
	struct map by_soname; /* → index + 1 */
};

struct search {
	const struct tree *tree;
	const struct ld_arch *arch;
	struct ld_glibc glibc;
	struct arena arena;
	struct ld_dirs dirs;
	struct ld_entry *at;
	size_t n, cap;
};

int ld_name_compare(const char *a, const char *b)
{
	while (*a) {
		bool a_digit = *a >= '0' && *a <= '9', b_digit = *b >= '0' && *b <= '9';
		uint32_t x = 0, y = 0;

		if (a_digit != b_digit)
			return a_digit ? 1 : -1;
		if (!a_digit) {
			if (*a != *b)
				return *a - *b;
			a++;
			b++;
			continue;
		}
		/* wraps around as the original does, which only odd names notice */
		while (*a >= '0' && *a <= '9')
			x = x * 10 + (uint32_t)(*a++ - '0');
		while (*b >= '0' && *b <= '9')
			y = y * 10 + (uint32_t)(*b++ - '0');
		if (x != y)
			return (int32_t)(x - y) > 0 ? 1 : -1;
	}
	return *a - *b;
}

static bool looks_like_library(const char *name)
{
	if (strncmp(name, "lib", 3) == 0 || strncmp(name, "ld-", 3) == 0)
		return strstr(name, ".so") != NULL;
	return strncmp(name, "ld.so.", 6) == 0 || strncmp(name, "ld64.so.", 8) == 0;
}

static bool is_temporary(const char *name)
{
	struct view v = view_of(name);

	return view_ends(v, ".dpkg-new") || view_ends(v, ".dpkg-tmp") || strchr(name, ';');
}

/*
 * Whether a link counts as one: it bears the soname, or is the link for the linker whose name
 * begins the soname. Any other link is taken for a file.
 */
static bool is_proper_link(const char *name, const char *soname)
{
	return strcmp(name, soname) == 0 ||
	       (view_ends(view_of(name), ".so") && strncmp(name, soname, strlen(name)) == 0);
}

static bool is_better(const struct library *new, const struct library *old)
{
	if (new->is_link != old->is_link)
		return old->is_link;
	return ld_name_compare(old->name, new->name) < 0;
}

static void keep_best(struct folder *f, const struct library *new)
{
	void **slot = map_put(&f->by_soname, view_of(new->soname));
	struct library *old;

	if (!*slot) {
		*array_push(f) = *new;
		*slot = (void *)(uintptr_t)f->n;
		return;
	}
	old = &f->at[(uintptr_t)*slot - 1];
	if (is_better(new, old)) {
		old->name = new->name;
		old->is_link = new->is_link;
		old->isa_level = new->isa_level;
	}
}

/* What a name in a folder leads to, if that is a regular file. */
static const struct inode *file_behind(const struct search *s, const struct ld_dir *dir,
				       const struct node *n, struct arena *a)
{
	const struct node *target = n;

	if (n->inode->type == NODE_SYMLINK)
		target = tree_find(s->tree, arena_printf(a, "%s/%s", dir->path, n->name), true);
	return target && target->inode->type == NODE_FILE ? target->inode : NULL;
}

static int look_at(struct search *s, const struct ld_dir *dir, const struct node *n,
		   struct folder *f, struct err *e)
{
	struct library lib = { .name = n->name, .is_link = n->inode->type == NODE_SYMLINK };
	auto_arena scrap = ARENA_EMPTY;
	const struct inode *file;
	struct elf elf;
	int rc;

	if (!looks_like_library(n->name) && !(dir->hwcaps && lib.is_link))
		return 0;
	if (s->glibc.minor >= LD_NO_TEMPORARIES && is_temporary(n->name))
		return 0;
	file = file_behind(s, dir, n, &scrap);
	if (!file)
		return 0;
	rc = read_library(file, &scrap, &elf, e);
	if (rc < 0)
		return err_context(e, "read '%s/%s' for ld.so.cache", dir->path, n->name);
	if (rc == 0 || !ld_flags_of(s->arch, &s->glibc, &elf, &lib.flags))
		return 0;
	lib.isa_level = ld_isa_level(&elf);
	lib.soname = elf.soname.ptr ? arena_view(&s->arena, elf.soname) : n->name;
	lib.is_link = lib.is_link && is_proper_link(n->name, lib.soname);
	if (lib.is_link)
		lib.soname = n->name;
	keep_best(f, &lib);
	return 0;
}

static int add_entry(struct search *s, const struct ld_dir *dir, const struct library *l,
		     struct err *e)
{
	/* In a plain folder the loader goes by the soname, which survives updates of the file. */
	const char *name = dir->hwcaps ? l->name : l->soname;

	if (s->n == LDCACHE_MAX_LIBRARIES)
		return fail(e, FAIL_LIMIT, "more than %d libraries for ld.so.cache",
			    LDCACHE_MAX_LIBRARIES);
	*array_push(s) = (struct ld_entry){
		.soname = l->soname,
		.path = arena_printf(&s->arena, "%s/%s", dir->path, name),
		.hwcaps = dir->hwcaps,
		.flags = l->flags,
		.isa_level = l->isa_level,
		.order = s->n,
	};
	return 0;
}

static int search_dir(struct search *s, const struct ld_dir *dir, struct err *e)
{
	struct folder f = { .by_soname = MAP_EMPTY };
	size_t n;
	auto_free struct node **children = node_children(dir->node, &n);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = look_at(s, dir, children[i], &f, e);
	for (size_t i = 0; rc == 0 && i < f.n; i++)
		rc = add_entry(s, dir, &f.at[i], e);
	map_done(&f.by_soname);
	free(f.at);
	return rc;
}

static int run(struct search *s, struct buf *ret, struct err *e)
{
	int rc = ld_glibc_find(s->tree, s->arch, &s->glibc, e);

	if (rc == 0)
		rc = ld_dirs_find(&s->dirs, e);
	for (size_t i = 0; rc == 0 && i < s->dirs.n; i++)
		rc = search_dir(s, &s->dirs.at[i], e);
	if (rc == 0)
		rc = ldcache_write(s->arch, &s->glibc, s->at, s->n, &s->dirs.hwcaps, ret, e);
	return rc;
}

int ldcache_make(const struct tree *t, const char *arch, struct buf *ret, struct err *e)
{
	struct search s = { .tree = t, .arch = ld_arch_find(arch), .arena = ARENA_EMPTY };
	int rc;

	if (!s.arch)
		return fail(e, FAIL_UNSUPPORTED, "no ld.so.cache for the architecture '%s'", arch);
	s.dirs = (struct ld_dirs){ .tree = t, .arch = s.arch, .arena = &s.arena };
	rc = run(&s, ret, e);
	ld_dirs_done(&s.dirs);
	arena_done(&s.arena);
	free(s.at);
	return rc;
}
