/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_scan FILE…: searches the files for secrets, each read into memory before, and prints
 * bytes, seconds and findings. For bench/secret-scan.
 */
#include "audit/secret.h"
#include "base/buf.h"

#include <stdio.h>
#include <time.h>

enum { PIECE_BYTES = 128 << 10 }; /* as layers come */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(void *ctx, const struct secret_hit *hit)
{
	size_t *n = ctx;

	(*n)++;
	fprintf(stderr, "  %s at %llu: %s\n", hit->rule, (unsigned long long)hit->offset,
		hit->masked);
}

static void read_file(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0;

	buf_clear(to);
	do {
		to->len += n;
		n = f ? fread(buf_grow(to, 1 << 20), 1, 1 << 20, f) : 0;
	} while (n);
	if (f)
		fclose(f);
}

static void scan_file(struct secret_scan *s, struct view rest, size_t *n)
{
	secret_scan_begin(s, count, n);
	while (rest.len) {
		size_t size = rest.len < PIECE_BYTES ? rest.len : PIECE_BYTES;

		secret_scan_feed(s, view_make(rest.ptr, size));
		rest = view_make(rest.ptr + size, rest.len - size);
	}
	secret_scan_end(s);
}

int main(int argc, char **argv)
{
	const struct secret_rules *rules;
	auto_arena a = ARENA_EMPTY;
	auto_buf bytes = BUF_EMPTY;
	auto_secret_scan s = NULL;
	size_t total = 0, n = 0;
	double seconds = 0;
	struct err e;

	if (secret_rules_builtin(&a, &rules, &e) < 0)
		return 1;
	s = secret_scan_new(rules);
	for (int i = 1; i < argc; i++) {
		double start;

		read_file(argv[i], &bytes);
		start = now_s();
		scan_file(s, buf_view(&bytes), &n);
		seconds += now_s() - start;
		total += bytes.len;
	}
	printf("%zu bytes %.3f seconds %zu findings\n", total, seconds, n);
	return 0;
}
