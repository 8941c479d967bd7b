/* SPDX-License-Identifier: Apache-2.0 */
/* pare why: what explains a file or package of an image, from the entrypoint to the layer. */
#include "cmd/verbs.h"
#include "cmd/view_options.h"
#include "report/text.h"
#include "view/why.h"

enum {
	MAX_SHOWN_USERS = 20,
	MAX_SHOWN_STEPS = 30, /* of a chain of packages; real ones have up to ten */
};

struct why_options {
	struct view_flags view;
	bool package;
};

static const struct option why_rows[] = {
	VIEW_OPTIONS(struct why_options, view),
	OPTION(0, "package", BOOL, struct why_options, package, NULL,
	       "a package is meant, also where such a file is"),
};

struct telling {
	const struct image_view *v;
	const struct why *w;
	bool all;
	struct buf *to;
};

static void safe(struct telling *t, const char *text)
{
	text_add_safe(t->to, view_of(text));
}

static void add_owner(struct telling *t, const struct view_package *p)
{
	if (!p)
		return;
	buf_add_str(t->to, "  (");
	safe(t, p->name);
	buf_add_char(t->to, ' ');
	safe(t, p->version);
	buf_add_char(t->to, ')');
}

/* For machines, and between a step's path and its name. */
static const struct {
	const char *name, *text;
} roles[] = {
	[LINK_SCRIPT] = { "script", "script" },
	[LINK_PROGRAM] = { "program", "program" },
	[LINK_INTERPRETER] = { "interpreter", "interpreter" },
	[LINK_PRELOAD] = { "preloaded", "preloaded" },
	[LINK_LIBRARY] = { "library", "library" },
	[LINK_VARIANT] = { "library for some processors", "library for some processors" },
	[WHY_OPENED] = { "opened", "opened by its name" },
	[WHY_PACKAGED] = { "packaged", "brought by the package" },
};

static void add_steps(struct telling *t)
{
	const struct why *w = t->w;

	if (w->n_steps == 0) {
		buf_add_str(t->to, "start     ");
		if (w->command) {
			buf_add_char(t->to, '\'');
			safe(t, w->command);
			buf_add_str(t->to, "' does not load it when it starts\n");
		} else {
			buf_add_str(t->to, "the image names nothing to start\n");
		}
		return;
	}
	for (size_t i = 0; i < w->n_steps; i++) {
		const struct why_step *s = &w->steps[i];

		buf_printf(t->to, "%-10s%*s%s", i ? "" : "start", (int)(2 * i), "", i ? "└─ " : "");
		safe(t, s->path);
		if (s->name)
			buf_printf(t->to, ", %s '", roles[s->role].text);
		safe(t, s->name ? s->name : "");
		buf_add_str(t->to, s->name ? "'" : "");
		add_owner(t, view_package_of(t->v, s->node));
		buf_add_char(t->to, '\n');
	}
}

static void add_package(struct telling *t)
{
	const struct view_package *p = t->w->package;

	buf_add_str(t->to, "package   ");
	if (!p) {
		buf_add_str(t->to, t->v->n_packages ? "none has it\n"
						    : "none: the image has no package database\n");
		return;
	}
	safe(t, p->name);
	buf_add_char(t->to, ' ');
	safe(t, p->version);
	if (strcmp(p->source, p->name) != 0) {
		buf_add_str(t->to, ", from source ");
		safe(t, p->source);
	}
	if (p->licence || p->licence_path) {
		buf_add_str(t->to, ", licence ");
		safe(t, p->licence ? p->licence : p->licence_path);
	}
	buf_add_char(t->to, '\n');
}

static void add_name(struct telling *t, const struct view_package *p)
{
	safe(t, p->name);
	buf_add_char(t->to, ' ');
	safe(t, p->version);
}

