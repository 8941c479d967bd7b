/* SPDX-License-Identifier: Apache-2.0 */
/* See shell.h. One pass over the text; each command's words are gathered, then what isn't one goes.
 */
#include "fmt/shell.h"

#include "base/array.h"
#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char SHELL_ARGUMENTS[] = "$@";

struct words {
	const char **at;
	size_t n, cap;
};

struct shell {
	const char *at, *end;
	struct arena *arena;
	struct words words;
	struct words heredocs; /* ends of those that begin behind this line */
	unsigned n_cases;
	bool in_pattern; /* of a case, up to its ')' */
	shell_command_fn *fn;
	void *ctx;
	bool stopped;
};

/* ---- words ------------------------------------------------------------------------------- */

struct word {
	struct buf text;
	bool expands;
};

static void skip_to(struct shell *s, char end)
{
	while (s->at < s->end && *s->at != end)
		s->at += *s->at == '\\' && s->end - s->at > 1 ? 2 : 1;
	s->at += s->at < s->end;
}

/* "$NAME", "${…}", "$(…)": brackets count, whatever stands in them. */
static void skip_expansion(struct shell *s)
{
	size_t depth = 0;

	s->at++;
	if (s->at == s->end || (*s->at != '(' && *s->at != '{'))
		return;
	do {
		depth += *s->at == '(' || *s->at == '{';
		depth -= *s->at == ')' || *s->at == '}';
		s->at++;
	} while (s->at < s->end && depth);
}

static void take_double_quoted(struct shell *s, struct word *w)
{
	s->at++;
	if (s->end - s->at >= 3 && memcmp(s->at, "$@\"", 3) == 0 && w->text.len == 0) {
		buf_add_str(&w->text, SHELL_ARGUMENTS);
		s->at += 2;
	}
	while (s->at < s->end && *s->at != '"') {
		if (*s->at == '$' || *s->at == '`') {
			w->expands = true;
			if (*s->at == '$')
				skip_expansion(s);
			else
				s->at++;
			continue;
		}
		s->at += *s->at == '\\' && s->end - s->at > 1;
		buf_add_char(&w->text, *s->at++);
	}
	s->at += s->at < s->end;
}

static bool is_operator(char c)
{
	return strchr(" \t\r\n;&|()<>", c) && c;
}

static void take_plain(struct shell *s, struct word *w)
{
	if (*s->at == '\\' && s->end - s->at > 1) {
		s->at++;
		if (*s->at != '\n')
			buf_add_char(&w->text, *s->at);
		s->at++;
	} else if (*s->at == '$' && s->end - s->at > 1 && (s->at[1] == '@' || s->at[1] == '*') &&
		   w->text.len == 0) {
		buf_add_str(&w->text, SHELL_ARGUMENTS);
		s->at += 2;
	} else if (*s->at == '$') {
		w->expands = true;
		skip_expansion(s);
	} else if (*s->at == '`') {
		w->expands = true;
		s->at++;
		skip_to(s, '`');
	} else {
		w->expands |= strchr("*?[~", *s->at) && *s->at;
		buf_add_char(&w->text, *s->at++);
	}
}

/* An operator or the end comes next. */
static void take_word(struct shell *s, struct word *w)
{
	while (s->at < s->end && !is_operator(*s->at)) {
		if (*s->at == '\'') {
			const char *from = ++s->at;

			while (s->at < s->end && *s->at != '\'')
				s->at++;
			buf_add(&w->text, from, (size_t)(s->at - from));
			s->at += s->at < s->end;
		} else if (*s->at == '"') {
			take_double_quoted(s, w);
		} else {
			take_plain(s, w);
		}
	}
}

static const char *known_text(const struct shell *s, const struct word *w)
{
	if (w->expands || memchr(buf_str(&w->text), '\0', w->text.len))
		return NULL;
	if (strcmp(buf_str(&w->text), SHELL_ARGUMENTS) == 0)
		return SHELL_ARGUMENTS;
	return arena_strdup(s->arena, buf_str(&w->text));
}

/* ---- redirections ------------------------------------------------------------------------ */

static void skip_blanks(struct shell *s)
{
	while (s->at < s->end) {
		if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
			s->at++;
		else if (*s->at == '\\' && s->end - s->at > 1 && s->at[1] == '\n')
			s->at += 2;
		else
			break;
	}
}

