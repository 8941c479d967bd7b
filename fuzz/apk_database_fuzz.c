/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as apk's installed database: the packages and the files that an image is said to have,
 * and the checksums that its files are compared with.
 */
#include "fuzz.h"

#include "audit/integrity.h"
#include "view/owners.h"
#include "view/private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "fuzzer" };

static void put(struct tree *t, const char *path, const uint8_t *data, size_t size)
{
	struct inode i = inode_file(data, size, 0644, &origin);
	struct err e;

	assert(tree_put(t, path, &i, NULL, &e) == 0);
}

static void check_file(void *ctx, const struct listed_file *f)
{
	(void)ctx;
	assert(f->path.len && f->sha1 && !memchr(f->path.ptr, 10, f->path.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	struct image_view v = { 0 };
	auto_arena a = ARENA_EMPTY;
	struct err e;

	tree_init(&v.tree, &origin);
	put(&v.tree, "lib/apk/db/installed", data, size);
	put(&v.tree, "usr/bin/hello", data, 0);
	assert(view_find_owners(&v, &e) == 0);
	for (size_t i = 0; i < v.n_packages; i++)
		assert(v.packages[i].kind == VIEW_APK && v.packages[i].name &&
		       v.packages[i].version);
	integrity_apk(text, "apk", &a, check_file, NULL);
	free(v.packages);
	free(v.complaints.at);
	tree_done(&v.tree);
	arena_done(&v.arena);
	return 0;
}
