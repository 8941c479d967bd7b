/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apk's database of what is installed, for scanners (contents.database: status), and all that apk
 * itself wants to go on with the image (full): lib/apk/db and etc/apk as apk-world(5) and the
 * database of apk 2 have them. Records hold the files that are in the image, not those cut from it.
 */
#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "build/rules.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "pkg/apk/checksum.h"
#include "pkg/apk/package_file.h"
#include "pkg/apk/pkginfo.h"
#include "pkg/apk/repository.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define DB "lib/apk/db"

enum { MAX_BASE_BYTES = 64 << 20 }; /* a thousand packages take 2 MB */

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "apk-database" };

static int put_file(struct build *b, const char *path, struct view text, struct err *e)
{
	struct inode file =
		build_file(b, view_make(arena_view(&b->tree.arena, text), text.len), &origin);

	return tree_put(&b->tree, path, &file, NULL, e);
}

/* ---- one package's record ---- */

static const struct {
	char letter;
	const char *key;
	bool repeated;
} fields[] = {
	{ 'P', "pkgname", false },
	{ 'V', "pkgver", false },
	{ 'A', "arch", false },
	{ 'S', NULL, false },
	{ 'I', "size", false },
	{ 'T', "pkgdesc", false },
	{ 'U', "url", false },
	{ 'L', "license", false },
	{ 'o', "origin", false },
	{ 'm', "maintainer", false },
	{ 't', "builddate", false },
	{ 'c', "commit", false },
	{ 'k', "provider_priority", false },
	{ 'D', "depend", true },
	{ 'p', "provides", true },
	{ 'i', "install_if", true },
	{ 'r', "replaces", true },
	{ 'q', "replaces_priority", false },
};

static void add_values(struct view info, const char *key, bool repeated, char letter,
		       struct buf *to)
{
	struct view rest = info, k, value;
	bool any = false;

	while (apk_pkginfo_next(&rest, &k, &value)) {
		if (!view_is(k, key) || value.len == 0 || (any && !repeated))
			continue;
		if (any)
			buf_printf(to, " %.*s", VIEW_ARG(value));
		else
			buf_printf(to, "%c:%.*s", letter, VIEW_ARG(value));
		any = true;
	}
	if (!any && letter == 'U') /* which apk always writes */
		buf_add_str(to, "U:");
	if (any || letter == 'U')
		buf_add_char(to, '\n');
}

static void add_fields(const struct build_package *p, struct buf *to)
{
	struct view info = pkg_contents_control(p->contents, APK_PKGINFO);

	buf_printf(to, "C:%s\n", p->locked->checksum);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (fields[i].key)
			add_values(info, fields[i].key, fields[i].repeated, fields[i].letter, to);
		else
			buf_printf(to, "S:%llu\n", (unsigned long long)p->locked->size_bytes);
	}
	if (p->tag)
		buf_printf(to, "s:%s\n", p->tag);
}

/* A folder or file of the package that is in the image. */
struct entry {
	struct view dir, name; /* name is empty for the folder itself */
	const struct pkg_file *file;
	const struct inode *inode;
};

struct entries {
	struct entry *at;
	size_t n, cap;
};

static int by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = view_compare(x->dir, y->dir);

	return order ? order : view_compare(x->name, y->name);
}

static void split(const char *path, struct view *dir, struct view *name)
{
	const char *slash = strrchr(path, '/');

	*dir = slash ? view_make(path, (size_t)(slash - path)) : view_of("");
	*name = view_of(slash ? slash + 1 : path);
}

/* Files of etc/ stay a package's when they are changed: there apk expects it, and upgrades by it.
 */
static bool is_of(const struct inode *i, const struct pkg_file *f, const struct build_package *p)
{
	if ((i->type == NODE_DIR) != (f->inode.type == NODE_DIR))
		return false;
	if (i->type == NODE_DIR || i->origin == &p->origin)
		return true;
	return i->origin->kind != ORIGIN_PACKAGE && i->type == f->inode.type &&
	       view_starts(view_of(f->path), "etc/");
}

static void collect(const struct build *b, const struct build_package *p, struct entries *to)
{
	for (size_t i = 0; i < p->contents->n_files; i++) {
		const struct pkg_file *f = &p->contents->files[i];
		const struct node *n = tree_find(&b->tree, f->path, false);
		struct entry entry = { .file = f };

		if (!n || !is_of(n->inode, f, p))
			continue;
		entry.inode = n->inode;
		if (f->inode.type == NODE_DIR)
			entry.dir = view_of(f->path);
		else
			split(f->path, &entry.dir, &entry.name);
		*array_push(to) = entry;
	}
	if (to->n)
		qsort(to->at, to->n, sizeof(*to->at), by_place);
}

static void add_folder(const struct entry *x, const struct build *b, struct arena *a,
		       struct buf *to)
{
	const struct node *n = tree_find(&b->tree, arena_view(a, x->dir), true);

