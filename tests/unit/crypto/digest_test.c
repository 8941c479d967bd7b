/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, against the published test vectors (FIPS 180-4 examples, RFC 1321) and against
 * coreutils' sha256sum.
 */
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void check(enum digest_kind kind, const char *text, const char *hex)
{
	auto_hasher h = hasher_new(kind);
	uint8_t sum[DIGEST_MAX_BYTES];
	char got[2 * DIGEST_MAX_BYTES + 1] = "";

	for (int round = 0; round < 2; round++) { /* the second one shows that it starts over */
		hasher_update(h, text, strlen(text));
		hasher_final(h, sum);
		for (size_t i = 0; i < digest_bytes(kind); i++)
			snprintf(got + 2 * i, 3, "%02x", sum[i]);
		assert_string_equal(got, hex);
	}
}

static void known_vectors(void **state)
{
	(void)state;
	check(DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e");
	check(DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0");
	check(DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
	check(DIGEST_SHA256, "",
	      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check(DIGEST_SHA256, "abc",
	      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check(DIGEST_SHA512, "abc",
	      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void pieces_equal_whole(void **state)
{
	char bytes[10000];
	struct sha256 whole, pieces;
	auto_hasher h = hasher_new(DIGEST_SHA256);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 % 251);
	sha256_of(bytes, sizeof(bytes), &whole);
	for (size_t at = 0, n = 1; at < sizeof(bytes); at += n, n = n * 3 % 997) {
		if (n > sizeof(bytes) - at)
			n = sizeof(bytes) - at;
		hasher_update(h, bytes + at, n);
	}
	sha256_final(h, &pieces);
	assert_true(sha256_eq(&whole, &pieces));
	bytes[5000]++;
	sha256_of(bytes, sizeof(bytes), &pieces);
	assert_false(sha256_eq(&whole, &pieces));
}

static void same_as_sha256sum(void **state)
{
	char path[] = "/tmp/pare-digest-XXXXXX", command[100], expected[SHA256_HEX_CHARS + 1],
	     got[SHA256_HEX_CHARS + 1], bytes[4097];
	struct sha256 d;
	int fd = mkstemp(path);
	FILE *p;

	(void)state;
	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
	snprintf(command, sizeof(command), "sha256sum %s", path);
	p = popen(command, "r");
	assert_non_null(p);
	assert_non_null(fgets(expected, sizeof(expected), p));
	assert_int_equal(pclose(p), 0);
	unlink(path);
	sha256_of(bytes, sizeof(bytes), &d);
	sha256_to_hex(&d, got);
	assert_string_equal(got, expected);
}

static void hex_both_ways(void **state)
{
	const char *hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	const char *upper = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
	char again[SHA256_HEX_CHARS + 1], bad[SHA256_HEX_CHARS + 1];
	struct sha256 d, u, untouched = { { 7 } };

	(void)state;
	assert_true(sha256_from_hex(view_of(hex), &d));
	assert_int_equal(d.bytes[0], 0xba);
	assert_int_equal(d.bytes[31], 0xad);
	assert_true(sha256_from_hex(view_of(upper), &u));
	assert_true(sha256_eq(&d, &u));
	sha256_to_hex(&u, again);
	assert_string_equal(again, hex);

	assert_false(sha256_from_hex(view_make(hex, 63), &untouched));
	assert_false(sha256_from_hex(view_of(""), &untouched));
	for (const char *c = "g/:@`G \xff"; *c; c++) {
		memcpy(bad, hex, sizeof(bad));
		bad[41] = *c;
		assert_false(sha256_from_hex(view_of(bad), &untouched));
	}
	assert_int_equal(untouched.bytes[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_vectors),
		cmocka_unit_test(pieces_equal_whole),
		cmocka_unit_test(same_as_sha256sum),
		cmocka_unit_test(hex_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
