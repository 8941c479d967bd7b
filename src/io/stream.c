/* SPDX-License-Identifier: Apache-2.0 */
/* What all streams share: sticky errors, exact reads, copying. */
#include "io/stream.h"

#include "base/interrupt.h"

#include <string.h>

enum { COPY_BYTES = 64 << 10 };

void source_init(struct source *s, const struct source_ops *ops)
{
	*s = (struct source){ .ops = ops };
}

void sink_init(struct sink *s, const struct sink_ops *ops)
{
	*s = (struct sink){ .ops = ops };
}

static int stick(struct err *kept, struct err *e, int rc)
{
	if (rc < 0)
		*kept = *e;
	return rc;
}

static int repeat(const struct err *kept, struct err *e)
{
	*e = *kept;
	return -(int)e->code;
}

int source_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	int rc;

	if (s->failed.code)
		return repeat(&s->failed, e);
	if (s->ended || size == 0) {
		*ret_n = 0;
		return 0;
	}
	rc = s->ops->read(s, to, size, ret_n, e);
	if (rc == 0 && *ret_n == 0)
		s->ended = true;
	return stick(&s->failed, e, rc);
}

int source_read_full(struct source *s, void *to, size_t size, struct err *e)
{
	char *at = to;

	while (size) {
		size_t n;
		int rc = source_read(s, at, size, &n, e);

		if (rc < 0)
			return rc;
		if (n == 0)
			return fail(e, FAIL_FORMAT, "unexpected end of data, %zu bytes are missing",
				    size);
		at += n;
		size -= n;
	}
	return 0;
}

int source_skip(struct source *s, uint64_t size, struct err *e)
{
	char scrap[8192];

	while (size) {
		size_t want = size < sizeof(scrap) ? (size_t)size : sizeof(scrap);
		int rc = source_read_full(s, scrap, want, e);

		if (rc < 0)
			return rc;
		size -= want;
	}
	return 0;
}

void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}

int sink_write(struct sink *s, const void *bytes, size_t size, struct err *e)
{
	if (s->failed.code)
		return repeat(&s->failed, e);
	if (size == 0)
		return 0;
	return stick(&s->failed, e, s->ops->write(s, bytes, size, e));
}

int sink_finish(struct sink *s, struct err *e)
{
	if (s->failed.code)
		return repeat(&s->failed, e);
	if (s->finished)
		return 0;
	s->finished = true;
	return stick(&s->failed, e, s->ops->finish(s, e));
}

void sink_close(struct sink *s)
{
	if (s)
		s->ops->close(s);
}

int stream_copy(struct source *from, struct sink *to, uint64_t *ret_bytes, struct err *e)
{
	char bytes[COPY_BYTES];
	uint64_t total = 0;
	size_t n;

	do {
		int rc = interrupt_check(e);

		if (rc == 0)
			rc = source_read(from, bytes, sizeof(bytes), &n, e);
		if (rc == 0)
			rc = sink_write(to, bytes, n, e);
		if (rc < 0)
			return rc;
		total += n;
	} while (n);
	if (ret_bytes)
		*ret_bytes = total;
	return 0;
}
