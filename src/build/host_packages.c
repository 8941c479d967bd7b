/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dpkg's database of this machine, read only: which package has a file (info/NAME.list), and what
 * is known about that package (status).
 */
#include "build/host_view.h"

#include "base/array.h"
#include "base/mem.h"
#include "fmt/deb822.h"
#include "recipe/reader.h"
#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_INFO_BYTES = 64 << 20,    /* of one list; kernels' have 1 MB */
	MAX_STATUS_BYTES = 256 << 20, /* of a machine with everything installed: 100 MB */
};

struct owner {
	const char *name; /* without architecture */
	const char *stem; /* "libc6:amd64", of the files in info/ */
	struct strings files;
};

struct owners {
	const char *root;
	struct arena *a;
	const char *const *paths;
	size_t n_paths;
	struct owner *at;
	size_t n;
};

/* "/usr/lib/x" and "/lib/x" are one file in a merged /usr, under either name in a list. */
static const char *other_name(const char *path, struct arena *a)
{
	static const char *const merged[] = { "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/" };

	if (strncmp(path, "/usr/", 5) == 0)
		return path + 4;
	for (size_t i = 0; i < COUNT_OF(merged); i++)
		if (strncmp(path, merged[i], strlen(merged[i])) == 0)
			return arena_printf(a, "/usr%s", path);
	return NULL;
}

static bool has_line(struct view text, const char *line)
{
	size_t len = strlen(line);
	const char *at = text.ptr, *end = text.ptr + text.len;

	while ((at = memmem(at, (size_t)(end - at), line, len))) {
		if ((at == text.ptr || at[-1] == '\n') && (at + len == end || at[len] == '\n'))
			return true;
		at += len;
	}
	return false;
}

static const char *listed_as(const struct owners *o, struct view list, const char *path)
{
	const char *other;

	if (has_line(list, path))
		return path;
	other = other_name(path, o->a);
	return other && has_line(list, other) ? other : NULL;
}

static void look_into(struct owners *o, const char *stem, struct view list)
{
	struct owner *owner = NULL;

	for (size_t i = 0; i < o->n_paths; i++) {
		const char *listed = listed_as(o, list, o->paths[i]);

		if (!listed)
			continue;
		if (!owner) {
			owner = append(o->a, o->at, o->n);
			*owner = (struct owner){ 0 };
			owner->stem = arena_strdup(o->a, stem);
			owner->name = arena_strndup(o->a, stem, strcspn(stem, ":"));
		}
		strings_add(o->a, &owner->files, listed);
	}
}

static int look_into_all(struct owners *o, struct err *e)
{
	const char *folder = arena_printf(o->a, "%s/var/lib/dpkg/info", o->root);
	DIR *dir = opendir(folder);
	const struct dirent *d;
	int rc = 0;

	if (!dir)
		return 0;
	while (rc == 0 && (d = readdir(dir))) {
		size_t len = strlen(d->d_name);
		auto_buf list = BUF_EMPTY;

		if (len < 6 || strcmp(d->d_name + len - 5, ".list") != 0)
			continue;
		rc = file_read(dirfd(dir), d->d_name, MAX_INFO_BYTES, &list, e);
		if (rc == 0)
			look_into(o, arena_strndup(o->a, d->d_name, len - 5), buf_view(&list));
	}
	closedir(dir);
	return rc;
}

/* ---- what is known about them ---- */

/* As a control file: without what is about this installation. */
static const char *control_of(const struct deb822_stanza *s, struct arena *a)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < s->n_fields; i++) {
		struct view name = s->fields[i].name;

		if (view_is(name, "Status") || view_is(name, "Conffiles") ||
		    view_is(name, "Config-Version"))
			continue;
		buf_printf(&text, "%.*s: %.*s\n", VIEW_ARG(name), VIEW_ARG(s->fields[i].value));
	}
	return arena_strdup(a, buf_str(&text));
}

static const char *sums_of(const struct owners *o, const struct owner *owner)
{
	const char *path =
		arena_printf(o->a, "%s/var/lib/dpkg/info/%s.md5sums", o->root, owner->stem);
	auto_buf all = BUF_EMPTY, kept = BUF_EMPTY;
	struct view rest, line;
	struct err ignored;

	if (file_read(AT_FDCWD, path, MAX_INFO_BYTES, &all, &ignored) < 0)
		return NULL;
	rest = buf_view(&all);
	while (view_split(&rest, '\n', &line)) {
		const char *file = line.len > 34 ? arena_printf(o->a, "/%.*s", (int)line.len - 34,
								line.ptr + 34)
						 : "";

		if (strings_have(&owner->files, file))
			buf_printf(&kept, "%.*s\n", VIEW_ARG(line));
	}
	return arena_strdup(o->a, buf_str(&kept));
}

static struct owner *owner_named(struct owners *o, struct view name)
{
	for (size_t i = 0; i < o->n; i++)
		if (view_is(name, o->at[i].name))
			return &o->at[i];
	return NULL;
}

static int read_status(struct owners *o, struct host_package *to, size_t *n, struct err *e)
{
	const char *path = arena_printf(o->a, "%s/var/lib/dpkg/status", o->root);
	auto_buf text = BUF_EMPTY;
	struct deb822_reader *reader;
	struct deb822_stanza s;
	int rc = file_read(AT_FDCWD, path, MAX_STATUS_BYTES, &text, e);

	if (rc < 0)
		return rc;
	reader = deb822_reader_new_mem(buf_view(&text), path);
	while ((rc = deb822_reader_next(reader, &s, e)) > 0) {
		struct owner *owner = owner_named(o, deb822_get(&s, "Package"));

		if (!owner || !owner->files.n)
			continue;
		to[(*n)++] = (struct host_package){
			.name = owner->name,
			.version = arena_view(o->a, deb822_get(&s, "Version")),
			.stanza = control_of(&s, o->a),
			.md5sums = sums_of(o, owner),
		};
		owner->files.n = 0; /* several architectures: the first */
	}
	deb822_reader_free(reader);
	return rc;
}

int host_packages_of(const char *root, const char *const *paths, size_t n, struct arena *a,
		     struct host_package **ret, size_t *ret_n, struct err *e)
{
	struct owners o = { .root = root, .a = a, .paths = paths, .n_paths = n };
	int rc = look_into_all(&o, e);

	*ret_n = 0;
	*ret = arena_array(a, o.n + 1, sizeof(**ret));
	return rc < 0 || !o.n ? rc : read_status(&o, *ret, ret_n, e);
}
