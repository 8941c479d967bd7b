/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alpine's install scripts and triggers are never run. What is known about packages is in
 * data/alpine-scripts.txt; of other scripts, what does more than adding users is named.
 */
#include "base/array.h"
#include "base/embed.h"
#include "base/glob.h"
#include "build/rules.h"
#include "build/rules/script.h"

#include <string.h>

extern const struct embedded pare_alpine_data[];

static bool look_up(const char *package, struct arena *a, struct view *ret_missing)
{
	const struct embedded *file = &pare_alpine_data[0];
	struct view text = view_make((const char *)file->bytes, file->size), line, word, pattern;

	*ret_missing = view_make(NULL, 0);
	while (view_split(&text, '\n', &line)) {
		if (!view_word(&line, &word) || word.ptr[0] == '#' || !view_word(&line, &pattern))
			continue;
		if (!glob_match(arena_view(a, pattern), package))
			continue;
		if (view_is(word, "missing"))
			*ret_missing = view_trim(line);
		return true;
	}
	return false;
}

/* Commands that decide, look and tell; and those that rule_apk_accounts() reads. */
static bool is_idle(struct view line)
{
	static const char *const words[] = {
		"!",	    "#",      "&&",   ":",	";;",	"[",	"]",	"adduser",
		"addgroup", "case",   "cat",  "cd",	"do",	"done", "echo", "elif",
		"else",	    "esac",   "exit", "export", "fi",	"for",	"if",	"printf",
		"read",	    "return", "set",  "shift",	"test", "then", "true", "umask",
		"unset",    "while",  "{",    "}",	"||",	"EOF",	"*",	"rc-update",
	};
	struct view rest = line, word;

	if (!view_word(&rest, &word) || word.ptr[0] == '#')
		return true;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (view_is(word, words[i]))
			return true;
	return view_ends(word, ")") || memchr(word.ptr, '=', word.len) != NULL;
}

static void warn_unknown(struct build *b, const struct build_package *p)
{
	static const char *const scripts[] = { ".pre-install", ".post-install", ".trigger" };
	auto_buf line = BUF_EMPTY;

	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		struct view script = pkg_contents_control(p->contents, scripts[i]);

		while (script.ptr && script_next_line(&script, &line)) {
			if (is_idle(buf_view(&line)))
				continue;
			monitor_warn(b->ctx->monitor,
				     "'%s' has a script %s that is not run, and pare knows no rule "
				     "for it; it begins with: %.60s",
				     p->locked->name, scripts[i] + 1, buf_str(&line));
			return;
		}
	}
}

int rule_apk_scripts(struct build *b, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct view missing;

	(void)e;
	for (size_t i = 0; i < b->n_packages; i++) {
		const struct build_package *p = &b->packages[i];

		if (p->dropped)
			continue;
		if (!look_up(p->locked->name, &a, &missing))
			warn_unknown(b, p);
		else if (missing.ptr)
			monitor_warn(b->ctx->monitor, "'%s' is not configured: %.*s",
				     p->locked->name, VIEW_ARG(missing));
	}
	return 0;
}
