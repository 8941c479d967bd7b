/* SPDX-License-Identifier: Apache-2.0 */
/* Matching path patterns by backtracking to the last stars only: hostile ones cost little. */
#include "base/glob.h"

#include <stddef.h>
#include <string.h>

/* Where matching goes on after a dead end; pattern NULL: nowhere. */
struct retry {
	const char *pattern, *path;
	bool by_folder; /* "**" + '/': only whole components may be swallowed */
};

static bool stretch_star(struct retry *star)
{
	if (!star->pattern || *star->path == '\0' || *star->path == '/')
		return false;
	star->path++;
	return true;
}

static bool stretch_deep(struct retry *deep)
{
	const char *next;

	if (!deep->pattern || *deep->path == '\0')
		return false;
	next = deep->by_folder ? strchr(deep->path, '/') : deep->path;
	if (!next)
		return false;
	deep->path = next + 1;
	return true;
}

/* The last '*' is stretched first, then the "**" before it. */
static bool back_up(struct retry *star, struct retry *deep, const char **pattern, const char **path)
{
	const struct retry *from = star;

	if (!stretch_star(star)) {
		star->pattern = NULL;
		from = deep;
		if (!stretch_deep(deep))
			return false;
	}
	*pattern = from->pattern;
	*path = from->path;
	return true;
}

bool glob_match(const char *pattern, const char *path)
{
	struct retry star = { NULL, NULL, false }, deep = { NULL, NULL, false };

	const char *start;

	pattern += strspn(pattern, "/");
	path += strspn(path, "/");
	start = pattern;
	for (;;) {
		if (pattern[0] == '*' && pattern[1] == '*') {
			bool whole = pattern == start || pattern[-1] == '/';

			pattern += strspn(pattern, "*");
			deep = (struct retry){ pattern, path, whole && *pattern == '/' };
			if (deep.by_folder)
				deep.pattern = ++pattern;
			star.pattern = NULL;
		} else if (*pattern == '*') {
			star = (struct retry){ ++pattern, path, false };
		} else if (*path && (*pattern == *path || (*pattern == '?' && *path != '/'))) {
			pattern++;
			path++;
		} else if (*pattern == '\0' && *path == '\0') {
			return true;
		} else if (!back_up(&star, &deep, &pattern, &path)) {
			return false;
		}
	}
}
