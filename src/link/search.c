/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a loader looks for a library, in its order. glibc passes over files for other machines and
 * files that it may not read, musl takes the first that it can open (elf/dl-load.c, _dl_map_object;
 * musl's ldso/dynlink.c, load_library).
 */
#include "base/array.h"
#include "link/private.h"

#include <string.h>

/* The program's is where its links lead to, by /proc/self/exe; a library's is as it was found. */
static const char *origin_of(struct link *l, const struct loaded *o)
{
	const char *path = o->object.role == LINK_PROGRAM ? node_path(o->object.node, &l->arena)
							  : o->object.path;
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return "/";
	return arena_strndup(&l->arena, path, (size_t)(slash - path));
}

/* The name of a $NAME or ${NAME}; its length with the signs around, or 0. */
static size_t token(struct view at, struct view *ret_name)
{
	bool braces = at.len > 1 && at.ptr[1] == '{';
	size_t from = braces ? 2 : 1, n = from;

	while (n < at.len && (at.ptr[n] == '_' || (at.ptr[n] >= 'A' && at.ptr[n] <= 'Z')))
		n++;
	*ret_name = view_make(at.ptr + from, n - from);
	if (!braces)
		return n > from ? n : 0;
	return n < at.len && at.ptr[n] == '}' ? n + 1 : 0;
}

/* What glibc puts for a token: NULL for none, which makes it drop the whole folder. */
static const char *value_of(struct closure *c, struct view name, const struct loaded *of,
			    bool *known)
{
	*known = true;
	if (view_is(name, "ORIGIN"))
		return origin_of(c->link, of);
	if (view_is(name, "LIB"))
		return c->loader->lib;
	if (view_is(name, "PLATFORM"))
		return c->loader->platform;
	*known = false;
	return NULL;
}

/*
 * A folder of a search path with its tokens replaced; NULL when it is to be left out. musl knows
 * $ORIGIN only, and drops a path that has anything else.
 */
static const char *expand(struct closure *c, struct view part, const struct loaded *of)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < part.len;) {
		struct view rest = view_make(part.ptr + i, part.len - i), name;
		size_t len = rest.ptr[0] == '$' ? token(rest, &name) : 0;
		bool known = false;
		const char *value = len ? value_of(c, name, of, &known) : NULL;

		if (known && !value)
			return NULL;
		if (value)
			buf_add_str(&text, value);
		else
			buf_add_char(&text, part.ptr[i]);
		i += value ? len : 1;
		if (text.len >= TREE_MAX_PATH)
			return NULL;
	}
	return arena_view(&c->link->arena, buf_view(&text));
}

static void note_searched(struct closure *c, const char *folder)
{
	for (size_t i = 0; i < c->n_searched; i++)
		if (strcmp(c->searched[i], folder) == 0)
			return;
	*array_push_to(c->searched, c->n_searched, c->cap_searched) = folder;
}

/* What a file is to this program's loader. */
static int judge(struct closure *c, struct candidate *found, enum found *ret, struct err *e)
{
	const struct link_file *f;

	if (link_file_get(c->link, found->node, &found->file, e) < 0)
		return -(int)e->code;
	f = found->file;
	*ret = FOUND_BAD;
	if (f->kind == LINK_FILE_DAMAGED)
		found->why = f->why;
	else if (f->kind != LINK_FILE_ELF)
		found->why = "it is no ELF file";
	else if (!same_machine(&f->elf, &c->main->file->elf))
		*ret = c->loader->musl ? FOUND_BAD : FOUND_OTHER_MACHINE;
	else if (f->elf.type != ELF_TYPE_DYN)
		found->why = "it is no shared library";
	else
		*ret = FOUND;
	if (*ret == FOUND_BAD && !found->why)
		found->why = arena_printf(&c->link->arena, "it is for %s",
					  machine_text(&f->elf, &c->link->arena));
	return 0;
}

