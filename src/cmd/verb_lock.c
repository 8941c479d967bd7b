/* SPDX-License-Identifier: Apache-2.0 */
/* pare lock: writes down, beside a recipe, the packages that its image is made of. */
#include "base/buf.h"
#include "base/suggest.h"
#include "build/resolve.h"
#include "cmd/recipe_options.h"
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "view/look.h"

#include <string.h>

struct lock_options {
	struct recipe_options recipe;
	struct optional update;
};

static const struct option lock_rows[] = {
	OPTION('u', "update", OPTIONAL, struct lock_options, update, "PACKAGE",
	       "move to what the archive holds now"),
	RECIPE_OPTIONS(struct lock_options, recipe),
};

static void print_change(FILE *out, const struct lock_change *change, bool with_arch)
{
	const char *from = change->security ? "  (security)" : "";

	if (with_arch)
		fprintf(out, "%s: ", change->arch);
	if (!change->old_version)
		fprintf(out, "+ %s %s%s\n", change->name, change->new_version, from);
	else if (!change->new_version)
		fprintf(out, "- %s %s\n", change->name, change->old_version);
	else
		fprintf(out, "%s %s → %s%s\n", change->name, change->old_version,
			change->new_version, from);
}

/* What the base was and is; both NULL: it is the same one. */
struct base_change {
	const struct lock_base *old, *new;
};

static struct base_change base_change(const struct lock *old, const struct lock *new)
{
	struct base_change c = { old->base, new->base };

	if (c.old && c.new &&sha256_eq(&c.old->digest, &c.new->digest) &&
	    strcmp(c.old->place, c.new->place) == 0)
		c.old = c.new = NULL;
	return c;
}

static void print_base(FILE *out, const struct base_change *b, struct arena *a)
{
	if (b->old && b->new &&strcmp(b->old->place, b->new->place) == 0) {
		fprintf(out, "base %s %s → %s\n", b->new->place,
			look_short_digest(&b->old->digest, a),
			look_short_digest(&b->new->digest, a));
		return;
	}
	if (b->old)
		fprintf(out, "- base %s %s\n", b->old->place,
			look_short_digest(&b->old->digest, a));
	if (b->new)
		fprintf(out, "+ base %s %s\n", b->new->place,
			look_short_digest(&b->new->digest, a));
}

static void put_base(struct json_writer *w, const struct base_change *b, struct arena *a)
{
	if (!b->old && !b->new)
		return;
	json_open_object(w);
	json_member_string(w, "base", b->new ? b->new->place : b->old->place);
	json_member_string(w, "old", b->old ? look_digest(&b->old->digest, a) : NULL);
	json_member_string(w, "new", b->new ? look_digest(&b->new->digest, a) : NULL);
	json_close_object(w);
}

static void print_json(FILE *out, const struct base_change *base, const struct lock_change *changes,
		       size_t n, struct arena *a)
{
	auto_buf text = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &text, 2);
	json_open_array(&w);
	put_base(&w, base, a);
	for (size_t i = 0; i < n; i++) {
		json_open_object(&w);
		json_member_string(&w, "arch", changes[i].arch);
		json_member_string(&w, "name", changes[i].name);
		json_member_string(&w, "old", changes[i].old_version);
		json_member_string(&w, "new", changes[i].new_version);
		json_member_bool(&w, "security", changes[i].security);
		json_close_object(&w);
	}
	json_close_array(&w);
	fprintf(out, "%s\n", buf_str(&text));
}

static void print_changes(struct command *c, const struct lock *old, const struct lock *new)
{
	static const struct lock nothing = { .n_archs = 0 };
	struct lock_change *changes;
	size_t n = lock_diff(old ? old : &nothing, new, c->arena, &changes);
	struct base_change base = base_change(old ? old : &nothing, new);

	if (c->globals.format == FORMAT_JSON) {
		print_json(c->out, &base, changes, n, c->arena);
		return;
	}
	print_base(c->out, &base, c->arena);
	for (size_t i = 0; i < n; i++)
		print_change(c->out, &changes[i], new->n_archs > 1);
	if (n == 0 && !base.old && !base.new)
		fprintf(c->out, "nothing changed\n");
}

static int no_package(const struct lock *old, const char *package, struct arena *a, struct err *e)
{
	const char **names, *near;
	size_t n = 0;

	for (size_t x = 0; x < old->n_archs; x++)
		n += old->archs[x].n_packages;
	names = arena_array(a, n + 1, sizeof(*names));
	n = 0;
	for (size_t x = 0; x < old->n_archs; x++)
		for (size_t i = 0; i < old->archs[x].n_packages; i++)
			names[n++] = old->archs[x].packages[i].name;
	near = suggest_nearest(package, names, n);
	return fail(e, FAIL_NOT_FOUND, "the lock has no package '%s'%s%s%s", package,
		    near ? "\ndid you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* A named package must be one that the lock has, or nothing could move. */
static int check_package(const struct lock *old, const char *package, struct arena *a,
			 struct err *e)
{
	for (size_t x = 0; x < old->n_archs; x++)
		for (size_t i = 0; i < old->archs[x].n_packages; i++)
			if (strcmp(old->archs[x].packages[i].name, package) == 0)
				return 0;
	return no_package(old, package, a, e);
}

/* Resolves anew. Without --update what is locked stays; with a bare one nothing holds. */
static int resolve(struct command *c, struct session *s, const struct optional *wish,
		   const struct lock *old, struct lock **ret, struct err *e)
{
	struct resolve_options o = { .archs = (const char *const *)s->archs.at,
				     .n_archs = s->archs.n,
				     .old = wish->given && !wish->value ? NULL : old,
				     .update_package = wish->value };
	auto_buf why = BUF_EMPTY;
	int rc = build_resolve(&s->ctx, s->recipe, &o, ret, &why, e);

	if (rc < 0 && why.len)
		monitor_note(c->monitor, "%s", buf_str(&why));
	return rc < 0 ? rc : session_save_lock(s, *ret, e);
}

static int update(struct command *c, struct session *s, const struct optional *wish, struct err *e)
{
	auto_lock old = NULL;
	auto_lock new = NULL;
	int rc = session_read_lock(s, &old, e);

	if (rc == 0 && wish->value && old)
		rc = check_package(old, wish->value, c->arena, e);
	if (rc < 0)
		return rc;
	if (old && !wish->given &&
	    build_lock_is_current(old, s->recipe, (const char *const *)s->archs.at, s->archs.n)) {
		print_changes(c, old, old);
		return 0;
	}
	rc = resolve(c, s, wish, old, &new, e);
	if (rc == 0)
		print_changes(c, old, new);
	return rc;
}

static int run_lock(struct command *c, const void *options, struct err *e)
{
	const struct lock_options *o = options;
	struct session_options wishes = { .recipe = &o->recipe };
	auto_session s;
	int rc = session_open(c, &wishes, &s, e);

	if (rc < 0)
		return rc;
	if (!s.lock_path)
		return fail(e, FAIL_USAGE,
			    "a built-in profile has no file to lock beside\n"
			    "write a recipe that extends it, and lock that");
	return update(c, &s, &o->update, e);
}

const struct verb verb_lock = {
	.name = "lock",
	.summary = "Write down the packages that a recipe's image is made of",
	.operands = "[RECIPE]",
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare lock --update=openssl pare.yaml",
	.options = OPTION_TABLE(lock_rows),
	.options_size = sizeof(struct lock_options),
	.run = run_lock,
};
