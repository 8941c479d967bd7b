/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads recipes: finds files and built-in profiles, follows `extends` depth first, and has each
 * file's keys read over what those before it left. A file counts once, where it is met first.
 */
#include "recipe/load.h"

#include "base/map.h"
#include "base/mem.h"
#include "pkg/apk/repository.h"
#include "pkg/world.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file or profile that is being loaded, and the one that extends it. */
struct link {
	const struct link *outer;
	const char *key;  /* canonical path, or "profile:NAME" */
	const char *file; /* as messages name it */
	const char *dir;  /* absolute; NULL for profiles and texts */
	bool builtin;
	unsigned int depth;
};

struct loader {
	struct recipe *recipe;
	struct map done; /* keys of what was read to its end */
	struct err *e;
	unsigned int n_files;
	bool no_files; /* only profiles may be opened */
};

static int load(struct loader *l, const struct link *link, struct view text);
static int load_target(struct loader *l, const struct link *from, const struct yaml_node *n,
		       const char *target);

/* Errors of a target: at the place that extends it, or without one for the command line's. */
static int fail_target(struct loader *l, const struct link *from, const struct yaml_node *n,
		       enum fail_code code, const char *msg)
{
	if (n)
		return fail(l->e, code, "%s:%u:%u: %s", from->file, n->line, n->column, msg);
	return fail(l->e, code, "%s", msg);
}

static bool is_file_name(struct view name)
{
	return view_starts(name, "/") || view_starts(name, "./") || view_starts(name, "../") ||
	       view_ends(name, ".yaml") || view_ends(name, ".yml");
}

/* "a.yaml → b.yaml → a.yaml", from the outermost. */
static void write_chain(const struct link *link, const char *until, struct buf *to)
{
	if (link->outer && strcmp(link->key, until) != 0)
		write_chain(link->outer, until, to);
	buf_add_str(to, link->file);
	buf_add_str(to, " → ");
}

static int check_chain(struct loader *l, const struct link *from, const struct yaml_node *n,
		       const struct link *next)
{
	for (const struct link *i = from; i; i = i->outer) {
		auto_buf chain = BUF_EMPTY;

		if (strcmp(i->key, next->key) != 0)
			continue;
		buf_add_str(&chain, "'extends' goes in a circle: ");
		write_chain(from, next->key, &chain);
		buf_add_str(&chain, next->file);
		return fail_target(l, from, n, FAIL_FORMAT, buf_str(&chain));
	}
	if (next->depth > RECIPE_MAX_DEPTH)
		return fail_target(l, from, n, FAIL_LIMIT, "'extends' is deeper than 16 files");
	if (++l->n_files > RECIPE_MAX_FILES)
		return fail_target(l, from, n, FAIL_LIMIT, "'extends' leads to more than 64 files");
	return 0;
}

/* Reads the text over the recipe, unless that was done before. */
static int load_once(struct loader *l, const struct link *from, const struct yaml_node *n,
		     const struct link *next, struct view text)
{
	int r = check_chain(l, from, n, next);

	if (r < 0 || map_get(&l->done, view_of(next->key)))
		return r;
	r = load(l, next, text);
	if (r == 0)
		*map_put(&l->done, view_of(next->key)) = l;
	return r;
}

static int load_builtin(struct loader *l, const struct link *from, const struct yaml_node *n,
			const char *name)
{
	struct arena *a = &l->recipe->arena;
	const char *text = recipe_profile_text(name);
	struct link next = {
		.outer = from,
		.key = arena_printf(a, "profile:%s", name),
		.file = arena_printf(a, "profile %s", name),
		.builtin = true,
		.depth = from ? from->depth + 1 : 0,
	};
	const char *near;

	if (text)
		return load_once(l, from, n, &next, view_of(text));
	near = profile_suggest(name);
	if (near)
		return fail_target(
			l, from, n, FAIL_NOT_FOUND,
			arena_printf(a, "no profile '%.80s' (did you mean '%s'?)", name, near));
	return fail_target(
		l, from, n, FAIL_NOT_FOUND,
		arena_printf(a, "no profile '%.80s' (a file's name ends in .yaml)", name));
}

