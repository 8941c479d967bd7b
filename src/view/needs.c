/* SPDX-License-Identifier: Apache-2.0 */
/* Names first, then each field's clauses looked up among them; see needs.h. */
#include "view/needs.h"

#include "base/array.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "pkg/apk/depends.h"
#include "pkg/deb/depends.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct maker {
	const struct image_view *view;
	struct needs *to;
	struct {
		struct need *at;
		size_t n, cap;
	} found;	/* in the order of the databases */
	uint32_t *seen; /* per package: number + 1 of who asked for it last */
	size_t n_looks;
	bool is_full; /* said once */
};

static const char *const field_names[] = {
	[NEED_PRE_DEPENDS] = "Pre-Depends",
	[NEED_DEPENDS] = "Depends",
	[NEED_RECOMMENDS] = "Recommends",
	[NEED_INSTALL_IF] = "install_if",
};

const char *need_field_name(enum need_field f)
{
	return field_names[f];
}

static const struct view_package *package_at(const struct maker *m, size_t i)
{
	return &m->view->packages[i];
}

static const struct world *world_of(const struct view_package *p)
{
	return p->kind == VIEW_APK ? &apk_world : &deb_world;
}

static void complain(struct maker *m, const struct view_package *p, const char *what)
{
	struct needs *to = m->to;

	if (to->n_complaints++ < NEEDS_MAX_COMPLAINTS)
		*array_push(&to->complaints) = arena_printf(
			&to->arena, "package '%.100s' of '%s': %.300s", p->name, p->database, what);
}

static void complain_full(struct maker *m, const struct view_package *p)
{
	if (!m->is_full)
		complain(m, p, "no room for more dependencies; the rest is left out");
	m->is_full = true;
}

/* ---- fields ------------------------------------------------------------------------------ */

/* From the start of its first atom to the comma. */
static struct view clause_text(struct view field, const struct clause *c)
{
	const char *start = c->atoms[0].name.ptr;
	size_t left = (size_t)(field.ptr + field.len - start);
	const char *comma = memchr(start, ',', left);

	return view_trim(view_make(start, comma ? (size_t)(comma - start) : left));
}

/* Each word that asks for something as a clause of its own. */
static int parse_words(struct view field, const char *name, struct arena *a,
		       struct clause **ret_clauses, size_t *ret_n, struct err *e)
{
	struct atom *atoms;
	size_t n, n_clauses = 0;
	struct clause *clauses;
	int rc = apk_depends_parse(field, name, a, &atoms, &n, e);

	if (rc < 0)
		return rc;
	clauses = arena_array(a, n + 1, sizeof(*clauses));
	for (size_t i = 0; i < n; i++)
		if (!atoms[i].refused)
			clauses[n_clauses++] = (struct clause){ &atoms[i], 1 };
	*ret_clauses = clauses;
	*ret_n = n_clauses;
	return 0;
}

struct parsed {
	struct arena arena;
	struct view field;
	struct clause *clauses;
	size_t n;
};

/* False, with a complaint unless there is nothing. `ret` is to be given to arena_done(). */
static bool parse(struct maker *m, const struct view_package *p, const char *text, const char *name,
		  struct parsed *ret)
{
	struct err e;
	int rc;

	*ret = (struct parsed){ .field = view_of(text) };
	if (!text)
		return false;
	if (ret->field.len > NEEDS_MAX_FIELD_BYTES)
		rc = fail(&e, FAIL_LIMIT, "%s: more than %d bytes", name, NEEDS_MAX_FIELD_BYTES);
	else if (p->kind == VIEW_APK)
		rc = parse_words(ret->field, name, &ret->arena, &ret->clauses, &ret->n, &e);
	else
		rc = deb_depends_parse(ret->field, name, &ret->arena, &ret->clauses, &ret->n, &e);
	if (rc < 0)
		complain(m, p, e.msg);
	return rc == 0;
}

/* A clause of apk is one word, and ends with it. */
static struct view text_of(const struct view_package *p, const struct parsed *f, size_t i)
{
	struct view text = clause_text(f->field, &f->clauses[i]), word;

