/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: every scanner sees every file with its bytes, in order, with threads and without, whether
 * one of them is slow or the reader fails in the middle.
 */
#include "view/lanes.h"

#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { N_LANES = 3, LAYER = 7 };

/* What a lane has seen, as text: "12 hash-of-bytes digest's-first-byte;". */
struct seen {
	struct buf text;
	bool slow;
	uint64_t hash;
	size_t n_bytes;
	unsigned begun, ended, failed;
};

static uint64_t hash_more(uint64_t h, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void *begin(void *ctx, size_t layer)
{
	struct seen *s = ctx;

	assert_int_equal(layer, LAYER);
	s->begun++;
	return s;
}

static void file(void *state, size_t entry)
{
	struct seen *s = state;

	buf_printf(&s->text, "%zu ", entry);
	s->hash = 1;
	s->n_bytes = 0;
}

static void bytes(void *state, const char *at, size_t n)
{
	struct seen *s = state;
	const struct timespec pause = { 0, 2000000 };

	if (s->slow && n > 8)
		nanosleep(&pause, NULL);
	s->hash = hash_more(s->hash, at, n);
	s->n_bytes += n;
}

static void file_end(void *state, const struct sha256 *digest)
{
	struct seen *s = state;

	buf_printf(&s->text, "%zu %llx %u;", s->n_bytes, (unsigned long long)s->hash,
		   digest->bytes[0]);
}

static void end(void *state, bool failed)
{
	struct seen *s = state;

	s->ended++;
	s->failed += failed;
}

/* ---- the reader ---- */

/* A file of `size` bytes that follow from its number; the same as text into `want`. */
static void send_file(struct lanes *l, size_t entry, size_t size, struct buf *want)
{
	struct sha256 digest = { { (uint8_t)entry } };
	uint64_t hash = 1;
	size_t done = 0, room, n;

	/* as pass.c does it: the room comes before the file begins */
	char *at = lanes_room(l, &room);

	lanes_file(l, entry);
	while (done < size) {
		n = size - done < room ? size - done : room;
		for (size_t i = 0; i < n; i++)
			at[i] = (char)((entry + done + i) * 31 >> 3);
		hash = hash_more(hash, at, n);
		lanes_bytes(l, n);
		done += n;
		at = lanes_room(l, &room);
	}
	lanes_file_end(l, &digest);
	buf_printf(want, "%zu %zu %llx %u;", entry, size, (unsigned long long)hash,
		   digest.bytes[0]);
}

/* Empty and tiny ones, more than a batch has room for; large ones over several batches. */
static void send_all(struct lanes *l, struct buf *want)
{
	static const size_t sizes[] = { 0,
					1,
					VIEW_CHUNK_BYTES,
					0,
					VIEW_CHUNK_BYTES - 1,
					VIEW_CHUNK_BYTES + 1,
					VIEW_CHUNK_BYTES * 11 + 5,
					VIEW_CHUNK_BYTES / 8 * 7 + 1 };
	size_t entry = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		send_file(l, entry++, sizes[i], want);
	for (size_t i = 0; i < 3000; i++)
		send_file(l, entry++, i % 5, want);
}

static void run(struct seen seen[N_LANES], bool threads, bool failed, struct buf *want)
{
	struct view_scanner scanners[N_LANES];
	struct lanes *l;

	for (size_t i = 0; i < N_LANES; i++)
		scanners[i] = (struct view_scanner){ .ctx = &seen[i],
						     .begin = begin,
						     .file = file,
						     .bytes = bytes,
						     .file_end = file_end,
						     .end = end };
	l = lanes_new(scanners, N_LANES, LAYER, threads);
	send_all(l, want);
	if (failed) { /* in the middle of a file */
		size_t room;

		memset(lanes_room(l, &room), 'x', 10);
		lanes_file(l, 9999);
		lanes_bytes(l, 10);
		buf_add_str(want, "9999 ");
	}
	lanes_free(l, failed);
}

static void check(bool threads, bool failed, size_t slow)
{
	struct seen seen[N_LANES] = { 0 };
	auto_buf want = BUF_EMPTY;

	if (slow < N_LANES)
		seen[slow].slow = true;
	run(seen, threads, failed, &want);
	for (size_t i = 0; i < N_LANES; i++) {
		assert_string_equal(buf_str(&seen[i].text), buf_str(&want));
		assert_int_equal(seen[i].begun, 1);
		assert_int_equal(seen[i].ended, 1);
		assert_int_equal(seen[i].failed, failed);
		buf_done(&seen[i].text);
	}
}

static void every_scanner_sees_everything(void **state)
{
	(void)state;
	check(true, false, N_LANES);
	check(false, false, N_LANES);
}

static void a_slow_one_is_waited_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_LANES; i += 2)
		check(true, false, i);
}

static void an_error_ends_them(void **state)
{
	(void)state;
	check(true, true, 0);
	check(false, true, N_LANES);
}

static void no_scanners_are_fine(void **state)
{
	struct lanes *l = lanes_new(NULL, 0, LAYER, true);
	auto_buf want = BUF_EMPTY;

	(void)state;
	send_all(l, &want);
	lanes_free(l, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scanner_sees_everything),
		cmocka_unit_test(a_slow_one_is_waited_for),
		cmocka_unit_test(an_error_ends_them),
		cmocka_unit_test(no_scanners_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
