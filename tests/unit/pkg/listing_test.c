/* SPDX-License-Identifier: Apache-2.0 */
/* A listing reads as it was written; a damaged one never reads at all. */
#include "base/array.h"
#include "pkg/contents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sha256 no_digest;

static const struct xattr xattrs[] = {
	{ "security.capability", { "\1\0\0\2\0", 5 } },
	{ "user.empty", { "", 0 } },
};

static void add_file(struct pkg_contents *c, const char *path, const struct inode *inode)
{
	*array_push_to(c->files, c->n_files, c->cap_files) =
		(struct pkg_file){ .path = path, .inode = *inode };
}

static struct pkg_contents *sample(void)
{
	struct pkg_contents *c = pkg_contents_new("package", &no_digest, -1, NULL);

	c->newest_s = 1767323045;
	*array_push_to(c->control, c->n_control, c->cap_control) =
		(struct pkg_control){ "control", { "Package: x\n", 11 } };
	*array_push_to(c->control, c->n_control, c->cap_control) =
		(struct pkg_control){ "empty", { "", 0 } };
	add_file(c, "usr", &(struct inode){ .type = NODE_DIR, .mode = 01755, .mtime_s = -5 });
	add_file(c, "usr/x",
		 &(struct inode){
			 .type = NODE_FILE,
			 .mode = 04755,
			 .uid = 3000000000u,
			 .gid = 7,
			 .content = { .offset = 1ull << 40, .size = 12, .digest = { { 1, 2, 3 } } },
			 .xattrs = xattrs,
			 .n_xattrs = COUNT_OF(xattrs) });
	add_file(c, "usr/y", &(struct inode){ .type = NODE_FILE });
	c->files[2].hardlink = "usr/x";
	add_file(c, "usr/l", &(struct inode){ .type = NODE_SYMLINK, .target = "x", .mode = 0777 });
	return c;
}

static void same_inode(const struct inode *a, const struct inode *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_true(a->mtime_s == b->mtime_s);
	assert_true(a->content.offset == b->content.offset && a->content.size == b->content.size);
	assert_memory_equal(&a->content.digest, &b->content.digest, sizeof(struct sha256));
	assert_int_equal(a->n_xattrs, b->n_xattrs);
	for (size_t i = 0; i < a->n_xattrs; i++) {
		assert_string_equal(a->xattrs[i].name, b->xattrs[i].name);
		assert_true(view_eq(a->xattrs[i].value, b->xattrs[i].value));
	}
	if (a->type == NODE_SYMLINK)
		assert_string_equal(a->target, b->target);
}

static void reads_as_written(void **state)
{
	struct pkg_contents *c = sample(),
			    *back = pkg_contents_new("package", &no_digest, -1, NULL);
	auto_buf bytes = BUF_EMPTY;
	struct err e;

	(void)state;
	pkg_listing_write(c, &bytes);
	assert_int_equal(pkg_listing_read(buf_view(&bytes), back, &e), 0);
	assert_true(back->newest_s == c->newest_s);
	assert_int_equal(back->n_control, 2);
	assert_true(view_is(pkg_contents_control(back, "control"), "Package: x\n"));
	assert_non_null(pkg_contents_control(back, "empty").ptr);
	assert_null(pkg_contents_control(back, "other").ptr);
	assert_int_equal(back->n_files, c->n_files);
	for (size_t i = 0; i < c->n_files; i++) {
		assert_string_equal(back->files[i].path, c->files[i].path);
		same_inode(&c->files[i].inode, &back->files[i].inode);
		assert_ptr_equal(back->files[i].inode.content.provider, &back->provider);
	}
	assert_string_equal(back->files[2].hardlink, "usr/x");
	assert_null(back->files[1].hardlink);
	pkg_contents_free(c);
	pkg_contents_free(back);
}

static void must_fail(struct view bytes)
{
	struct pkg_contents *c = pkg_contents_new("package", &no_digest, -1, NULL);
	struct err e;

	assert_int_equal(pkg_listing_read(bytes, c, &e), -FAIL_FORMAT);
	assert_int_equal(c->n_files, 0);
	assert_int_equal(c->n_control, 0);
	pkg_contents_free(c);
}

static void damage_is_noticed(void **state)
{
	struct pkg_contents *c = sample();
	auto_buf bytes = BUF_EMPTY;

	(void)state;
	pkg_listing_write(c, &bytes);
	pkg_contents_free(c);
	for (size_t len = 0; len < bytes.len; len++)
		must_fail(view_make(bytes.data, len));
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 0x20;
		must_fail(buf_view(&bytes));
		bytes.data[i] ^= 0x20;
	}
	buf_add_char(&bytes, 'x');
	must_fail(buf_view(&bytes));
}

/* Someone who can compute the checksum, too, must not get past the limits. */
static void counts_are_checked_with_a_good_checksum(void **state)
{
	struct pkg_contents *c = sample();
	auto_buf bytes = BUF_EMPTY;
	size_t body;

	(void)state;
	pkg_listing_write(c, &bytes);
	pkg_contents_free(c);
	body = bytes.len - SHA256_BYTES;
	for (size_t at = 16; at + 8 <= body; at += 8) {
		auto_buf other = BUF_EMPTY;
		struct pkg_contents *back = pkg_contents_new("package", &no_digest, -1, NULL);
		struct sha256 sum;
		struct err e;

		buf_add(&other, bytes.data, body);
		memset(other.data + at, 0xff, 8);
		sha256_of(other.data, other.len, &sum);
		buf_add(&other, sum.bytes, sizeof(sum.bytes));
		/* It may read (a number is a number), but never beyond its end: the sanitizers see.
		 */
		if (pkg_listing_read(buf_view(&other), back, &e) < 0)
			assert_int_equal(back->n_files, 0);
		pkg_contents_free(back);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_written),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(counts_are_checked_with_a_good_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
