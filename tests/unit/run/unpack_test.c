/* SPDX-License-Identifier: Apache-2.0 */
/* Trees as folders and their removal, whoever runs the test; what find(1) says is the judge. */
#include "run/folder.h"
#include "run/unpack.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/remove.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct origin layer = { .kind = ORIGIN_LAYER, .name = "layer" };

static int make_dir(void **state)
{
	char path[] = "/tmp/pare-unpack-XXXXXX";

	if (!mkdtemp(path))
		return -1;
	*state = mem_strdup(path);
	return 0;
}

static int remove_dir(void **state)
{
	struct err e = { 0 };
	int rc = remove_all(AT_FDCWD, *state, &e);

	free(*state);
	return rc;
}

static const char *output_of(const char *dir, const char *command)
{
	static char text[65536];
	auto_free char *line = mem_printf("cd '%s' && %s", dir, command);
	FILE *f = popen(line, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	assert_int_equal(pclose(f), 0);
	return text;
}

static void put(struct tree *t, const char *path, struct inode i)
{
	struct err e = { 0 };

	i.mtime_s = 1700000000;
	if (tree_put(t, path, &i, NULL, &e) < 0)
		fail_msg("%s", e.msg);
}

static void unpack(const struct tree *t, const char *dir, struct unpacking *u)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = { 0 };

	if (unpack_tree(t, fd, u, &e) < 0)
		fail_msg("%s", e.msg);
}

static void everything_is_as_in_the_tree(void **state)
{
	struct inode fifo = { .type = NODE_FIFO, .mode = 0620, .origin = &layer };
	struct inode device = { .type = NODE_CHAR, .mode = 0666, .origin = &layer };
	struct unpacking u = { .owners = false };
	struct err e = { 0 };
	struct tree t;

	tree_init(&t, &layer);
	put(&t, "shut", inode_dir(0500, &layer));
	put(&t, "shut/in/deep", inode_file("text", 4, 04711, &layer));
	put(&t, "a", inode_file("", 0, 0644, &layer));
	put(&t, "up", inode_symlink("../../out", &layer));
	put(&t, "pipe", fifo);
	put(&t, "null", device);
	assert_int_equal(tree_link(&t, "z/again", tree_find(&t, "shut/in/deep", false), &e), 0);
	put(&t, "/", inode_dir(0751, &layer));
	unpack(&t, *state, &u);
	tree_done(&t);
	assert_int_equal(u.n_devices, 1);
	assert_string_equal(output_of(*state, "find . -type d -printf '%y %m %p\\n' -o "
					      "-printf '%y %m %n %s %p %l\\n' | LC_ALL=C sort"),
			    "d 500 ./shut\nd 751 .\nd 755 ./shut/in\nd 755 ./z\n"
			    "f 4711 2 4 ./shut/in/deep \nf 4711 2 4 ./z/again \n"
			    "f 644 1 0 ./a \nl 777 1 9 ./up ../../out\np 620 1 0 ./pipe \n");
	assert_string_equal(output_of(*state, "find . ! -type p ! -newermt @1700000000 "
					      "-newermt @1699999999 | wc -l"),
			    "8\n");
	assert_string_equal(output_of(*state, "cat z/again"), "text");
}

static void a_name_that_is_there_is_not_written_to(void **state)
{
	struct unpacking u = { .owners = false };
	auto_fd fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = { 0 };
	struct tree t;

	output_of(*state, "mkdir root && echo safe >out && ln -s ../out root/a");
	tree_init(&t, &layer);
	put(&t, "root/a", inode_file("evil", 4, 0644, &layer));
	assert_int_equal(unpack_tree(&t, fd, &u, &e), -FAIL_IO);
	tree_done(&t);
	assert_string_equal(output_of(*state, "cat out"), "safe\n");
}

static void depth_modes_and_links_don_t_keep_what_is_removed(void **state)
{
	struct err e = { 0 };
	auto_fd fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	output_of(*state, "mkdir keep && echo x >keep/x && mkdir gone && cd gone && "
			  "ln -s ../keep link && mkdir -p a/b && touch a/b/c .deep-0 && "
			  "chmod 0 a/b && chmod 500 a && python3 -c \"import os\nfor i in "
			  "range(600): os.mkdir('d' * 20), os.chdir('d' * 20)\"");
	assert_int_equal(remove_all(fd, "gone", &e), 0);
	assert_string_equal(output_of(*state, "find . | sort"), ".\n./keep\n./keep/x\n");
	assert_int_equal(remove_all(fd, "gone", &e), 0);
	output_of(*state, "ln -s keep link");
	assert_int_equal(remove_all(fd, "link", &e), 0);
	assert_string_equal(output_of(*state, "find . | sort"), ".\n./keep\n./keep/x\n");
}

static void count_stale(const char *path, const char *id, void *ctx)
{
	assert_non_null(strstr(path, id));
	++*(int *)ctx;
}

static void a_folder_whose_owner_is_gone_is_removed(void **state)
{
	auto_free char *base = mem_printf("%s/new/run", (char *)*state);
	struct run_folder one = RUN_FOLDER_NONE, two = RUN_FOLDER_NONE, three = RUN_FOLDER_NONE;
	struct err e = { 0 };
	int n = 0;

	assert_int_equal(run_folder_open(base, count_stale, &n, &one, &e), 0);
	assert_int_equal(run_folder_open(base, count_stale, &n, &two, &e), 0);
	assert_int_equal(n, 0);
	assert_string_not_equal(one.id, two.id);
	assert_string_equal(output_of(base, "stat -c %a . pare-*[0-9a-f]"), "700\n700\n700\n");
	assert_int_equal(run_folder_remove(&one, &e), 0);
	run_folder_done(&one);
	run_folder_done(&two); /* as if it had been killed */
	assert_string_equal(output_of(base, "ls | wc -l"), "2\n");
	assert_int_equal(run_folder_open(base, count_stale, &n, &three, &e), 0);
	assert_true(n >= 1);
	assert_int_equal(run_folder_remove(&three, &e), 0);
	run_folder_done(&three);
	assert_string_equal(output_of(base, "ls -A"), ".lock\n");
}

static void a_common_folder_that_others_can_enter_is_closed(void **state)
{
	struct run_folder f = RUN_FOLDER_NONE;
	struct err e = { 0 };
	int n = 0;

	chmod(*state, 0755);
	assert_int_equal(run_folder_open(*state, count_stale, &n, &f, &e), 0);
	assert_string_equal(output_of(*state, "stat -c %a ."), "700\n");
	assert_int_equal(run_folder_remove(&f, &e), 0);
	run_folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
		TEST(everything_is_as_in_the_tree),
		TEST(a_name_that_is_there_is_not_written_to),
		TEST(depth_modes_and_links_don_t_keep_what_is_removed),
		TEST(a_folder_whose_owner_is_gone_is_removed),
		TEST(a_common_folder_that_others_can_enter_is_closed),
#undef TEST
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
