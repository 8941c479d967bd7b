/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand where in a tree, how links lead inside it, its limits and its order. */
#include "tree/tree.h"

#include "base/array.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct origin base = { .kind = ORIGIN_RULE, .name = "base" };
static const struct origin app = { .kind = ORIGIN_PACKAGE, .name = "app", .version = "1" };

static struct node *put(struct tree *t, const char *path, struct inode i)
{
	struct node *n = NULL;
	struct err e = { 0 };

	if (tree_put(t, path, &i, &n, &e) < 0)
		fail_msg("put %s: %s", path, e.msg);
	return n;
}

static enum fail_code refuse(struct tree *t, const char *path, struct inode i)
{
	struct err e = { 0 };
	int rc = tree_put(t, path, &i, NULL, &e);

	assert_true(rc < 0);
	assert_int_equal(-rc, e.code);
	assert_string_not_equal(e.msg, "");
	return e.code;
}

static struct node *put_file(struct tree *t, const char *path, const char *text)
{
	return put(t, path, inode_file(text, strlen(text), 0644, &base));
}

static struct node *put_link(struct tree *t, const char *path, const char *target)
{
	return put(t, path, inode_symlink(target, &base));
}

static struct node *put_dir(struct tree *t, const char *path, uint32_t mode)
{
	return put(t, path, inode_dir(mode, &base));
}

static int list_one(struct node *n, const char *path, void *ctx, struct err *e)
{
	static const char letters[] = "dflcbp";

	(void)e;
	buf_printf(ctx, "%c %s%s%s\n", letters[n->inode->type], path,
		   n->inode->type == NODE_SYMLINK ? " > " : "",
		   n->inode->type == NODE_SYMLINK ? n->inode->target : "");
	return 0;
}

static void assert_tree(const struct tree *t, const char *expected)
{
	auto_buf list = BUF_EMPTY;
	struct err e;

	assert_int_equal(tree_walk(t, list_one, &list, &e), 0);
	assert_string_equal(buf_str(&list), expected);
}

static void assert_text(const struct node *n, const char *expected)
{
	auto_arena a = ARENA_EMPTY;
	struct view got;
	struct err e = { 0 };

	assert_non_null(n);
	assert_int_equal(inode_read(n->inode, 1000, &a, &got, &e), 0);
	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.ptr, expected, got.len);
}

static void assert_path(const struct node *n, const char *expected)
{
	auto_arena a = ARENA_EMPTY;

	assert_non_null(n);
	assert_string_equal(node_path(n, &a), expected);
}

static int set_up(void **state)
{
	struct tree *t = mem_zalloc(sizeof(*t));

	tree_init(t, &base);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	tree_done(*state);
	free(*state);
	return 0;
}

static void the_root_is_a_folder(void **state)
{
	struct tree *t = *state;
	static const char *const names[] = { "/", ".", "./" };

	assert_int_equal(t->root->inode->type, NODE_DIR);
	assert_int_equal(t->root->inode->mode, 0755);
	assert_path(t->root, "/");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_ptr_equal(tree_find(t, names[i], true), t->root);
	put_dir(t, "./", 0700);
	assert_int_equal(t->root->inode->mode, 0700);
	assert_int_equal(refuse(t, "/", inode_file("", 0, 0644, &base)), FAIL_CONFLICT);
	assert_tree(t, "");
}

static void paths_may_start_as_tar_and_users_write_them(void **state)
{
	struct tree *t = *state;
	struct node *n = put_file(t, "./usr/bin/a", "a");

	assert_ptr_equal(tree_find(t, "/usr/bin/a", false), n);
	assert_ptr_equal(tree_find(t, "usr/bin/a", false), n);
	assert_ptr_equal(put_dir(t, "./usr/", 0711), tree_find(t, "usr", false));
	assert_path(n, "/usr/bin/a");
}

static void unsafe_paths_are_refused(void **state)
{
	static const char *const bad[] = { "",	     "..",    "../a", "a/..",  "a/../b",
					   "a/./b",  "a//b",  "//a",  "a//",   "/./a",
					   "./../a", "././a", "./.",  "a/b/.", "//" };

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(refuse(*state, bad[i], inode_dir(0755, &base)), FAIL_FORMAT);
		assert_null(tree_find(*state, bad[i], true));
	}
	assert_tree(*state, "");
}

