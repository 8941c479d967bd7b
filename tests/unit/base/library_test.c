/* SPDX-License-Identifier: Apache-2.0 */
/* Loading libraries late: alternatives, what is missing, several threads at once. */
#include "base/library.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#if LATE_LIBRARIES

struct functions {
	double (*floor)(double), (*ceil)(double);
};

static const char *const names[] = { "floor", "ceil" };

/* The C library's mathematics is on every machine. */
static struct library libm_into(struct functions *table)
{
	return (struct library){
		.name = "libm",
		.package = "libc6",
		.sonames = { "libm.so.6" },
		.functions = names,
		.n_functions = 2,
		.table = table,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
}

static void the_table_has_the_functions_in_their_order(void **state)
{
	struct functions libm = { 0 };
	struct library l = libm_into(&libm);
	struct err e;

	(void)state;
	assert_int_equal(library_load(&l, &e), 0);
	assert_true(libm.floor(1.5) < 1.1 && libm.ceil(1.5) > 1.9);
	assert_int_equal(library_load(&l, &e), 0);
}

static void the_first_soname_that_there_is_does(void **state)
{
	struct functions libm = { 0 };
	struct library l = libm_into(&libm);
	struct err e;

	(void)state;
	l.sonames[1] = l.sonames[0];
	l.sonames[0] = "libpare-has-none.so.1";
	assert_int_equal(library_load(&l, &e), 0);
	assert_true(libm.floor(1.5) < 1.1);
}

static void a_missing_library_is_named_each_time(void **state)
{
	struct functions libm = { 0 };
	struct library l = libm_into(&libm);
	struct err e = { 0 };

	(void)state;
	l.sonames[0] = "libpare-has-none.so.1";
	for (int i = 0; i < 2; i++) {
		e.msg[0] = '\0';
		assert_int_equal(library_load(&l, &e), -FAIL_UNSUPPORTED);
		assert_non_null(strstr(e.msg, "libm can't be loaded: libpare-has-none.so.1"));
		assert_non_null(strstr(e.msg, "\nit is in Debian's package libc6"));
	}
	assert_null(libm.floor);
}

static void a_missing_function_is_named(void **state)
{
	static const char *const more[] = { "floor", "floor_of_the_house" };
	struct functions libm = { 0 };
	struct library l = libm_into(&libm);
	struct err e = { 0 };

	(void)state;
	l.functions = more;
	assert_int_equal(library_load(&l, &e), -FAIL_UNSUPPORTED);
	assert_string_equal(e.msg, "this machine's libm has no floor_of_the_house()");
}

static void *load(void *library)
{
	struct err e;

	return (void *)(intptr_t)library_load(library, &e);
}

static void threads_may_load_it_at_once(void **state)
{
	struct functions libm = { 0 };
	struct library l = libm_into(&libm);
	pthread_t threads[8];
	void *rc;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load, &l), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(threads[i], &rc), 0);
		assert_null(rc);
	}
	assert_true(libm.ceil(1.5) > 1.9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_the_functions_in_their_order),
		cmocka_unit_test(the_first_soname_that_there_is_does),
		cmocka_unit_test(a_missing_library_is_named_each_time),
		cmocka_unit_test(a_missing_function_is_named),
		cmocka_unit_test(threads_may_load_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77; /* a skip: the program is linked with its libraries */
}

#endif