/* Of the first package of a chain, why anybody wants it. */
static void add_root(struct telling *t)
{
	static const char *const reasons[] = {
		[WHY_ROOT_STARTED] = ", whose %s is started",
		[WHY_ROOT_LOADED] = ", whose %s is loaded at the start",
		[WHY_ROOT_ASKED] = ", which %s names",
		[WHY_ROOT_ESSENTIAL] = ", which is essential",
		[WHY_ROOT_ALONE] = ", which no other package asks for",
	};
	const struct why_packages *w = &t->w->packages;
	const char *reason = reasons[w->root], *gap = strstr(reason, "%s");

	add_name(t, w->steps[0].package);
	if (!gap) {
		buf_add_str(t->to, reason);
		return;
	}
	buf_add(t->to, reason, (size_t)(gap - reason));
	safe(t, w->root_path);
	buf_add_str(t->to, gap + 2);
}

static void add_clause(struct telling *t, const struct why_need *n)
{
	buf_printf(t->to, ", %s: ", n->field);
	safe(t, n->clause);
}

/* The chain of packages, each with what the one before asks for. */
static void add_wanted(struct telling *t)
{
	const struct why_packages *w = &t->w->packages;

	if (w->root == WHY_ROOT_CIRCLE) {
		buf_add_str(t->to, "wanted by only packages that ask for each other\n");
		return;
	}
	if (w->n_steps == 1 && w->root == WHY_ROOT_ALONE) {
		buf_add_str(t->to, "wanted by no other package of the image\n");
		return;
	}
	buf_add_str(t->to, "wanted by ");
	add_root(t);
	buf_add_char(t->to, '\n');
	for (size_t i = 1; i < w->n_steps; i++) {
		if (!t->all && i == MAX_SHOWN_STEPS) {
			buf_printf(t->to, "          … and %zu more; --verbose shows all\n",
				   w->n_steps - i);
			return;
		}
		buf_printf(t->to, "          %*s└─ ",
			   (int)(2 * (i < MAX_SHOWN_STEPS ? i : MAX_SHOWN_STEPS)), "");
		add_name(t, w->steps[i].package);
		add_clause(t, &w->steps[i]);
		buf_add_char(t->to, '\n');
	}
}

static void add_dependents(struct telling *t)
{
	const struct why_packages *w = &t->w->packages;

	if (w->n_dependents)
		buf_printf(t->to, "asked for by %zu package%s:\n", w->n_dependents,
			   w->n_dependents == 1 ? "" : "s");
	for (size_t i = 0; i < w->n_dependents; i++) {
		if (!t->all && i == MAX_SHOWN_USERS) {
			buf_printf(t->to, "          … and %zu more; --verbose shows all\n",
				   w->n_dependents - i);
			return;
		}
		buf_add_str(t->to, "          ");
		add_name(t, w->dependents[i].package);
		add_clause(t, &w->dependents[i]);
		buf_add_char(t->to, '\n');
	}
}

static void add_layer(struct telling *t)
{
	const struct view_layer *l = t->w->layer;

	if (!l)
		return;
	buf_printf(t->to, "layer     %zu of %zu", (size_t)(l - t->v->layers) + 1, t->v->n_layers);
	if (l->history && l->history->created_by) {
		buf_add_str(t->to, ": ");
		safe(t, l->history->created_by);
	}
	buf_add_char(t->to, '\n');
}

static void add_user(struct telling *t, const struct why_user *u)
{
	buf_add_str(t->to, "          ");
	safe(t, u->path);
	buf_add_str(t->to, u->direct ? "" : ", by way of '");
	if (!u->direct) {
		safe(t, u->name);
		buf_add_char(t->to, '\'');
	}
	add_owner(t, view_package_of(t->v, u->node));
	buf_add_char(t->to, '\n');
}

/* "needed by 3 files, 2 of them directly; 1 program would break:" */
static void add_user_counts(struct telling *t, size_t n_direct, size_t n_programs)
{
	size_t n = t->w->n_users;

	buf_printf(t->to, "needed by %zu file%s, ", n, n == 1 ? "" : "s");
	if (n_direct == n)
		buf_add_str(t->to, n == 1 ? "directly; " : "all directly; ");
	else
		buf_printf(t->to, "%zu directly; ", n_direct);
	if (n_programs)
		buf_printf(t->to, "%zu program%s would break:\n", n_programs,
			   n_programs == 1 ? "" : "s");
	else
		buf_add_str(t->to, "no program would break:\n");
}

