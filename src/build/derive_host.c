/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --libs=host: the libraries that this machine's loader would load, found without running it, as
 * files of the recipe at the same paths; the packages that own them are recorded for scanners.
 */
#include "build/derive_dynamic.h"
#include "build/host_view.h"

#include "base/array.h"
#include "recipe/reader.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_ROUNDS = 8 }; /* libraries that open libraries that open libraries … */

static const struct origin own_origin = { .kind = ORIGIN_RECIPE, .name = "paths" };

struct hosting {
	struct deriving *x;
	struct host_view view;
	struct link *link;
	struct link_result reached;
	struct strings files;  /* of the host that the image gets, by their real paths */
	struct strings opened; /* libraries that notes name */
};

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The program and what comes with it, where the image will have them. */
static int add_own_files(struct hosting *h, struct err *e)
{
	const struct derived *d = h->x->d;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->n_paths; i++) {
		const struct derived_path *p = &d->paths[i];

		if (p->source && strcmp(p->type, "file") == 0 &&
		    !tree_find(&h->view.build.tree, p->path, false))
			rc = host_view_add_file(&h->view, p->source, p->path, &own_origin, e);
	}
	return rc;
}

struct tracing {
	struct hosting *h;
	const char *why;
};

/* A link or file on the way to a library becomes one of the recipe. */
static void take(struct node *n, void *ctx)
{
	struct tracing *t = ctx;
	struct deriving *x = t->h->x;
	const char *path = node_path(n, x->a);

	if (n->inode->origin == &own_origin)
		return;
	if (n->inode->type == NODE_SYMLINK) {
		derived_add_path(x->d, (struct derived_path){
					       .path = path,
					       .type = "symlink",
					       .source = arena_strdup(x->a, n->inode->target) });
	} else if (n->inode->type == NODE_FILE) {
		derived_add_path(x->d, (struct derived_path){
					       .path = path,
					       .type = "file",
					       .source = path,
					       .mode = n->inode->mode & 0111 ? "0755" : "0644",
					       .why = t->why });
		if (!strings_have(&t->h->files, path))
			strings_add(x->a, &t->h->files, path);
	}
}

static void take_object(struct hosting *h, const struct link_object *o)
{
	struct deriving *x = h->x;
	struct tracing t = { .h = h };

	if (o->node->inode->origin == &own_origin)
		return;
	t.why = o->asked_by ? arena_printf(x->a, "needed by %s", base_of(o->asked_by->path))
			    : "opened at run time";
	derived_need(x->d, arena_strdup(x->a, base_of(o->path)), node_path(o->node, x->a), t.why);
	(void)tree_trace(&h->view.build.tree, o->path, take, &t);
}

/* ---- evidence ---- */

static int look(struct hosting *h, struct err *e)
{
	struct arena *a = h->x->a;
	struct evidence_object *objects =
		arena_array(a, h->reached.n_objects + 1, sizeof(*objects));
	size_t n = 0;

	for (size_t i = 0; i < h->reached.n_objects; i++) {
		const struct link_object *o = h->reached.objects[i];
		const struct elf_symbols *symbols = NULL;

		if (o->elf && link_symbols(h->link, o->node, &symbols, e) < 0)
			return -(int)e->code;
		if (symbols)
			objects[n++] = (struct evidence_object){
				.name = arena_strdup(a, base_of(o->path)),
				.elf = o->elf,
				.symbols = symbols,
				.own = o->node->inode->origin == &own_origin,
			};
	}
	derive_evidence(h->x, objects, n);
	return 0;
}

/* Modules, converters and data come as folders of this machine, when it has them. */
static void add_host_data(struct deriving *x, enum extra extra, const char *path)
{
	const struct derived_extra *asked = &x->d->extras[extra];
	struct stat st;

	if (!asked->on)
		return;
	if (stat(path, &st) < 0) {
		derived_note(x->d, arena_printf(x->a, "%s is left out: this machine has no %s",
						extra_name(extra), path));
		return;
	}
	derived_add_path(x->d, (struct derived_path){ .path = path,
						      .type = S_ISDIR(st.st_mode) ? "tree" : "file",
						      .source = path,
						      .why = asked->reason });
}

static void add_data(struct deriving *x)
{
	const char *tuple = x->program->arch->tuple;

	add_host_data(x, EXTRA_CERTIFICATES, "/etc/ssl/certs/ca-certificates.crt");
	add_host_data(x, EXTRA_TZDATA, "/usr/share/zoneinfo");
	if (x->program->kind != PROGRAM_GLIBC)
		return;
	add_host_data(x, EXTRA_LOCALE, "/usr/lib/locale/C.utf8");
	add_host_data(x, EXTRA_GCONV, arena_printf(x->a, "/usr/lib/%s/gconv", tuple));
}

/* ---- rounds ---- */

