/* SPDX-License-Identifier: Apache-2.0 */
/* See why_start.h. Each start is link/'s; here is who starts whom, by the words of commands. */
#include "view/why_start.h"

#include "base/array.h"
#include "base/interrupt.h"
#include "fmt/shell.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct following {
	const struct tree *tree;
	struct link *link;
	const struct link_process *process;
	struct arena *arena;
	struct reach *reach;
	unsigned n_starts, n_scripts, depth;
	struct err *err;
};

struct words {
	const char *const *at;
	size_t n;
};

static int follow(struct following *f, struct words words, size_t by);

/* ---- what is reached --------------------------------------------------------------------- */

void reach_done(struct reach *r)
{
	free(r->at);
	map_done(&r->by_inode);
}

static struct view key_of(struct following *f, const struct inode *i)
{
	const struct inode **key = arena_new(f->arena, const struct inode *);

	*key = i;
	return view_make((const char *)key, sizeof(*key));
}

const struct reached *reach_find(const struct reach *r, const struct inode *i)
{
	size_t at =
		(size_t)(uintptr_t)map_get(&r->by_inode, view_make((const char *)&i, sizeof(i)));

	return at ? &r->at[at - 1] : NULL;
}

/* Its place, which is an older one when something else led there before. */
static size_t reach_add(struct following *f, struct reached new)
{
	const struct reached *old = reach_find(f->reach, new.node->inode);

	if (old)
		return (size_t)(old - f->reach->at);
	*array_push_to(f->reach->at, f->reach->n, f->reach->cap) = new;
	*map_put(&f->reach->by_inode, key_of(f, new.node->inode)) = (void *)(uintptr_t)f->reach->n;
	return f->reach->n - 1;
}

static void add_objects(struct following *f, const struct link_result *r, const char *asked,
			size_t by)
{
	for (size_t i = 0; i < r->n_objects; i++) {
		const struct link_object *o = r->objects[i];
		const struct reached *asker =
			o->asked_by ? reach_find(f->reach, o->asked_by->node->inode) : NULL;

		(void)reach_add(f, (struct reached){
					   .node = o->node,
					   .path = o->path,
					   .name = o->asked_by ? o->name : asked,
					   .role = o->role,
					   .by = asker ? (size_t)(asker - f->reach->at) : by,
				   });
	}
}

/* ---- scripts ----------------------------------------------------------------------------- */

struct script {
	struct following *f;
	struct words arguments;
	size_t by; /* the script, or the shell that has its text as an argument */
	int rc;
};

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

/* What a shell does itself, though there may be a program of the same name. */
static bool is_builtin(const char *word)
{
	static const char *const names[] = {
		":",	    "[",      "[[",	 "alias",  "bg",     "break",	"cd",	 "continue",
		"declare",  "echo",   "eval",	 "exit",   "export", "false",	"fg",	 "getopts",
		"hash",	    "jobs",   "kill",	 "let",	   "local",  "printf",	"pwd",	 "read",
		"readonly", "return", "set",	 "shift",  "shopt",  "test",	"times", "trap",
		"true",	    "type",   "typeset", "ulimit", "umask",  "unalias", "unset", "wait",
	};

	return is_one_of(word, names, COUNT_OF(names));
}

/* "$@" becomes what the script was given. */
static size_t with_arguments(const struct script *s, const char *const *at, size_t n,
			     const char *ret[WHY_MAX_WORDS])
{
	size_t n_all = 0;

	for (size_t i = 0; i < n; i++) {
		bool given = at[i] == SHELL_ARGUMENTS;
		const char *const *from = given ? s->arguments.at : &at[i];

		for (size_t k = 0; k < (given ? s->arguments.n : 1) && n_all < WHY_MAX_WORDS; k++)
			ret[n_all++] = from[k];
	}
	return n_all;
}

/* exec, command: options, then the program. */
static struct words behind_builtin(struct words w)
{
	bool names = w.n && strcmp(w.at[0], "exec") == 0;

