/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the gzip decoder one member at a time, and hashes what it took. */
#include "io/gzip_members.h"

#include "base/mem.h"
#include "io/decoder.h"

#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES = 64 << 10, DRAIN_BYTES = 32 << 10 };

struct gzip_members {
	struct source *below;
	struct decoder *decoder;
	char *name;
	struct decoding io;
	uint64_t taken; /* compressed bytes that the decoder has had */
	bool in_member; /* a member was begun and not ended */
	struct gzip_hashers raw;
	char input[INPUT_BYTES];
};

struct member_source {
	struct source base;
	struct gzip_members *m;
	bool rest, done;
};

struct gzip_members *gzip_members_new(struct source *below, const char *name)
{
	struct gzip_members *m = mem_zalloc(sizeof(*m));

	m->below = below;
	m->name = mem_strdup(name);
	m->decoder = gzip_decoder_new();
	return m;
}

void gzip_members_free(struct gzip_members *m)
{
	if (!m)
		return;
	if (m->decoder)
		m->decoder->free(m->decoder);
	source_close(m->below);
	free(m->name);
	free(m);
}

uint64_t gzip_members_offset(const struct gzip_members *m)
{
	return m->taken;
}

static int refill(struct gzip_members *m, struct err *e)
{
	size_t n;
	int rc;

	if (m->io.in_len || m->io.in_ended)
		return 0;
	rc = source_read(m->below, m->input, sizeof(m->input), &n, e);
	if (rc < 0)
		return rc;
	m->io.in = m->input;
	m->io.in_len = n;
	m->io.in_ended = n == 0;
	return 0;
}

static void take(struct gzip_members *m, const char *from)
{
	size_t n = (size_t)(m->io.in - from);

	for (size_t i = 0; i < 2; i++)
		if (m->raw.at[i])
			hasher_update(m->raw.at[i], from, n);
	m->taken += n;
}

/* One step of the decoder into `to`; *ret_n may be 0 without an end. */
static int step(struct gzip_members *m, void *to, size_t size, size_t *ret_n, struct err *e)
{
	const char *from;
	int rc = refill(m, e);

	if (rc < 0)
		return rc;
	if (m->io.in_ended && m->io.in_len == 0)
		return fail(e, FAIL_FORMAT,
			    "'%s' ends in the middle of a gzip member, at byte %llu", m->name,
			    (unsigned long long)m->taken);
	from = m->io.in;
	m->io.out = to;
	m->io.out_len = size;
	m->io.at_boundary = false;
	if (!m->decoder->step(m->decoder, &m->io))
		return fail(e, FAIL_FORMAT, "'%s' at byte %llu: %s", m->name,
			    (unsigned long long)m->taken + (unsigned long long)(m->io.in - from),
			    m->io.why ? m->io.why : "it is damaged");
	take(m, from);
	*ret_n = size - m->io.out_len;
	m->in_member = !m->io.at_boundary;
	return 0;
}

static bool at_end(const struct gzip_members *m)
{
	return m->io.in_ended && m->io.in_len == 0;
}

static int member_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct member_source *ms = (struct member_source *)s;
	int rc = 0;

	*ret_n = 0;
	while (rc == 0 && *ret_n == 0 && !ms->done) {
		rc = step(ms->m, to, size, ret_n, e);
		if (rc < 0 || ms->m->in_member)
			continue;
		if (ms->rest)
			rc = refill(ms->m, e);
		ms->done = !ms->rest || at_end(ms->m);
	}
	return rc;
}

static void member_close(struct source *s)
{
	free(s);
}

static const struct source_ops member_ops = { member_read, member_close };

static int open_member(struct gzip_members *m, bool rest, const struct gzip_hashers *raw,
		       struct source **ret, struct err *e)
{
	struct member_source *ms;
	char over[4096];
	size_t n;
	int rc = 0;

	while (rc == 0 && m->in_member)
		rc = step(m, over, sizeof(over), &n, e);
	if (rc == 0)
		rc = refill(m, e);
	if (rc < 0)
		return rc;
	if (at_end(m))
		return 0;
	if (!m->decoder)
		return fail(e, FAIL_IO, "no memory for decoding '%s'", m->name);
	m->raw = raw ? *raw : (struct gzip_hashers){ { NULL, NULL } };
	m->in_member = true;
	ms = mem_zalloc(sizeof(*ms));
	source_init(&ms->base, &member_ops);
	ms->m = m;
	ms->rest = rest;
	*ret = &ms->base;
	return 1;
}

int gzip_members_next(struct gzip_members *m, const struct gzip_hashers *raw, struct source **ret,
		      struct err *e)
{
	return open_member(m, false, raw, ret, e);
}

int gzip_members_rest(struct gzip_members *m, const struct gzip_hashers *raw, struct source **ret,
		      struct err *e)
{
	return open_member(m, true, raw, ret, e);
}

int gzip_member_drain(struct source *member, uint64_t limit, struct err *e)
{
	auto_free char *bytes = mem_alloc(DRAIN_BYTES);
	uint64_t total = 0;
	size_t n;
	int rc;

	while ((rc = source_read(member, bytes, DRAIN_BYTES, &n, e)) == 0 && n > 0) {
		total += n;
		if (total > limit)
			return fail(e, FAIL_LIMIT, "a member goes on after its tar");
	}
	return rc;
}
