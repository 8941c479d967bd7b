/* SPDX-License-Identifier: Apache-2.0 */
/* See os_release.h. Escapes within quotes stay: no release's number has any. */
#include "audit/os_release.h"

#include <string.h>

int os_release_read(const struct tree *t, struct arena *a, struct view *ret, struct err *e)
{
	const struct node *n = tree_find(t, "/etc/os-release", true);

	*ret = view_make("", 0);
	if (!n)
		n = tree_find(t, "/usr/lib/os-release", true);
	if (!n || n->inode->type != NODE_FILE || n->inode->content.size > OS_RELEASE_MAX_BYTES)
		return 0;
	return inode_read(n->inode, OS_RELEASE_MAX_BYTES, a, ret, e);
}

struct view os_release_value(struct view text, const char *key)
{
	size_t len = strlen(key);
	struct view line;

	while (view_split(&text, '\n', &line)) {
		if (!view_starts(line, key) || line.len == len || line.ptr[len] != '=')
			continue;
		line = view_trim(view_make(line.ptr + len + 1, line.len - len - 1));
		if (line.len >= 2 && (line.ptr[0] == '"' || line.ptr[0] == '\'') &&
		    line.ptr[line.len - 1] == line.ptr[0])
			line = view_make(line.ptr + 1, line.len - 2);
		return line;
	}
	return view_make("", 0);
}
