/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container runtime does before it calls execve(2): user, working directory, environment,
 * and the command's search through PATH (runc, as os/exec's LookPath).
 */
#include "link/private.h"

#include <string.h>

/* runc's, for an image without PATH */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *process_env(const struct link_process *p, const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;

	for (size_t i = 0; i < p->n_env; i++)
		if (strncmp(p->env[i], name, len) == 0 && p->env[i][len] == '=')
			found = p->env[i] + len + 1;
	return found;
}

static struct node *at_path(struct link *l, const struct start *s, const char *path)
{
	return tree_find_from(l->tree, s->work_dir, path, true);
}

bool find_command(struct link *l, const struct start *s, const char *name, struct candidate *ret)
{
	const char *list = process_env(s->process, "PATH");
	struct view rest, part;

	*ret = (struct candidate){ 0 };
	if (strchr(name, '/')) {
		ret->path = name;
		ret->node = at_path(l, s, name);
		return ret->node != NULL;
	}
	rest = view_of(list && list[0] ? list : DEFAULT_PATH);
	while (view_split(&rest, ':', &part)) {
		const char *path = arena_printf(&l->arena, "%.*s/%s", VIEW_ARG(part), name);
		struct node *n = part.len ? at_path(l, s, path) : NULL;

		if (!n || n->inode->type == NODE_DIR)
			continue;
		if (user_may(&s->user, n, MAY_EXECUTE)) {
			*ret = (struct candidate){ .path = path, .node = n };
			return true;
		}
		if (!ret->node) /* to say that it's there, at least */
			*ret = (struct candidate){ .path = path, .node = n };
	}
	return ret->node != NULL;
}

static void set_folders(struct link *l, const struct start *s, struct link_problem *p)
{
	const char *list = process_env(s->process, "PATH");
	struct view rest = view_of(list && list[0] ? list : DEFAULT_PATH), part;
	size_t n = 1;

	for (size_t i = 0; i < rest.len; i++)
		n += rest.ptr[i] == ':';
	p->searched = arena_array(&l->arena, n, sizeof(*p->searched));
	while (view_split(&rest, ':', &part))
		if (part.len)
			p->searched[p->n_searched++] = arena_view(&l->arena, part);
}

static struct link_problem *fatal(struct link *l, struct link_result *r,
				  enum link_problem_kind kind, const char *object)
{
	struct link_problem *p = problem_add(l, r, kind, NULL, arena_strdup(&l->arena, object));

	p->fatal = true;
	return p;
}

/* A runtime makes the folder when it isn't there. */
static void check_work_dir(struct link *l, const struct start *s, struct link_result *r)
{
	const char *path = s->process->work_dir;
	const struct node *n = path ? tree_find_from(l->tree, l->tree->root, path, true) : NULL;
	struct link_problem *p;

	if (!n || (n->inode->type == NODE_DIR && user_may(&s->user, n, MAY_EXECUTE)))
		return;
	p = fatal(l, r, LINK_NO_FOLDER, path);
	p->detail = n->inode->type == NODE_DIR ? "the user may not enter it" : "it is no folder";
}

static struct node *work_dir(struct link *l, const struct link_process *p)
{
	struct node *n = p->work_dir && p->work_dir[0]
				 ? tree_find_from(l->tree, l->tree->root, p->work_dir, true)
				 : NULL;

	return n && n->inode->type == NODE_DIR ? n : l->tree->root;
}

/* False: the user isn't known, which is a problem in `r`. */
static int begin(struct link *l, const struct link_process *p, struct link_result *r,
		 struct start *ret, bool *ret_ok, struct err *e)
{
	*ret = (struct start){ .process = p, .work_dir = work_dir(l, p) };
	return user_find(l, p->user, r, &ret->user, ret_ok, e);
}

int link_closure(struct link *l, const char *path, const struct link_process *p,
		 struct link_result *r, struct err *e)
{
	const char *words[] = { path };

	return link_start(l, words, 1, p, r, e);
}

int link_library(struct link *l, const char *path, const struct link_process *p,
		 struct link_result *r, struct err *e)
{
	struct candidate at = { .path = arena_strdup(&l->arena, path) };
	struct start s;
	bool ok;
	int rc = begin(l, p, r, &s, &ok, e);

	if (rc < 0 || !ok)
		return rc;
	at.node = at_path(l, &s, path);
	if (!at.node || at.node->inode->type != NODE_FILE)
		return 0;
	rc = link_file_get(l, at.node, &at.file, e);
	if (rc < 0 || at.file->kind != LINK_FILE_ELF)
		return rc;
	return closure_of(l, &at, NULL, &s, true, r, e);
}

int link_start(struct link *l, const char *const *command, size_t n, const struct link_process *p,
	       struct link_result *r, struct err *e)
{
	struct candidate at;
	struct start s;
	bool ok;
	int rc;

	if (n == 0)
		return 0;
	rc = begin(l, p, r, &s, &ok, e);
	if (rc < 0 || !ok)
		return rc;
	check_work_dir(l, &s, r);
	if (find_command(l, &s, command[0], &at)) {
		at.path = arena_strdup(&l->arena, at.path);
		return exec_file(l, &at, &s, false, r, e);
	}
	if (strchr(command[0], '/'))
		fatal(l, r, LINK_NO_COMMAND, command[0]);
	else
		set_folders(l, &s, fatal(l, r, LINK_NO_COMMAND, command[0]));
	return 0;
}
