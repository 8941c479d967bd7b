/* SPDX-License-Identifier: Apache-2.0 */
/* Says in words why a wish or a need has no candidate, and what there is instead. */
#include "base/array.h"
#include "base/suggest.h"
#include "pkg/solve_world.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SUGGESTIONS = 3, MAX_PROVIDERS_NAMED = 5 };

/* Names near to one that doesn't exist, the nearest first. */
struct near {
	struct {
		char name[SUGGEST_MAX_CHARS + 1];
		unsigned int distance;
	} at[MAX_SUGGESTIONS];
	size_t n;
};

/* Changes that may lie between a word and what was meant: as in suggest_nearest. */
static unsigned int reach_of(size_t chars)
{
	return chars <= 4 ? 1 : (unsigned int)(chars / 3);
}

static void offer(struct near *near, struct view name, unsigned int distance)
{
	char text[SUGGEST_MAX_CHARS + 1] = { 0 };
	size_t at = 0;

	memcpy(text, name.ptr, name.len);
	for (; at < near->n && near->at[at].distance <= distance; at++) {
		if (strcmp(near->at[at].name, text) == 0)
			return;
		if (near->at[at].distance == distance && strcmp(near->at[at].name, text) > 0)
			break;
	}
	if (at == MAX_SUGGESTIONS)
		return;
	if (near->n < MAX_SUGGESTIONS)
		near->n++;
	memmove(&near->at[at + 1], &near->at[at], (near->n - at - 1) * sizeof(near->at[0]));
	memcpy(near->at[at].name, text, sizeof(text));
	near->at[at].distance = distance;
}

static void consider(struct near *near, const char *word, size_t chars, struct view name)
{
	unsigned int reach = reach_of(chars), distance;
	char text[SUGGEST_MAX_CHARS + 1];

	if (name.len == 0 || name.len > SUGGEST_MAX_CHARS)
		return;
	/* A name that the word begins is a little less near than one with a typing error. */
	if (name.len > chars && chars >= 3 && memcmp(name.ptr, word, chars) == 0) {
		offer(near, name, reach + (unsigned int)(name.len - chars));
		return;
	}
	if (name.len > chars + reach || name.len + reach < chars)
		return;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	distance = suggest_distance(word, text);
	if (distance <= reach)
		offer(near, name, distance);
}

static void suggest(struct universe *u, struct view name, struct buf *to)
{
	struct near near = { 0 };
	char word[SUGGEST_MAX_CHARS + 1] = { 0 };

	if (name.len > SUGGEST_MAX_CHARS)
		return;
	memcpy(word, name.ptr, name.len);
	for (size_t i = 0; i < u->q->n_indexes; i++) {
		const struct index *x = u->q->indexes[i].index;

		for (uint32_t id = 0; id < index_count(x); id++)
			consider(&near, word, name.len, index_name_of(x, id));
	}
	for (size_t i = 0; i < near.n; i++)
		buf_printf(to, "%s'%s'",
			   i == 0	    ? "; did you mean "
			   : i + 1 < near.n ? ", "
					    : " or ",
			   near.at[i].name);
	if (near.n)
		buf_add_char(to, '?');
}

/* The names of the packages that provide it, sorted as the indexes have them. */
static size_t name_providers(struct universe *u, struct view name, struct buf *to)
{
	size_t n = 0;
	struct view last = { 0 };
	const uint32_t *ids;

	for (size_t i = 0; i < u->q->n_indexes; i++) {
		size_t found = index_providing(u->q->indexes[i].index, name, &ids);

		for (size_t k = 0; k < found; k++) {
			struct view v = index_name_of(u->q->indexes[i].index, ids[k]);

			if (!v.ptr || view_eq(v, last))
				continue;
			last = v;
			if (n++ < MAX_PROVIDERS_NAMED)
				buf_printf(to, "%s%.*s", n > 1 ? ", " : "", VIEW_ARG(v));
		}
	}
	if (n > MAX_PROVIDERS_NAMED)
		buf_add_str(to, ", …");
	return n;
}

static void put_newest(struct universe *u, const struct name *name, struct buf *to)
{
	const struct node *newest = name->nodes[0];

	/* A locked version comes first, whatever its version. */
	for (size_t i = 1; i < name->n; i++) {
		if (u->q->world->compare_versions(name->nodes[i]->package.version,
						  newest->package.version) > 0)
			newest = name->nodes[i];
	}
	buf_printf(to, "the newest is %.*s (in %s)", VIEW_ARG(newest->package.version),
		   u->q->indexes[newest->index].name);
}

