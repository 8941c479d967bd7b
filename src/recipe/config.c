/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's keys that end up in the image config and need more than a plain value: command
 * lines, environment, ports and the stop signal.
 */
#include "base/array.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* One character of a word as sh(1) quotes it; false at the word's end. `*quote` is ' " or 0. */
static bool take_char(const char **p, char *quote, struct buf *to)
{
	char c = **p;

	if (!c || (!*quote && isspace((unsigned char)c)))
		return false;
	++*p;
	if (*quote ? c == *quote : c == '\'' || c == '"') {
		*quote = *quote ? '\0' : c;
		return true;
	}
	if (c == '\\' && *quote != '\'' && **p && (!*quote || strchr("\\\"$`", **p)))
		c = *(*p)++;
	buf_add_char(to, c);
	return true;
}

/* A command line into its words, as sh(1) would without expanding anything. */
static int split_words(struct reader *rd, const struct yaml_node *n, struct strings *to)
{
	const char *p = n->text;
	auto_buf word = BUF_EMPTY;

	for (;;) {
		char quote = '\0';

		p += strspn(p, " \t\r\n");
		if (!*p)
			return 0;
		buf_clear(&word);
		while (take_char(&p, &quote, &word))
			;
		if (quote)
			return fail_node(rd, n, FAIL_FORMAT, "no closing %c in '%s'", quote,
					 rd->what);
		strings_add(rd->a, to, arena_view(rd->a, buf_view(&word)));
	}
}

static int add_word(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char *word = NULL;
	int r = read_text(rd, n, &word);

	if (r == 0)
		strings_add(rd->a, to, word);
	return r;
}

/* Text that is split, or a list that isn't. Replaces what was inherited. */
static int read_words(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct strings words = { 0 };
	const char *text = NULL;
	int r;

	if (n->kind == YAML_SEQUENCE) {
		r = read_list(rd, n, add_word, &words);
	} else if (n->kind == YAML_MAP) {
		r = fail_value(rd, n, "text or a list");
	} else {
		r = read_text(rd, n, &text);
		if (r == 0)
			r = split_words(rd, n, &words);
	}
	if (r == 0)
		*(struct strings *)to = words;
	return r;
}

int read_cmd(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	rd->recipe->own_cmd = true;
	return read_words(rd, n, &rd->recipe->cmd);
}

static int read_command(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	rd->recipe->own_entrypoint = true;
	return read_words(rd, n, &rd->recipe->entrypoint);
}

static int read_fragment(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_text(rd, n, to);
}

/* It counts more than a command beside it, as with apko. */
static void set_fragment(struct reader *rd, const char *fragment)
{
	struct strings words = { 0 };

	strings_add(rd->a, &words, "/bin/sh");
	strings_add(rd->a, &words, "-c");
	strings_add(rd->a, &words, fragment);
	rd->recipe->entrypoint = words;
	rd->recipe->own_entrypoint = true;
}

/* An inherited `cmd` belongs to the entrypoint that goes: Docker's rule. A cmd of the same file is
 * read later, see load.c. */
int read_entrypoint(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "command", read_command, NULL },
		{ "type", NULL, "there is no s6 in the image; run one program" },
		{ "services", NULL, "there is no s6 in the image; run one program" },
		{ "shell-fragment", read_fragment, NULL },
	};
	const char *fragment = NULL;
	int r;

	(void)to;
	if (n->kind != YAML_MAP)
		return read_command(rd, n, NULL);
	r = read_map(rd, n, rules, COUNT_OF(rules), &fragment);
	if (r == 0 && fragment)
		set_fragment(rd, fragment);
	return r;
}

int read_environment(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	for (size_t i = 0; n->kind == YAML_MAP && i < n->n; i++) {
		const struct yaml_node *key = n->entries[i].key;
		const char *p = key->text;

		/* What POSIX calls a name, and the dots and dashes that programs use besides. */
		while (isalnum((unsigned char)*p) || (*p && strchr("_.-", *p)))
			p++;
		if (*p || isdigit((unsigned char)key->text[0]))
			return fail_node(rd, key, FAIL_FORMAT,
					 "'%.80s' is no name of an environment variable",
					 key->text);
	}
	return read_pairs(rd, n, &rd->recipe->environment);
}

static int read_port(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct view rest, number, protocol = view_of("tcp");
	const char *port;
	uint64_t v;

	(void)to;
	if (n->kind != YAML_SCALAR)
		return fail_value(rd, n, "a port such as 8080 or 53/udp");
	rest = view_of(n->text);
	(void)view_split(&rest, '/', &number);
	if (rest.ptr)
		protocol = rest;
	if (!view_to_u64(number, &v) || v < 1 || v > 65535 ||
	    !(view_is(protocol, "tcp") || view_is(protocol, "udp") || view_is(protocol, "sctp")))
		return fail_value(rd, n,
				  "a port from 1 to 65535, with /tcp, /udp or /sctp or none");
	port = arena_printf(rd->a, "%u/%.*s", (unsigned int)v, VIEW_ARG(protocol));
	if (!strings_have(&rd->recipe->ports, port))
		strings_add(rd->a, &rd->recipe->ports, port);
	return 0;
}

int read_ports(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_port, to);
}

/* signal(7); the numbers 1 to 64 name a signal as well. */
static bool is_signal(const char *name)
{
	static const char *const names[] = {
		"HUP",	  "INT",   "QUIT", "ILL",  "TRAP", "ABRT",  "BUS",    "FPE",  "KILL",
		"USR1",	  "SEGV",  "USR2", "PIPE", "ALRM", "TERM",  "STKFLT", "CHLD", "CONT",
		"STOP",	  "TSTP",  "TTIN", "TTOU", "URG",  "XCPU",  "XFSZ",   "PROF", "POLL",
		"VTALRM", "WINCH", "IO",   "PWR",  "SYS",  "RTMIN", "RTMAX",
	};
	uint64_t v;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	if (strncmp(name, "RTMIN+", 6) == 0 || strncmp(name, "RTMAX-", 6) == 0)
		return view_to_u64(view_of(name + 6), &v) && v >= 1 && v <= 30;
	return false;
}

int read_stop_signal(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char *name;
	uint64_t v;

	(void)to;
	if (n->kind != YAML_SCALAR || yaml_is_null(n))
		return fail_value(rd, n, "a signal such as SIGTERM");
	if (view_to_u64(view_of(n->text), &v) && v >= 1 && v <= 64) {
		rd->recipe->stop_signal = arena_printf(rd->a, "%u", (unsigned int)v);
		return 0;
	}
	name = strncmp(n->text, "SIG", 3) == 0 ? n->text + 3 : n->text;
	if (!is_signal(name))
		return fail_value(rd, n, "a signal such as SIGTERM");
	rd->recipe->stop_signal = arena_printf(rd->a, "SIG%s", name);
	return 0;
}
