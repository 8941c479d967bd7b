#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Global names are one name space, shared with every library: each is ours alone, and once.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	: "${PARE:?tests/run sets it}" "${PARE_BUILD:?tests/run sets it}"
}

@test "no global name is defined twice, or by a library too" {
	local archives=("$PARE_BUILD"/src/*/lib*.a)
	# one per folder of src
	[ "${#archives[@]}" -eq "$(find src -mindepth 1 -maxdepth 1 -type d | wc -l)" ]
	run tests/lint/symbols "$PARE" "${archives[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the check of names sees one that is a library's, and one that is there twice" {
	cd "$BATS_TEST_TMPDIR"
	# of a library that pare is linked with, and of one that it opens
	echo 'int pool_free(void); int pool_free(void) { return 0; } int both = 1;
		int curl_easy_init(void); int curl_easy_init(void) { return 0; }' >a.c
	echo 'extern int both; int both = 2; static int own; int *p(void); int *p(void) { return &own; }' >b.c
	for name in a b; do
		cc -c $name.c
		ar rc lib$name.a $name.o
	done
	run "$BATS_TEST_DIRNAME/symbols" "$PARE" liba.a libb.a
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "both: defined twice, in liba.a and in libb.a" ]
	[[ "${lines[1]}" == "curl_easy_init: in liba.a, and in /"*/libcurl.so.4 ]]
	[[ "${lines[2]}" == "pool_free: in liba.a, and in /"*/libsolv.so.1 ]]
	[ "${#lines[@]}" -eq 3 ]
}