/* The folder that a path is in, "." if it names none. */
static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static int load_file(struct loader *l, const struct link *from, const struct yaml_node *n,
		     const char *name)
{
	struct arena *a = &l->recipe->arena;
	const char *path = from ? join_path(a, from->dir, name) : name;
	auto_free char *real = realpath(path, NULL);
	auto_buf text = BUF_EMPTY;
	struct link next = { .outer = from, .depth = from ? from->depth + 1 : 0 };
	int r;

	if (!real)
		return fail_target(l, from, n, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_IO,
				   arena_printf(a, "recipe '%.200s': %s", name, strerror(errno)));
	r = file_read(AT_FDCWD, real, YAML_MAX_BYTES, &text, l->e);
	if (r < 0)
		return n ? err_context(l->e, "%s:%u:%u", from->file, n->line, n->column) : r;
	next.key = arena_strdup(a, real);
	next.dir = folder_of(a, next.key);
	next.file = from ? join_path(a, folder_of(a, from->file), name) : arena_strdup(a, name);
	if (!from)
		l->recipe->dir = next.dir;
	return load_once(l, from, n, &next, buf_view(&text));
}

static int fail_variant(struct loader *l, const struct link *from, const struct yaml_node *n,
			struct view suffix)
{
	return fail_target(l, from, n, FAIL_NOT_FOUND,
			   arena_printf(&l->recipe->arena,
					"no variant '%.*s' (there are nonroot, debug and "
					"debug-nonroot)",
					suffix.len > 80 ? 80 : (int)suffix.len, suffix.ptr));
}

/* A file's or profile's name with its variant. */
static int load_target(struct loader *l, const struct link *from, const struct yaml_node *n,
		       const char *target)
{
	struct arena *a = &l->recipe->arena;
	struct view name = view_of(target), suffix;
	const struct variant *variant;
	struct reader rd = { .recipe = l->recipe, .a = a, .file = target };
	int r;

	if (!variant_split(&name, &variant, &suffix))
		return fail_variant(l, from, n, suffix);
	if (!is_file_name(name)) {
		if (!l->recipe->profile && !(from && from->builtin))
			l->recipe->profile = arena_strdup(a, target);
		r = load_builtin(l, from, n, arena_view(a, name));
	} else if (l->no_files || (from && !from->dir)) {
		r = fail_target(l, from, n, FAIL_UNSUPPORTED, "a file can't be extended from here");
	} else {
		r = load_file(l, from, n, arena_view(a, name));
	}
	if (r == 0 && variant)
		variant_apply(&rd, variant);
	return r;
}

static int load_extended(struct loader *l, const struct link *link, const struct reader *rd,
			 const struct yaml_node *n)
{
	if (n->kind != YAML_SCALAR || yaml_is_null(n) || !*n->text)
		return fail_value(rd, n, "a profile or file, or a list of them");
	return load_target(l, link, n, n->text);
}

/* apko's word for one file to extend: never a profile, and no file of another host. */
static int load_included(struct loader *l, const struct link *link, struct reader *rd,
			 const struct yaml_node *n)
{
	rd->what = "include";
	if (n->kind != YAML_SCALAR || yaml_is_null(n) || !*n->text)
		return fail_value(rd, n, "a file");
	if (l->no_files || !link->dir)
		return fail_target(l, link, n, FAIL_UNSUPPORTED, "a file can't be included here");
	return load_file(l, link, n, n->text);
}

