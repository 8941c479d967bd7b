/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tokenizer that knows as much of Python as it takes to tell statements from strings and
 * comments: logical lines, brackets, and the blocks that indentation makes.
 */
#include "fmt/python.h"

#include "base/array.h"
#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TAB = 8 };

enum token {
	TOKEN_END,  /* of the text */
	TOKEN_LINE, /* the end of a logical line */
	TOKEN_NAME,
	TOKEN_CHAR, /* any other character outside of strings */
	TOKEN_STRING,
};

struct block {
	unsigned indent;
	bool maybe;
};

struct scanner {
	const char *at, *end;
	size_t line;
	unsigned depth;	 /* of open brackets */
	bool line_start; /* of a logical line */
	unsigned indent; /* of the logical line */
	/* The token. */
	enum token token;
	struct view text;
	size_t token_line;
	/* Blocks around the line, and what the line itself opens. */
	struct block blocks[PYTHON_MAX_BLOCKS];
	size_t n_blocks;
	struct arena *a;
	struct python_import *imports;
	size_t n, cap;
};

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t left(const struct scanner *s)
{
	return (size_t)(s->end - s->at);
}

/* Behind a string that begins at its quote; one of a single line ends there in any case. */
static void skip_string(struct scanner *s)
{
	char quote = *s->at;
	bool three = left(s) >= 3 && s->at[1] == quote && s->at[2] == quote;

	s->at += three ? 3 : 1;
	while (s->at < s->end) {
		if (*s->at == '\\' && left(s) > 1) {
			s->line += s->at[1] == '\n';
			s->at += 2;
		} else if (*s->at == '\n' && !three) {
			return;
		} else if (*s->at == quote &&
			   (!three || (left(s) >= 3 && s->at[1] == quote && s->at[2] == quote))) {
			s->at += three ? 3 : 1;
			return;
		} else {
			s->line += *s->at++ == '\n';
		}
	}
}

/* Blanks, comments, continued lines; line ends within brackets. */
static void skip_blanks(struct scanner *s)
{
	while (s->at < s->end) {
		if (*s->at == '#') {
			const char *newline = memchr(s->at, '\n', left(s));

			s->at = newline ? newline : s->end;
		} else if (*s->at == '\\' && left(s) > 1 && s->at[1] == '\n') {
			s->line++;
			s->at += 2;
		} else if (*s->at == '\\' && left(s) > 2 && s->at[1] == '\r' && s->at[2] == '\n') {
			s->line++;
			s->at += 3;
		} else if (*s->at == '\n' && s->depth) {
			s->line++;
			s->at++;
		} else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\f') {
			s->at++;
		} else {
			return;
		}
	}
}

/* The indentation of the next line that isn't empty; the scanner is behind it. */
static void read_indent(struct scanner *s)
{
	for (;;) {
		s->indent = 0;
		for (; s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\f');
		     s->at++)
			s->indent = *s->at == '\t'   ? (s->indent / TAB + 1) * TAB
				    : *s->at == '\f' ? 0
						     : s->indent + 1;
		skip_blanks(s);
		if (s->at == s->end || *s->at != '\n')
			break;
		s->line++;
		s->at++;
	}
	while (s->n_blocks && s->blocks[s->n_blocks - 1].indent >= s->indent)
		s->n_blocks--;
}

static void count_bracket(struct scanner *s, char c)
{
	if (strchr("([{", c))
		s->depth++;
	else if (strchr(")]}", c) && s->depth)
		s->depth--;
}

static void next(struct scanner *s)
{
	if (s->line_start) {
		s->line_start = false;
		read_indent(s);
	}
	skip_blanks(s);
	s->token_line = s->line;
	s->text = view_make(s->at, 0);
	if (s->at == s->end) {
		s->token = TOKEN_END;
		return;
	}
	if (*s->at == '\n') {
		s->token = TOKEN_LINE;
		s->line_start = true;
		s->line++;
		s->at++;
	} else if (is_name_char(*s->at)) {
		while (s->at < s->end && is_name_char(*s->at))
			s->at++;
		s->token = TOKEN_NAME;
	} else if (*s->at == '"' || *s->at == '\'') {
		skip_string(s);
		s->token = TOKEN_STRING;
	} else {
		s->token = TOKEN_CHAR;
		if (*s->at)
			count_bracket(s, *s->at);
		s->at++;
	}
	s->text.len = (size_t)(s->at - s->text.ptr);
}

