/* SPDX-License-Identifier: Apache-2.0 */
/* Package databases of images: the input as dpkg's status, a list, a status.d entry and apk's; and
 * what its packages ask for of one another. */
#include "fuzz.h"

#include "view/needs.h"
#include "view/owners.h"
#include "view/private.h"

#include <assert.h>
#include <stdlib.h>

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "fuzzer" };

static void put(struct tree *t, const char *path, const uint8_t *data, size_t size)
{
	struct inode i = inode_file(data, size, 0644, &origin);
	struct err e;

	assert(tree_put(t, path, &i, NULL, &e) == 0);
}

/* All by whom they are asked, and never itself. */
static void check_needs(const struct image_view *v)
{
	struct needs n;
	struct err e;

	assert(needs_make(v, &n, &e) == 0);
	for (size_t i = 0; i < v->n_packages; i++) {
		assert(needs_named(&n, view_of(v->packages[i].name)));
		for (size_t k = n.first[i]; k < n.first[i + 1]; k++)
			assert(n.at[k].on == i && n.at[k].by != i && n.at[k].by < v->n_packages &&
			       n.at[k].text.len);
	}
	assert(n.first[v->n_packages] == n.n);
	needs_done(&n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "var/lib/dpkg/status", "var/lib/dpkg/info/a.list",
					     "var/lib/dpkg/status.d/a",
					     "var/lib/dpkg/status.d/a.md5sums",
					     "lib/apk/db/installed" };
	struct image_view v = { 0 };
	struct err e;

	tree_init(&v.tree, &origin);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		put(&v.tree, paths[i], data, size);
	put(&v.tree, "usr/bin/a", data, 0);
	assert(view_find_owners(&v, &e) == 0);
	for (size_t i = 0; i < v.n_packages; i++)
		assert(v.packages[i].name && v.packages[i].version && v.packages[i].source);
	check_needs(&v);
	free(v.packages);
	free(v.complaints.at);
	tree_done(&v.tree);
	arena_done(&v.arena);
	return 0;
}
