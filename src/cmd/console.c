/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws on standard error. All threads of an engine end up here, so every entry takes the lock;
 * lines are built in one buffer and written at once, so that they don't tear.
 */
#include "cmd/console.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/progress.h"
#include "report/text.h"
#include "sys/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	CONSOLE_REDRAW_MS = 100,     /* 10 Hz: smooth enough, and nothing beside the work */
	CONSOLE_MAX_LINES = 10,	     /* of progress: more parallel tasks are only counted */
	CONSOLE_MIN_COLUMNS = 40,    /* below this there is no room for names and numbers */
	CONSOLE_SHOW_AFTER_MS = 150, /* what is done by then needs no line */
};

struct console {
	struct monitor monitor;
	pthread_mutex_t lock;
	struct globals globals;
	bool live, colors;
	struct progress progress;
	size_t n_drawn;			      /* progress lines on the screen */
	size_t widths[CONSOLE_MAX_LINES + 1]; /* theirs */
	uint64_t begun_ms, drawn_ms;
};

static struct console *of_monitor(struct monitor *m)
{
	return (struct console *)(void *)((char *)m - offsetof(struct console, monitor));
}

/* Nobody is left to tell when standard error itself fails. */
static void write_all(const struct buf *b)
{
	size_t at = 0;

	while (at < b->len) {
		ssize_t n = write(STDERR_FILENO, b->data + at, b->len - at);

		if (n <= 0)
			return;
		at += (size_t)n;
	}
}

/* On a terminal that has become narrower since, lines were broken in several. */
static size_t drawn_rows(const struct console *c)
{
	size_t columns = console_columns(STDERR_FILENO), n = 0;

	for (size_t i = 0; i < c->n_drawn; i++)
		n += columns && c->widths[i] > columns ? (c->widths[i] + columns - 1) / columns : 1;
	return n;
}

static void add_erase(struct console *c, struct buf *to)
{
	if (c->n_drawn)
		buf_printf(to, "\033[%zuA\r\033[J", drawn_rows(c));
	c->n_drawn = 0;
}

static size_t max_lines(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 4)
		return 1;
	return size.ws_row - 2 < CONSOLE_MAX_LINES ? (size_t)(size.ws_row - 2) : CONSOLE_MAX_LINES;
}

static void add_progress(struct console *c, uint64_t now, struct buf *to)
{
	unsigned int columns = console_columns(STDERR_FILENO);
	struct view rest, line;
	size_t before;

	c->drawn_ms = now;
	if (columns < CONSOLE_MIN_COLUMNS)
		return;
	/* The last column stays free: some terminals wrap as soon as it is written. */
	before = to->len;
	c->n_drawn = progress_lines(&c->progress, max_lines(), columns - 1, now, to);
	rest = view_make(to->data + before, to->len - before);
	for (size_t i = 0; i < c->n_drawn && view_split(&rest, '\n', &line); i++)
		c->widths[i] = text_width(line);
}

static void redraw(struct console *c)
{
	uint64_t now = clock_monotonic_ms();
	auto_buf out = BUF_EMPTY;

	if (!c->live || now - c->drawn_ms < CONSOLE_REDRAW_MS ||
	    now - c->begun_ms < CONSOLE_SHOW_AFTER_MS)
		return;
	add_erase(c, &out);
	add_progress(c, now, &out);
	write_all(&out);
}

static void wipe(struct console *c)
{
	auto_buf out = BUF_EMPTY;

	add_erase(c, &out);
	write_all(&out);
}

/* Whole lines above the progress, which comes back below them. */
static void print(struct console *c, const struct buf *text)
{
	bool drawn = c->n_drawn > 0;
	auto_buf out = BUF_EMPTY;

	add_erase(c, &out);
	buf_add_view(&out, buf_view(text));
	if (drawn)
		add_progress(c, clock_monotonic_ms(), &out);
	write_all(&out);
}

static bool is_silent(const struct console *c, enum monitor_level level)
{
	return (level == MONITOR_NOTE && c->globals.quiet) ||
	       (level == MONITOR_DEBUG && (c->globals.quiet || !c->globals.verbose));
}

