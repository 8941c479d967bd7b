/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers on top of each other: what a whiteout takes and what it leaves, what replaces what, and
 * names that try to lead elsewhere. A layer is written as lines: a letter, a path, and what the
 * letter needs: d (folder, mode), f (file, text), l (link, target), h (hard link, file before it),
 * p (pipe), c (device 1:3).
 */
#include "tree/apply.h"

#include "base/array.h"
#include "base/buf.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "tree/tar_in.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_LAYERS = 4 };

static const struct origin bottom = { .kind = ORIGIN_RULE, .name = "bottom" };
static const struct origin layers[MAX_LAYERS] = {
	{ .kind = ORIGIN_LAYER, .name = "1" },
	{ .kind = ORIGIN_LAYER, .name = "2" },
	{ .kind = ORIGIN_LAYER, .name = "3" },
	{ .kind = ORIGIN_LAYER, .name = "4" },
};

struct fixture {
	struct tree t;
	struct spool *spool;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));
	int dir = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err e;
	int rc = spool_new(dir, 1 << 20, &f->spool, &e);

	close(dir);
	tree_init(&f->t, &bottom);
	*state = f;
	return rc;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	tree_done(&f->t);
	spool_free(f->spool);
	free(f);
	return 0;
}

static void add_entry(struct sink *to, char kind, const char *path, const char *rest)
{
	static const char kinds[] = "fhlcbdp"; /* in the order of enum tar_type */
	struct tar_entry entry = { .path = path, .mode = 0644, .link = "", .mtime_s = 7 };
	struct err e = { 0 };

	entry.type = (enum tar_type)(strchr(kinds, kind) - kinds);
	if (kind == 'd')
		entry.mode = rest ? (uint32_t)strtoul(rest, NULL, 8) : 0755;
	if (kind == 'f')
		entry.size = rest ? strlen(rest) : 0;
	if (kind == 'l' || kind == 'h')
		entry.link = rest;
	entry.dev_major = kind == 'c' ? 1 : 0;
	entry.dev_minor = kind == 'c' ? 3 : 0;
	assert_int_equal(tar_write_header(to, &entry, &e), 0);
	if (entry.size)
		assert_int_equal(sink_write(to, rest, entry.size, &e), 0);
	assert_int_equal(tar_write_padding(to, entry.size, &e), 0);
}

static void make_tar(const char *text, struct buf *ret)
{
	auto_free char *copy = mem_strdup(text);
	struct sink *to = buf_sink_new(ret, 64 << 20);
	struct err e = { 0 };
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *word = line + 2, *path;

		if (!line[0])
			continue;
		path = strsep(&word, " ");
		add_entry(to, line[0], path, word);
	}
	assert_int_equal(tar_write_end(to, &e), 0);
	sink_close(to);
}

static int apply(struct fixture *f, size_t layer, const char *text, struct err *e)
{
	auto_buf bytes = BUF_EMPTY;
	auto_source tar = NULL;

	make_tar(text, &bytes);
	tar = mem_source_new(buf_view(&bytes));
	return tree_apply_layer(&f->t, tar, "layer", &layers[layer], f->spool, e);
}

static void add(struct fixture *f, size_t layer, const char *text)
{
	struct err e = { 0 };

	if (apply(f, layer, text, &e) < 0)
		fail_msg("%s", e.msg);
}

static void refuse(struct fixture *f, size_t layer, const char *text, const char *why)
{
	struct err e = { 0 };

	assert_int_equal(apply(f, layer, text, &e), -FAIL_FORMAT);
	assert_string_equal(e.msg, why);
}

/* "f a/b=text @2": kind, path, text or target, and the layer that it is of. */
static int list_one(struct node *n, const char *path, void *ctx, struct err *e)
{
	static const char letters[] = "dflcbp";
	auto_arena a = ARENA_EMPTY;
	struct view text = view_of("");

	if (n->inode->type == NODE_FILE)
		assert_int_equal(inode_read(n->inode, 1000, &a, &text, e), 0);
	buf_printf(ctx, "%c %s", letters[n->inode->type], path);
	if (n->inode->type == NODE_FILE)
		buf_printf(ctx, "=%.*s", VIEW_ARG(text));
	if (n->inode->type == NODE_SYMLINK)
		buf_printf(ctx, ">%s", n->inode->target);
	if (n->inode->type == NODE_DIR && n->inode->mode != 0755)
		buf_printf(ctx, " %o", n->inode->mode);
	buf_printf(ctx, " @%s\n", n->inode->origin->name);
	return 0;
}

