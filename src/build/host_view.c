/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of the host that loaders search, as a tree. */
#include "build/host_view.h"

#include "base/array.h"
#include "base/mem.h"
#include "build/host.h"
#include "sys/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LD_CACHE "/etc/ld.so.cache"

enum {
	MAX_CACHE_BYTES = 32 << 20, /* full desktops have 200 kB */
	MAX_FOLDERS = 4096,
};

static const struct origin host_origin = { .kind = ORIGIN_LAYER, .name = "this machine" };
static const struct origin root_origin = { .kind = ORIGIN_RULE, .name = "root" };

void host_view_init(struct host_view *v, const struct build_context *ctx)
{
	*v = (struct host_view){ .build = { .ctx = ctx, .weigh = true, .spool_fd = -1 },
				 .folders = MAP_EMPTY };
	tree_init(&v->build.tree, &root_origin);
}

void host_view_done(struct host_view *v)
{
	build_done(&v->build);
	map_done(&v->folders);
	arena_done(&v->arena);
}

static int add_link(struct host_view *v, const char *path, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	struct inode link;

	if (n <= 0)
		return 0;
	target[n] = '\0';
	link = inode_symlink(target, &host_origin);
	return tree_put(&v->build.tree, path, &link, NULL, e);
}

int host_view_add_file(struct host_view *v, const char *host_path, const char *path,
		       const struct origin *origin, struct err *e)
{
	struct inode file;
	int rc = host_file(&v->build, host_path, origin, &file, e);

	return rc < 0 ? rc : tree_put(&v->build.tree, path, &file, NULL, e);
}

static int add_folder(struct host_view *v, const char *path, struct err *e);

/* Folders that are links, as /lib in a merged /usr, with where they lead to. */
static int add_parents(struct host_view *v, const char *path, struct err *e)
{
	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		size_t len = slash ? (size_t)(slash - path) : strlen(path);
		const char *part = arena_strndup(&v->arena, path, len);
		struct stat st;

		if (!tree_find(&v->build.tree, part, false) && lstat(part, &st) == 0 &&
		    S_ISLNK(st.st_mode)) {
			auto_free char *real = realpath(part, NULL);
			int rc = add_link(v, part, e);

			if (rc == 0 && real && !slash)
				rc = add_folder(v, arena_strdup(&v->arena, real), e);
			else if (rc == 0 && real)
				rc = add_parents(v, arena_strdup(&v->arena, real), e);
			if (rc < 0)
				return rc;
		}
		if (!slash)
			return 0;
	}
}

static int add_entry(struct host_view *v, const char *folder, const char *name, struct err *e)
{
	const char *path = arena_printf(&v->arena, "%s/%s", folder, name);
	struct err ignored;
	struct stat st;

	if (!strstr(name, ".so") || strlen(path) >= TREE_MAX_PATH || lstat(path, &st) < 0 ||
	    tree_find(&v->build.tree, path, false))
		return 0;
	if (S_ISLNK(st.st_mode)) {
		auto_free char *real = realpath(path, NULL);
		char *slash = real ? strrchr(real, '/') : NULL;
		int rc = add_link(v, path, e);

		/* what it leads to may be in a folder that nobody searches */
		if (rc < 0 || !slash || slash == real)
			return rc;
		*slash = '\0';
		return add_folder(v, arena_strdup(&v->arena, real), e);
	}
	/* Files that may not be read are none for a loader either. */
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		(void)host_view_add_file(v, path, path, &host_origin, &ignored);
	return 0;
}

static int add_entries(struct host_view *v, const char *path, struct err *e)
{
	DIR *dir = opendir(path);
	const struct dirent *d;
	int rc = 0;

	if (!dir)
		return 0; /* what can't be searched isn't */
	while (rc == 0 && (d = readdir(dir)))
		rc = add_entry(v, path, d->d_name, e);
	closedir(dir);
	return rc;
}

static int add_folder(struct host_view *v, const char *path, struct err *e)
{
	int rc;

	if (path[0] != '/' || map_get(&v->folders, view_of(path)))
		return 0;
	if (v->folders.n >= MAX_FOLDERS)
		return fail(e, FAIL_LIMIT, "over %d folders with libraries", MAX_FOLDERS);
	*map_put(&v->folders, view_of(path)) = v;
	rc = add_parents(v, path, e);
	return rc < 0 ? rc : add_entries(v, path, e);
}

/* The folders of the paths in ld.so.cache, whose texts all end in NUL. */
static int add_cached(struct host_view *v, struct err *e)
{
	auto_buf bytes = BUF_EMPTY;
	struct view rest, text;
	struct err ignored;

	if (file_read(AT_FDCWD, LD_CACHE, MAX_CACHE_BYTES, &bytes, &ignored) < 0)
		return 0;
	rest = buf_view(&bytes);
	while (view_split(&rest, '\0', &text)) {
		const char *path = arena_view(&v->arena, text), *slash = strrchr(path, '/');
		int rc;

		if (path[0] != '/' || slash == path || text.len >= TREE_MAX_PATH)
			continue;
		rc = add_folder(v, arena_strndup(&v->arena, path, (size_t)(slash - path)), e);
		if (rc < 0)
			return rc;
	}
	return host_view_add_file(v, LD_CACHE, LD_CACHE, &host_origin, e);
}

static int add_usual(struct host_view *v, const char *tuple, struct err *e)
{
	static const char *const folders[] = { "/lib", "/usr/lib", "/lib64", "/usr/lib64",
					       "/usr/local/lib" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT_OF(folders); i++) {
		rc = add_folder(v, folders[i], e);
		if (rc == 0)
			rc = add_folder(v, arena_printf(&v->arena, "%s/%s", folders[i], tuple), e);
	}
	return rc;
}

/* The kernel opens the loader by its path, which may lead through "..": trees have real ones. */
static int add_loader_folder(struct host_view *v, const char *interpreter, struct err *e)
{
	const char *slash = strrchr(interpreter, '/');
	const char *folder;
	auto_free char *real = NULL;

	if (slash <= interpreter)
		return 0;
	folder = arena_strndup(&v->arena, interpreter, (size_t)(slash - interpreter));
	if (!strstr(folder, "/.."))
		return add_folder(v, folder, e);
	real = realpath(folder, NULL);
	return real ? add_folder(v, arena_strdup(&v->arena, real), e) : 0;
}

int host_view_add_libraries(struct host_view *v, const char *interpreter, const char *tuple,
			    struct err *e)
{
	int rc = add_usual(v, tuple, e);

	if (rc == 0)
		rc = add_loader_folder(v, interpreter, e);
	if (rc == 0 && strstr(interpreter, "ld-musl-")) {
		/* "x86_64-linux-gnu" → "x86_64-linux-musl" */
		const char *musl = arena_printf(&v->arena, "/usr/lib/%.*s-linux-musl",
						(int)strcspn(tuple, "-"), tuple);

		rc = add_folder(v, musl, e);
	}
	return rc < 0 ? rc : add_cached(v, e);
}

const char *host_view_find(struct host_view *v, const char *soname)
{
	for (size_t i = 0; i < v->folders.n; i++) {
		const char *path =
			arena_printf(&v->arena, "%.*s/%s", VIEW_ARG(v->folders.at[i].key), soname);
		const struct node *n = tree_find(&v->build.tree, path, true);

		if (n && n->inode->type == NODE_FILE)
			return path;
	}
	return NULL;
}
