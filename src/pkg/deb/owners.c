/* SPDX-License-Identifier: Apache-2.0 */
/* The table of owners: kept in the cache, searched by base name. */
#include "pkg/deb/owners.h"

#include "base/mem.h"
#include "pkg/arch.h"
#include "pkg/deb/inrelease.h"
#include "pkg/deb/signed_file.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define INDEXES "indexes"

enum { OWNERS_VERSION = 2 }; /* raise it when the table holds something else */

struct deb_owners {
	struct buf table;
	struct view lines; /* between head and end */
};

/* ---- the table ---- */

int owners_open_table(struct buf *table, struct deb_owners **ret, struct err *e)
{
	struct view all = buf_view(table), lines, end;
	struct deb_owners *o;
	const char *last;

	if (!view_starts(all, OWNERS_HEAD) || !view_ends(all, "\n"))
		return fail(e, FAIL_FORMAT, "no table of owners");
	last = memrchr(all.ptr, '\n', all.len - 1);
	if (!last)
		return fail(e, FAIL_FORMAT, "no table of owners");
	end = view_make(last + 1, (size_t)(all.ptr + all.len - last) - 1);
	if (!view_starts(end, OWNERS_END))
		return fail(e, FAIL_FORMAT, "the table of owners was cut off");
	lines = view_make(all.ptr + strlen(OWNERS_HEAD),
			  (size_t)(last + 1 - all.ptr) - strlen(OWNERS_HEAD));
	o = mem_zalloc(sizeof(*o));
	o->table = *table;
	*table = (struct buf)BUF_EMPTY;
	o->lines = lines;
	*ret = o;
	return 0;
}

void deb_owners_close(struct deb_owners *o)
{
	if (!o)
		return;
	buf_done(&o->table);
	free(o);
}

/* The line that the byte at `at` is in. */
static struct view line_at(struct view lines, size_t at)
{
	size_t start = at;
	const char *end;

	while (start && lines.ptr[start - 1] != '\n')
		start--;
	end = memchr(lines.ptr + at, '\n', lines.len - at);
	return view_make(lines.ptr + start, (end ? (size_t)(end - lines.ptr) : lines.len) - start);
}

static struct view first_field(struct view line)
{
	const char *tab = memchr(line.ptr, '\t', line.len);

	return tab ? view_make(line.ptr, (size_t)(tab - line.ptr)) : line;
}

/* Lines are sorted as wholes: the tab behind a name sorts before all that names hold. */
static int compare_name(struct view name, struct view wanted)
{
	return view_compare(name, wanted);
}

/* Where the first line whose name isn't less begins. */
static size_t lower_bound(struct view lines, struct view name)
{
	size_t low = 0, high = lines.len;

	while (low < high) {
		struct view line = line_at(lines, low + (high - low) / 2);
		size_t start = (size_t)(line.ptr - lines.ptr);

		if (compare_name(first_field(line), name) < 0)
			low = start + line.len + 1;
		else
			high = start;
	}
	return low;
}

static void read_owner(struct view line, struct deb_owner *ret)
{
	struct view field;

	(void)view_split(&line, '\t', &field);
	*ret = (struct deb_owner){ 0 };
	(void)view_split(&line, '\t', &ret->path);
	(void)view_split(&line, '\t', &ret->package);
	(void)view_split(&line, '\t', &ret->section);
}

size_t deb_owners_named(const struct deb_owners *o, struct view base_name, struct deb_owner *ret,
			size_t max)
{
	size_t at = lower_bound(o->lines, base_name), n = 0;

	while (n < max && at < o->lines.len) {
		struct view line = line_at(o->lines, at);

		if (!view_eq(first_field(line), base_name))
			break;
		read_owner(line, &ret[n]);
		/* The lower case of a damaged line: nothing to install. */
		if (ret[n].package.len)
			n++;
		at += line.len + 1;
	}
	return n;
}

/* ---- the choice ---- */

/* Debian policy 8.1: libfoo.so.1 is in libfoo1, libfoo2.so.1 in libfoo2-1; _ is -; lower case. */
static void policy_name(const char *soname, struct buf *to)
{
	const char *so = strstr(soname, ".so.");

	for (const char *p = soname; *p && p != so; p++)
		buf_add_char(to, *p == '_' ? '-' : (char)tolower((unsigned char)*p));
	if (!so)
		return;
	if (to->len && isdigit((unsigned char)to->data[to->len - 1]))
		buf_add_char(to, '-');
	buf_add_str(to, so + 4);
}

/* Less is better. */
static int rank(const struct deb_owner *o, const char *policy)
{
	size_t len = strlen(policy);
	bool named = o->package.len >= len && memcmp(o->package.ptr, policy, len) == 0 &&
		     (o->package.len == len || view_ends(o->package, "t64"));

	if (view_starts(o->path, "usr/bin/") || view_starts(o->path, "bin/"))
		return 8;
	return (named ? 0 : 1) + (view_is(o->section, "libs") ? 0 : 2) +
	       (view_ends(o->package, "-dev") || view_ends(o->package, "-dbg") ? 4 : 0);
}