/* Text may have several lines; those after the first are indented. */
static void console_say(struct monitor *m, enum monitor_level level, const char *text)
{
	struct console *c = of_monitor(m);
	struct view rest = view_of(text), line;
	auto_buf out = BUF_EMPTY;
	bool first = true;

	if (is_silent(c, level))
		return;
	while (view_split(&rest, '\n', &line)) {
		buf_add_str(&out, first ? "pare: " : "  ");
		if (first && level == MONITOR_WARN)
			buf_add_str(&out, c->colors ? "\033[35mwarning:\033[0m " : "warning: ");
		text_add_safe(&out, line);
		buf_add_char(&out, '\n');
		first = false;
	}
	pthread_mutex_lock(&c->lock);
	print(c, &out);
	pthread_mutex_unlock(&c->lock);
}

static uint32_t console_begin(struct monitor *m, const char *what, uint64_t total_bytes)
{
	struct console *c = of_monitor(m);
	uint32_t id;

	pthread_mutex_lock(&c->lock);
	id = progress_begin(&c->progress, what, total_bytes, clock_monotonic_ms());
	redraw(c);
	pthread_mutex_unlock(&c->lock);
	return id;
}

static void console_advance(struct monitor *m, uint32_t task, uint64_t bytes)
{
	struct console *c = of_monitor(m);
	struct progress_task *t;

	pthread_mutex_lock(&c->lock);
	t = progress_find(&c->progress, task);
	if (t)
		t->done_bytes += bytes;
	redraw(c);
	pthread_mutex_unlock(&c->lock);
}

static void console_gather(struct monitor *m, uint32_t task)
{
	struct console *c = of_monitor(m);
	struct progress_task *t;

	pthread_mutex_lock(&c->lock);
	t = progress_find(&c->progress, task);
	if (t)
		t->gathers = true;
	pthread_mutex_unlock(&c->lock);
}

static void add_finished(const struct progress_task *t, int failed, struct buf *to)
{
	buf_printf(to, "pare: %s: %s", t->what, failed ? "failed after " : "");
	if (t->done_bytes) {
		buf_add_size(to, t->done_bytes);
		buf_add_str(to, " in ");
	}
	text_add_duration(to, clock_monotonic_ms() - t->begun_ms);
	buf_add_char(to, '\n');
}

static void console_end(struct monitor *m, uint32_t task, int failed)
{
	struct console *c = of_monitor(m);
	struct progress_task *t;
	auto_buf out = BUF_EMPTY;

	pthread_mutex_lock(&c->lock);
	t = progress_find(&c->progress, task);
	if (t && c->globals.verbose && !c->globals.quiet)
		add_finished(t, failed, &out);
	progress_end(&c->progress, task);
	if (out.len)
		print(c, &out);
	if (c->progress.tasks.n == 0)
		wipe(c); /* the result comes next, and mustn't be taken for a line of progress */
	redraw(c);
	pthread_mutex_unlock(&c->lock);
}

static const struct monitor_ops console_ops = {
	.say = console_say,
	.begin = console_begin,
	.advance = console_advance,
	.end = console_end,
	.gather = console_gather,
};

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

bool console_colors(int fd, const struct globals *g)
{
	const char *no_color = getenv("NO_COLOR");

	if (g->color != COLOR_AUTO)
		return g->color == COLOR_ALWAYS;
	return !(no_color && *no_color) && !is_dumb() && isatty(fd);
}

unsigned int console_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct console *console_new(const struct globals *g)
{
	struct console *c = mem_zalloc(sizeof(*c));

	c->monitor.ops = &console_ops;
	c->globals = *g;
	c->live = !g->quiet && !is_dumb() && isatty(STDERR_FILENO);
	c->colors = console_colors(STDERR_FILENO, g);
	c->begun_ms = clock_monotonic_ms();
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void console_free(struct console *c)
{
	auto_buf out = BUF_EMPTY;

	if (!c)
		return;
	add_erase(c, &out);
	write_all(&out);
	progress_done(&c->progress);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct monitor *console_monitor(struct console *c)
{
	return &c->monitor;
}
