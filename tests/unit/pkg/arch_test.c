/* SPDX-License-Identifier: Apache-2.0 */
/* Architectures against dpkg's own tables, where dpkg is there to be asked. */
#include "pkg/arch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_names_lead_to_each_other(void **state)
{
	size_t n;
	const struct arch *table = arch_table(&n);

	(void)state;
	assert_int_equal(n, 11);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(arch_by_oci(table[i].oci), &table[i]);
		assert_true(table[i].debian || table[i].alpine);
		if (table[i].debian) {
			assert_ptr_equal(arch_by_debian(table[i].debian), &table[i]);
			assert_ptr_equal(arch_by_any(table[i].debian), &table[i]);
		}
		if (i)
			assert_true(strcmp(table[i - 1].oci, table[i].oci) < 0);
	}
	assert_null(arch_by_oci("armhf"));
	assert_null(arch_by_debian("arm/v7"));
	assert_null(arch_by_any("vax"));
	assert_string_equal(arch_by_oci("arm64/v8")->variant, "v8");
	assert_string_equal(arch_by_any("armhf")->architecture, "arm");
	assert_string_equal(arch_by_any("armhf")->variant, "v7");
	assert_string_equal(arch_by_any("x86_64")->debian, "amd64");
	assert_string_equal(arch_by_any("ppc64el")->oci, "ppc64le");
}

/* The first line that a command prints; false when it can't be run. */
static bool output_of(const char *command, char *ret, size_t size)
{
	FILE *f = popen(command, "r");
	bool got = f && fgets(ret, (int)size, f);

	if (got)
		ret[strcspn(ret, "\n")] = '\0';
	return f && pclose(f) == 0 && got;
}

static void test_tuples_are_dpkgs(void **state)
{
	size_t n;
	const struct arch *table = arch_table(&n);
	char command[128], line[128];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!table[i].debian)
			continue;
		snprintf(command, sizeof(command),
			 "dpkg-architecture -a%s -qDEB_HOST_MULTIARCH 2>/dev/null",
			 table[i].debian);
		if (!output_of(command, line, sizeof(line)))
			skip();
		assert_string_equal(table[i].tuple, line);
	}
}

static void test_host_is_dpkgs(void **state)
{
	char line[64];

	(void)state;
	if (!output_of("dpkg --print-architecture 2>/dev/null", line, sizeof(line)))
		skip();
	assert_string_equal(arch_host()->debian, line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_lead_to_each_other),
		cmocka_unit_test(test_tuples_are_dpkgs),
		cmocka_unit_test(test_host_is_dpkgs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
