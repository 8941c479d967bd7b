/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of a Contents index (wiki.debian.org/DebianRepository/Format: a path, blanks, a
 * comma-separated list of SECTION/PACKAGE) to the table: a head line, then lines of base name,
 * path, package and section, sorted, separated by tabs, and an end line with their number. Text,
 * so that a binary search needs nothing else and a broken one shows. Modules of Python have their
 * dotted name behind OWNERS_MODULE where others have a base name.
 */
#include "pkg/deb/owners.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "io/stream.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 256 << 10 };

struct lines {
	struct view *at;
	size_t n, cap;
};

struct making {
	const char *name, *tuple;
	struct arena arena;
	struct lines lines;
	size_t number;
};

/* The path below the folder, if it is directly in there. */
static bool is_in(struct view path, const char *folder, const char *tuple)
{
	size_t len = strlen(folder), tuple_len = strlen(tuple);

	if (path.len <= len || memcmp(path.ptr, folder, len) != 0)
		return false;
	path = view_make(path.ptr + len, path.len - len);
	if (tuple_len) {
		if (path.len <= tuple_len || memcmp(path.ptr, tuple, tuple_len) != 0 ||
		    path.ptr[tuple_len] != '/')
			return false;
		path = view_make(path.ptr + tuple_len + 1, path.len - tuple_len - 1);
	}
	return !memchr(path.ptr, '/', path.len);
}

static struct view base_name(struct view path)
{
	const char *slash = memrchr(path.ptr, '/', path.len);
	const char *base = slash ? slash + 1 : path.ptr;

	return view_make(base, (size_t)(path.ptr + path.len - base));
}

static bool is_library(struct view path)
{
	const char *dot = memmem(path.ptr, path.len, ".so", 3);
	const char *end = path.ptr + path.len;

	return dot && (dot + 3 == end || dot[3] == '.');
}

static bool is_kept(const struct making *m, struct view path)
{
	static const char *const libraries[] = { "usr/lib/", "lib/", "usr/lib64/", "lib64/" };
	static const char *const programs[] = { "usr/bin/", "bin/", "usr/sbin/", "sbin/" };

	for (size_t i = 0; is_library(path) && i < COUNT_OF(libraries); i++)
		if (is_in(path, libraries[i], "") || is_in(path, libraries[i], m->tuple))
			return true;
	for (size_t i = 0; i < COUNT_OF(programs); i++)
		if (is_in(path, programs[i], ""))
			return true;
	return false;
}

/* The file that makes a module of Debian's Python out of a name or a folder. */
static bool is_module_file(struct view name, bool folder)
{
	const char *dot = memchr(name.ptr, '.', name.len);
	bool init = dot && view_is(view_make(name.ptr, (size_t)(dot - name.ptr)), "__init__");

	return dot && dot > name.ptr && init == folder &&
	       (view_is(view_make(dot, (size_t)(name.ptr + name.len - dot)), ".py") ||
		view_ends(name, ".so"));
}

/* "google.protobuf" for google/protobuf/__init__.py; modules deeper down come with theirs. */
static const char *module_of(struct making *m, struct view path)
{
	static const char folder[] = "usr/lib/python3/dist-packages/";
	struct view rest, first, second = { NULL, 0 }, third = { NULL, 0 };

	if (!view_starts(path, folder))
		return NULL;
	rest = view_make(path.ptr + strlen(folder), path.len - strlen(folder));
	(void)view_split(&rest, '/', &first);
	if (!view_split(&rest, '/', &second))
		return is_module_file(first, false)
			       ? arena_printf(&m->arena, OWNERS_MODULE "%.*s",
					      (int)strcspn(first.ptr, "."), first.ptr)
			       : NULL;
	if (!view_split(&rest, '/', &third))
		return is_module_file(second, true)
			       ? arena_printf(&m->arena, OWNERS_MODULE "%.*s", VIEW_ARG(first))
			       : NULL;
	if (rest.ptr || !is_module_file(third, true))
		return NULL;
	return arena_printf(&m->arena, OWNERS_MODULE "%.*s.%.*s", VIEW_ARG(first),
			    VIEW_ARG(second));
}

