/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of a build over small trees, as data: each file of cases/ has the packages' files (PACKAGE
 * PATH/, PACKAGE PATH@TARGET or PACKAGE PATH=TEXT), then "---- recipe" and its YAML, "---- STEP"
 * and all paths behind that step, and for some files "---- = PATH" and what they hold.
 */
#include "build/build.h"

#include "base/buf.h"
#include "base/mem.h"
#include "build/rules.h"
#include "recipe/load.h"
#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name;
	int (*run)(struct build *b, struct err *e);
} steps[] = {
	{ "cut", build_cut },
	{ "nsswitch", rule_nsswitch },
	{ "accounts", rule_accounts },
};

struct fixture {
	struct arena arena;
	struct build_context ctx;
	struct recipe *recipe;
	struct build b;
	const char *name;
};

static struct origin *origin_of(struct fixture *f, struct view package)
{
	struct origin *o = arena_new(&f->arena, struct origin);

	o->kind = ORIGIN_PACKAGE;
	o->name = arena_view(&f->arena, package);
	return o;
}

static struct inode inode_of(struct fixture *f, struct view *path, const struct origin *o)
{
	struct view rest = *path, text = { "", 0 };

	if (view_ends(*path, "/")) {
		path->len--;
		return inode_dir(0755, o);
	}
	if (memchr(path->ptr, '@', path->len)) {
		view_split(&rest, '@', path);
		return inode_symlink(arena_view(&f->arena, rest), o);
	}
	view_split(&rest, '=', path);
	if (rest.ptr)
		text = view_of(arena_printf(&f->arena, "%.*s\n", VIEW_ARG(rest)));
	return inode_file(text.ptr, text.len, 0644, o);
}

static void add(struct fixture *f, struct view line)
{
	struct view path = line, package;
	struct inode i;
	struct err e;

	view_split(&path, ' ', &package);
	i = inode_of(f, &path, origin_of(f, package));
	if (tree_put(&f->b.tree, arena_view(&f->arena, path), &i, NULL, &e) < 0)
		fail_msg("%s: %s", f->name, e.msg);
}

static int list(struct node *n, const char *path, void *ctx, struct err *e)
{
	(void)e;
	buf_printf(ctx, "%s%s%s%s\n", path, n->inode->type == NODE_DIR ? "/" : "",
		   n->inode->target ? "@" : "", n->inode->target ? n->inode->target : "");
	return 0;
}

static void run_step(struct fixture *f, struct view name, struct view want)
{
	auto_buf got = BUF_EMPTY;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!view_is(name, steps[i].name))
			continue;
		if (steps[i].run(&f->b, &e) < 0)
			fail_msg("%s: %s", f->name, e.msg);
		tree_walk(&f->b.tree, list, &got, &e);
		if (!view_eq(buf_view(&got), want))
			fail_msg("%s: expected\n%.*s\ngot\n%s", f->name, VIEW_ARG(want),
				 buf_str(&got));
		return;
	}
	fail_msg("%s: no step '%.*s'", f->name, VIEW_ARG(name));
}

static void check_file(struct fixture *f, struct view path, struct view want)
{
	const struct node *n = tree_find(&f->b.tree, arena_view(&f->arena, path), true);
	struct view got;
	struct err e;

	if (!n || inode_read(n->inode, 1 << 20, &f->arena, &got, &e) < 0)
		fail_msg("%s: no file '%.*s'", f->name, VIEW_ARG(path));
	if (!view_eq(got, want))
		fail_msg("%s: %.*s: expected\n%.*s\ngot\n%.*s", f->name, VIEW_ARG(path),
			 VIEW_ARG(want), VIEW_ARG(got));
}

static void take_section(struct fixture *f, struct view head, struct view body)
{
	struct view line;
	struct err e;

	if (head.len == 0) {
		while (view_split(&body, '\n', &line))
			if (line.len && line.ptr[0] != '#')
				add(f, line);
	} else if (view_is(head, "recipe")) {
		if (recipe_parse(body, f->name, &f->recipe, &e) < 0)
			fail_msg("%s", e.msg);
		f->b.recipe = f->recipe;
	} else if (view_starts(head, "= ")) {
		check_file(f, view_make(head.ptr + 2, head.len - 2), body);
	} else {
		run_step(f, head, body);
	}
}

static void run_case(const char *name, struct view text)
{
	static const struct origin root = { .kind = ORIGIN_RULE, .name = "root" };
	struct fixture f = { .name = name };
	struct view rest = text, head = view_of(""), body = view_make(text.ptr, 0), line;

	f.b = (struct build){ .ctx = &f.ctx, .spool_fd = -1 };
	tree_init(&f.b.tree, &root);
	while (view_split(&rest, '\n', &line)) {
		if (view_starts(line, "---- ")) {
			take_section(&f, head, body);
			head = view_make(line.ptr + 5, line.len - 5);
			body = view_make(line.ptr + line.len + 1, 0);
		} else if (line.ptr < text.ptr + text.len) {
			body.len = (size_t)(line.ptr + line.len + 1 - body.ptr);
		}
	}
	take_section(&f, head, body);
	build_done(&f.b);
	recipe_free(f.recipe);
	arena_done(&f.arena);
}

static void all_cases(void **state)
{
	DIR *dir = opendir(PARE_CASES);
	struct dirent *entry;
	size_t n = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		auto_buf text = BUF_EMPTY;
		struct err e;

		if (!view_ends(view_of(entry->d_name), ".case"))
			continue;
		if (file_read(dirfd(dir), entry->d_name, 1 << 20, &text, &e) < 0)
			fail_msg("%s", e.msg);
		run_case(entry->d_name, buf_view(&text));
		n++;
	}
	closedir(dir);
	assert_true(n >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