/* Programs come first: they are what somebody would miss. */
static void add_users(struct telling *t)
{
	const struct why *w = t->w;
	size_t n_direct = 0, n_programs = 0, shown = 0;

	for (size_t i = 0; i < w->n_users; i++) {
		n_direct += w->users[i].direct;
		n_programs += w->users[i].is_program;
	}
	if (w->n_users == 0) {
		buf_add_str(t->to, "needed by no other file that says so\n");
		return;
	}
	add_user_counts(t, n_direct, n_programs);
	for (int programs = 1; programs >= 0; programs--) {
		for (size_t i = 0; i < w->n_users; i++) {
			if (w->users[i].is_program != programs)
				continue;
			if (t->all || shown < MAX_SHOWN_USERS)
				add_user(t, &w->users[i]);
			shown++;
		}
	}
	if (!t->all && shown > MAX_SHOWN_USERS)
		buf_printf(t->to, "          … and %zu more; --verbose shows all\n",
			   shown - MAX_SHOWN_USERS);
}

static void add_what(struct telling *t)
{
	const struct why *w = t->w;

	for (size_t i = 0; i < w->n_links; i++) {
		safe(t, w->links[i]);
		buf_add_char(t->to, '\n');
	}
	safe(t, w->is_package ? w->package->name : w->path);
	buf_printf(t->to, "  (%s)\n", w->is_package ? "package" : type_name(w->node->inode->type));
}