	return p->kind == VIEW_APK && view_word(&text, &word) ? word : text;
}

/* ---- names ------------------------------------------------------------------------------- */

/* The last holder of each name while they are added, so that they stay in order. */
struct ends {
	uint32_t *at; /* per holder that is the first of its name: number + 1 of the last */
	size_t n, cap;
};

static void add_name(struct maker *m, struct ends *ends, size_t package, struct view name,
		     struct view version, bool is_own)
{
	struct needs *to = m->to;
	uint32_t number = (uint32_t)to->holders.n + 1;
	void **first;

	if (to->holders.n == NEEDS_MAX_NAMES) {
		complain_full(m, package_at(m, package));
		return;
	}
	*array_push(&to->holders) = (struct name_holder){ version, (uint32_t)package, 0, is_own };
	*array_push(ends) = number;
	first = map_put(&to->names, name);
	if (!*first) {
		*first = (void *)(uintptr_t)number;
		return;
	}
	to->holders.at[ends->at[(uintptr_t)*first - 1] - 1].next = number;
	ends->at[(uintptr_t)*first - 1] = number;
}

static void add_names(struct maker *m, struct ends *ends, size_t package)
{
	const struct view_package *p = package_at(m, package);
	struct parsed f;

	add_name(m, ends, package, view_of(p->name), view_of(p->version), true);
	if (parse(m, p, p->provides, "Provides", &f)) {
		for (size_t i = 0; i < f.n; i++)
			add_name(m, ends, package, f.clauses[i].atoms[0].name,
				 f.clauses[i].atoms[0].version, false);
	}
	arena_done(&f.arena);
}

const struct name_holder *needs_named(const struct needs *n, struct view name)
{
	uintptr_t number = (uintptr_t)map_get(&n->names, name);

	return number ? &n->holders.at[number - 1] : NULL;
}

const struct name_holder *needs_next(const struct needs *n, const struct name_holder *h)
{
	return h->next ? &n->holders.at[h->next - 1] : NULL;
}

/* ---- who has what is asked for ----------------------------------------------------------- */

static bool has_version(const struct world *w, const struct name_holder *h, const struct atom *a)
{
	if (a->relation == RELATION_ANY)
		return true;
	return h->version.ptr && h->version.len <= NEEDS_MAX_VERSION_BYTES &&
	       a->version.len <= NEEDS_MAX_VERSION_BYTES &&
	       w->version_fits(h->version, a->relation, a->version);
}

static bool has_arch(const struct view_package *has, const struct view_package *by,
		     const struct atom *a)
{
	struct view arch = view_of(has->architecture);

	if (a->qualifier == QUALIFIER_NAMED)
		return view_eq(arch, a->arch);
	return !arch.ptr || !by->architecture ||
	       world_of(by)->arch_fits(arch, view_of(by->architecture));
}

static void add_need(struct maker *m, size_t by, size_t on, enum need_field field, struct view text)
{
	if (by == on || m->seen[on] == by + 1)
		return;
	if (m->found.n == NEEDS_MAX) {
		complain_full(m, package_at(m, by));
		return;
	}
	m->seen[on] = (uint32_t)by + 1;
	*array_push(&m->found) = (struct need){ (uint32_t)by, (uint32_t)on, field, text };
}

typedef void with_holder(struct maker *m, size_t package, void *ctx);

/* True when somebody has it. */
static bool each_holder(struct maker *m, size_t by, const struct atom *a, bool any_arch,
			with_holder *with, void *ctx)
{
	const struct view_package *asks = package_at(m, by);
	const struct name_holder *h = needs_named(m->to, a->name);
	bool found = false;

	for (; h; h = needs_next(m->to, h)) {
		const struct view_package *p = package_at(m, h->package);

		if (m->n_looks++ >= NEEDS_MAX_LOOKS) {
			complain_full(m, asks);
			return found;
		}
		if (world_of(p) != world_of(asks) || !has_version(world_of(p), h, a) ||
		    (!any_arch && !has_arch(p, asks, a)))
			continue;
		found = true;
		if (with)
			with(m, h->package, ctx);
	}
	return found;
}

