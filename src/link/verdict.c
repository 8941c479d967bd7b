/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about a start that would fail, and about what is odd in one that wouldn't. */
#include "link/link.h"

enum {
	MAX_LINE_BYTES = 240, /* of a refusal; an error's message has room for 480 in all */
	MAX_WARNINGS = 10,
};

static void add_line(struct buf *to, const struct buf *line)
{
	size_t n = line->len;

	if (n > MAX_LINE_BYTES)
		for (n = MAX_LINE_BYTES; n > 0 && (line->data[n] & 0xc0) == 0x80;)
			n--;
	buf_add(to, line->data, n);
	buf_add_str(to, n < line->len ? "…" : "");
}

static void add_chain(struct buf *to, const struct link_problem *p)
{
	auto_buf line = BUF_EMPTY;

	if (p->n_chain < 2)
		return;
	for (size_t i = 0; i < p->n_chain; i++)
		buf_printf(&line, "%s%s", i ? " -> " : "\nby way of ", p->chain[i]);
	add_line(to, &line);
}

void link_refusal_text(const struct link_problem *p, struct buf *to)
{
	auto_buf line = BUF_EMPTY;

	buf_add_str(&line, "the image would not start: ");
	link_problem_text(p, &line);
	add_line(to, &line);
	add_chain(to, p);
}

void link_problem_say(const struct link_problem *p, struct monitor *m, enum monitor_level level)
{
	auto_buf text = BUF_EMPTY;

	link_problem_text(p, &text);
	monitor_say(m, level, "%s", buf_str(&text));
}

const struct link_problem *link_verdict(const struct link_result *r, struct monitor *m)
{
	const struct link_problem *worst = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->n_problems && !worst; i++)
		if (r->problems[i].fatal)
			worst = &r->problems[i];
	for (size_t i = 0; i < r->n_problems; i++)
		if (&r->problems[i] != worst && n++ < MAX_WARNINGS)
			link_problem_say(&r->problems[i], m, MONITOR_WARN);
	if (n > MAX_WARNINGS)
		monitor_warn(m, "%zu more such problems", n - MAX_WARNINGS);
	return worst;
}