/* What `extends` names, in its order, then the text's own keys. */
static int load(struct loader *l, const struct link *link, struct view text)
{
	auto_arena tree = ARENA_EMPTY;
	const struct yaml_node *root = NULL, *extends, *include;
	struct reader rd = {
		.recipe = l->recipe,
		.a = &l->recipe->arena,
		.e = l->e,
		.file = link->file,
		.dir = link->dir ? link->dir : ".",
		.what = "extends",
	};
	int r = yaml_parse(text, link->file, &tree, &root, l->e);

	if (r < 0)
		return r;
	if (!root)
		return fail(l->e, FAIL_FORMAT, "%s:1:1: the recipe is empty", link->file);
	extends = yaml_get(root, "extends");
	if (extends && extends->kind == YAML_SEQUENCE) {
		for (size_t i = 0; r == 0 && i < extends->n; i++)
			r = load_extended(l, link, &rd, extends->items[i]);
	} else if (extends) {
		r = load_extended(l, link, &rd, extends);
	}
	include = yaml_get(root, "include");
	if (r == 0 && include)
		r = load_included(l, link, &rd, include);
	if (r < 0)
		return r;
	/* A new entrypoint doesn't take the arguments of the one that goes, as with Docker; but
	 * apko's includes keep them. */
	if (yaml_get(root, "entrypoint") && !include) {
		l->recipe->cmd = (struct strings){ 0 };
		l->recipe->own_cmd = false;
	}
	return read_recipe(&rd, root);
}

static int digest_key(struct recipe *r, struct view path, struct err *e)
{
	auto_buf bytes = BUF_EMPTY;
	auto_free char *name = mem_strndup(path.ptr, path.len);
	int rc = file_read(AT_FDCWD, name, RECIPE_MAX_KEY_BYTES, &bytes, e);

	if (rc < 0)
		return err_context(e, "%s: key", r->name);
	sha256_of(bytes.data ? bytes.data : "", bytes.len,
		  append(&r->arena, r->key_digests, r->n_key_digests));
	return 0;
}