static void tell(struct telling *t)
{
	const struct why *w = t->w;
	bool is_file = !w->is_package && w->node->inode->type == NODE_FILE;

	add_what(t);
	if (is_file || w->n_steps)
		add_steps(t);
	add_package(t);
	if (w->package)
		add_wanted(t);
	add_layer(t);
	if (is_file)
		add_users(t);
	if (w->package)
		add_dependents(t);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void add_named(struct json_writer *w, const struct image_view *v, const struct node *n,
		      const char *path, const char *name)
{
	const struct view_package *p = view_package_of(v, n);

	json_member_string(w, "path", path);
	json_member_string(w, "name", name);
	json_member_string(w, "package", p ? p->name : NULL);
}

static void add_json_owner(struct json_writer *j, const struct view_package *p)
{
	if (!p)
		return;
	json_key(j, "package");
	json_open_object(j);
	json_member_string(j, "name", p->name);
	json_member_string(j, "version", p->version);
	json_member_string(j, "source", p->source);
	json_member_string(j, "licence", p->licence);
	json_member_string(j, "licencePath", p->licence_path);
	json_close_object(j);
}

static void add_json_layer(struct json_writer *j, const struct image_view *v,
			   const struct view_layer *l, struct arena *a)
{
	if (!l)
		return;
	json_key(j, "layer");
	json_open_object(j);
	json_member_u64(j, "number", (uint64_t)(l - v->layers) + 1);
	json_member_string(j, "digest",
			   l->descriptor ? look_digest(&l->descriptor->digest, a) : NULL);
	json_member_string(j, "createdBy", l->history ? l->history->created_by : NULL);
	json_close_object(j);
}

static void add_json_needs(struct json_writer *j, const char *key, const struct why_need *at,
			   size_t n)
{
	json_key(j, key);
	json_open_array(j);
	for (size_t i = 0; i < n; i++) {
		json_open_object(j);
		json_member_string(j, "name", at[i].package->name);
		json_member_string(j, "version", at[i].package->version);
		json_member_string(j, "architecture", at[i].package->architecture);
		json_member_string(j, "field", at[i].field);
		json_member_string(j, "clause", at[i].clause);
		json_close_object(j);
	}
	json_close_array(j);
}

static void add_json_wanted(struct json_writer *j, const struct why_packages *w)
{
	static const char *const roots[] = {
		[WHY_ROOT_STARTED] = "started", [WHY_ROOT_LOADED] = "loaded",
		[WHY_ROOT_ASKED] = "asked",	[WHY_ROOT_ESSENTIAL] = "essential",
		[WHY_ROOT_ALONE] = "alone",	[WHY_ROOT_CIRCLE] = "circle",
	};

	json_key(j, "wantedBy");
	json_open_object(j);
	json_member_string(j, "root", roots[w->root]);
	json_member_string(j, "path", w->root_path);
	add_json_needs(j, "chain", w->steps, w->n_steps);
	json_close_object(j);
	add_json_needs(j, "askedForBy", w->dependents, w->n_dependents);
}

static void tell_json(const struct image_view *v, const struct why *w, struct arena *a,
		      struct buf *to)
{
	struct json_writer j;

	json_writer_init(&j, to, 2);
	json_open_object(&j);
	json_member_string(&j, "path", w->path);
	json_member_string(&j, "type", w->is_package ? "package" : type_name(w->node->inode->type));
	json_key(&j, "start");
	json_open_array(&j);
	for (size_t i = 0; i < w->n_steps; i++) {
		json_open_object(&j);
		add_named(&j, v, w->steps[i].node, w->steps[i].path, w->steps[i].name);
		json_member_string(&j, "role", roles[w->steps[i].role].name);
		json_close_object(&j);
	}
	json_close_array(&j);
	add_json_owner(&j, w->package);
	if (w->package)
		add_json_wanted(&j, &w->packages);
	add_json_layer(&j, v, w->layer, a);
	json_key(&j, "neededBy");
	json_open_array(&j);
	for (size_t i = 0; i < w->n_users; i++) {
		json_open_object(&j);
		add_named(&j, v, w->users[i].node, w->users[i].path, w->users[i].name);
		json_member_bool(&j, "direct", w->users[i].direct);
		json_member_bool(&j, "program", w->users[i].is_program);
		json_close_object(&j);
	}
	json_close_array(&j);
	json_close_object(&j);
	buf_add_char(to, '\n');
}

/* The chain may lack what these would have told. */
static void warn_of_complaints(struct command *c, const struct why_packages *w)
{
	for (size_t i = 0; i < w->complaints.n; i++) {
		auto_buf text = BUF_EMPTY;

		text_add_safe(&text, view_of(w->complaints.at[i]));
		monitor_warn(c->monitor, "%s", buf_str(&text));
	}
	if (w->n_complaints > w->complaints.n)
		monitor_warn(c->monitor, "%zu more dependency fields could not be understood",
			     w->n_complaints - w->complaints.n);
}

static int run_why(struct command *c, const void *options, struct err *e)
{
	const struct why_options *o = options;
	struct view_options how = { .want = why_wants };
	auto_image_view v = NULL;
	auto_buf out = BUF_EMPTY;
	struct telling t;
	struct why w;
	int rc = open_view_with(c, c->operands[0], &o->view, &how, &v, e);

	if (rc == 0)
		rc = why_make(v, c->operands[1], o->package ? WHY_PACKAGE : WHY_PATH_OR_PACKAGE, &w,
			      e);
	if (rc < 0)
		return rc;
	warn_of_complaints(c, &w.packages);
	t = (struct telling){ v, &w, c->globals.verbose, &out };
	if (c->globals.format == FORMAT_JSON)
		tell_json(v, &w, c->arena, &out);
	else
		tell(&t);
	fwrite(buf_str(&out), 1, out.len, c->out);
	why_done(&w);
	return 0;
}

const struct verb verb_why = {
	.name = "why",
	.summary = "Say why a file or package is in an image, and what needs it",
	.operands = "IMAGE PATH|PACKAGE",
	.min_operands = 2,
	.max_operands = 2,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare why app /lib/x86_64-linux-gnu/libz.so.1",
	.options = OPTION_TABLE(why_rows),
	.options_size = sizeof(struct why_options),
	.run = run_why,
};