static void skip_redirection(struct shell *s)
{
	bool heredoc = s->end - s->at >= 2 && memcmp(s->at, "<<", 2) == 0 &&
		       (s->end - s->at == 2 || s->at[2] != '<');
	struct word w = { .text = BUF_EMPTY };

	while (s->at < s->end && strchr("<>&|-", *s->at) && *s->at)
		s->at++;
	skip_blanks(s);
	take_word(s, &w);
	if (heredoc)
		*array_push(&s->heredocs) = arena_strdup(s->arena, buf_str(&w.text));
	buf_done(&w.text);
}

/* The line feed has been taken. */
static void skip_heredocs(struct shell *s)
{
	for (size_t i = 0; i < s->heredocs.n; i++) {
		struct view rest = view_make(s->at, (size_t)(s->end - s->at)), line;
		bool ended = false;

		while (!ended && view_split(&rest, '\n', &line))
			ended = view_is(view_trim(line), s->heredocs.at[i]);
		s->at = ended && rest.ptr ? rest.ptr : s->end;
	}
	s->heredocs.n = 0;
}

/* ---- commands ---------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool is_assignment(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return n && !isdigit((unsigned char)word[0]) && word[n] == '=';
}

/* How many of the first words are no command's: what is before it, or all of them. */
static size_t reserved_words(struct shell *s)
{
	static const char *const before[] = { "if",    "then", "elif", "else", "while",
					      "until", "do",   "!",    "{",    "time" };
	static const char *const whole[] = { "for", "select", "function", "fi", "done", "}" };
	const struct words *w = &s->words;
	size_t i;

	for (i = 0; i < w->n && w->at[i]; i++) {
		if (strcmp(w->at[i], "case") == 0) {
			s->n_cases++;
			s->in_pattern = true;
			return w->n;
		}
		if (strcmp(w->at[i], "esac") == 0) {
			s->n_cases -= s->n_cases > 0;
			s->in_pattern = false;
			return w->n;
		}
		if (is_one_of(w->at[i], whole, COUNT_OF(whole)))
			return w->n;
		if (!is_one_of(w->at[i], before, COUNT_OF(before)) && !is_assignment(w->at[i]))
			break;
	}
	return i;
}

static bool word_is(const struct shell *s, size_t i, const char *text)
{
	return i < s->words.n && s->words.at[i] && strcmp(s->words.at[i], text) == 0;
}

static void end_command(struct shell *s)
{
	size_t skip = reserved_words(s);

	if (skip < s->words.n)
		s->stopped = !s->fn(s->ctx, s->words.at + skip, s->words.n - skip);
	s->words.n = 0;
}

static void take_operator(struct shell *s)
{
	char c = *s->at++;

	if (c == '(' && s->words.n) {
		const char *last = s->words.at[s->words.n - 1];

		if (last && view_ends(view_of(last), "=")) /* NAME=(…), of bash */
			skip_to(s, ')');
		s->words.n = 0; /* NAME () begins a function */
	}
	if (s->in_pattern && (c == ')' || !word_is(s, 0, "esac")))
		s->words.n = 0;
	if (c == ')')
		s->in_pattern = false;
	end_command(s);
	if (c == ';' && s->at < s->end && *s->at == ';') {
		s->at++;
		s->in_pattern = s->n_cases > 0;
	}
	if (c == '\n')
		skip_heredocs(s);
}

static void add_word(struct shell *s)
{
	struct word w = { .text = BUF_EMPTY };
	const char *from = s->at;
	bool number;

	take_word(s, &w);
	number = s->at < s->end && (*s->at == '<' || *s->at == '>') &&
		 strspn(buf_str(&w.text), "0123456789") == (size_t)(s->at - from);
	/* NAME=$VALUE is an assignment all the same */
	if (!number && !(w.expands && is_assignment(buf_str(&w.text))))
		*array_push(&s->words) = known_text(s, &w);
	if (s->words.n > 2 && word_is(s, s->words.n - 3, "case") &&
	    word_is(s, s->words.n - 1, "in"))
		end_command(s);
	buf_done(&w.text);
}

void shell_commands(struct view text, struct arena *a, shell_command_fn *fn, void *ctx)
{
	struct shell s = {
		.at = text.ptr,
		.end = text.ptr + text.len,
		.arena = a,
		.fn = fn,
		.ctx = ctx,
	};

	for (skip_blanks(&s); s.at < s.end && !s.stopped; skip_blanks(&s)) {
		if (*s.at == '#') {
			while (s.at < s.end && *s.at != '\n')
				s.at++;
		} else if (*s.at == '<' || *s.at == '>') {
			skip_redirection(&s);
		} else if (is_operator(*s.at)) {
			take_operator(&s);
		} else {
			add_word(&s);
		}
	}
	if (!s.stopped)
		end_command(&s);
	free(s.words.at);
	free(s.heredocs.at);
}