/* The files among the keys of a repository's signed-by option. */
static int digest_signed_by(struct recipe *r, const char *repository, struct err *e)
{
	const char *at = strstr(repository, "signed-by=");
	struct view keys, key;

	if (!at || at > strchr(repository, ']'))
		return 0;
	at += strlen("signed-by=");
	keys = view_make(at, strcspn(at, " ]"));
	while (view_split(&keys, ',', &key)) {
		int rc = key.len && memchr(key.ptr, '/', key.len) ? digest_key(r, key, e) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int digest_keys(struct recipe *r, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->keyring.n; i++)
		rc = digest_key(r, view_of(r->keyring.at[i]), e);
	for (size_t i = 0; i < r->n_keys; i++)
		sha256_of(r->keys[i].content, strlen(r->keys[i].content),
			  append(&r->arena, r->key_digests, r->n_key_digests));
	for (size_t i = 0; rc == 0 && i < r->repositories.n; i++) {
		if (strchr(r->repositories.at[i], ']'))
			rc = digest_signed_by(r, r->repositories.at[i], e);
	}
	return rc;
}

bool recipe_is_alpine(const struct recipe *r)
{
	return r->repositories.n && apk_source_is(r->repositories.at[0]);
}

/* One image's packages are of one world. */
static int check_world(const struct recipe *r, struct err *e)
{
	bool alpine = recipe_is_alpine(r);

	for (size_t i = 1; i < r->repositories.n; i++)
		if (apk_source_is(r->repositories.at[i]) != alpine)
			return fail(e, FAIL_FORMAT,
				    "%s: packages come from Debian or from Alpine, not from both: "
				    "'%.100s' and '%.100s'",
				    r->name, r->repositories.at[0], r->repositories.at[i]);
	for (size_t i = 0; i < r->packages.n && i < r->package_places.n; i++) {
		struct atom atom;
		struct err why;

		if (alpine && apk_world.parse_wish(view_of(r->packages.at[i]), &atom, &why) < 0)
			return fail(e, FAIL_FORMAT, "%s: %s", r->package_places.at[i], why.msg);
		if (!alpine && !is_debian_package(r->packages.at[i]))
			return fail(
				e, FAIL_FORMAT,
				"%s: 'contents.packages' must be a package: name, name=VERSION, "
				"name~VERSION, name<VERSION, name<=VERSION, name>VERSION or "
				"name>=VERSION, not '%.80s'",
				r->package_places.at[i], r->packages.at[i]);
	}
	if (!alpine && r->n_keys && r->repositories.n)
		return fail(e, FAIL_UNSUPPORTED,
			    "%s: keys in the recipe itself are Alpine's; Debian's are files",
			    r->name);
	if (!alpine && r->database == DATABASE_FULL && r->repositories.n)
		return fail(e, FAIL_UNSUPPORTED,
			    "%s: contents.database: full is Alpine's; of Debian's packages images "
			    "have 'status' or 'none'",
			    r->name);
	if (r->runtime_place && r->database != DATABASE_FULL)
		return fail(e, FAIL_UNSUPPORTED,
			    "%s: 'contents.%s' is for apk in the image, which has neither "
			    "repositories nor keys without 'contents.database: full'",
			    r->runtime_place,
			    r->runtime_repositories.n ? "runtime_repositories" : "runtime_keyring");
	return 0;
}

static struct recipe *recipe_new(const char *name)
{
	struct recipe *r = mem_zalloc(sizeof(*r));

	r->name = arena_strdup(&r->arena, name);
	r->dir = ".";
	return r;
}

/* Ends a load: frees the recipe, or completes it and hands it out. */
static int finish(struct loader *l, int r, struct recipe **ret)
{
	map_done(&l->done);
	if (r == 0)
		r = check_world(l->recipe, l->e);
	if (r == 0 && !l->no_files)
		r = digest_keys(l->recipe, l->e);
	if (r < 0) {
		recipe_free(l->recipe);
		return r;
	}
	recipe_finish(l->recipe);
	*ret = l->recipe;
	return 0;
}

/* What is behind a colon may also be part of the file's name. */
int recipe_load_file(const char *path, struct recipe **ret, struct err *e)
{
	struct loader l = { .recipe = recipe_new(path), .done = MAP_EMPTY, .e = e };
	struct view name = view_of(path), suffix;
	const struct variant *variant;
	struct reader rd = { .recipe = l.recipe, .a = &l.recipe->arena, .file = path };
	bool understood = variant_split(&name, &variant, &suffix);
	int r;

	if (!understood && access(path, F_OK) < 0)
		r = fail_variant(&l, NULL, NULL, suffix);
	else
		r = load_file(&l, NULL, NULL, arena_view(&l.recipe->arena, name));
	if (r == 0 && variant)
		variant_apply(&rd, variant);
	return finish(&l, r, ret);
}

int recipe_load_profile(const char *name, struct recipe **ret, struct err *e)
{
	struct loader l = { .recipe = recipe_new(name), .done = MAP_EMPTY, .e = e };
	int r;

	if (is_file_name(view_of(name)))
		r = fail(e, FAIL_NOT_FOUND, "no profile '%.80s'", name);
	else
		r = load_target(&l, NULL, NULL, name);
	return finish(&l, r, ret);
}

int recipe_load_text(struct view text, const char *name, const char *dir, struct recipe **ret,
		     struct err *e)
{
	struct loader l = { .recipe = recipe_new(name), .done = MAP_EMPTY, .e = e };
	struct link link = { .key = name, .file = name };

	link.dir = l.recipe->dir = arena_strdup(&l.recipe->arena, dir);
	return finish(&l, load(&l, &link, text), ret);
}

int recipe_parse(struct view text, const char *name, struct recipe **ret, struct err *e)
{
	struct loader l = {
		.recipe = recipe_new(name), .done = MAP_EMPTY, .e = e, .no_files = true
	};
	struct link link = { .key = name, .file = name, .dir = "/" };

	return finish(&l, load(&l, &link, text), ret);
}

void recipe_free(struct recipe *r)
{
	struct arena arena;

	if (!r)
		return;
	arena = r->arena;
	arena_done(&arena);
	free(r);
}