static void add(struct making *m, struct view name, struct view path, struct view owner)
{
	const char *slash = memrchr(owner.ptr, '/', owner.len);
	size_t skip = slash ? (size_t)(slash - owner.ptr) + 1 : 0;
	struct view package = view_make(owner.ptr + skip, owner.len - skip);
	struct view section = view_make(owner.ptr, skip ? skip - 1 : 0);
	const char *line;

	if (!package.len || memchr(path.ptr, '\t', path.len))
		return;
	line = arena_printf(&m->arena, "%.*s\t%.*s\t%.*s\t%.*s\n", VIEW_ARG(name), VIEW_ARG(path),
			    VIEW_ARG(package), VIEW_ARG(section));
	*array_push(&m->lines) = view_of(line);
}

/* The path may hold blanks; what is behind the last of them is the list of packages. */
static int take_line(struct making *m, struct view line, struct err *e)
{
	size_t end = line.len;
	struct view path, name, owners, owner;
	const char *module;

	m->number++;
	while (end && line.ptr[end - 1] != ' ' && line.ptr[end - 1] != '\t')
		end--;
	owners = view_make(line.ptr + end, line.len - end);
	path = view_trim(view_make(line.ptr, end));
	if (!path.len || !owners.len) {
		if (!view_trim(line).len)
			return 0;
		return fail(e, FAIL_FORMAT, "%s: line %zu: expected a path and packages", m->name,
			    m->number);
	}
	module = module_of(m, path);
	if (!module && !is_kept(m, path))
		return 0;
	name = module ? view_of(module) : base_name(path);
	while (view_split(&owners, ',', &owner))
		add(m, name, path, owner);
	return 0;
}

/* The whole lines of the piece; the rest moves to its front. */
static int take_lines(struct making *m, char *piece, size_t *have, bool ended, struct err *e)
{
	char *at = piece, *end = piece + *have, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		int rc = take_line(m, view_make(at, (size_t)(newline - at)), e);

		if (rc < 0)
			return rc;
		at = newline + 1;
	}
	if (ended && at < end)
		return take_line(m, view_make(at, (size_t)(end - at)), e);
	*have = (size_t)(end - at);
	if (*have > OWNERS_MAX_LINE_BYTES)
		return fail(e, FAIL_LIMIT, "%s: line %zu is over %d bytes", m->name, m->number + 1,
			    OWNERS_MAX_LINE_BYTES);
	memmove(piece, at, *have);
	return 0;
}

static int read_lines(struct making *m, struct source *from, struct err *e)
{
	auto_free char *piece = mem_alloc(PIECE_BYTES);
	size_t have = 0, n;

	for (;;) {
		int rc = source_read(from, piece + have, PIECE_BYTES - have, &n, e);

		have += n;
		if (rc == 0)
			rc = take_lines(m, piece, &have, n == 0, e);
		if (rc < 0 || n == 0)
			return rc;
	}
}

static int by_bytes(const void *a, const void *b)
{
	return view_compare(*(const struct view *)a, *(const struct view *)b);
}

static void write_table(struct making *m, struct buf *to)
{
	if (m->lines.n)
		qsort(m->lines.at, m->lines.n, sizeof(*m->lines.at), by_bytes);
	buf_add_str(to, OWNERS_HEAD);
	for (size_t i = 0; i < m->lines.n; i++)
		buf_add_view(to, m->lines.at[i]);
	buf_printf(to, "%s%zu\n", OWNERS_END, m->lines.n);
}

int owners_make(struct source *contents, const char *name, const char *tuple, struct buf *to,
		struct err *e)
{
	struct making m = { .name = name, .tuple = tuple, .arena = ARENA_EMPTY };
	int rc = read_lines(&m, contents, e);

	source_close(contents);
	if (rc == 0)
		write_table(&m, to);
	free(m.lines.at);
	arena_done(&m.arena);
	return rc;
}