static void missing_parents_take_origin_and_mtime(void **state)
{
	struct inode i = inode_file("x", 1, 0600, &app);
	struct node *etc;

	i.mtime_s = 1234;
	i.uid = 7;
	put(*state, "etc/app/conf", i);
	etc = tree_find(*state, "etc", false);
	assert_int_equal(etc->inode->type, NODE_DIR);
	assert_int_equal(etc->inode->mode, 0755);
	assert_int_equal(etc->inode->uid, 0);
	assert_int_equal(etc->inode->mtime_s, 1234);
	assert_ptr_equal(etc->inode->origin, &app);
	assert_tree(*state, "d etc\nd etc/app\nf etc/app/conf\n");
}

static void what_is_put_is_a_copy(void **state)
{
	char target[] = "one", name[] = "user.a", value[] = "1";
	struct xattr x[] = { { "user.b", { "2", 1 } }, { name, { value, 1 } } };
	struct inode i = inode_symlink(target, &base);
	struct node *n;

	i.xattrs = x;
	i.n_xattrs = 2;
	i.mode = 0100777;
	n = put(*state, "l", i);
	target[0] = name[0] = value[0] = '!';
	assert_string_equal(n->inode->target, "one");
	assert_int_equal(n->inode->mode, 0777);
	assert_int_equal(n->inode->n_xattrs, 2);
	assert_string_equal(n->inode->xattrs[0].name, "user.a");
	assert_true(view_is(n->inode->xattrs[0].value, "1"));
	assert_string_equal(n->inode->xattrs[1].name, "user.b");
}

static void folder_over_folder_takes_the_attributes(void **state)
{
	struct tree *t = *state;
	struct node *d = put_dir(t, "d", 0755);

	put_file(t, "d/f", "x");
	assert_ptr_equal(put(t, "d", inode_dir(01777, &app)), d);
	assert_int_equal(d->inode->mode, 01777);
	assert_ptr_equal(d->inode->origin, &app);
	assert_int_equal(d->inode->n_links, 1);
	assert_tree(t, "d d\nf d/f\n");
}

static void folder_over_link_to_folder_leaves_the_link(void **state)
{
	struct tree *t = *state;
	struct node *lib = put_dir(t, "usr/lib", 0755);

	put_link(t, "lib", "usr/lib");
	put_link(t, "lib64", "lib");
	assert_ptr_equal(put_dir(t, "lib64", 0700), lib);
	assert_int_equal(lib->inode->mode, 0755);
	assert_tree(t, "l lib > usr/lib\nl lib64 > lib\nd usr\nd usr/lib\n");
}