static void expect(const struct fixture *f, const char *expected)
{
	auto_buf list = BUF_EMPTY;
	struct err e;

	assert_int_equal(tree_walk(&f->t, list_one, &list, &e), 0);
	assert_string_equal(buf_str(&list), expected);
}

static void layers_add_up(void **state)
{
	add(*state, 0, "d ./\nd ./etc/ 700\nf ./etc/a one\nl ./lib usr/lib\np pipe\nc null");
	add(*state, 1, "f etc/b two\nf lib/c three\nf /opt//x/./y four");
	expect(*state, "d etc 700 @1\nf etc/a=one @1\nf etc/b=two @2\nl lib>usr/lib @1\n"
		       "c null @1\nd opt @2\nd opt/x @2\nf opt/x/y=four @2\np pipe @1\n"
		       "d usr @2\nd usr/lib @2\nf usr/lib/c=three @2\n");
}

static void a_folder_over_a_folder_takes_its_attributes(void **state)
{
	struct fixture *f = *state;

	add(f, 0, "d d 700\nf d/a one");
	add(f, 1, "d d 711\nd . 750");
	expect(f, "d d 711 @2\nf d/a=one @1\n");
	assert_int_equal(f->t.root->inode->mode, 0750);
}

static void any_type_replaces_any_other(void **state)
{
	add(*state, 0,
	    "d d1\nf d1/a 1\nd d2\nf d2/a 1\nf f1 1\nf f2 1\nd t\nf t/a 1\nl l1 t\nl l2 t\nl l3 t");
	add(*state, 1, "f d1 2\nl d2 t\nd f1 700\nl f2 t\nd l1 700\nf l2 2\np l3");
	expect(*state, "f d1=2 @2\nl d2>t @2\nd f1 700 @2\nl f2>t @2\nd l1 700 @2\nf l2=2 @2\n"
		       "p l3 @2\nd t @1\nf t/a=1 @1\n");
}

static void the_last_of_several_entries_counts(void **state)
{
	add(*state, 0, "f a 1\nf a 2\nd b\nf b/c 3\nf b 4\nf e 5\nd e 711");
	expect(*state, "f a=2 @1\nf b=4 @1\nd e 711 @1\n");
}

static void whiteouts_take_what_lower_layers_brought(void **state)
{
	add(*state, 0, "f a 1\nd d\nf d/x 1\nd d/e\nf d/e/y 1\nl l d\nf b 1");
	add(*state, 1, "f .wh.a\nf d/.wh.e\nf l/.wh.x\nf .wh.l");
	expect(*state, "f b=1 @1\nd d @1\n");
}

static void a_whiteout_of_a_link_leaves_what_it_leads_to(void **state)
{
	add(*state, 0, "d d\nf d/x 1\nl l d");
	add(*state, 1, "f .wh.l");
	expect(*state, "d d @1\nf d/x=1 @1\n");
}

static void whiteouts_of_nothing_do_nothing(void **state)
{
	add(*state, 0, "f a 1");
	add(*state, 1, "f .wh.b\nf no/where/.wh.c\nf a/.wh.d\nf no/.wh..wh..opq\nf a/.wh..wh..opq");
	expect(*state, "f a=1 @1\n");
}

static void whiteouts_leave_what_the_same_layer_brings(void **state)
{
	add(*state, 0, "d d 700\nf d/old 1\nf a 1\nd e 700\nf e/old 1");
	add(*state, 1, "f a 2\nf .wh.a\nd d 711\nf d/new 2\nf .wh.d\nf .wh.e\nd e 722\nf e/new 2");
	expect(*state, "f a=2 @2\nd d 711 @2\nf d/new=2 @2\nd e 722 @2\nf e/new=2 @2\n");
}

static void a_folder_that_is_only_implied_has_nothing_of_the_lower_one(void **state)
{
	add(*state, 0, "d d 700\nd d/e 711\nf d/e/old 1");
	add(*state, 1, "f d/e/new 2\nf .wh.d");
	expect(*state, "d d @2\nd d/e @2\nf d/e/new=2 @2\n");
}

static void opaque_folders_hide_lower_layers_wherever_the_mark_stands(void **state)
{
	static const char *const orders[] = {
		"f d/.wh..wh..opq\nd d 711\nd d/e\nf d/e/new 2\nf d/new 2",
		"d d 711\nd d/e\nf d/e/new 2\nf d/new 2\nf d/.wh..wh..opq",
		"d d 711\nf d/new 2\nf d/.wh..wh..opq\nd d/e\nf d/e/new 2\nf d/.wh..wh..opq",
	};

	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		void *again;

		set_up(&again);
		add(again, 0, "d d 700\nf d/old 1\nd d/e 700\nf d/e/old 1\nd d/gone\nf out 1");
		add(again, 1, orders[i]);
		expect(again, "d d 711 @2\nd d/e @2\nf d/e/new=2 @2\nf d/new=2 @2\nf out=1 @1\n");
		tear_down(&again);
	}
	(void)state;
}

