/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for the program before anything is unpacked: a typing error costs nothing. */
#include "run/program.h"

#include "base/suggest.h"

#include <string.h>
#include <sys/stat.h>

enum found { FOUND, NOT_THERE, NOT_EXECUTABLE };

/* The volume that is mounted over the path, or NULL; *ret_rest is the path inside of it. */
static const struct plan_volume *volume_of(const struct plan *p, const char *path,
					   const char **ret_rest)
{
	const struct plan_volume *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < p->n_volumes; i++) {
		const struct plan_volume *v = &p->volumes[i];
		size_t n = strlen(v->target);

		while (n && v->target[n - 1] == '/')
			n--;
		if (v->own || n < best_len || strncmp(path, v->target, n) != 0 ||
		    (path[n] && path[n] != '/'))
			continue;
		best = v;
		best_len = n;
		*ret_rest = path + n;
	}
	return best;
}

static enum found look_on_host(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NOT_THERE;
	return S_ISREG(st.st_mode) && st.st_mode & 0111 ? FOUND : NOT_EXECUTABLE;
}

static enum found look(const struct plan *p, const struct tree *t, const char *path,
		       struct arena *a)
{
	const char *rest;
	const struct plan_volume *v = volume_of(p, path, &rest);
	const struct node *n;

	if (v)
		return look_on_host(arena_printf(a, "%s%s", v->source, rest));
	n = tree_find(t, path, true);
	if (!n)
		return NOT_THERE;
	return n->inode->type == NODE_FILE && n->inode->mode & 0111 ? FOUND : NOT_EXECUTABLE;
}

static const char *get_path(const struct plan *p)
{
	for (size_t i = 0; i < p->env.n; i++)
		if (strncmp(p->env.at[i], "PATH=", 5) == 0)
			return p->env.at[i] + 5;
	return "";
}

static int fail_mode(const char *path, struct err *e)
{
	return fail(e, FAIL_FORMAT, "'%.200s' in the image is no executable file", path);
}

static int find_in_path(const struct plan *p, const struct tree *t, const char *name,
			struct arena *a, const char **ret, struct err *e)
{
	struct view left = view_of(get_path(p)), dir;
	const char *bad = NULL;

	while (view_split(&left, ':', &dir)) {
		const char *path =
			plan_tidy_path(arena_printf(a, "%.*s/%s", VIEW_ARG(dir), name), a);
		enum found found = look(p, t, path, a);

		if (found == FOUND) {
			*ret = path;
			return 0;
		}
		if (found == NOT_EXECUTABLE && !bad)
			bad = path;
	}
	if (bad)
		return fail_mode(bad, e);
	return fail(e, FAIL_NOT_FOUND,
		    "the image has no program '%.100s' in its PATH\nPATH is %.200s", name,
		    get_path(p));
}

int program_find(const struct plan *p, const struct tree *t, struct arena *a, const char **ret,
		 struct err *e)
{
	const char *name = p->args.at[0], *path;

	if (!*name)
		return fail(e, FAIL_USAGE, "the program's name is empty");
	if (!strchr(name, '/'))
		return find_in_path(p, t, name, a, ret, e);
	path = name[0] == '/' ? name : arena_printf(a, "%s/%s", p->work_dir, name);
	path = strstr(path, "/..") ? path : plan_tidy_path(path, a);
	switch (look(p, t, path, a)) {
	case NOT_THERE:
		/* the kernel knows better what '..' behind a link means */
		if (strstr(path, "/..")) {
			*ret = path;
			return 0;
		}
		return fail(e, FAIL_NOT_FOUND, "the image has no program '%.200s'", path);
	case NOT_EXECUTABLE:
		return fail_mode(path, e);
	case FOUND:
		break;
	}
	*ret = path;
	return 0;
}