/* One path. *ret changes only to something better than it was. */
static int try_path(struct closure *c, const char *path, enum found *ret_found,
		    struct candidate *ret, struct err *e)
{
	struct candidate found = { .path = path };
	enum found what = FOUND_NOT;

	if (++c->n_lookups > LINK_MAX_LOOKUPS)
		return fail(e, FAIL_LIMIT,
			    "'%.200s' makes its loader look for libraries more than %d times",
			    c->main->object.path, LINK_MAX_LOOKUPS);
	found.node = tree_find_from(c->link->tree, c->work_dir, path, true);
	if (!found.node || found.node->inode->type == NODE_DIR ||
	    !user_may(&c->user, found.node, MAY_READ))
		return 0;
	if (path[0] != '/')
		found.path = node_path(found.node, &c->link->arena);
	if (judge(c, &found, &what, e) < 0)
		return -(int)e->code;
	if (what == FOUND || what == FOUND_BAD || *ret_found == FOUND_NOT) {
		*ret = found;
		*ret_found = what;
	}
	return 0;
}

static bool is_settled(enum found found)
{
	return found == FOUND || found == FOUND_BAD;
}

/* Libraries that some processors get instead of the one in `folder`. */
static int add_variants(struct closure *c, const struct loaded *by, const char *folder,
			const char *name, struct err *e)
{
	const char *path = arena_printf(&c->link->arena, "%s/glibc-hwcaps", folder);
	struct node *n = tree_find_from(c->link->tree, c->work_dir, path, true);

	if (!n || n->inode->type != NODE_DIR)
		return 0;
	for (size_t i = 0; i < n->children.n; i++) {
		const struct node *child = n->children.at[i].value;
		struct candidate found = { 0 };
		enum found what = FOUND_NOT;

		if (!child || child->inode->type == NODE_FILE)
			continue;
		if (try_path(c, arena_printf(&c->link->arena, "%s/%s/%s", path, child->name, name),
			     &what, &found, e) < 0)
			return -(int)e->code;
		if (what == FOUND)
			c->variant = closure_add(c, &found, name, LINK_VARIANT, by);
	}
	return 0;
}

static int try_folder(struct closure *c, const struct loaded *by, const char *folder,
		      const char *name, enum found *ret_found, struct candidate *ret, struct err *e)
{
	const char *path;
	size_t len = strlen(folder);

	if (len + 1 + strlen(name) >= TREE_MAX_PATH)
		return 0;
	note_searched(c, folder);
	if (!c->loader->musl && add_variants(c, by, folder, name, e) < 0)
		return -(int)e->code;
	path = arena_printf(&c->link->arena, "%s%s%s", folder,
			    len && folder[len - 1] == '/' ? "" : "/", name);
	return try_path(c, path, ret_found, ret, e);
}

/* An RPATH or RUNPATH of the object `of`. */
static int try_list(struct closure *c, const struct loaded *by, const struct loaded *of,
		    struct view list, const char *name, enum found *ret_found,
		    struct candidate *ret, struct err *e)
{
	struct view part;

