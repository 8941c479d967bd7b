/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads packages from the indexes, name by name; what can't be used, by its architecture, a wish or
 * a tag, is left out, and remembered for those who ask why.
 */
#include "pkg/solve_world.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void universe_init(struct universe *u, const struct solve_request *q, struct arena *a)
{
	*u = (struct universe){ .q = q, .arena = a, .arch = view_of(q->arch) };
}

void universe_done(struct universe *u)
{
	for (size_t i = 0; i < u->names.n; i++)
		free(((struct name *)u->names.at[i].value)->wishes);
	for (size_t i = 0; i < u->names.n; i++)
		free(((struct name *)u->names.at[i].value)->wish_texts);
	map_done(&u->names);
	map_done(&u->needs_by_text);
	free(u->nodes.at);
	free(u->needs.at);
	free(u->wishes.at);
	free(u->refused.at);
	free(u->tags.at);
	free(u->left_out.at);
}

struct name *universe_intern(struct universe *u, struct view text)
{
	struct name *name = map_get(&u->names, text);

	if (name)
		return name;
	name = arena_new(u->arena, struct name);
	name->text = view_make(arena_view(u->arena, text), text.len);
	*map_put(&u->names, name->text) = name;
	return name;
}

/* Do all wishes for this name take the version? Notes the best one that they don't. */
static bool wished(const struct universe *u, struct name *name, const struct package *p)
{
	for (size_t i = 0; i < name->n_wishes; i++) {
		const struct atom *wish = name->wishes[i];

		if (!u->q->world->version_fits(p->version, wish->relation, wish->version)) {
			name->refused_by_wish = name->wish_texts[i];
			return false;
		}
	}
	return true;
}

static void note_other_arch(struct universe *u, struct name *name, struct view arch)
{
	if (!name->other_arch)
		name->other_arch = arena_view(u->arena, arch);
}

/* Whose wish lets packages of this index in, for this name; -1: nobody's. */
static int tag_rank(const struct universe *u, struct name *name, const char *tag)
{
	if (!tag)
		return 1;
	if (name->tag.len && view_is(name->tag, tag))
		return 0;
	/* What is asked for by name is not to come from where it wasn't asked for. */
	for (size_t i = 0; name->n_wishes == 0 && i < u->tags.n; i++) {
		if (view_is(u->tags.at[i], tag))
			return 2;
	}
	name->masked = tag;
	return -1;
}

static bool is_refused(const struct universe *u, const struct node *n)
{
	for (size_t i = 0; i < u->refused.n; i++) {
		if (node_meets(u, n, u->refused.at[i]))
			return true;
	}
	return false;
}

static void note_refused(struct universe *u, struct name *name, const struct node *n)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < u->refused.n && text.len == 0; i++) {
		if (node_meets(u, n, u->refused.at[i]))
			u->q->world->write_atom(u->refused.at[i], &text);
	}
	name->refused_by_wish = arena_strdup(u->arena, buf_str(&text));
}

/* Reads one package of an index; leaves *ret NULL if it can't be used. */
static int read_node(struct universe *u, struct name *name, uint32_t index, uint32_t id,
		     struct node **ret, struct err *e)
{
	const struct solve_index *x = &u->q->indexes[index];
	struct node node = { .index = index, .id = id, .name = name };
	struct err why;

	*ret = NULL;
	node.tag_rank = tag_rank(u, name, x->tag);
	if (node.tag_rank < 0)
		return 0;
	if (!index_package(x->index, id, &node.package) || !view_eq(node.package.name, name->text))
		return fail(e, FAIL_FORMAT, "index of '%s' is damaged at package %u", x->name, id);
	if (!u->q->world->arch_fits(node.package.arch, u->arch)) {
		note_other_arch(u, name, node.package.arch);
		return 0;
	}
	if (!wished(u, name, &node.package))
		return 0;
	if (u->nodes.n >= SOLVE_MAX_PACKAGES)
		return fail(e, FAIL_LIMIT, "more than %d packages to choose from",
			    SOLVE_MAX_PACKAGES);
	if (u->q->world->parse_dependencies(&node.package, u->arena, &node.dependencies, &why) <
	    0) {
		name->broken = arena_strdup(u->arena, why.msg);
		return 0;
	}
	if (is_refused(u, &node)) {
		note_refused(u, name, &node);
		return 0;
	}
	node.number = (uint32_t)u->nodes.n;
	node.pinned = name->pin && view_is(node.package.version, name->pin);
	*ret = arena_new(u->arena, struct node);
	**ret = node;
	*array_push(&u->nodes) = *ret;
	return 0;
}

/* Of each version only the preferred copy stays. */
static size_t drop_copies(const struct universe *u, struct node **nodes, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || u->q->world->compare_versions(nodes[kept - 1]->package.version,
							       nodes[i]->package.version) != 0)
			nodes[kept++] = nodes[i];
	}
	return kept;
}

static int load(struct universe *u, struct name *name, struct err *e)
{
	struct nodes found = { 0 };
	struct node *node;
	const uint32_t *ids;
	int r = 0;

	name->loaded = true;
	for (uint32_t i = 0; r == 0 && i < u->q->n_indexes; i++) {
		size_t n = index_named(u->q->indexes[i].index, name->text, &ids);

		for (size_t k = 0; r == 0 && k < n; k++) {
			r = read_node(u, name, i, ids[k], &node, e);
			if (r == 0 && node)
				*array_push(&found) = node;
		}
	}
	if (r == 0 && found.n) {
		order_versions(u, found.at, found.n);
		name->n = drop_copies(u, found.at, found.n);
		name->nodes = arena_array(u->arena, name->n, sizeof(struct node *));
		memcpy(name->nodes, found.at, name->n * sizeof(struct node *));
	}
	free(found.at);
	return r;
}

int universe_name(struct universe *u, struct view text, struct name **ret, struct err *e)
{
	struct name *name = universe_intern(u, text);
	int r = name->loaded ? 0 : load(u, name, e);

	if (r == 0)
		*ret = name;
	return r;
}

bool node_provides(const struct universe *u, const struct node *n, const struct atom *atom)
{
	for (size_t i = 0; i < n->dependencies.n_provides; i++) {
		const struct atom *p = &n->dependencies.provides[i];

		if (!view_eq(p->name, atom->name))
			continue;
		if (atom->relation == RELATION_ANY)
			return true;
		if (p->relation == RELATION_EQUAL &&
		    u->q->world->version_fits(p->version, atom->relation, atom->version))
			return true;
	}
	return false;
}

bool node_is_named(const struct universe *u, const struct node *n, const struct atom *atom)
{
	return view_eq(n->package.name, atom->name) &&
	       u->q->world->version_fits(n->package.version, atom->relation, atom->version);
}

bool node_meets(const struct universe *u, const struct node *n, const struct atom *atom)
{
	return u->q->world->qualifier_fits(atom, &n->package, u->arch) &&
	       (node_is_named(u, n, atom) || node_provides(u, n, atom));
}

int universe_node(struct universe *u, uint32_t index, uint32_t id, struct node **ret, struct err *e)
{
	struct view text = index_name_of(u->q->indexes[index].index, id);
	struct name *name;
	int r;

	if (!text.ptr)
		return fail(e, FAIL_FORMAT, "index of '%s' is damaged at package %u",
			    u->q->indexes[index].name, id);
	r = universe_name(u, text, &name, e);
	*ret = NULL;
	for (size_t i = 0; r == 0 && i < name->n; i++) {
		if (name->nodes[i]->index == index && name->nodes[i]->id == id)
			*ret = name->nodes[i];
	}
	return r;
}
