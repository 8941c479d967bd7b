/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve(2) as Linux does it: permission, what kind of file it is, and `#!` lines one after
 * another until there is a program (fs/exec.c, fs/binfmt_script.c).
 */
#include "base/array.h"
#include "link/private.h"

#include <stdlib.h>
#include <string.h>

struct exec {
	struct link *link;
	const struct start *start;
	struct link_result *result;
	const struct link_object *before; /* the script that asked, or NULL */
	const char *asked;		  /* by this name */
	unsigned n_scripts;
	bool only_lines; /* don't go on into the program */
};

static struct link_problem *problem(struct exec *x, enum link_problem_kind kind, const char *path)
{
	/* what a script asks for is the script's problem */
	struct link_problem *p = problem_add(x->link, x->result, kind, x->before,
					     x->before ? x->before->path : path);

	p->fatal = true;
	if (x->before)
		p->name = path;
	return p;
}

static struct view word_of(struct view *rest)
{
	struct view word;
	size_t from = 0, to;

	while (from < rest->len && (rest->ptr[from] == ' ' || rest->ptr[from] == '\t'))
		from++;
	to = from;
	while (to < rest->len && rest->ptr[to] != ' ' && rest->ptr[to] != '\t' &&
	       rest->ptr[to] != '\0')
		to++;
	word = view_make(rest->ptr + from, to - from);
	*rest = view_make(rest->ptr + to, rest->len - to);
	return word;
}

static const struct link_object *add_script(struct exec *x, const struct candidate *at)
{
	struct link_object *o = arena_new(&x->link->arena, struct link_object);

	*o = (struct link_object){ .node = at->node,
				   .path = at->path,
				   .name = x->asked,
				   .role = LINK_SCRIPT,
				   .asked_by = x->before };
	*array_push_to(x->result->objects, x->result->n_objects, x->result->cap_objects) = o;
	return o;
}

/* The program that env(1) would start: the first word that is no option and no assignment. */
static const char *program_of_env(struct exec *x, struct view rest)
{
	struct view word;

	while ((word = word_of(&rest)).len) {
		if (view_is(word, "-S") || view_is(word, "-i") || view_is(word, "-"))
			continue;
		if (view_starts(word, "-S"))
			word = view_make(word.ptr + 2, word.len - 2);
		if (view_starts(word, "-"))
			return NULL; /* an option that may take an argument */
		if (!memchr(word.ptr, '=', word.len))
			return arena_view(&x->link->arena, word);
	}
	return NULL;
}

static bool is_env(const char *path)
{
	const char *base = strrchr(path, '/');

	return strcmp(base ? base + 1 : path, "env") == 0;
}

static int exec_path(struct exec *x, const char *path, struct err *e);
static int exec_node(struct exec *x, struct candidate *at, struct err *e);

/* env(1) goes on with a program of its own choice. */
static int exec_env(struct exec *x, struct view rest, struct err *e)
{
	const char *name = program_of_env(x, rest);
	struct candidate at;
	struct link_problem *p;

	if (!name || link_result_fails(x->result))
		return 0;
	x->asked = name;
	if (find_command(x->link, x->start, name, &at))
		return exec_node(x, &at, e);
	p = problem(x, LINK_NO_INTERPRETER, name);
	p->detail = strchr(name, '/') ? NULL : "no folder of PATH has it";
	return 0;
}

static int exec_script(struct exec *x, const struct candidate *at, struct err *e)
{
	struct view rest = at->file->first_line, word;
	const struct link_object *script;
	const char *interpreter;
	struct link_problem *p;
	bool ended;

	x->before = add_script(x, at);
	word = word_of(&rest);
	ended = rest.len > 0 || !at->file->line_is_cut;
	if (word.len == 0 || !ended) {
		p = problem_add(x->link, x->result, LINK_NOT_PROGRAM, x->before, at->path);
		p->detail = word.len ? "its '#!' line is longer than Linux reads"
				     : "its '#!' line names no interpreter";
		p->fatal = true;
		return 0;
	}
	interpreter = arena_view(&x->link->arena, word);
	if (view_ends(word, "\r")) {
		p = problem(x, LINK_CARRIAGE_RETURN,
			    arena_strndup(&x->link->arena, word.ptr, word.len - 1));
		return 0;
	}
	if (++x->n_scripts > LINK_MAX_SCRIPTS) {
		problem(x, LINK_SCRIPT_LOOP, interpreter);
		return 0;
	}
	script = x->before;
	if (exec_path(x, interpreter, e) < 0)
		return -(int)e->code;
	x->before = script;
	return is_env(interpreter) ? exec_env(x, rest, e) : 0;
}

static int exec_elf(struct exec *x, const struct candidate *at, struct err *e)
{
	const char *mismatch = machine_mismatch(x->start->process, &at->file->elf, &x->link->arena);
	struct link_problem *p;

	if (mismatch) {
		p = problem(x, LINK_ARCHITECTURE, at->path);
		p->detail = mismatch;
		return 0;
	}
	if (at->file->elf.linkage == ELF_OTHER || at->file->elf.entry == 0) {
		p = problem(x, LINK_NOT_PROGRAM, at->path);
		p->detail = at->file->elf.type == ELF_TYPE_REL	  ? "it is an object file"
			    : at->file->elf.type == ELF_TYPE_CORE ? "it is a core dump"
								  : "it is a library";
		return 0;
	}
	if (x->only_lines)
		return 0;
	return closure_of(x->link, at, x->before, x->start, false, x->result, e);
}

static int exec_node(struct exec *x, struct candidate *at, struct err *e)
{
	struct link_problem *p;

	if (at->node->inode->type != NODE_FILE ||
	    !user_may(&x->start->user, at->node, MAY_EXECUTE)) {
		p = problem(x, LINK_NOT_EXECUTABLE, at->path);
		p->detail = why_not_executable(x->link, &x->start->user, at->node);
		return 0;
	}
	if (link_file_get(x->link, at->node, &at->file, e) < 0)
		return -(int)e->code;
	switch (at->file->kind) {
	case LINK_FILE_ELF:
		return exec_elf(x, at, e);
	case LINK_FILE_SCRIPT:
		return exec_script(x, at, e);
	case LINK_FILE_DAMAGED:
		p = problem(x, LINK_DAMAGED, at->path);
		p->detail = at->file->why;
		return 0;
	case LINK_FILE_OTHER:
		p = problem(x, LINK_NOT_PROGRAM, at->path);
		p->detail = at->node->inode->content.size == 0
				    ? "it is empty"
				    : "it is neither an ELF program nor a script with '#!'";
		break;
	}
	return 0;
}

/* What Linux opens: relative to the working directory. */
static int exec_path(struct exec *x, const char *path, struct err *e)
{
	struct candidate at = { .path = path };

	x->asked = path;
	at.node = tree_find_from(x->link->tree, x->start->work_dir, path, true);
	if (!at.node) {
		problem(x, x->before ? LINK_NO_INTERPRETER : LINK_NO_COMMAND, path);
		return 0;
	}
	return exec_node(x, &at, e);
}

int exec_file(struct link *l, const struct candidate *at, const struct start *s, bool only_lines,
	      struct link_result *r, struct err *e)
{
	struct exec x = {
		.link = l, .start = s, .result = r, .asked = at->path, .only_lines = only_lines
	};
	struct candidate copy = *at;

	return exec_node(&x, &copy, e);
}
