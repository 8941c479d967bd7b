/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/localtime, which tzdata's postinst points to UTC; not where packages are taken as is. */
#include "build/rules.h"

int rule_tzdata(struct build *b, struct err *e)
{
	static const struct origin origin = { .kind = ORIGIN_RULE, .name = "tzdata" };
	struct inode link = inode_symlink("/usr/share/zoneinfo/Etc/UTC", &origin);

	if (!build_find_package(b, "tzdata") || b->recipe->depends == DEPENDS_NONE ||
	    tree_find(&b->tree, "etc/localtime", false))
		return 0;
	link.mtime_s = b->created_s;
	return tree_put(&b->tree, "etc/localtime", &link, NULL, e);
}