	buf_printf(to, "F:%.*s\n", VIEW_ARG(x->dir));
	if (n && n->parent && (n->inode->uid || n->inode->gid || n->inode->mode != 0755))
		buf_printf(to, "M:%u:%u:%o\n", n->inode->uid, n->inode->gid, n->inode->mode);
}

/* Of several names of one file, the listing and the package may have begun with another one. */
static void share_sums(const struct build_package *p, struct map *sums)
{
	for (size_t i = 0; i < p->contents->n_files; i++) {
		const struct pkg_file *f = &p->contents->files[i];
		void *sum = f->hardlink ? map_get(sums, view_of(f->path)) : NULL;

		if (sum && !map_get(sums, view_of(f->hardlink)))
			*map_put(sums, view_of(f->hardlink)) = sum;
	}
}

/* The lines "HEX PATH" by path. */
static void read_sums(const struct build_package *p, struct arena *a, struct map *to)
{
	struct view text = pkg_contents_control(p->contents, APK_SUMS), line;

	while (view_split(&text, '\n', &line)) {
		if (line.len <= 41)
			continue;
		*map_put(to, view_make(line.ptr + 41, line.len - 41)) =
			arena_strndup(a, line.ptr, 40);
	}
	share_sums(p, to);
}

static void add_file(const struct entry *x, const struct map *sums, struct buf *to)
{
	const char *path = x->file->hardlink ? x->file->hardlink : x->file->path;
	const char *hex = map_get(sums, view_of(path));
	struct apk_checksum sum;
	char known[64] = "X1";

	buf_printf(to, "R:%.*s\n", VIEW_ARG(x->name));
	if (x->inode->uid || x->inode->gid || x->inode->mode != 0644)
		buf_printf(to, "a:%u:%u:%o\n", x->inode->uid, x->inode->gid, x->inode->mode);
	if (!hex)
		return;
	memcpy(known + 2, hex, 41);
	if (apk_checksum_parse(view_of(known), &sum)) {
		buf_add_str(to, "Z:");
		apk_checksum_write(view_make((const char *)sum.bytes, 20), to);
		buf_add_char(to, '\n');
	}
}

static void add_files(const struct build *b, const struct build_package *p, struct buf *to)
{
	auto_arena a = ARENA_EMPTY;
	auto_map sums = MAP_EMPTY;
	struct entries all = { 0 };
	struct view dir = { NULL, 0 };

	read_sums(p, &a, &sums);
	collect(b, p, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (!dir.ptr || !view_eq(dir, all.at[i].dir))
			add_folder(&all.at[i], b, &a, to);
		dir = all.at[i].dir;
		if (all.at[i].name.len)
			add_file(&all.at[i], &sums, to);
	}
	free(all.at);
}

/* A record ends with an empty line. */
static struct view next_record(struct view *rest)
{
	const char *end = rest->len ? memmem(rest->ptr, rest->len, "\n\n", 2) : NULL;
	struct view record = view_make(rest->ptr, end ? (size_t)(end - rest->ptr) + 1 : rest->len);

	*rest = end ? view_make(end + 2, rest->len - record.len - 1) : view_make(NULL, 0);
	return record;
}

static bool is_replaced(const struct build *b, struct view record)
{
	struct view line;

	while (view_split(&record, '\n', &line))
		if (view_starts(line, "P:"))
			for (size_t i = 0; i < b->n_packages; i++)
				if (view_is(view_make(line.ptr + 2, line.len - 2),
					    b->packages[i].locked->name))
					return true;
	return false;
}

/* What the base's database knows, without what is put over it. */
static int add_base(const struct build *b, struct buf *to, struct err *e)
{
	const struct node *n = b->base ? tree_find(&b->tree, DB "/installed", true) : NULL;
	auto_arena a = ARENA_EMPTY;
	struct view rest;
	int rc;

	if (!n || n->inode->type != NODE_FILE)
		return 0;
	rc = inode_read(n->inode, MAX_BASE_BYTES, &a, &rest, e);
	if (rc < 0)
		return err_context(e, "the base's /" DB "/installed");
	while (rest.len) {
		struct view record = next_record(&rest);

		if (record.len && !is_replaced(b, record)) {
			buf_add_view(to, record);
			buf_add_str(to, record.ptr[record.len - 1] == '\n' ? "\n" : "\n\n");
		}
	}
	return 0;
}

static int put_installed(struct build *b, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc = add_base(b, &text, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < b->n_packages; i++) {
		if (b->packages[i].dropped)
			continue;
		add_fields(&b->packages[i], &text);
		add_files(b, &b->packages[i], &text);
		buf_add_char(&text, '\n');
	}
	return put_file(b, DB "/installed", buf_view(&text), e);
}

/* ---- what only apk wants ---- */

static int add_script(const struct build_package *p, const struct pkg_control *c, struct sink *to,
		      struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct tar_entry entry = { .type = TAR_FILE, .mode = 0755, .size = c->text.len };
	int rc;

	entry.path = arena_printf(&a, "%s-%s.%s%s", p->locked->name, p->locked->version,
				  p->locked->checksum, c->name);
	rc = tar_write_header(to, &entry, e);
	if (rc == 0)
		rc = sink_write(to, c->text.ptr, c->text.len, e);
	return rc < 0 ? rc : tar_write_padding(to, entry.size, e);
}