static void the_root_can_be_opaque(void **state)
{
	add(*state, 0, "d d\nf d/old 1\nf a 1");
	add(*state, 1, "f new 2\nf d/new 2\nf .wh..wh..opq");
	expect(*state, "d d @2\nf d/new=2 @2\nf new=2 @2\n");
}

static void each_layer_forgets_the_marks_of_the_one_before(void **state)
{
	add(*state, 0, "d d\nf d/a 1");
	add(*state, 1, "f d/.wh..wh..opq\nf d/b 2");
	add(*state, 2, "f d/.wh..wh..opq\nf d/c 3");
	expect(*state, "d d @1\nf d/c=3 @3\n");
	add(*state, 3, "f .wh.d");
	expect(*state, "");
}

static void what_aufs_left_behind_is_no_file(void **state)
{
	add(*state, 0, "d .wh..wh.plnk\nf .wh..wh.plnk/1.2 x\nf .wh..wh.aufs\nf a 1");
	expect(*state, "f a=1 @1\n");
}

static void hard_links_share_their_file(void **state)
{
	struct fixture *f = *state;

	add(f, 0, "d a\nf a/x 1\nd b\nh b/y a/x\nh z ./b/y\nl l a\nh b/l l\np p\nh q p");
	expect(f, "d a @1\nf a/x=1 @1\nd b @1\nl b/l>a @1\nf b/y=1 @1\nl l>a @1\np p @1\n"
		  "p q @1\nf z=1 @1\n");
	assert_ptr_equal(tree_find(&f->t, "a/x", false)->inode,
			 tree_find(&f->t, "z", false)->inode);
	assert_int_equal(tree_find(&f->t, "z", false)->inode->n_links, 3);
	add(f, 1, "f .wh.a\nf b/y 2");
	assert_int_equal(tree_find(&f->t, "z", false)->inode->n_links, 1);
	expect(f, "d b @1\nl b/l>a @1\nf b/y=2 @2\nl l>a @1\np p @1\np q @1\nf z=1 @1\n");
}

static void a_hard_link_to_a_lower_layers_file_belongs_to_its_own_layer(void **state)
{
	struct fixture *f = *state;

	add(f, 0, "d d\nf d/x 1");
	add(f, 1, "h d/y d/x\nh d/d/z d/x\nh d/x d/x\nf d/.wh..wh..opq");
	assert_null(tree_find(&f->t, "d/x", false));
	assert_non_null(tree_find(&f->t, "d/y", false));
	assert_int_equal(tree_find(&f->t, "d/y", false)->inode->n_links, 2);
	assert_ptr_equal(tree_find(&f->t, "d/y", false)->inode,
			 tree_find(&f->t, "d/d/z", false)->inode);
}

static void a_hard_link_may_take_the_place_of_its_files_folder(void **state)
{
	add(*state, 0, "d d\nf d/x 1");
	add(*state, 1, "h d d/x");
	expect(*state, "f d=1 @1\n");
}

static void lower_files_on_the_way_make_room(void **state)
{
	add(*state, 0, "f a 1\nl l a\nl dangling gone/far\nd d\nf d/f 1\nl m d/f/deeper");
	add(*state, 1, "f a/b/c 2\nf dangling/x 2\nf m/x 2");
	expect(*state, "d a @2\nd a/b @2\nf a/b/c=2 @2\nd d @1\nf d/f=1 @1\n"
		       "l dangling>gone/far @1\nd gone @2\nd gone/far @2\nf gone/far/x=2 @2\n"
		       "l l>a @1\nd m @2\nf m/x=2 @2\n");
}

static void links_lead_inside_of_the_tree_only(void **state)
{
	add(*state, 0,
	    "d usr/lib\nl lib /usr/lib\nl up ../../../../..\nl abs /\nl deep lib/../../../x");
	add(*state, 1, "f lib/a 2\nf up/b 2\nf abs/c 2\nf deep/d 2");
	expect(*state, "l abs>/ @1\nf b=2 @2\nf c=2 @2\nl deep>lib/../../../x @1\n"
		       "l lib>/usr/lib @1\nl up>../../../../.. @1\nd usr @1\nd usr/lib @1\n"
		       "f usr/lib/a=2 @2\nd x @2\nf x/d=2 @2\n");
}

