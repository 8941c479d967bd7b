/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/nsswitch.conf, which libc-bin's postinst copies from its template. */
#include "build/rules.h"

int rule_nsswitch(struct build *b, struct err *e)
{
	static const struct origin origin = { .kind = ORIGIN_RULE, .name = "nsswitch" };
	const struct node *from = tree_find(&b->tree, "usr/share/libc-bin/nsswitch.conf", true);
	struct inode copy;

	if (!from || tree_find(&b->tree, "etc/nsswitch.conf", false))
		return 0;
	copy = *from->inode;
	copy.origin = &origin;
	return tree_put(&b->tree, "etc/nsswitch.conf", &copy, NULL, e);
}