static bool is_script(const char *name)
{
	return strcmp(name, APK_PKGINFO) != 0 && strcmp(name, APK_SUMS) != 0 &&
	       strcmp(name, APK_OWNERS) != 0;
}

static int put_scripts(struct build *b, struct err *e)
{
	auto_buf bytes = BUF_EMPTY;
	auto_sink to = buf_sink_new(&bytes, UINT32_MAX);
	int rc = 0;

	for (size_t i = 0; i < b->n_packages; i++) {
		const struct build_package *p = &b->packages[i];

		for (size_t k = 0; rc == 0 && !p->dropped && k < p->contents->n_control; k++) {
			const struct pkg_control *c = &p->contents->control[k];

			if (is_script(c->name))
				rc = add_script(p, c, to, e);
		}
	}
	if (rc == 0)
		rc = tar_write_end(to, e);
	return rc < 0 ? rc : put_file(b, DB "/scripts.tar", buf_view(&bytes), e);
}

static int put_triggers(struct build *b, struct err *e)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < b->n_packages; i++) {
		const struct build_package *p = &b->packages[i];
		struct view value =
			apk_pkginfo_get(pkg_contents_control(p->contents, APK_PKGINFO), "triggers");

		if (value.len && !p->dropped)
			buf_printf(&text, "%s %.*s\n", p->locked->checksum, VIEW_ARG(value));
	}
	return put_file(b, DB "/triggers", buf_view(&text), e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_world(struct build *b, struct err *e)
{
	const struct strings *packages = &b->recipe->packages;
	const char **sorted = arena_array(&b->tree.arena, packages->n + 1, sizeof(*sorted));
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < packages->n; i++)
		sorted[i] = packages->at[i];
	qsort(sorted, packages->n, sizeof(*sorted), by_text);
	for (size_t i = 0; i < packages->n; i++)
		buf_printf(&text, "%s\n", sorted[i]);
	return put_file(b, "etc/apk/world", buf_view(&text), e);
}

/* Those that mean the same on another machine, and those that are meant for the image's. */
static int put_repositories(struct build *b, struct err *e)
{
	const struct strings *lines = &b->recipe->listed_repositories;
	const struct strings *own = &b->recipe->runtime_repositories;
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < lines->n; i++)
		if (strstr(lines->at[i], "http://") || strstr(lines->at[i], "https://"))
			buf_printf(&text, "%s\n", lines->at[i]);
	for (size_t i = 0; i < own->n; i++)
		buf_printf(&text, "%s\n", own->at[i]);
	return put_file(b, "etc/apk/repositories", buf_view(&text), e);
}

static int put_keys(struct build *b, struct err *e)
{
	const struct recipe *r = b->recipe;
	struct arena *a = &b->tree.arena;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->keyring.n; i++) {
		const char *slash = strrchr(r->keyring.at[i], '/');
		auto_buf pem = BUF_EMPTY;

		rc = file_read(AT_FDCWD, r->keyring.at[i], APK_MAX_KEY_BYTES, &pem, e);
		if (rc == 0)
			rc = put_file(b, arena_printf(a, "etc/apk/keys%s", slash), buf_view(&pem),
				      e);
	}
	for (size_t i = 0; rc == 0 && i < r->n_keys; i++)
		rc = put_file(b, arena_printf(a, "etc/apk/keys/%s", r->keys[i].name),
			      view_of(r->keys[i].content), e);
	for (size_t i = 0; rc == 0 && i < r->n_runtime_keys; i++)
		rc = put_file(b, arena_printf(a, "etc/apk/keys/%s", r->runtime_keys[i].name),
			      view_of(r->runtime_keys[i].content), e);
	return rc;
}

int rule_apk_database(struct build *b, struct err *e)
{
	int rc;

	if (b->recipe->database == DATABASE_NONE || b->n_packages == 0)
		return 0;
	if (b->recipe->database == DATABASE_FULL && b->base && tree_find(&b->tree, DB, true))
		return fail(e, FAIL_UNSUPPORTED,
			    "contents.database 'full': the base has scripts and triggers of its "
			    "own in /" DB ", which can't be joined\n'status' adds the records of "
			    "what is installed");
	rc = put_installed(b, e);
	if (rc < 0 || b->recipe->database != DATABASE_FULL)
		return rc;
	rc = put_scripts(b, e);
	if (rc == 0)
		rc = put_triggers(b, e);
	if (rc == 0)
		rc = put_file(b, DB "/lock", view_of(""), e);
	if (rc == 0)
		rc = put_world(b, e);
	if (rc == 0)
		rc = put_file(b, "etc/apk/arch",
			      view_of(arena_printf(&b->tree.arena, "%s\n", b->arch->alpine)), e);
	if (rc == 0)
		rc = put_repositories(b, e);
	return rc < 0 ? rc : put_keys(b, e);
}