/* The wish that rules out those who provide the name; NULL if none does. */
static const char *refused_providers(struct universe *u, struct view text)
{
	const uint32_t *ids;

	for (size_t i = 0; i < u->q->n_indexes; i++) {
		size_t n = index_providing(u->q->indexes[i].index, text, &ids);

		for (size_t k = 0; k < n; k++) {
			struct view v = index_name_of(u->q->indexes[i].index, ids[k]);
			struct name *name;
			struct err ignored;

			if (v.ptr && universe_name(u, v, &name, &ignored) == 0 &&
			    name->refused_by_wish)
				return name->refused_by_wish;
		}
	}
	return NULL;
}

/* What is known about a name of which no version will do; false if there is nothing to say. */
static bool put_what_there_is(struct universe *u, const struct atom *atom, const struct name *name,
			      struct buf *to)
{
	auto_buf providers = BUF_EMPTY;
	const char *refused;

	if (name->n && atom->relation != RELATION_ANY &&
	    !u->q->world->version_fits(name->nodes[0]->package.version, atom->relation,
				       atom->version))
		put_newest(u, name, to);
	else if (name->n && atom->qualifier == QUALIFIER_ANY)
		buf_printf(to, "%.*s does not allow other architectures", VIEW_ARG(atom->name));
	else if (name->n && atom->qualifier == QUALIFIER_NAMED)
		buf_printf(to, "the image's architecture is '%s'", u->q->arch);
	else if (name->refused_by_wish)
		buf_printf(to, "the recipe asks for %s", name->refused_by_wish);
	else if (name->broken)
		buf_printf(to, "it can't be read: %s", name->broken);
	else if (name->masked)
		buf_printf(to,
			   "it is only in the repository with the tag '@%s'; ask for it as "
			   "'%.*s@%s'",
			   name->masked, VIEW_ARG(atom->name), name->masked);
	else if (name->other_arch)
		buf_printf(to, "it is only there for '%s', not for '%s'", name->other_arch,
			   u->q->arch);
	else if ((refused = refused_providers(u, atom->name)))
		buf_printf(to, "the recipe asks for %s", refused);
	else if (name_providers(u, atom->name, &providers) > 0)
		buf_printf(to, "%s %s", buf_str(&providers),
			   atom->relation == RELATION_ANY ? "can't be used"
							  : "provides no such version");
	else
		return false;
	return true;
}

/* The versions that the wish rules out, as the indexes have them. */
static void put_versions(struct universe *u, const struct atom *atom, struct buf *to)
{
	const uint32_t *ids;
	struct package p;
	size_t named = 0;

	buf_add_str(to, "there is");
	for (size_t i = 0; i < u->q->n_indexes; i++) {
		size_t n = index_named(u->q->indexes[i].index, atom->name, &ids);

		for (size_t k = 0; k < n && named < MAX_PROVIDERS_NAMED; k++) {
			if (index_package(u->q->indexes[i].index, ids[k], &p))
				buf_printf(to, "%s %.*s (in %s)", named++ ? "," : "",
					   VIEW_ARG(p.version), u->q->indexes[i].name);
		}
	}
}

void why_no_candidates(struct universe *u, const struct need *need, struct buf *to)
{
	for (size_t i = 0; i < need->clause->n; i++) {
		const struct atom *atom = &need->clause->atoms[i];
		struct name *name;
		struct err e;

		buf_add_str(to, i ? "; " : ", but ");
		if (universe_name(u, atom->name, &name, &e) < 0)
			buf_add_str(to, e.msg);
		else if (!put_what_there_is(u, atom, name, to))
			buf_printf(to, "there is no package '%.*s'", VIEW_ARG(atom->name));
	}
}

int why_no_wish(struct universe *u, const struct atom *atom, const struct solve_wish *w,
		struct err *e)
{
	auto_buf text = BUF_EMPTY;
	auto_buf providers = BUF_EMPTY;
	struct name *name;
	int r;

	if (w->where)
		buf_printf(&text, "%s: ", w->where);
	if ((r = universe_name(u, atom->name, &name, e)) < 0)
		return r;
	if (name->refused_by_wish && name->n_wishes > 1) {
		buf_add_str(&text, "no version meets all of");
		for (size_t i = 0; i < name->n_wishes; i++)
			buf_printf(&text, "%s '%s'", i ? "," : "", name->wish_texts[i]);
		return fail(e, FAIL_CONFLICT, "%s", buf_str(&text));
	}
	buf_printf(&text, "no package '%s'", w->text);
	if (name->refused_by_wish || name->broken || name->other_arch || name->masked) {
		buf_add_str(&text, ": ");
		if (name->refused_by_wish)
			put_versions(u, atom, &text);
		else
			put_what_there_is(u, atom, name, &text);
	} else if (name_providers(u, atom->name, &providers) > 0) {
		buf_printf(&text, ": it is only a name that others provide: %s",
			   buf_str(&providers));
	} else {
		suggest(u, atom->name, &text);
	}
	return fail(e, FAIL_NOT_FOUND, "%s", buf_str(&text));
}
