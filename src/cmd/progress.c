/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the running tasks and writes their lines; see progress.h. */
#include "cmd/progress.h"

#include "base/array.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	PROGRESS_NUMBER_COLUMNS = 37, /* "    12 MB of 815 MB   1.2 MB/s  100%" */
	PROGRESS_RATE_COLUMNS = 11,   /* of these; where it's narrow, names are worth more */
	PROGRESS_MIN_NAME_COLUMNS = 12,
	PROGRESS_MIN_RATED_COLUMNS = 16, /* "put 0123456789ab" */
	PROGRESS_MAX_NAME_COLUMNS = 44,
	PROGRESS_RATE_AFTER_MS = 300, /* a rate over less time than this jumps about */
};

void progress_done(struct progress *p)
{
	for (size_t i = 0; i < p->tasks.n; i++)
		free(p->tasks.at[i].what);
	free(p->tasks.at);
	*p = (struct progress){ 0 };
}

uint32_t progress_begin(struct progress *p, const char *what, uint64_t total_bytes, uint64_t now_ms)
{
	auto_buf safe = BUF_EMPTY;

	if (++p->last_id == 0)
		p->last_id = 1;
	text_add_safe(&safe, view_of(what));
	*array_push(&p->tasks) = (struct progress_task){
		.id = p->last_id,
		.what = buf_steal(&safe),
		.total_bytes = total_bytes,
		.begun_ms = now_ms,
	};
	return p->last_id;
}

struct progress_task *progress_find(struct progress *p, uint32_t id)
{
	for (size_t i = 0; i < p->tasks.n; i++)
		if (p->tasks.at[i].id == id)
			return &p->tasks.at[i];
	return NULL;
}

void progress_end(struct progress *p, uint32_t id)
{
	struct progress_task *t = progress_find(p, id);

	if (!t)
		return;
	p->n_finished++;
	p->finished_bytes += t->done_bytes;
	free(t->what);
	p->tasks.n--;
	memmove(t, t + 1, (size_t)(p->tasks.at + p->tasks.n - t) * sizeof(*t));
}

/* A part that has ended is counted a moment later than it is gone: what was shown stays. */
static void gather(const struct progress *p, struct progress_task *t)
{
	uint64_t sum = t->done_bytes;

	for (size_t i = 0; i < p->tasks.n; i++)
		if (&p->tasks.at[i] > t)
			sum += p->tasks.at[i].done_bytes;
	if (t->total_bytes && sum > t->total_bytes)
		sum = t->total_bytes;
	if (sum > t->shown_bytes)
		t->shown_bytes = sum;
}

static void add_numbers(const struct progress_task *t, uint64_t now_ms, bool with_rate,
			struct buf *to)
{
	uint64_t done_now = t->gathers ? t->shown_bytes : t->done_bytes;
	uint64_t ms = now_ms > t->begun_ms ? now_ms - t->begun_ms : 0;
	auto_buf done = BUF_EMPTY, rate = BUF_EMPTY;

	buf_add_size(&done, done_now);
	if (t->total_bytes) {
		buf_add_str(&done, " of ");
		buf_add_size(&done, t->total_bytes);
	}
	if (ms >= PROGRESS_RATE_AFTER_MS) {
		buf_add_size(&rate, (uint64_t)((double)done_now * 1000 / (double)ms));
		buf_add_str(&rate, "/s");
	}
	buf_printf(to, "  %18s", buf_str(&done));
	if (with_rate && (rate.len || t->total_bytes))
		buf_printf(to, "  %9s", buf_str(&rate));
	if (t->total_bytes) {
		uint64_t done_bytes = done_now < t->total_bytes ? done_now : t->total_bytes;

		buf_printf(to, "  %3d%%", (int)((double)done_bytes * 100 / (double)t->total_bytes));
	}
}

static size_t name_columns(const struct progress *p, size_t n, size_t room)
{
	size_t width = PROGRESS_MIN_NAME_COLUMNS;

	for (size_t i = 0; i < n; i++) {
		size_t name = text_width(view_of(p->tasks.at[i].what));

		if (name > width)
			width = name;
	}
	if (width > PROGRESS_MAX_NAME_COLUMNS)
		width = PROGRESS_MAX_NAME_COLUMNS;
	return width < room ? width : room;
}

static void add_line(struct buf *to, const struct buf *line, size_t columns)
{
	buf_add_view(to, text_head(buf_view(line), columns));
	buf_add_char(to, '\n');
}

size_t progress_lines(struct progress *p, size_t max_lines, size_t columns, uint64_t now_ms,
		      struct buf *to)
{
	size_t n = p->tasks.n <= max_lines ? p->tasks.n : max_lines;
	bool with_rate = columns >= PROGRESS_NUMBER_COLUMNS + PROGRESS_MIN_RATED_COLUMNS;
	size_t numbers = PROGRESS_NUMBER_COLUMNS - (with_rate ? 0 : PROGRESS_RATE_COLUMNS);
	size_t names = name_columns(p, n, columns > numbers ? columns - numbers : 0);

	for (size_t i = 0; i < n; i++) {
		struct progress_task *t = &p->tasks.at[i];
		struct view name = text_head(view_of(t->what), names);
		auto_buf line = BUF_EMPTY;

		if (t->gathers)
			gather(p, t);
		buf_add_view(&line, name);
		buf_printf(&line, "%*s", (int)(names - text_width(name)), "");
		add_numbers(t, now_ms, with_rate, &line);
		add_line(to, &line, columns);
	}
	if (p->tasks.n > n) {
		auto_buf line = BUF_EMPTY;

		buf_printf(&line, "and %zu more", p->tasks.n - n);
		add_line(to, &line, columns);
		n++;
	}
	return n;
}