	if (!list.ptr)
		return 0;
	while (!is_settled(*ret_found) && view_split(&list, ':', &part)) {
		const char *folder = part.len ? expand(c, part, of) : ".";

		if (folder && try_folder(c, by, folder, name, ret_found, ret, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static int try_folders(struct closure *c, const struct loaded *by, const char *const *folders,
		       size_t n, const char *name, enum found *ret_found, struct candidate *ret,
		       struct err *e)
{
	for (size_t i = 0; i < n && !is_settled(*ret_found); i++)
		if (try_folder(c, by, folders[i], name, ret_found, ret, e) < 0)
			return -(int)e->code;
	return 0;
}

/* DT_RPATH counts for all below the object that has it, unless that has a DT_RUNPATH. */
static int try_rpaths(struct closure *c, const struct loaded *by, const char *name,
		      enum found *ret_found, struct candidate *ret, struct err *e)
{
	bool saw_main = false;

	for (const struct loaded *of = by; of && !is_settled(*ret_found); of = of->by) {
		saw_main |= of == c->main;
		if (!of->file->elf.runpath.ptr &&
		    try_list(c, by, of, of->file->elf.rpath, name, ret_found, ret, e) < 0)
			return -(int)e->code;
	}
	if (saw_main || is_settled(*ret_found) || c->main->file->elf.runpath.ptr)
		return 0;
	return try_list(c, by, c->main, c->main->file->elf.rpath, name, ret_found, ret, e);
}

static int try_cache(struct closure *c, const struct loaded *by, const char *name,
		     enum found *ret_found, struct candidate *ret, struct err *e)
{
	const struct ldcache_entry *entry;

	if (ldcache_find(c->link, name, &entry, e) < 0)
		return -(int)e->code;
	for (; entry && !is_settled(*ret_found); entry = entry->next) {
		struct candidate found = { 0 };
		enum found what = FOUND_NOT;

		if (try_path(c, entry->path, entry->hwcaps ? &what : ret_found,
			     entry->hwcaps ? &found : ret, e) < 0)
			return -(int)e->code;
		if (what == FOUND)
			c->variant = closure_add(c, &found, name, LINK_VARIANT, by);
	}
	return 0;
}

static int search_glibc(struct closure *c, const struct loaded *by, const char *name,
			enum found *ret_found, struct candidate *ret, struct err *e)
{
	const struct elf *f = &by->file->elf;
	bool defaults = !f->no_default_folders;

	if (!f->runpath.ptr && try_rpaths(c, by, name, ret_found, ret, e) < 0)
		return -(int)e->code;
	if (try_folders(c, by, c->library_path.at, c->library_path.n, name, ret_found, ret, e) < 0)
		return -(int)e->code;
	if (!is_settled(*ret_found) && try_list(c, by, by, f->runpath, name, ret_found, ret, e) < 0)
		return -(int)e->code;
	if (!is_settled(*ret_found) && defaults && try_cache(c, by, name, ret_found, ret, e) < 0)
		return -(int)e->code;
	if (!defaults)
		return 0;
	return try_folders(c, by, c->loader->folders, c->loader->n_folders, name, ret_found, ret,
			   e);
}

/* A path with a token that isn't $ORIGIN counts as none. */
static bool musl_takes(struct view list)
{
	for (size_t i = 0; i < list.len; i++) {
		struct view rest = view_make(list.ptr + i, list.len - i), name;

		if (rest.ptr[0] == '$' && (token(rest, &name) == 0 || !view_is(name, "ORIGIN")))
			return false;
	}
	return true;
}

static int search_musl(struct closure *c, const struct loaded *by, const char *name,
		       enum found *ret_found, struct candidate *ret, struct err *e)
{
	if (try_folders(c, by, c->library_path.at, c->library_path.n, name, ret_found, ret, e) < 0)
		return -(int)e->code;
	for (const struct loaded *of = by; of && !is_settled(*ret_found); of = of->by) {
		const struct elf *f = &of->file->elf;
		struct view list = f->runpath.ptr ? f->runpath : f->rpath;

		if (musl_takes(list) && try_list(c, by, of, list, name, ret_found, ret, e) < 0)
			return -(int)e->code;
	}
	return try_folders(c, by, c->loader->folders, c->loader->n_folders, name, ret_found, ret,
			   e);
}

int search_library(struct closure *c, const struct loaded *by, const char *name,
		   enum found *ret_found, struct candidate *ret, struct err *e)
{
	*ret_found = FOUND_NOT;
	*ret = (struct candidate){ 0 };
	c->n_searched = 0;
	c->variant = NULL;
	if (strchr(name, '/')) {
		const char *path = c->loader->musl ? name : expand(c, view_of(name), by);

		return path ? try_path(c, path, ret_found, ret, e) : 0;
	}
	return c->loader->musl ? search_musl(c, by, name, ret_found, ret, e)
			       : search_glibc(c, by, name, ret_found, ret, e);
}