bool deb_owners_of_soname(const struct deb_owners *o, const char *soname, struct deb_owner *ret)
{
	struct deb_owner found[OWNERS_MAX_FOUND];
	size_t n = deb_owners_named(o, view_of(soname), found, OWNERS_MAX_FOUND), best = 0;
	auto_buf policy = BUF_EMPTY;

	if (!n)
		return false;
	policy_name(soname, &policy);
	for (size_t i = 1; i < n; i++)
		if (rank(&found[i], buf_str(&policy)) < rank(&found[best], buf_str(&policy)))
			best = i;
	*ret = found[best];
	return true;
}

bool deb_owners_of_module(const struct deb_owners *o, const char *module, struct deb_owner *ret)
{
	struct deb_owner found[OWNERS_MAX_FOUND];
	auto_buf name = BUF_EMPTY;
	size_t n, best = 0;

	buf_printf(&name, OWNERS_MODULE "%s", module);
	n = deb_owners_named(o, buf_view(&name), found, OWNERS_MAX_FOUND);
	if (!n)
		return false;
	while (best < n && !view_starts(found[best].package, "python3-"))
		best++;
	*ret = found[best < n ? best : 0];
	return true;
}

/* ---- the cache ---- */

struct making {
	const char *tuple;
	struct buf table;
};

static int read_contents(struct source *text, const char *url, void *arg, struct err *e)
{
	struct making *m = arg;

	buf_clear(&m->table);
	return owners_make(text, url, m->tuple, &m->table, e);
}

static int open_cached(int dir_fd, const char *name, struct deb_owners **ret, struct err *e)
{
	auto_buf table = BUF_EMPTY;
	int rc = file_read(dir_fd, name, OWNERS_MAX_TABLE_BYTES, &table, e);

	return rc < 0 ? rc : owners_open_table(&table, ret, e);
}

static int fetch(struct deb_context *ctx, const struct deb_inrelease *from,
		 const struct deb_signed_file *file, const char *tuple, int dir_fd,
		 const char *name, struct deb_owners **ret, struct err *e)
{
	struct making m = { tuple, BUF_EMPTY };
	int rc = deb_signed_file_read(ctx, from, file, read_contents, &m, e);
	bool missing = rc == -FAIL_NOT_FOUND;

	if (missing) {
		e->code = FAIL_NET; /* unlike an archive that has none */
		rc = -FAIL_NET;
	}
	if (rc == -FAIL_VERIFY || (missing && !ctx->offline))
		rc = err_hint(e, "its InRelease names it so; the mirror may be in the middle of an "
				 "update: try again later, or another one with --mirror");
	if (rc == 0)
		rc = file_write_atomic(dir_fd, name, m.table.data, m.table.len, 0644, e);
	if (rc == 0)
		rc = owners_open_table(&m.table, ret, e);
	buf_done(&m.table);
	return rc;
}

/* The Contents of a component; of older archives, of all components together. */
static int find_file(const struct deb_inrelease *from, const struct deb_source *s, const char *arch,
		     struct arena *a, struct deb_signed_file *ret, struct sha256 *ret_key,
		     struct err *e)
{
	const char *component = s->n_components ? s->components[0] : "main";
	int rc;

	ret->name = arena_printf(a, "files of %s %s %s", s->suite, component, arch);
	ret->path = arena_printf(a, "%s/Contents-%s", component, arch);
	rc = deb_signed_file_key(from, ret, ret_key, e);
	if (rc != -FAIL_NOT_FOUND)
		return rc;
	ret->path = arena_printf(a, "Contents-%s", arch);
	return deb_signed_file_key(from, ret, ret_key, e);
}

int deb_owners_open(struct deb_context *ctx, const struct deb_source *source, const char *arch,
		    struct deb_owners **ret, struct err *e)
{
	const struct arch *known = arch_by_debian(arch);
	char hex[SHA256_HEX_CHARS + 1], name[SHA256_HEX_CHARS + 32];
	auto_arena a = ARENA_EMPTY;
	struct deb_signed_file file;
	struct deb_inrelease from;
	auto_fd dir_fd = -1;
	struct sha256 key;
	int rc = deb_inrelease_get(ctx, source, &a, &from, e);

	if (rc == 0)
		rc = find_file(&from, source, arch, &a, &file, &key, e);
	if (rc == 0)
		rc = dir_open_at(ctx->cache_fd, INDEXES, 0755, &dir_fd, e);
	if (rc < 0)
		return rc;
	sha256_to_hex(&key, hex);
	snprintf(name, sizeof(name), "%s-owners%d", hex, OWNERS_VERSION);
	rc = open_cached(dir_fd, name, ret, e);
	/* A damaged one is made anew. */
	if (rc == -FAIL_NOT_FOUND || rc == -FAIL_FORMAT)
		rc = fetch(ctx, &from, &file, known ? known->tuple : "", dir_fd, name, ret, e);
	if (rc == 0 && !ctx->offline)
		rc = deb_inrelease_remember(ctx, &from, e);
	return rc;
}