static bool is_char(const struct scanner *s, char c)
{
	return s->token == TOKEN_CHAR && *s->text.ptr == c;
}

static bool is_word(const struct scanner *s, const char *word)
{
	return s->token == TOKEN_NAME && view_is(s->text, word);
}

/* "a.b.c", blanks left out; an empty one when there's no name. */
static struct view take_dotted(struct scanner *s)
{
	auto_buf name = BUF_EMPTY;

	while (s->token == TOKEN_NAME) {
		buf_add_view(&name, s->text);
		next(s);
		if (!is_char(s, '.'))
			break;
		buf_add_char(&name, '.');
		next(s);
	}
	if (name.len && name.data[name.len - 1] == '.')
		return view_make(NULL, 0);
	return view_of(arena_view(s->a, buf_view(&name)));
}

static void add_import(struct scanner *s, struct view module, struct view member, size_t line,
		       bool maybe)
{
	for (size_t i = 0; i < s->n_blocks && !maybe; i++)
		maybe = s->blocks[i].maybe;
	if (module.len && s->n < PYTHON_MAX_IMPORTS)
		*array_push_to(s->imports, s->n, s->cap) =
			(struct python_import){ module, member, line, maybe };
}

static void skip_as(struct scanner *s)
{
	if (!is_word(s, "as"))
		return;
	next(s);
	if (s->token == TOKEN_NAME)
		next(s);
}

/* Behind `import`. */
static void take_import(struct scanner *s, bool maybe)
{
	do {
		size_t line;

		next(s);
		line = s->token_line;
		add_import(s, take_dotted(s), view_make(NULL, 0), line, maybe);
		skip_as(s);
	} while (is_char(s, ','));
}

/* Behind `from`. */
static void take_from(struct scanner *s, bool maybe)
{
	size_t line = s->token_line;
	struct view module;

	next(s);
	if (is_char(s, '.')) /* relative */
		return;
	module = take_dotted(s);
	if (!is_word(s, "import"))
		return;
	next(s);
	if (is_char(s, '('))
		next(s);
	if (s->token != TOKEN_NAME) {
		add_import(s, module, view_make(NULL, 0), line, maybe);
		return;
	}
	while (s->token == TOKEN_NAME) {
		add_import(s, module, s->text, line, maybe);
		next(s);
		skip_as(s);
		if (!is_char(s, ','))
			break;
		next(s);
	}
}

/* The words that begin a block which may not run, or whose failure is caught. */
static bool begins_maybe(struct scanner *s)
{
	static const char *const words[] = { "try", "except", "if", "elif", "else" };
	struct scanner after = *s;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!is_word(s, words[i]))
			continue;
		/* if __name__ == "__main__": is the program itself */
		next(&after);
		return !(i == 2 && is_word(&after, "__name__"));
	}
	return false;
}

/* One logical line: statements between semicolons, or a header with its block or statements. */
static void take_line(struct scanner *s)
{
	struct block opened = { s->indent, begins_maybe(s) };
	bool statement = true, last_colon = false, suite = false;

	for (;;) {
		if (s->token == TOKEN_END || s->token == TOKEN_LINE)
			break;
		if (statement && is_word(s, "import"))
			take_import(s, suite && opened.maybe);
		else if (statement && is_word(s, "from"))
			take_from(s, suite && opened.maybe);
		if (s->token == TOKEN_END || s->token == TOKEN_LINE)
			break;
		last_colon = !s->depth && is_char(s, ':');
		suite = suite || last_colon;
		statement = !s->depth && (last_colon || is_char(s, ';'));
		next(s);
	}
	if (last_colon && s->n_blocks < PYTHON_MAX_BLOCKS)
		s->blocks[s->n_blocks++] = opened;
}

size_t python_imports(struct view text, struct arena *a, struct python_import **ret)
{
	struct scanner s = {
		.at = text.ptr, .end = text.ptr + text.len, .line = 1, .line_start = true, .a = a
	};

	if (view_starts(text, "\xef\xbb\xbf"))
		s.at += 3;
	do {
		next(&s);
		take_line(&s);
	} while (s.token != TOKEN_END);
	*ret = arena_array(a, s.n + 1, sizeof(**ret));
	if (s.n)
		memcpy(*ret, s.imports, s.n * sizeof(**ret));
	free(s.imports);
	return s.n;
}