static void malicious_names_are_refused(void **state)
{
	static const char *const dots[] = { "../a", "a/../b", "..", "/../a", "a/.." };

	for (size_t i = 0; i < COUNT_OF(dots); i++) {
		auto_free char *line = mem_printf("f %s 1", dots[i]);
		auto_free char *why = mem_printf("layer: '%s' has a '..' in it", dots[i]);

		refuse(*state, 0, line, why);
	}
	refuse(*state, 0, "f a/.wh.", "layer: 'a/.wh.' is a whiteout of no name");
	refuse(*state, 0, "f a/.wh...", "layer: 'a/.wh...' is a whiteout of no name");
	refuse(*state, 0, "f a/.wh..", "layer: 'a/.wh..' is a whiteout of no name");
	refuse(*state, 0, "f .wh.a/b", "layer: '.wh.a/b' lies below a whiteout");
	refuse(*state, 0, "f . 1", "layer: the root is no folder");
	refuse(*state, 0, "l loop loop\nf loop/a 1",
	       "layer: more than 40 links on the way to 'loop/a'");
	refuse(*state, 0, "f own 1\nf own/a 1", "layer: a parent of 'own/a' is not a folder");
	expect(*state, "l loop>loop @1\nf own=1 @1\n");
}

static void hard_links_to_nothing_are_refused(void **state)
{
	refuse(*state, 0, "h a b", "layer: 'a' is a hard link to 'b', which is no file before it");
	refuse(*state, 0, "d b\nh a b",
	       "layer: 'a' is a hard link to 'b', which is no file before it");
	refuse(*state, 0, "h a ../b", "layer: 'a': '../b' has a '..' in it");
	refuse(*state, 0, "h a a", "layer: 'a' is a hard link to 'a', which is no file before it");
	refuse(*state, 0, "f c 1\nh . c", "layer: the root is no folder");
	expect(*state, "d b @1\nf c=1 @1\n");
}

/* Every marker would visit every node, if what is done weren't remembered. */
static void many_marks_are_not_slow(void **state)
{
	auto_buf text = BUF_EMPTY;
	struct fixture *f = *state;

	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "f d/%d\n", i);
	add(f, 0, buf_str(&text));
	buf_clear(&text);
	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "f d/n%d\nf d/.wh..wh..opq\nf .wh..wh..opq\nf .wh.d\n", i);
	add(f, 1, buf_str(&text));
	assert_int_equal(tree_find(&f->t, "d", false)->children.n, 6000);
	assert_null(tree_find(&f->t, "d/1", false));
	assert_non_null(tree_find(&f->t, "d/n2999", false));
}

static void a_tar_that_breaks_off_is_refused(void **state)
{
	struct fixture *f = *state;
	auto_buf bytes = BUF_EMPTY;
	struct err e = { 0 };

	make_tar("f a 1\nf b text", &bytes);
	for (size_t len = 1; len < 3 * 512; len += 64) {
		auto_source tar = mem_source_new(view_make(bytes.data, len));
		/* all of the first file, and at most its padding */
		bool whole = len > 512 && len <= 1024;

		assert_int_equal(tree_apply_layer(&f->t, tar, "layer", &layers[0], f->spool, &e),
				 whole ? 0 : -FAIL_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(layers_add_up),
		TEST(a_folder_over_a_folder_takes_its_attributes),
		TEST(any_type_replaces_any_other),
		TEST(the_last_of_several_entries_counts),
		TEST(whiteouts_take_what_lower_layers_brought),
		TEST(a_whiteout_of_a_link_leaves_what_it_leads_to),
		TEST(whiteouts_of_nothing_do_nothing),
		TEST(whiteouts_leave_what_the_same_layer_brings),
		TEST(a_folder_that_is_only_implied_has_nothing_of_the_lower_one),
		TEST(opaque_folders_hide_lower_layers_wherever_the_mark_stands),
		TEST(the_root_can_be_opaque),
		TEST(each_layer_forgets_the_marks_of_the_one_before),
		TEST(what_aufs_left_behind_is_no_file),
		TEST(hard_links_share_their_file),
		TEST(a_hard_link_to_a_lower_layers_file_belongs_to_its_own_layer),
		TEST(a_hard_link_may_take_the_place_of_its_files_folder),
		TEST(lower_files_on_the_way_make_room),
		TEST(links_lead_inside_of_the_tree_only),
		TEST(malicious_names_are_refused),
		TEST(hard_links_to_nothing_are_refused),
		TEST(many_marks_are_not_slow),
		TEST(a_tar_that_breaks_off_is_refused),
#undef TEST
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