	w.at++;
	w.n--;
	while (w.n && w.at[0] && w.at[0][0] == '-') {
		size_t skip = names && strcmp(w.at[0], "-a") == 0 && w.n > 1 ? 2 : 1;

		if (!names && strcmp(w.at[0], "-p") != 0) /* command -v only asks */
			return (struct words){ NULL, 0 };
		w.at += skip;
		w.n -= skip;
	}
	return w;
}

/* `set -- PROGRAM "$@"`, before exec "$@". */
static struct words behind_set(struct words w)
{
	for (size_t i = 1; i < w.n; i++)
		if (w.at[i] && strcmp(w.at[i], "--") == 0)
			return (struct words){ w.at + i + 1, w.n - i - 1 };
	return (struct words){ NULL, 0 };
}

static int read_file(struct following *f, const char *path, struct words arguments, size_t by);

static bool see_command(void *ctx, const char *const *at, size_t n)
{
	static const char *const sources[] = { ".", "source" };
	static const char *const runs[] = { "exec", "command" };
	struct script *s = ctx;
	const char *all[WHY_MAX_WORDS];
	struct words w = { all, with_arguments(s, at, n, all) };

	if (w.n && w.at[0] && is_one_of(w.at[0], runs, COUNT_OF(runs)))
		w = behind_builtin(w);
	if (w.n && w.at[0] && strcmp(w.at[0], "set") == 0)
		w = behind_set(w);
	if (w.n == 0 || !w.at[0])
		return true;
	if (w.n > 1 && w.at[1] && is_one_of(w.at[0], sources, COUNT_OF(sources)))
		s->rc = read_file(s->f, w.at[1], s->arguments, s->by);
	else if (!is_builtin(w.at[0]))
		s->rc = follow(s->f, w, s->by);
	return s->rc == 0;
}

static int read_text(struct following *f, struct view text, struct words arguments, size_t by)
{
	struct script s = { .f = f, .arguments = arguments, .by = by };

	if (f->depth == WHY_MAX_DEPTH || f->n_scripts == WHY_MAX_SCRIPTS)
		return 0;
	f->n_scripts++;
	f->depth++;
	shell_commands(text, f->arena, see_command, &s);
	f->depth--;
	return s.rc;
}

static int read_node(struct following *f, const struct node *n, struct words arguments, size_t by)
{
	struct view text;
	int rc;

	if (n->inode->type != NODE_FILE || n->inode->content.size > SHELL_MAX_TEXT_BYTES)
		return 0;
	rc = inode_read(n->inode, SHELL_MAX_TEXT_BYTES, f->arena, &text, f->err);
	return rc < 0 ? rc : read_text(f, text, arguments, by);
}

/* A file that a shell is told to read. */
static int read_file(struct following *f, const char *path, struct words arguments, size_t by)
{
	const char *folder = f->process->work_dir ? f->process->work_dir : "/";
	struct node *from = tree_find(f->tree, folder, true);
	const struct node *n = tree_find_from(f->tree, from ? from : f->tree->root, path, true);

	if (!n || n->inode->type != NODE_FILE)
		return 0;
	by = reach_add(f, (struct reached){ n, node_path(n, f->arena), path, LINK_SCRIPT, by });
	return read_node(f, n, arguments, by);
}

/* ---- programs that start others ---------------------------------------------------------- */

static const char *base_of(const char *path)
{
	const char *base = strrchr(path, '/');

	return base ? base + 1 : path;
}

static bool is_shell(const char *path)
{
	static const char *const names[] = { "sh", "ash", "bash", "dash", "ksh", "mksh", "zsh" };

	return is_one_of(base_of(path), names, COUNT_OF(names));
}