/* Another architecture's package only counts where this one's isn't there (Multi-Arch: foreign). */
static bool holders_of(struct maker *m, size_t by, const struct atom *a, with_holder *with,
		       void *ctx)
{
	return each_holder(m, by, a, false, with, ctx) ||
	       (a->qualifier != QUALIFIER_NAMED && each_holder(m, by, a, true, with, ctx));
}

struct asking {
	size_t by;
	enum need_field field;
	struct view text;
};

static void ask_holder(struct maker *m, size_t package, void *ctx)
{
	const struct asking *a = ctx;

	add_need(m, a->by, package, a->field, a->text);
}

static void add_field(struct maker *m, size_t by, const char *text, enum need_field field)
{
	const struct view_package *p = package_at(m, by);
	struct parsed f;

	if (parse(m, p, text, field_names[field], &f)) {
		for (size_t i = 0; i < f.n; i++) {
			struct asking a = { by, field, text_of(p, &f, i) };

			for (size_t k = 0; k < f.clauses[i].n; k++)
				holders_of(m, by, &f.clauses[i].atoms[k], ask_holder, &a);
		}
	}
	arena_done(&f.arena);
}

/* With i: it is the others that bring the package. */
static void bring(struct maker *m, size_t package, void *ctx)
{
	const struct asking *a = ctx;

	add_need(m, package, a->by, a->field, a->text);
}

static void add_joins(struct maker *m, size_t joins)
{
	const struct view_package *p = package_at(m, joins);
	bool all = true;
	struct parsed f;

	if (parse(m, p, p->joins, field_names[NEED_INSTALL_IF], &f)) {
		struct asking a = { joins, NEED_INSTALL_IF, view_of(p->joins) };

		for (size_t i = 0; i < f.n && all; i++)
			all = holders_of(m, joins, f.clauses[i].atoms, NULL, NULL);
		for (size_t i = 0; i < f.n && all; i++)
			holders_of(m, joins, f.clauses[i].atoms, bring, &a);
	}
	arena_done(&f.arena);
}

/* ---- all of it --------------------------------------------------------------------------- */

static int find_all(struct maker *m, struct err *e)
{
	size_t n = m->view->n_packages;
	struct ends ends = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		add_names(m, &ends, i);
		rc = interrupt_check(e);
	}
	free(ends.at);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct view_package *p = package_at(m, i);

		add_field(m, i, p->pre_depends, NEED_PRE_DEPENDS);
		add_field(m, i, p->depends, NEED_DEPENDS);
		add_field(m, i, p->recommends, NEED_RECOMMENDS);
		rc = interrupt_check(e);
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		add_joins(m, i);
	return rc;
}

static void sort_by_on(struct maker *m)
{
	struct needs *to = m->to;
	size_t n = m->view->n_packages;
	size_t *next = mem_zalloc((n + 2) * sizeof(*next));

	for (size_t i = 0; i < m->found.n; i++)
		next[m->found.at[i].on + 1]++;
	for (size_t i = 1; i <= n; i++)
		next[i] += next[i - 1];
	to->first = mem_zalloc((n + 1) * sizeof(*to->first));
	memcpy(to->first, next, (n + 1) * sizeof(*next));
	to->n = m->found.n;
	to->at = mem_zalloc((to->n + 1) * sizeof(*to->at));
	for (size_t i = 0; i < m->found.n; i++)
		to->at[next[m->found.at[i].on]++] = m->found.at[i];
	free(next);
}

int needs_make(const struct image_view *v, struct needs *ret, struct err *e)
{
	struct needs to = { 0 };
	struct maker m = { .view = v, .to = &to };
	int rc;

	m.seen = mem_zalloc((v->n_packages + 1) * sizeof(*m.seen));
	rc = find_all(&m, e);
	if (rc == 0)
		sort_by_on(&m);
	free(m.found.at);
	free(m.seen);
	if (rc < 0)
		needs_done(&to);
	else
		*ret = to;
	return rc;
}

void needs_done(struct needs *n)
{
	free(n->at);
	free(n->first);
	free(n->holders.at);
	map_done(&n->names);
	free(n->complaints.at);
	arena_done(&n->arena);
}
