/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are searched for secrets, whole and in pieces, which must agree; and rules of them. */
#include "audit/secret.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sum(void *ctx, const struct secret_hit *hit)
{
	uint64_t *total = ctx;

	*total = *total * 31 + hit->offset * 7 + hit->value_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_make((const char *)data, size);
	const struct secret_rules *rules, *own;
	uint64_t whole = 0, pieces = 0;
	auto_arena a = ARENA_EMPTY;
	auto_secret_scan s = NULL;
	struct err e;

	if (secret_rules_builtin(&a, &rules, &e) < 0)
		return 0;
	secret_scan_text(rules, bytes, sum, &whole);
	s = secret_scan_new(rules);
	secret_scan_begin(s, sum, &pieces);
	for (size_t at = 0; at < size; at += 11)
		secret_scan_feed(s, view_make(bytes.ptr + at, size - at < 11 ? size - at : 11));
	secret_scan_end(s);
	assert(whole == pieces);
	secret_scan_command(rules, bytes, sum, &whole);
	secret_scan_named(rules, view_make(bytes.ptr, size / 2), bytes, sum, &whole);
	if (secret_rules_parse(bytes, "fuzz", &a, &own, &e) == 0)
		secret_scan_text(own, bytes, sum, &whole);
	return 0;
}
