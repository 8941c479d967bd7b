/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas, arrays, maps, ownership. */
#include "base/arena.h"
#include "base/array.h"
#include "base/checked.h"
#include "base/map.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void arena_pieces(void **state)
{
	auto_arena a = ARENA_EMPTY;
	char *pieces[3000];

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		size_t size = i % 97 == 0 ? 40000 : i % 61 + 1;

		pieces[i] = arena_alloc(&a, size);
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i % 255) + 1, size);
	}
	for (size_t i = 0; i < 3000; i++) /* nobody overwrote anybody */
		assert_int_equal((unsigned char)pieces[i][i % 61], i % 255 + 1);
}

static void arena_text(void **state)
{
	auto_arena a = ARENA_EMPTY;
	char *big;

	(void)state;
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_view(&a, view_of("view")), "view");
	assert_string_equal(arena_printf(&a, "%s=%d", "x", 12), "x=12");
	big = arena_printf(&a, "%0200000d", 7);
	assert_int_equal(strlen(big), 200000);
	assert_int_equal(big[199999], '7');
}

static void arrays(void **state)
{
	struct {
		int *at;
		size_t n, cap;
	} list = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		*array_push(&list) = i * i;
	assert_int_equal(list.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list.at[i], i * i);
	free(list.at);
}

static void map_keeps_order(void **state)
{
	auto_arena a = ARENA_EMPTY;
	auto_map m = MAP_EMPTY;

	(void)state;
	assert_null(map_get(&m, view_of("nothing")));
	assert_null(map_find(&m, view_of("nothing")));
	for (size_t i = 0; i < 5000; i++) {
		char *key = arena_printf(&a, "key-%zu", i * 7919 % 5000);

		*map_put(&m, view_of(key)) = key;
	}
	assert_int_equal(m.n, 5000);
	for (size_t i = 0; i < 5000; i++) {
		char *key = arena_printf(&a, "key-%zu", i * 7919 % 5000);

		assert_true(view_is(m.at[i].key, key));
		assert_string_equal(map_get(&m, view_of(key)), key);
		*map_put(&m, view_of(key)) = NULL; /* the same place, no new entry */
	}
	assert_int_equal(m.n, 5000);
	assert_null(map_get(&m, view_of("key-1")));
	assert_non_null(map_find(&m, view_of("key-1")));
	assert_null(map_find(&m, view_of("key-5000")));
}

static void map_keys_are_bytes(void **state)
{
	auto_map m = MAP_EMPTY;
	int one, two, none;

	(void)state;
	*map_put(&m, view_make("a\0b", 3)) = &one;
	*map_put(&m, view_make("a\0c", 3)) = &two;
	*map_put(&m, view_of("")) = &none;
	assert_ptr_equal(map_get(&m, view_make("a\0b", 3)), &one);
	assert_ptr_equal(map_get(&m, view_make("a\0c", 3)), &two);
	assert_ptr_equal(map_get(&m, view_make(NULL, 0)), &none);
	assert_null(map_get(&m, view_of("a")));
}

static void stealing(void **state)
{
	auto_free char *p = mem_strdup("owned");
	auto_free char *q = steal(p);

	(void)state;
	assert_null(p);
	assert_string_equal(q, "owned");
}

static void checked_arithmetic(void **state)
{
	uint64_t sum = 0;
	uint32_t small = 0;

	(void)state;
	assert_false(checked_add(UINT64_MAX, (uint64_t)1, &sum));
	assert_true(checked_add(UINT64_MAX - 1, (uint64_t)1, &sum));
	assert_true(sum == UINT64_MAX);
	assert_false(checked_mul((uint64_t)1 << 33, (uint64_t)1 << 31, &sum));
	assert_false(checked_sub((uint64_t)1, (uint64_t)2, &sum));
	assert_false(checked_add((uint64_t)UINT32_MAX, 1, &small)); /* the result's type counts */
}

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#define ASAN __has_feature(address_sanitizer)
#else
#define ASAN 0
#endif

/* The end that mem.h promises: one message and status 3. */
static void out_of_memory_ends_the_program(void **state)
{
	int ends[2], status;
	char said[100] = "";
	pid_t pid;

	(void)state;
	if (ASAN) /* which ends the program itself, with a message of its own */
		skip();
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		auto_arena a = ARENA_EMPTY;

		dup2(ends[1], 2);
		strcpy(arena_array(&a, SIZE_MAX / 2, 3), "never written");
		_exit(0);
	}
	close(ends[1]);
	assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_non_null(strstr(said, "out of memory"));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_pieces),
		cmocka_unit_test(arena_text),
		cmocka_unit_test(arrays),
		cmocka_unit_test(map_keeps_order),
		cmocka_unit_test(map_keys_are_bytes),
		cmocka_unit_test(stealing),
		cmocka_unit_test(checked_arithmetic),
		cmocka_unit_test(out_of_memory_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
