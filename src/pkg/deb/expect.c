/* SPDX-License-Identifier: Apache-2.0 */
/* Counts and digests what passes, and compares at the end. */
#include "pkg/deb/expect.h"

#include "base/interrupt.h"
#include "base/mem.h"

struct expect {
	struct source source;
	struct source *below;
	struct expectation x;
	struct hasher *hasher;
	uint64_t count;
	bool judged;
	struct expect_result *result;
};

static int judge(struct expect *s, struct err *e)
{
	char want[SHA256_HEX_CHARS + 1], got[SHA256_HEX_CHARS + 1];
	struct sha256 digest;

	s->judged = true;
	if (s->count != s->x.size_bytes)
		return fail(e, FAIL_VERIFY, "%s: has %s %llu bytes than the signed index says",
			    s->x.what, s->count > s->x.size_bytes ? "more" : "fewer",
			    (unsigned long long)s->x.size_bytes);
	sha256_final(s->hasher, &digest);
	if (sha256_eq(&digest, &s->x.digest))
		return 0;
	sha256_to_hex(&s->x.digest, want);
	sha256_to_hex(&digest, got);
	return fail(e, FAIL_VERIFY, "%s: SHA-256 is %s, and %s in the signed index", s->x.what, got,
		    want);
}

static int expect_read(struct source *source, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct expect *s = (struct expect *)source;
	int rc = source_read(s->below, to, size, ret_n, e);

	if (rc < 0)
		return rc;
	hasher_update(s->hasher, to, *ret_n);
	s->count += *ret_n;
	if (*ret_n && s->count <= s->x.size_bytes)
		return 0;
	rc = judge(s, e);
	if (rc < 0)
		s->result->wrong = *e;
	s->result->right = rc == 0;
	return rc;
}

static void expect_close(struct source *source)
{
	struct expect *s = (struct expect *)source;
	char scrap[16 << 10];
	struct err e = { 0 };
	size_t n = 1;

	while (!s->judged && n && !interrupt_signal() &&
	       source_read(source, scrap, sizeof(scrap), &n, &e) == 0)
		;
	source_close(s->below);
	hasher_free(s->hasher);
	free(s);
}

static const struct source_ops expect_ops = { expect_read, expect_close };

struct source *expect_source_new(struct source *below, const struct expectation *x,
				 struct expect_result *ret)
{
	struct expect *s = mem_zalloc(sizeof(*s));

	source_init(&s->source, &expect_ops);
	s->below = below;
	s->x = *x;
	s->hasher = hasher_new(DIGEST_SHA256);
	s->result = ret;
	*ret = (struct expect_result){ 0 };
	return &s->source;
}
