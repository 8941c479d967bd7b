/* SPDX-License-Identifier: Apache-2.0 */
/* Problems: the chain that leads to one, and one in words. */
#include "base/array.h"
#include "link/private.h"

#include <stdlib.h>
#include <string.h>

void link_result_done(struct link_result *r)
{
	free(r->objects);
	free(r->problems);
	*r = (struct link_result){ 0 };
}

bool link_result_fails(const struct link_result *r)
{
	for (size_t i = 0; i < r->n_problems; i++)
		if (r->problems[i].fatal)
			return true;
	return false;
}

struct link_problem *problem_add(struct link *l, struct link_result *r, enum link_problem_kind kind,
				 const struct link_object *by, const char *object)
{
	struct link_problem *p = array_push_to(r->problems, r->n_problems, r->cap_problems);
	size_t n = 0;

	*p = (struct link_problem){ .kind = kind, .object = object };
	for (const struct link_object *o = by; o; o = o->asked_by)
		n++;
	p->chain = arena_array(&l->arena, n + 1, sizeof(*p->chain));
	p->n_chain = n;
	for (const struct link_object *o = by; o; o = o->asked_by)
		p->chain[--n] = o->path;
	return p;
}

static void add_list(struct buf *to, const struct link_problem *p)
{
	for (size_t i = 0; i < p->n_searched; i++)
		buf_printf(to, "%s%s", i ? ", " : " (searched: ", p->searched[i]);
	if (p->n_searched)
		buf_add_char(to, ')');
}

static void add_symbol(struct buf *to, const struct link_problem *p)
{
	buf_printf(to, "'%s' needs the symbol '%s'", p->object, p->name);
	if (p->n_more)
		buf_printf(to, " and %u more", p->n_more);
	if (p->library)
		buf_printf(to, " of %s", p->library);
	buf_printf(to, "%s, which nothing that is loaded defines", p->musl ? " (musl)" : "");
}

static bool is_musl_interpreter(const char *name)
{
	return name && strstr(name, "/ld-musl-");
}

static void add_missing_interpreter(struct buf *to, const struct link_problem *p)
{
	buf_printf(to, "'%s' needs the interpreter '%s', which isn't there", p->object, p->name);
	if (is_musl_interpreter(p->name))
		buf_add_str(to, ": it is linked with musl");
}

void link_problem_text(const struct link_problem *p, struct buf *to)
{
	const char *what = p->name ? p->name : p->object;

	switch (p->kind) {
	case LINK_NO_COMMAND:
		buf_printf(to, "'%s' isn't there", p->object);
		add_list(to, p);
		return;
	case LINK_NOT_EXECUTABLE:
		buf_printf(to, "'%s' can't be executed", what);
		break;
	case LINK_NOT_PROGRAM:
		buf_printf(to, "'%s' is nothing that Linux can run", what);
		break;
	case LINK_DAMAGED:
		buf_printf(to, "'%s' is damaged", what);
		break;
	case LINK_ARCHITECTURE:
		buf_printf(to, "'%s' is for another machine", what);
		break;
	case LINK_NO_INTERPRETER:
		add_missing_interpreter(to, p);
		break;
	case LINK_CARRIAGE_RETURN:
		buf_printf(to, "'%s' has a carriage return behind '#!%s': its lines end as in DOS",
			   p->object, p->name);
		return;
	case LINK_SCRIPT_LOOP:
		buf_printf(to, "'%s' is the %dth script that asks for another by '#!'", p->object,
			   LINK_MAX_SCRIPTS + 1);
		return;
	case LINK_NO_LIBRARY:
		buf_printf(to, "'%s' needs %s, which isn't there", p->object, p->name);
		add_list(to, p);
		break;
	case LINK_BAD_LIBRARY:
		buf_printf(to, "'%s' needs %s, but '%s' can't be loaded", p->object, p->name,
			   p->library);
		break;
	case LINK_NO_VERSION:
		buf_printf(to, "'%s' needs version %s of '%s', which doesn't have it", p->object,
			   p->name, p->library);
		return;
	case LINK_NO_SYMBOL:
		add_symbol(to, p);
		return;
	case LINK_NO_USER:
		buf_printf(to, "'%s' isn't in %s", p->name, p->object);
		return;
	case LINK_NO_FOLDER:
		buf_printf(to, "the working directory '%s' can't be entered", p->object);
		break;
	}
	if (p->detail)
		buf_printf(to, ": %s", p->detail);
}
