/* SPDX-License-Identifier: Apache-2.0 */
/* A source under a running digest; see verified.h. */
#include "place/verified.h"

#include "base/mem.h"

struct verified_source {
	struct source base;
	struct source *below;
	struct hasher *hasher;
	struct sha256 expected;
	uint64_t left;
};

static int fail_other(const struct verified_source *s, const char *what, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&s->expected, hex);
	return fail(e, FAIL_VERIFY, "blob sha256:%s %s", hex, what);
}

static int verified_read(struct source *base, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct verified_source *s = (struct verified_source *)base;
	struct sha256 got;
	int r = source_read(s->below, to, size, ret_n, e);

	if (r)
		return r;
	if (*ret_n > s->left)
		return fail_other(s, "is longer than its descriptor says", e);
	if (*ret_n > 0) {
		hasher_update(s->hasher, to, *ret_n);
		s->left -= *ret_n;
		return 0;
	}
	sha256_final(s->hasher, &got);
	if (!sha256_eq(&got, &s->expected))
		return fail_other(s, "holds other bytes than its name says", e);
	return 0;
}

static void verified_close(struct source *base)
{
	struct verified_source *s = (struct verified_source *)base;

	source_close(s->below);
	hasher_free(s->hasher);
	free(s);
}

static const struct source_ops verified_ops = { verified_read, verified_close };

struct source *verified_source_new(struct source *below, const struct sha256 *digest,
				   uint64_t max_bytes)
{
	struct verified_source *s = mem_zalloc(sizeof(*s));

	source_init(&s->base, &verified_ops);
	s->below = below;
	s->hasher = hasher_new(DIGEST_SHA256);
	s->expected = *digest;
	s->left = max_bytes;
	return &s->base;
}
