/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a package listing, with a checksum that holds: what is read must be well-formed and
 * write to something that reads the same again.
 */
#include "fuzz.h"

#include "pkg/contents.h"

#include <assert.h>

static const struct sha256 no_digest;

static void check(const struct pkg_contents *c)
{
	assert(c->n_files <= PKG_MAX_FILES && c->n_control <= PKG_MAX_CONTROL_MEMBERS);
	for (size_t i = 0; i < c->n_control; i++)
		assert(c->control[i].name);
	for (size_t i = 0; i < c->n_files; i++) {
		assert(c->files[i].path);
		assert(c->files[i].inode.type <= NODE_FIFO);
		assert(c->files[i].inode.type != NODE_SYMLINK || c->files[i].inode.target);
		assert(c->files[i].inode.n_xattrs <= TREE_MAX_XATTRS);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkg_contents *c = pkg_contents_new("package", &no_digest, -1, NULL);
	auto_buf bytes = BUF_EMPTY;
	struct sha256 sum;
	struct err e;

	buf_add(&bytes, data, size);
	sha256_of(data, size, &sum);
	buf_add(&bytes, sum.bytes, sizeof(sum.bytes));
	if (pkg_listing_read(buf_view(&bytes), c, &e) == 0) {
		struct pkg_contents *again = pkg_contents_new("package", &no_digest, -1, NULL);
		auto_buf text = BUF_EMPTY;

		check(c);
		pkg_listing_write(c, &text);
		assert(pkg_listing_read(buf_view(&text), again, &e) == 0);
		assert(again->n_files == c->n_files && again->n_control == c->n_control);
		pkg_contents_free(again);
	} else {
		assert(c->n_files == 0 && c->n_control == 0);
	}
	pkg_contents_free(c);
	return 0;
}
