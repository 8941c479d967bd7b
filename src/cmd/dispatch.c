/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one verb from argv to the exit status: parses, hands over, checks that standard output
 * was written, and prints the error, once.
 */
#include "base/interrupt.h"
#include "cmd/console.h"
#include "cmd/parse.h"
#include "cmd/signals.h"
#include "cmd/usage.h"
#include "cmd/verb.h"
#include "report/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_SIGNAL_BASE = 128 };

/*
 * A closed standard stream would give its number to the next file that is opened. What takes its
 * place fails where the stream would have.
 */
static void keep_standard_fds(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
			_exit(FAIL_IO);
}

/* "pare: message", then its further lines (what exists instead, what to do) indented. */
static void print_error(const struct err *e, const struct globals *g)
{
	bool colors = console_colors(STDERR_FILENO, g);
	struct view rest = view_of(e->msg), line;
	auto_buf out = BUF_EMPTY;
	bool first = true;

	while (view_split(&rest, '\n', &line)) {
		if (first)
			buf_add_str(&out, colors ? "\033[31mpare:\033[0m " : "pare: ");
		else
			buf_add_str(&out, "  ");
		text_add_safe(&out, line);
		buf_add_char(&out, '\n');
		first = false;
	}
	fputs(buf_str(&out), stderr);
}

static int show_help(struct command *c, struct err *e)
{
	auto_buf text = BUF_EMPTY;

	(void)e;
	if (c->globals.version)
		buf_add_str(&text, "pare " PARE_VERSION "\n");
	else if (c->verb)
		usage_verb(c->verb, &text);
	else
		usage_program(&text);
	fputs(buf_str(&text), c->out);
	return 0;
}

static int run_verb(struct command *c, const void *options, struct err *e)
{
	struct console *console = console_new(&c->globals);
	int r;

	c->monitor = console_monitor(console);
	c->out_color = console_colors(STDOUT_FILENO, &c->globals);
	c->out_columns = console_columns(STDOUT_FILENO);
	r = c->verb->run(c, options, e);
	console_free(console);
	return r;
}

static int parse_and_run(int argc, char **argv, struct command *c, struct err *e)
{
	void *options;
	int r = parse_command(argc, argv, c, &options, e);

	if (r < 0)
		return r;
	if (c->globals.help || c->globals.version)
		return show_help(c, e);
	if (!c->verb)
		return fail(e, FAIL_USAGE, "which verb?\nsee 'pare --help'");
	return run_verb(c, options, e);
}

static int check_output(struct command *c, struct err *e)
{
	int failed = ferror(c->out);

	if (fflush(c->out) == 0 && !failed)
		return 0;
	if (errno == EPIPE)
		signals_die_of_pipe();
	return fail_sys(e, "write to standard output");
}

static int exit_status(int r, const struct err *e)
{
	if (r >= 0)
		return r;
	if (e->code == FAIL_INTERRUPTED && interrupt_signal())
		return STATUS_SIGNAL_BASE + interrupt_signal();
	return (int)e->code;
}

int command_main(int argc, char **argv)
{
	auto_arena arena = ARENA_EMPTY;
	struct command c = { .arena = &arena, .out = stdout };
	struct err e = { 0 }, output_error = { 0 };
	int r;

	keep_standard_fds();
	signals_install();
	r = parse_and_run(argc, argv, &c, &e);
	if (r >= 0 && check_output(&c, &output_error) < 0) {
		e = output_error;
		r = -(int)e.code;
	}
	if (r < 0)
		print_error(&e, &c.globals);
	return exit_status(r, &e);
}