/* They end with another command, behind options and words of their own. */
static bool is_wrapper(const char *path)
{
	static const char *const names[] = {
		"tini",	   "tini-static", "dumb-init", "catatonit", "docker-init",
		"env",	   "nohup",	  "nice",      "ionice",    "setsid",
		"setpriv", "gosu",	  "su-exec",   "timeout",   "stdbuf",
		"taskset", "chrt",	  "exec",      "sudo",	    "xargs",
	};

	return is_one_of(base_of(path), names, COUNT_OF(names));
}

/* sh [OPTION…] FILE [ARGUMENT…], or sh -c TEXT [NAME [ARGUMENT…]]. */
static int follow_shell(struct following *f, struct words w, size_t by)
{
	bool text = false;
	size_t i = 1;

	for (; i < w.n && w.at[i] && (w.at[i][0] == '-' || w.at[i][0] == '+'); i++) {
		text |= w.at[i][0] == '-' && w.at[i][1] != '-' && strchr(w.at[i], 'c');
		i += strcmp(w.at[i], "-o") == 0;
		if (i < w.n && w.at[i] && strcmp(w.at[i], "--") == 0 && i++)
			break;
	}
	if (i >= w.n || !w.at[i])
		return 0;
	if (!text)
		return read_file(f, w.at[i], (struct words){ w.at + i + 1, w.n - i - 1 }, by);
	w = (struct words){ w.at + i, w.n - i };
	return read_text(f, view_of(w.at[0]),
			 w.n > 2 ? (struct words){ w.at + 2, w.n - 2 } : (struct words){ NULL, 0 },
			 by);
}

/* The first word that is a program: what stands before it are options' values and user names. */
static int follow_wrapped(struct following *f, struct words w, size_t by)
{
	for (size_t i = 1; i < w.n; i++) {
		unsigned before = f->n_starts;
		struct link_result r = { 0 };
		bool found;
		int rc;

		if (!w.at[i] || w.at[i][0] == '-' || strchr(w.at[i], '='))
			continue;
		if (before == WHY_MAX_STARTS)
			return 0;
		f->n_starts++;
		rc = link_start(f->link, &w.at[i], 1, f->process, &r, f->err);
		found = r.n_objects > 0;
		link_result_done(&r);
		if (rc < 0 || found)
			return rc < 0 ? rc : follow(f, (struct words){ w.at + i, w.n - i }, by);
	}
	return 0;
}

static int follow_program(struct following *f, const struct link_result *r, struct words w)
{
	const struct link_object *first = r->objects[0];
	size_t at = (size_t)(reach_find(f->reach, first->node->inode) - f->reach->at);
	bool shell = false;

	for (size_t i = 0; i < r->n_objects; i++)
		shell |= r->objects[i]->role == LINK_PROGRAM && is_shell(r->objects[i]->path);
	if (first->role == LINK_SCRIPT)
		return shell ? read_node(f, first->node, (struct words){ w.at + 1, w.n - 1 }, at)
			     : 0;
	if (shell)
		return follow_shell(f, w, at);
	return is_wrapper(w.at[0]) ? follow_wrapped(f, w, at) : 0;
}

static int follow(struct following *f, struct words w, size_t by)
{
	struct link_result r = { 0 };
	int rc = interrupt_check(f->err);

	if (rc < 0 || f->n_starts == WHY_MAX_STARTS || f->depth == WHY_MAX_DEPTH)
		return rc;
	f->n_starts++;
	f->depth++;
	rc = link_start(f->link, w.at, 1, f->process, &r, f->err);
	if (rc == 0)
		add_objects(f, &r, w.at[0], by);
	if (rc == 0 && r.n_objects)
		rc = follow_program(f, &r, w);
	f->depth--;
	link_result_done(&r);
	return rc;
}

int why_start(const struct tree *t, struct link *l, const struct link_process *p,
	      const char *const *command, size_t n, struct arena *a, struct reach *ret,
	      struct err *e)
{
	struct following f = {
		.tree = t,
		.link = l,
		.process = p,
		.arena = a,
		.reach = ret,
		.err = e,
	};

	return n ? follow(&f, (struct words){ command, n }, WHY_START) : 0;
}
