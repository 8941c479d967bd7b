/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a program and checks all of a tree whose files hold any bytes: ELF files and scripts,
 * ld.so.cache and the loaders' other files, passwd and group. The input is a run of files: the
 * number of its path, its length in two bytes, the lowest first, and its bytes.
 */
#include "fuzz.h"

#include "base/array.h"
#include "link/link.h"

#include <assert.h>

enum { HEAD_BYTES = 3 };

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "fuzz" };

static const char *const paths[] = {
	"bin/app",
	"lib64/ld-linux-x86-64.so.2",
	"lib/ld-musl-x86_64.so.1",
	"lib/liba.so.1",
	"opt/libb.so.1",
	"lib/glibc-hwcaps/x86-64-v3/liba.so.1",
	"etc/ld.so.cache",
	"etc/ld.so.preload",
	"etc/ld-musl-x86_64.path",
	"etc/passwd",
	"etc/group",
	"bin/script",
};

static void fill(struct tree *t, const uint8_t *data, size_t size)
{
	while (size >= HEAD_BYTES) {
		size_t n = (size_t)(data[1] | data[2] << 8);
		const char *path = paths[data[0] % COUNT_OF(paths)];
		struct inode file;
		struct err e;

		n = n < size - HEAD_BYTES ? n : size - HEAD_BYTES;
		file = inode_file((const char *)data + HEAD_BYTES, n, 0755, &origin);
		(void)!tree_put(t, path, &file, NULL, &e);
		data += HEAD_BYTES + n;
		size -= HEAD_BYTES + n;
	}
}

static void say(const struct link_result *r)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < r->n_problems; i++) {
		link_problem_text(&r->problems[i], &text);
		assert(r->problems[i].object);
	}
	for (size_t i = 0; i < r->n_objects; i++)
		assert(r->objects[i]->node && r->objects[i]->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const env[] = { "PATH=/bin:/opt",
					   "LD_LIBRARY_PATH=/opt:", "LD_PRELOAD=libb.so.1" };
	static const char *const commands[] = { "app", "/bin/script" };
	struct link_process p = { env, COUNT_OF(env), "/", "app:staff", "amd64", NULL };
	struct link_result r = { 0 };
	struct tree t;
	struct err e;

	tree_init(&t, &origin);
	fill(&t, data, size);
	{
		auto_link l = link_new(&t);

		for (size_t i = 0; i < COUNT_OF(commands); i++)
			if (link_start(l, &commands[i], 1, &p, &r, &e) < 0)
				assert(e.code == FAIL_LIMIT || e.code == FAIL_FORMAT);
		if (link_check_tree(l, &p, &r, &e) < 0)
			assert(e.code == FAIL_LIMIT || e.code == FAIL_FORMAT);
		say(&r);
	}
	link_result_done(&r);
	tree_done(&t);
	return 0;
}
