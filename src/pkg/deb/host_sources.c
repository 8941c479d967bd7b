/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for Debian's archive in etc/apt/sources.list and sources.list.d, in apt's order. */
#include "pkg/deb/host_sources.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/array.h"
#include "fmt/deb822.h"
#include "sys/fd.h"
#include "sys/files.h"

/* One entry in either form, each a list of words. */
struct entry {
	struct view types, uris, suites, components;
	struct view signed_by; /* NULL: nothing said */
};

static bool has_word(struct view list, const char *word)
{
	struct view w;

	while (view_word(&list, &w)) {
		if (view_is(w, word))
			return true;
	}
	return false;
}

static bool contains(struct view v, const char *part)
{
	return v.len && memmem(v.ptr, v.len, part, strlen(part));
}

static bool is_fetchable(struct view uri)
{
	return view_starts(uri, "http://") || view_starts(uri, "https://") ||
	       view_starts(uri, "file:///");
}

static bool is_security(struct view suite)
{
	return view_ends(suite, "-security") || contains(suite, "/updates");
}

/* Does the last component of the path begin with "debian"? */
static bool looks_debian(struct view uri)
{
	struct view rest, part, last = { 0 };

	while (uri.len && uri.ptr[uri.len - 1] == '/')
		uri.len--;
	rest = uri;
	while (view_split(&rest, '/', &part))
		last = part;
	return view_starts(last, "debian");
}

static bool is_debians(const struct entry *entry, struct view uri)
{
	if (entry->signed_by.ptr)
		return contains(entry->signed_by, "debian-archive");
	return looks_debian(uri);
}

static void take_entry(const struct entry *entry, struct arena *a, struct deb_mirrors *ret)
{
	struct view uris = entry->uris;
	struct view uri, suite;

	if (!has_word(entry->types, "deb") || !has_word(entry->components, "main"))
		return;
	while (view_word(&uris, &uri)) {
		struct view suites = entry->suites;

		if (!is_fetchable(uri) || !is_debians(entry, uri))
			continue;
		while (view_word(&suites, &suite)) {
			const char **slot = is_security(suite) ? &ret->security : &ret->debian;

			if (!*slot)
				*slot = arena_view(a, uri);
		}
	}
}

/* ---- one-line form ---- */

static struct view signed_by_option(struct view options)
{
	struct view word;

	while (view_word(&options, &word)) {
		if (view_starts(word, "signed-by="))
			return word;
	}
	return (struct view){ NULL, 0 };
}

static void take_line(struct view line, struct arena *a, struct deb_mirrors *ret)
{
	struct entry entry = { 0 };
	struct view comment = line;
	struct view options;

	if (!view_split(&comment, '#', &line) || !view_word(&line, &entry.types))
		return;
	line = view_trim(line);
	if (view_starts(line, "[")) {
		view_split(&line, ']', &options);
		entry.signed_by = signed_by_option(view_make(options.ptr + 1, options.len - 1));
	}
	if (!line.ptr || !view_word(&line, &entry.uris) || !view_word(&line, &entry.suites))
		return;
	entry.components = line;
	take_entry(&entry, a, ret);
}

static void take_list(struct view text, struct arena *a, struct deb_mirrors *ret)
{
	struct view line;

	while (view_split(&text, '\n', &line))
		take_line(line, a, ret);
}

/* ---- deb822 form ---- */

static void take_sources(struct view text, const char *name, struct arena *a,
			 struct deb_mirrors *ret)
{
	struct deb822_reader *r = deb822_reader_new_mem(text, name);
	struct deb822_stanza s;
	struct err ignored = { 0 };

	while (deb822_reader_next(r, &s, &ignored) > 0) {
		struct entry entry = {
			.types = deb822_get(&s, "Types"),
			.uris = deb822_get(&s, "URIs"),
			.suites = deb822_get(&s, "Suites"),
			.components = deb822_get(&s, "Components"),
			.signed_by = deb822_get(&s, "Signed-By"),
		};
		struct view enabled = view_trim(deb822_get(&s, "Enabled"));

		if (!view_is(enabled, "no") && !view_is(enabled, "false"))
			take_entry(&entry, a, ret);
	}
	deb822_reader_free(r);
}

/* ---- files ---- */

/* Files that can't be read count as not there: another mirror will be found, or asked for. */
static void take_file(int apt_fd, const char *path, struct arena *a, struct deb_mirrors *ret)
{
	struct view name = view_of(path);
	auto_buf text = BUF_EMPTY;
	struct err ignored = { 0 };

	if (file_read(apt_fd, path, MIRROR_MAX_FILE_BYTES, &text, &ignored) < 0)
		return;
	if (view_ends(name, ".sources"))
		take_sources(buf_view(&text), path, a, ret);
	else if (view_ends(name, ".list"))
		take_list(buf_view(&text), a, ret);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct names {
	const char **at;
	size_t n, cap;
};

static void list_dir(int apt_fd, struct arena *a, struct names *names)
{
	int fd = openat(apt_fd, "sources.list.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (names->n < MIRROR_MAX_FILES && (d = readdir(dir))) {
		if (d->d_name[0] != '.')
			*array_push(names) = arena_printf(a, "sources.list.d/%s", d->d_name);
	}
	closedir(dir);
	if (names->n)
		qsort(names->at, names->n, sizeof(*names->at), by_name);
}

int deb_host_sources(const char *root, struct arena *a, struct deb_mirrors *ret, struct err *e)
{
	const char *path = arena_printf(a, "%s/etc/apt", root);
	struct deb_mirrors found = { 0 };
	struct names names = { 0 };
	auto_fd apt_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)e;
	if (apt_fd >= 0) {
		take_file(apt_fd, "sources.list", a, &found);
		list_dir(apt_fd, a, &names);
	}
	for (size_t i = 0; i < names.n; i++)
		take_file(apt_fd, names.at[i], a, &found);
	free(names.at);
	*ret = found;
	return 0;
}
