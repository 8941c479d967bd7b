/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glibc's converters between character sets: which files of its gconv folder a charset takes, by
 * the aliases and modules that its configuration files declare (gconv-modules(5) has no page; the
 * format is explained in the files themselves). UTF-8, UCS-4 and ASCII are built in.
 */
#include "build/derive_dynamic.h"

#include "base/array.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <string.h>

enum {
	MAX_GCONV_BYTES = 4 << 20, /* glibc's has 60 kB */
	MAX_ALIAS_DEPTH = 8,
};

struct gconv {
	struct deriving *x;
	struct probe *p;
	const char *folder; /* in the image */
	struct strings texts;
};

/* Names compare without case and are written in upper case, and end in "//". */
static const char *normal(struct view name, struct arena *a)
{
	char *copy;

	if (view_ends(name, "//"))
		name.len -= 2;
	copy = arena_view(a, name);
	for (char *c = copy; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return copy;
}

static int read_config(struct gconv *g, const char *path, struct err *e)
{
	const struct node *n = tree_find(&g->p->build.tree, path, true);
	struct view text;
	int rc;

	if (!n || n->inode->type != NODE_FILE)
		return 0;
	rc = inode_read(n->inode, MAX_GCONV_BYTES, g->x->a, &text, e);
	if (rc < 0)
		return err_context(e, "read '/%s'", path);
	strings_add(g->x->a, &g->texts, arena_view(g->x->a, text));
	return 0;
}

/* What an alias stands for, or the name itself. */
static const char *resolve(const struct gconv *g, const char *name, unsigned depth)
{
	for (size_t i = 0; i < g->texts.n && depth < MAX_ALIAS_DEPTH; i++) {
		struct view rest = view_of(g->texts.at[i]), line, word, to;

		while (view_split(&rest, '\n', &line)) {
			if (!view_word(&line, &word) || !view_is(word, "alias") ||
			    !view_word(&line, &word) || !view_word(&line, &to))
				continue;
			if (strcmp(normal(word, g->x->a), name) == 0)
				return resolve(g, normal(to, g->x->a), depth + 1);
		}
	}
	return name;
}

/* Adds the modules that convert from or to the charset; false when there's none. */
static bool add_modules(struct gconv *g, const char *name, const char *why)
{
	struct arena *a = g->x->a;
	bool found = false;

	for (size_t i = 0; i < g->texts.n; i++) {
		struct view rest = view_of(g->texts.at[i]), line, word, from, to, file;

		while (view_split(&rest, '\n', &line)) {
			if (!view_word(&line, &word) || !view_is(word, "module") ||
			    !view_word(&line, &from) || !view_word(&line, &to) ||
			    !view_word(&line, &file))
				continue;
			if (strcmp(normal(from, a), name) != 0 && strcmp(normal(to, a), name) != 0)
				continue;
			found = true;
			derived_add(g->x->d, &g->x->d->includes,
				    arena_printf(a, "%s/%.*s.so", g->folder, VIEW_ARG(file)), why);
		}
	}
	return found;
}

static bool is_built_in(const char *name)
{
	static const char *const names[] = { "UTF-8", "UTF8",	   "UCS-4",
					     "UCS-2", "ISO-10646", "ANSI_X3.4-1968",
					     "ASCII", "US-ASCII",  "INTERNAL" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int add_charset(struct gconv *g, const char *charset, struct err *e)
{
	const char *name = resolve(g, normal(view_of(charset), g->x->a), 0);
	const char *why = arena_printf(g->x->a, "converts %s", charset);

	if (add_modules(g, name, why) || is_built_in(name))
		return 0;
	return fail(e, FAIL_USAGE, "--charset: glibc has no converter of '%.60s'", charset);
}

int derive_gconv(struct deriving *x, struct probe *p, struct err *e)
{
	const char *why = x->d->extras[EXTRA_GCONV].reason;
	struct gconv g = { .x = x, .p = p };
	const char *config;
	int rc;

	if (!x->d->extras[EXTRA_GCONV].on || x->program->kind == PROGRAM_MUSL)
		return 0;
	g.folder = arena_printf(x->a, "/usr/lib/%s/gconv", x->program->arch->tuple);
	if (!x->wishes->charsets.n) {
		derived_add(x->d, &x->d->includes, g.folder, why);
		return 0;
	}
	config = arena_printf(x->a, "%s/gconv-modules", g.folder);
	rc = read_config(&g, config + 1, e);
	if (rc == 0)
		rc = read_config(
			&g, arena_printf(x->a, "%s.d/gconv-modules-extra.conf", config) + 1, e);
	derived_add(x->d, &x->d->includes, arena_printf(x->a, "%s*", config), why);
	for (size_t i = 0; rc == 0 && i < x->wishes->charsets.n; i++)
		rc = add_charset(&g, x->wishes->charsets.at[i], e);
	return rc;
}