static int find(struct hosting *h, struct err *e)
{
	struct link_process process = { 0 };
	const struct program *p = h->x->program;
	int rc;

	link_result_done(&h->reached);
	h->reached = (struct link_result){ 0 };
	link_free(h->link);
	h->link = link_new(&h->view.build.tree);
	rc = link_closure(h->link, h->x->d->image_path, &process, &h->reached, e);
	for (size_t i = 0; rc == 0 && i < h->opened.n; i++)
		rc = link_library(h->link, h->opened.at[i], &process, &h->reached, e);
	for (size_t i = 0; rc == 0 && i < h->reached.n_problems; i++) {
		auto_buf text = BUF_EMPTY;

		if (!h->reached.problems[i].fatal)
			continue;
		link_problem_text(&h->reached.problems[i], &text);
		return fail(e, FAIL_NOT_FOUND, "'%s' would not start on this machine: %s", p->path,
			    buf_str(&text));
	}
	return rc;
}

/* What is reached may open more. */
static int find_all(struct hosting *h, struct err *e)
{
	struct supply supply = { .x = h->x, .host = &h->view, .opened = &h->opened };

	for (unsigned i = 0; i < MAX_ROUNDS; i++) {
		struct probe probe = { 0 };
		size_t before = h->opened.n;
		int rc = find(h, e);

		if (rc == 0) {
			probe.reached = h->reached;
			h->x->d->notes.n = 0;
			rc = derive_dlopen(&supply, &probe, e);
		}
		if (rc < 0 || h->opened.n == before)
			return rc;
	}
	return fail(e, FAIL_LIMIT, "'%s': libraries keep opening others after %d rounds",
		    h->x->program->path, MAX_ROUNDS);
}

static int record_packages(struct hosting *h, struct err *e)
{
	struct deriving *x = h->x;
	struct host_package *packages;
	size_t n;
	int rc = host_packages_of("", h->files.at, h->files.n, x->a, &packages, &n, e);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *path =
			arena_printf(x->a, "/var/lib/dpkg/status.d/%s", packages[i].name);

		derived_add_path(
			x->d, (struct derived_path){
				      .path = path,
				      .type = "file",
				      .content = packages[i].stanza,
				      .why = arena_printf(x->a, "%s %s of this machine",
							  packages[i].name, packages[i].version) });
		if (packages[i].md5sums)
			derived_add_path(x->d,
					 (struct derived_path){
						 .path = arena_printf(x->a, "%s.md5sums", path),
						 .type = "file",
						 .content = packages[i].md5sums });
	}
	if (rc == 0 && !n)
		derived_note(x->d,
			     "no package of this machine owns the libraries, or there is no dpkg: "
			     "scanners will not see them");
	return rc;
}

static void add_os_release(struct deriving *x)
{
	auto_free char *real = realpath("/etc/os-release", NULL);

	if (!real)
		return;
	derived_add_path(x->d, (struct derived_path){ .path = "/etc/os-release",
						      .type = "file",
						      .source = arena_strdup(x->a, real),
						      .mode = "0644",
						      .why = "what scanners know the system by" });
}

/* Folders that the loader searches only because ld.so.cache says so: the image's is made of these.
 */
static void add_ld_conf(struct hosting *h)
{
	const char *tuple = h->x->program->arch->tuple;
	auto_buf conf = BUF_EMPTY;

	for (size_t i = 0; i < h->reached.n_objects; i++) {
		const struct link_object *o = h->reached.objects[i];
		const char *slash = strrchr(o->path, '/');
		const char *folder = arena_strndup(h->x->a, o->path, (size_t)(slash - o->path));

		if (o->role != LINK_LIBRARY || o->node->inode->origin == &own_origin ||
		    derive_is_system_folder(folder, tuple))
			continue;
		if (!strstr(buf_str(&conf), arena_printf(h->x->a, "%s\n", folder)))
			buf_printf(&conf, "%s\n", folder);
	}
	if (conf.len)
		derived_add_path(
			h->x->d,
			(struct derived_path){ .path = "/etc/ld.so.conf",
					       .type = "file",
					       .content = arena_strdup(h->x->a, buf_str(&conf)),
					       .why = "folders that /etc/ld.so.cache is made of" });
}

static int fill(struct hosting *h, struct err *e)
{
	struct deriving *x = h->x;
	struct wanted_list wanted = { 0 };
	int rc = derive_own(x, &wanted, e);

	if (rc == 0)
		rc = host_view_add_libraries(&h->view, x->program->elf.interpreter.ptr,
					     x->program->arch->tuple, e);
	if (rc == 0)
		rc = add_own_files(h, e);
	if (rc == 0)
		rc = find_all(h, e);
	for (size_t i = 0; rc == 0 && i < h->reached.n_objects; i++)
		take_object(h, h->reached.objects[i]);
	if (rc == 0)
		rc = look(h, e);
	if (rc < 0)
		return rc;
	add_ld_conf(h);
	add_data(x);
	derived_apply_extras(x->d);
	add_os_release(x);
	return record_packages(h, e);
}

int derive_host(struct deriving *x, struct err *e)
{
	struct hosting h = { .x = x };
	int rc;

	x->d->strategy = "host libraries";
	x->d->reason = "dynamic: this machine's own libraries, as asked for";
	host_view_init(&h.view, x->ctx);
	rc = fill(&h, e);
	link_result_done(&h.reached);
	link_free(h.link);
	host_view_done(&h.view);
	return rc;
}
