/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apk's database of what is installed (apk.md 5.3): records of lines "X:value", with F: for a
 * folder and R: for a file in it, separated by empty lines.
 */
#include "view/owners.h"

#include "base/buf.h"
#include "base/interrupt.h"

struct record {
	struct owners *owners;
	struct view_package package;
	const char *database;
	bool added;
	size_t number;
	struct view folder;
	struct buf path;
};

static int add_package(struct record *r, struct err *e)
{
	struct view_package *p = &r->package;
	int rc;

	if (r->added || !p->name || !p->version)
		return 0;
	p->kind = VIEW_APK;
	p->database = r->database;
	p->source = p->source ? p->source : p->name;
	p->source_version = p->version;
	rc = owners_add(r->owners, p, &r->number, e);
	r->added = rc == 0;
	return rc;
}

static int claim(struct record *r, struct view name, struct err *e)
{
	int rc = add_package(r, e);

	if (rc < 0 || !r->added)
		return rc;
	buf_clear(&r->path);
	buf_add_view(&r->path, r->folder);
	buf_add_char(&r->path, '/');
	buf_add_view(&r->path, name);
	owners_claim(r->owners, r->number, buf_view(&r->path));
	return 0;
}

static int end_record(struct record *r, struct err *e)
{
	int rc = add_package(r, e);

	r->package = (struct view_package){ 0 };
	r->added = false;
	r->folder = view_make("", 0);
	return rc;
}

static int read_line(struct record *r, struct view line, struct err *e)
{
	struct arena *a = &r->owners->view->arena;
	struct view value;

	if (line.len == 0)
		return end_record(r, e);
	if (line.len < 2 || line.ptr[1] != ':')
		return 0;
	value = view_make(line.ptr + 2, line.len - 2);
	switch (line.ptr[0]) {
	case 'P':
		r->package.name = arena_view(a, value);
		break;
	case 'V':
		r->package.version = arena_view(a, value);
		break;
	case 'A':
		r->package.architecture = arena_view(a, value);
		break;
	case 'L':
		r->package.licence = arena_view(a, value);
		break;
	case 'o':
		r->package.source = arena_view(a, value);
		break;
	case 'D':
		r->package.depends = arena_view(a, value);
		break;
	case 'p':
		r->package.provides = arena_view(a, value);
		break;
	case 'i':
		r->package.joins = arena_view(a, value);
		break;
	case 'F':
		r->folder = value;
		break;
	case 'R':
		return claim(r, value, e);
	default:
		break;
	}
	return 0;
}

static int read_installed(struct owners *o, const char *path, struct view text, struct err *e)
{
	struct record r = { .owners = o, .database = path, .folder = { "", 0 } };
	struct view line;
	int rc = 0;

	if (memchr(text.ptr, '\0', text.len))
		owners_complain(o, path + 1, "holds a NUL byte");
	while (rc == 0 && view_split(&text, '\n', &line)) {
		rc = read_line(&r, line, e);
		if (rc == 0)
			rc = interrupt_check(e);
	}
	if (rc == 0)
		rc = end_record(&r, e);
	buf_done(&r.path);
	return rc;
}

int owners_read_apk(struct owners *o, struct err *e)
{
	static const char *const paths[] = { "/lib/apk/db/installed", "/usr/lib/apk/db/installed" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct node *n = tree_find(&o->view->tree, paths[i], true);
		struct view text;

		if (owners_read(o, n, &text, e))
			return read_installed(o, paths[i], text, e);
	}
	return 0;
}