static void folder_over_anything_else_is_a_conflict(void **state)
{
	struct tree *t = *state;
	struct inode fifo = { .type = NODE_FIFO };

	put_file(t, "f", "");
	put_link(t, "dangling", "nowhere");
	put_link(t, "to-file", "f");
	put_link(t, "loop", "loop");
	put(t, "p", fifo);
	assert_int_equal(refuse(t, "f", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(t, "dangling", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(t, "to-file", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(t, "loop", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(t, "p", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_tree(t, "l dangling > nowhere\nf f\nl loop > loop\np p\nl to-file > f\n");
}

static void anything_over_a_folder_is_a_conflict(void **state)
{
	struct tree *t = *state;
	struct node *f = put_file(t, "f", "x");
	struct err e = { 0 };

	put_dir(t, "d", 0755);
	assert_int_equal(refuse(t, "d", inode_file("", 0, 0644, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(t, "d", inode_symlink("f", &base)), FAIL_CONFLICT);
	assert_int_equal(tree_link(t, "d", f, &e), -FAIL_CONFLICT);
	assert_tree(t, "d d\nf f\n");
}

static void others_replace_each_other(void **state)
{
	struct tree *t = *state;
	struct node *n = put_file(t, "x", "one");

	put_file(t, "x", "two");
	assert_text(n, "two");
	put_link(t, "x", "y");
	put_file(t, "y", "target");
	put_file(t, "x", "three");
	assert_ptr_equal(tree_find(t, "x", false), n);
	assert_text(n, "three");
	assert_text(tree_find(t, "y", false), "target");
	assert_tree(t, "f x\nf y\n");
}

static void writes_go_through_links(void **state)
{
	struct tree *t = *state;

	put_dir(t, "usr/lib", 0755);
	put_link(t, "lib", "usr/lib");
	put_link(t, "abs", "/usr");
	put_file(t, "lib/a", "a");
	put_file(t, "abs/lib/b", "b");
	assert_path(tree_find(t, "lib/a", false), "/usr/lib/a");
	assert_path(tree_find(t, "usr/lib/b", false), "/usr/lib/b");
	assert_tree(t,
		    "l abs > /usr\nl lib > usr/lib\nd usr\nd usr/lib\nf usr/lib/a\nf usr/lib/b\n");
}

static void a_links_missing_folder_is_made(void **state)
{
	struct tree *t = *state;

	put_link(t, "lib", "usr/lib");
	put_file(t, "lib/x86_64/libc.so", "");
	assert_tree(t, "l lib > usr/lib\nd usr\nd usr/lib\nd usr/lib/x86_64\n"
		       "f usr/lib/x86_64/libc.so\n");
}

static void dots_in_targets_stop_at_the_root(void **state)
{
	struct tree *t = *state;

	put_link(t, "a/b/up", "../../../../../etc");
	put_link(t, "a/b/here", "./.././/b");
	put_file(t, "a/b/up/passwd", "root");
	assert_path(tree_find(t, "etc/passwd", false), "/etc/passwd");
	assert_path(tree_find(t, "a/b/here", true), "/a/b");
	assert_path(tree_find(t, "a/b/here", false), "/a/b/here");
}

static void find_follows_the_last_link_only_if_told(void **state)
{
	struct tree *t = *state;
	struct node *f = put_file(t, "bin/dash", "sh"), *l = put_link(t, "bin/sh", "dash");

	assert_ptr_equal(tree_find(t, "bin/sh", false), l);
	assert_ptr_equal(tree_find(t, "bin/sh", true), f);
	put_link(t, "gone", "nowhere");
	assert_null(tree_find(t, "gone", true));
	assert_non_null(tree_find(t, "gone", false));
	assert_null(tree_find(t, "bin/dash/x", false));
	assert_null(tree_find(t, "bin/other", false));
}

static void a_parent_that_is_a_file_is_a_conflict(void **state)
{
	put_file(*state, "f", "");
	put_link(*state, "l", "f");
	assert_int_equal(refuse(*state, "f/x", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(*state, "l/x", inode_dir(0755, &base)), FAIL_CONFLICT);
	assert_int_equal(refuse(*state, "l/x/y", inode_dir(0755, &base)), FAIL_CONFLICT);
}

/* As many links as the kernel follows lead to the end; one more is a loop. */
static void link_loops_end(void **state)
{
	struct tree *t = *state;
	char name[16], target[16];

	put_link(t, "a", "b");
	put_link(t, "b", "a");
	assert_null(tree_find(t, "a", true));
	assert_int_equal(refuse(t, "a/x", inode_dir(0755, &base)), FAIL_FORMAT);
	put_file(t, "l0", "end");
	for (int i = 1; i <= TREE_MAX_LINKS + 1; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		put_link(t, name, target);
	}
	assert_text(tree_find(t, "l40", true), "end");
	assert_null(tree_find(t, "l41", true));
}

/* Each link is used twice by the next one: 2^30 steps if links were not counted over the whole. */
static void link_bombs_end(void **state)
{
	struct tree *t = *state;
	char name[16], target[32];

	put_dir(t, "l0", 0755);
	for (int i = 1; i <= 30; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d/../l%d", i - 1, i - 1);
		put_link(t, name, target);
	}
	assert_null(tree_find(t, "l30", true));
}

static char *long_text(size_t len, const char *unit)
{
	auto_buf b = BUF_EMPTY;

	while (b.len + strlen(unit) <= len)
		buf_add_str(&b, unit);
	while (b.len < len)
		buf_add_char(&b, 'z');
	return buf_steal(&b);
}

static void limits_hold(void **state)
{
	struct tree *t = *state;
	auto_free char *name = long_text(255, "n"), *name_over = long_text(256, "n");
	auto_free char *path = long_text(4094, "a/"), *path_over = long_text(4096, "a/");
	auto_free char *target = long_text(4095, "t"), *target_over = long_text(4096, "t");
	struct xattr many[TREE_MAX_XATTRS + 1];
	auto_arena a = ARENA_EMPTY;
	struct inode i = inode_dir(0755, &base);

	put_file(t, name, "");
	put_link(t, "target", target);
	assert_int_equal(refuse(t, name_over, i), FAIL_FORMAT);
	assert_int_equal(refuse(t, path_over, i), FAIL_FORMAT);
	assert_int_equal(refuse(t, "l", inode_symlink(target_over, &base)), FAIL_FORMAT);
	assert_int_equal(refuse(t, "l", inode_symlink("", &base)), FAIL_FORMAT);
	for (size_t n = 0; n < COUNT_OF(many); n++)
		many[n] = (struct xattr){ arena_printf(&a, "user.%zu", n), { "", 0 } };
	i.xattrs = many;
	i.n_xattrs = TREE_MAX_XATTRS;
	put(t, "x", i);
	i.n_xattrs++;
	assert_int_equal(refuse(t, "y", i), FAIL_FORMAT);
	i.n_xattrs = 2;
	many[1] = many[0];
	assert_int_equal(refuse(t, "y", i), FAIL_FORMAT);
	put_dir(t, path, 0755);
}

/* Through links a short path can lead far down; the real path's length is what counts. */
static void deep_folders_can_not_be_reached_through_links(void **state)
{
	struct tree *t = *state;
	auto_free char *deep = long_text(4001, "d/");

	put_dir(t, deep, 0755);
	put_link(t, "l", deep);
	put_file(t, "l/ok", "");
	assert_int_equal(refuse(t,
				"l/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d"
				"/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d",
				inode_dir(0755, &base)),
			 FAIL_FORMAT);
}

static void hard_links_share_an_inode(void **state)
{
	struct tree *t = *state;
	struct node *a = put_file(t, "a", "text"), *b;
	struct err e = { 0 };

	assert_int_equal(a->inode->n_links, 1);
	assert_int_equal(tree_link(t, "x/b", a, &e), 0);
	b = tree_find(t, "x/b", false);
	assert_ptr_equal(b->inode, a->inode);
	assert_int_equal(a->inode->n_links, 2);
	assert_int_equal(tree_link(t, "a", a, &e), 0);
	assert_int_equal(a->inode->n_links, 2);
	put_file(t, "a", "other");
	assert_int_equal(b->inode->n_links, 1);
	assert_text(b, "text");
	assert_text(a, "other");
}

static void only_files_are_hard_linked(void **state)
{
	struct tree *t = *state;
	struct err e = { 0 };

	assert_int_equal(tree_link(t, "x", put_dir(t, "d", 0755), &e), -FAIL_FORMAT);
	assert_int_equal(tree_link(t, "x", put_link(t, "l", "d"), &e), -FAIL_FORMAT);
	assert_null(tree_find(t, "x", false));
}

static void removing_takes_all_below(void **state)
{
	struct tree *t = *state;
	struct node *keep = put_file(t, "keep", "k");
	struct err e = { 0 };

	assert_int_equal(tree_link(t, "d/e/other", keep, &e), 0);
	put_file(t, "d/z", "");
	tree_remove(t, tree_find(t, "d", false));
	assert_int_equal(keep->inode->n_links, 1);
	assert_null(tree_find(t, "d/e", false));
	assert_tree(t, "f keep\n");
	tree_remove(t, t->root);
	assert_tree(t, "f keep\n");
	put_file(t, "d", "now a file");
	assert_tree(t, "f d\nf keep\n");
}

/* Byte order within a folder, a folder's children right after it: not the order of whole paths. */
static void the_walk_is_canonical(void **state)
{
	struct tree *t = *state;

	put_file(t, "b", "");
	put_file(t, "a/\xc3\xa4", "");
	put_file(t, "a/z", "");
	put_file(t, "a/Z", "");
	put_file(t, "a-b", "");
	put_file(t, "a.b", "");
	assert_tree(t, "d a\nf a/Z\nf a/z\nf a/\xc3\xa4\nf a-b\nf a.b\nf b\n");
}

static int remove_d(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct tree *t = ctx;

	(void)e;
	if (strcmp(path, "d") == 0)
		tree_remove(t, n);
	if (strcmp(path, "e") == 0 && tree_find(t, "f", false))
		tree_remove(t, tree_find(t, "f", false));
	assert_string_not_equal(path, "d/x");
	assert_string_not_equal(path, "f");
	return strcmp(path, "y") == 0 ? -FAIL_LIMIT : 0;
}

static void a_visit_may_remove_and_end_the_walk(void **state)
{
	struct tree *t = *state;
	struct err e;

	put_file(t, "d/x", "");
	put_file(t, "e", "");
	put_file(t, "f", "");
	assert_int_equal(tree_walk(t, remove_d, t, &e), 0);
	put_file(t, "y", "");
	assert_int_equal(tree_walk(t, remove_d, t, &e), -FAIL_LIMIT);
	assert_tree(t, "f e\nf y\n");
}

static void bytes_are_read_within_a_limit(void **state)
{
	struct node *n = put_file(*state, "f", "hello"), *d = put_dir(*state, "d", 0755);
	char hex[SHA256_HEX_CHARS + 1];
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };
	struct source *s;
	struct view v;

	assert_text(n, "hello");
	assert_int_equal(inode_read(n->inode, 5, &a, &v, &e), 0);
	assert_int_equal(inode_read(n->inode, 4, &a, &v, &e), -FAIL_LIMIT);
	assert_int_equal(inode_open(d->inode, &s, &e), -FAIL_CONFLICT);
	sha256_to_hex(&n->inode->content.digest, hex);
	/* printf hello | sha256sum */
	assert_string_equal(hex,
			    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

static int count(struct node *n, const char *path, void *ctx, struct err *e)
{
	(void)n;
	(void)path;
	(void)e;
	(*(size_t *)ctx)++;
	return 0;
}

static void two_hundred_thousand_nodes(void **state)
{
	size_t n = 0;
	struct err e;
	char path[64];

	for (unsigned i = 0; i < 200000; i++) {
		snprintf(path, sizeof(path), "./usr/share/d%u/e%u/file%u", i % 97, i % 1009, i);
		put(*state, path, (struct inode){ .type = NODE_FIFO });
	}
	assert_int_equal(tree_walk(*state, count, &n, &e), 0);
	assert_int_equal(n, 200000 + 2 + 97 + 97 * 1009);
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(the_root_is_a_folder),
		RULE(paths_may_start_as_tar_and_users_write_them),
		RULE(unsafe_paths_are_refused),
		RULE(missing_parents_take_origin_and_mtime),
		RULE(what_is_put_is_a_copy),
		RULE(folder_over_folder_takes_the_attributes),
		RULE(folder_over_link_to_folder_leaves_the_link),
		RULE(folder_over_anything_else_is_a_conflict),
		RULE(anything_over_a_folder_is_a_conflict),
		RULE(others_replace_each_other),
		RULE(writes_go_through_links),
		RULE(a_links_missing_folder_is_made),
		RULE(dots_in_targets_stop_at_the_root),
		RULE(find_follows_the_last_link_only_if_told),
		RULE(a_parent_that_is_a_file_is_a_conflict),
		RULE(link_loops_end),
		RULE(link_bombs_end),
		RULE(limits_hold),
		RULE(deep_folders_can_not_be_reached_through_links),
		RULE(hard_links_share_an_inode),
		RULE(only_files_are_hard_linked),
		RULE(removing_takes_all_below),
		RULE(the_walk_is_canonical),
		RULE(a_visit_may_remove_and_end_the_walk),
		RULE(bytes_are_read_within_a_limit),
		RULE(two_hundred_thousand_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
