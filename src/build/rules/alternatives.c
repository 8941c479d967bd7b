/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of update-alternatives(1): what packages' postinsts install with literal words is
 * read out of them, and of several candidates for one name the one of the highest priority gets
 * the links LINK → /etc/alternatives/NAME → PATH, its slaves likewise. Scripts that compute the
 * words are left to the warning of rule_scripts().
 */
#include "base/array.h"
#include "base/buf.h"
#include "build/rules.h"
#include "build/rules/script.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_WORDS = 512,	 /* of one command; java's have a few dozen */
	MAX_ALTERNATIVES = 4096, /* in one image */
};

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "alternatives" };

struct link {
	const char *link, *name, *path;
};

/* One --install: the master link and its slaves. */
struct alternative {
	struct link master;
	uint64_t priority;
	struct link *slaves;
	size_t n_slaves;
};

struct alternatives {
	struct alternative *at;
	size_t n, cap;
};

/* A command's words, up to what ends it. */
struct words {
	const char *at[MAX_WORDS];
	size_t n;
};

static bool is_literal(struct view word)
{
	for (size_t i = 0; i < word.len; i++)
		if (strchr("$`*?~{}()<>&|;\\", word.ptr[i]))
			return false;
	return true;
}

static struct view unquote(struct view word)
{
	bool quoted = word.len >= 2 && (word.ptr[0] == '"' || word.ptr[0] == '\'') &&
		      word.ptr[word.len - 1] == word.ptr[0];

	return quoted ? view_make(word.ptr + 1, word.len - 2) : word;
}

/* False when a word is computed: then nobody knows what the command does. */
static bool split(struct view line, struct arena *a, struct words *ret)
{
	struct view word;

	ret->n = 0;
	while (view_word(&line, &word)) {
		if (view_is(word, "||") || view_is(word, "&&") || view_is(word, ";") ||
		    view_starts(word, ">") || view_starts(word, "2>"))
			return true;
		word = unquote(word);
		if (!is_literal(word) || ret->n == MAX_WORDS)
			return false;
		ret->at[ret->n++] = arena_view(a, word);
	}
	return true;
}

static bool take_link(const struct words *w, size_t *at, struct link *ret)
{
	if (w->n - *at < 3)
		return false;
	*ret = (struct link){ w->at[*at], w->at[*at + 1], w->at[*at + 2] };
	*at += 3;
	/* Names become file names below /etc/alternatives. */
	return ret->link[0] == '/' && ret->path[0] == '/' && !strchr(ret->name, '/');
}

static bool parse(const struct words *w, struct arena *a, struct alternative *ret)
{
	size_t at = 0;

	*ret = (struct alternative){ 0 };
	while (at < w->n && strcmp(w->at[at], "--install") != 0)
		at++;
	if (at++ == w->n || !take_link(w, &at, &ret->master) || at == w->n ||
	    !view_to_u64(view_of(w->at[at++]), &ret->priority))
		return false;
	ret->slaves = arena_array(a, w->n + 1, sizeof(*ret->slaves));
	while (at < w->n && strcmp(w->at[at], "--slave") == 0) {
		at++;
		if (!take_link(w, &at, &ret->slaves[ret->n_slaves++]))
			return false;
	}
	return true;
}

/* Keeps the better one of two candidates for a name; the first on a tie. */
static void consider(struct alternatives *all, const struct alternative *new)
{
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->at[i].master.name, new->master.name) != 0)
			continue;
		if (new->priority > all->at[i].priority)
			all->at[i] = *new;
		return;
	}
	if (all->n < MAX_ALTERNATIVES)
		*array_push(all) = *new;
}

static void collect(struct build *b, const struct build_package *p, struct alternatives *all)
{
	struct view script = pkg_contents_control(p->contents, "postinst");
	struct arena *a = &b->tree.arena;
	auto_buf line = BUF_EMPTY;
	struct words words;

	while (script_next_line(&script, &line)) {
		struct alternative new;

		if (view_starts(buf_view(&line), "update-alternatives ") &&
		    split(buf_view(&line), a, &words) && parse(&words, a, &new) &&
		    tree_find(&b->tree, new.master.path, true))
			consider(all, &new);
	}
}

static int put_link(struct build *b, const char *path, const char *target, struct err *e)
{
	struct inode link = inode_symlink(target, &origin);

	link.mtime_s = b->created_s;
	return tree_put(&b->tree, path, &link, NULL, e);
}

/* Nothing where the path isn't there (a manual page that was cut) or the link is a real file. */
static int put_pair(struct build *b, const struct link *l, struct err *e)
{
	const char *middle = arena_printf(&b->tree.arena, "/etc/alternatives/%s", l->name);
	int rc;

	if (!tree_find(&b->tree, l->path, true) || tree_find(&b->tree, l->link, false))
		return 0;
	rc = put_link(b, middle, l->path, e);
	return rc == 0 ? put_link(b, l->link, middle, e) : rc;
}

static int put_alternative(struct build *b, const struct alternative *alt, struct err *e)
{
	int rc = put_pair(b, &alt->master, e);

	for (size_t i = 0; rc == 0 && i < alt->n_slaves; i++)
		rc = put_pair(b, &alt->slaves[i], e);
	return rc < 0 ? err_context(e, "alternative '%s'", alt->master.name) : 0;
}

int rule_alternatives(struct build *b, struct err *e)
{
	struct alternatives all = { 0 };
	int rc = 0;

	for (size_t i = 0; i < b->n_packages; i++)
		collect(b, &b->packages[i], &all);
	for (size_t i = 0; rc == 0 && i < all.n; i++)
		rc = put_alternative(b, &all.at[i], e);
	free(all.at);
	return rc;
}
