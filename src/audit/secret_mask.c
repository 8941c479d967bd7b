/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of a history, fit to be shown; see secret.h. */
#include "audit/secret.h"

#include "base/buf.h"
#include "base/mem.h"

struct masking {
	struct view from;
	bool *hidden; /* of each byte */
	bool any;
};

static void mask_hit(void *ctx, const struct secret_hit *hit)
{
	struct masking *m = ctx;

	for (uint64_t i = hit->offset; i < hit->offset + hit->value_bytes && i < m->from.len; i++)
		m->any = m->hidden[i] = true;
}

static void write_masked(const struct masking *m, struct buf *to)
{
	for (size_t i = 0; i < m->from.len; i++) {
		if (!m->hidden[i])
			buf_add_char(to, m->from.ptr[i]);
		else if (i == 0 || !m->hidden[i - 1])
			buf_add_str(to, "****");
	}
}

const char *secret_masked_command(const struct secret_rules *rules, const char *command,
				  struct arena *a)
{
	struct masking m = { .from = view_of(command) };
	auto_buf text = BUF_EMPTY;

	if (!command)
		return NULL;
	m.hidden = mem_zalloc(m.from.len + 1);
	secret_scan_command(rules, m.from, mask_hit, &m);
	write_masked(&m, &text);
	free(m.hidden);
	return m.any ? arena_strdup(a, buf_str(&text)) : command;
}
