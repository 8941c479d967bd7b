/* SPDX-License-Identifier: Apache-2.0 */
/* This machine's own programs: what they load, and in which order, as the loader itself says. */
#include "base/buf.h"
#include "base/mem.h"
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct host_tree host;
static struct link *host_link;

/* Paths as the trace has them, without the interpreter: it is named by its place in memory. */
static char *traced(const char *program, const char *env)
{
	char *command = mem_printf("env -i %s LD_TRACE_LOADED_OBJECTS=1 %s | grep -o '=> /[^ ]*' |"
				   "cut -c4-",
				   env, program);
	char *text = output_of(command);

	free(command);
	return text;
}

static char *resolved(const char *program, const struct link_process *p)
{
	struct link_result r = { 0 };
	struct buf b = BUF_EMPTY;
	struct err e;

	if (link_closure(host_link, program, p, &r, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < r.n_objects; i++)
		if (r.objects[i]->role == LINK_LIBRARY || r.objects[i]->role == LINK_PRELOAD)
			buf_printf(&b, "%s%s", b.len ? "\n" : "", r.objects[i]->path);
	for (size_t i = 0; i < r.n_problems; i++) {
		struct buf text = BUF_EMPTY;

		link_problem_text(&r.problems[i], &text);
		fail_msg("%s: %s", program, text.data);
	}
	link_result_done(&r);
	return buf_steal(&b);
}

/* Folders of a package's own, which only its programs know. */
static void add_private_folders(const char *paths)
{
	char *copy = mem_strdup(paths), *rest = copy;

	for (char *path; (path = strsep(&rest, "\n"));) {
		char *slash = strrchr(path, '/');

		if (!slash || tree_find(&host.tree, path, true))
			continue;
		*slash = '\0';
		host_tree_add(&host, path);
	}
	free(copy);
}

static size_t as_the_loader(const char *program)
{
	static const struct link_process process = { 0 };
	char *want = traced(program, ""), *got;
	size_t n = 1;

	add_private_folders(want);
	got = resolved(program, &process);

	assert_string_equal(got, want);
	for (const char *c = got; *c; c++)
		n += *c == '\n';
	free(want);
	free(got);
	return n;
}

static void programs_load_what_the_loader_says(void **state)
{
	/* Not those with a set-id bit: for them the loader ignores the wish for a trace, and runs.
	 */
	char *list = output_of("for f in /usr/bin/*; do [ -L $f ] || [ -u $f ] || [ -g $f ] ||"
			       "case $(head -c4 $f | tr -d '\\0') in *ELF) echo $f;; esac; done |"
			       "awk 'NR % 8 == 1';"
			       "command -v bash curl python3 gpg openssl | xargs readlink -f");
	size_t n = 0, libraries = 0;
	char *rest = list;

	(void)state;
	for (char *program; (program = strsep(&rest, "\n")); n++) {
		char *command = mem_printf("readelf -lW %s | grep -c INTERP || :", program);
		char *dynamic = output_of(command);

		if (strcmp(dynamic, "1") == 0 && strncmp(program, "/usr/bin/", 9) == 0)
			libraries += as_the_loader(program);
		free(command);
		free(dynamic);
	}
	assert_true(n > 30);
	assert_true(libraries > 100);
	free(list);
}

static int load_host(void **state)
{
	char *tuple = output_of("dirname $(ldd /bin/sh | grep -o '/[^ ]*/libc.so.6') |"
				"xargs basename");
	char *path = mem_printf("/usr/lib/%s", tuple);

	(void)state;
	host_tree_init(&host);
	host_tree_add(&host, path);
	host_tree_add(&host, "/usr/bin");
	host_tree_add(&host, "/etc/ld.so.cache");
	host_tree_add(&host, "/etc/alternatives");
	host_tree_add(&host, "/usr/lib64");
	host_tree_add(&host, "/lib");
	host_tree_add(&host, "/lib64");
	host_tree_add(&host, "/bin");
	free(tuple);
	free(path);
	host_link = link_new(&host.tree);
	return 0;
}

static int drop_host(void **state)
{
	(void)state;
	link_free(host_link);
	host_tree_done(&host);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_load_what_the_loader_says),
	};

	return cmocka_run_group_tests(tests, load_host, drop_host);
}
