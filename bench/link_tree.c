/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_tree RUNS TAR...: puts the tars into one tree, its contents in a spool, and checks every
 * program, library and script in it, RUNS times with nothing known. Prints a line per run, its
 * milliseconds, and then how many problems there were. The yardstick of bench/link-check.
 */
#include "base/mem.h"
#include "io/basic.h"
#include "link/link.h"
#include "tree/spool.h"
#include "tree/tar_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const struct err *e)
{
	fprintf(stderr, "link_tree: %s\n", e->msg);
	exit(1);
}

static void add_tar(struct tree *t, struct spool *s, const char *path)
{
	static const struct origin origin = { .kind = ORIGIN_PACKAGE, .name = "bench" };
	struct tar_in in = { .name = path, .origin = &origin };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_source tar = NULL;
	struct err e;

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	tar = fd_source_new(fd, path);
	if (tree_read_tar(t, tar, &in, s, &e) < 0)
		die(&e);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t check(const struct tree *t)
{
	static const struct link_process process = { 0 };
	struct link_result r = { 0 };
	double start = now_ms();
	auto_link l = link_new(t);
	struct err e;
	size_t n;

	if (link_check_tree(l, &process, &r, &e) < 0)
		die(&e);
	printf("%.2f\n", now_ms() - start);
	n = r.n_problems;
	link_result_done(&r);
	return n;
}

int main(int argc, char **argv)
{
	static const struct origin root = { .kind = ORIGIN_RULE, .name = "root" };
	auto_spool s = NULL;
	struct tree t;
	struct err e;
	size_t n = 0;

	if (argc < 3)
		return 2;
	if (spool_new(AT_FDCWD, UINT64_C(8) << 30, &s, &e) < 0)
		die(&e);
	tree_init(&t, &root);
	for (int i = 2; i < argc; i++)
		add_tar(&t, s, argv[i]);
	for (int i = atoi(argv[1]); i > 0; i--)
		n = check(&t);
	printf("%zu problems\n", n);
	tree_done(&t);
	return 0;
}
