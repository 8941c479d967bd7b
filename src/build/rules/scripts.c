/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says which packages' maintainer scripts do something that nobody does in the image. What is
 * known about packages is in data/debian-scripts.txt; an unknown script is looked at for commands
 * besides the words of data/script-words.txt and the snippets that debhelper puts into every second
 * one.
 */
#include "base/array.h"
#include "base/embed.h"
#include "base/glob.h"
#include "build/rules.h"
#include "build/rules/script.h"

#include <string.h>

extern const struct embedded pare_debian_scripts[];

enum verdict { VERDICT_UNKNOWN, VERDICT_FINE, VERDICT_MISSING };

static struct view data_file(size_t i)
{
	return view_make((const char *)pare_debian_scripts[i].bytes, pare_debian_scripts[i].size);
}

/* The first line of the data file that fits, as verdict and text. */
static enum verdict look_up(const char *package, struct arena *a, struct view *ret_text)
{
	struct view text = data_file(0), line, word, pattern;

	while (view_split(&text, '\n', &line)) {
		if (!view_word(&line, &word) || word.ptr[0] == '#' || !view_word(&line, &pattern))
			continue;
		if (!glob_match(arena_view(a, pattern), package))
			continue;
		*ret_text = view_trim(line);
		return view_is(word, "missing") ? VERDICT_MISSING : VERDICT_FINE;
	}
	return VERDICT_UNKNOWN;
}

static bool is_idle_word(struct view word)
{
	struct view text = data_file(1), line, known;

	while (view_split(&text, '\n', &line)) {
		if (view_starts(line, "#"))
			continue;
		while (view_word(&line, &known))
			if (view_eq(known, word))
				return true;
	}
	/* Questions to debconf, labels of a case or starts of a function, an assignment. */
	return view_starts(word, "db_") || view_ends(word, ")") ||
	       memchr(word.ptr, '=', word.len) != NULL;
}

static bool is_frame(struct view line)
{
	struct view rest = line, word;

	if (!view_word(&rest, &word) || word.ptr[0] == '#' || is_idle_word(word))
		return true;
	if (view_ends(line, "() {") || view_ends(line, "()"))
		return true;
	/* With literal words rule_alternatives() does it. */
	return view_is(word, "update-alternatives") &&
	       (line.len == 0 || !memchr(line.ptr, '$', line.len));
}

/* The first line of the script that does something of its own, in `line`; false when none does. */
static bool find_work(struct view script, struct buf *line)
{
	bool snippet = false;

	while (script_next_line(&script, line)) {
		struct view text = buf_view(line);

		if (view_starts(text, "# Automatically added by "))
			snippet = true;
		else if (view_starts(text, "# End automatically added section"))
			snippet = false;
		else if (!snippet && !is_frame(text))
			return true;
	}
	return false;
}

static void warn_unknown(struct build *b, const struct build_package *p)
{
	static const char *const scripts[] = { "preinst", "postinst" };
	auto_buf line = BUF_EMPTY;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (!find_work(pkg_contents_control(p->contents, scripts[i]), &line))
			continue;
		monitor_warn(b->ctx->monitor,
			     "'%s' has a %s that is not run, and pare knows no rule for it; it "
			     "begins with: %.60s",
			     p->locked->name, scripts[i], buf_str(&line));
		return;
	}
}

int rule_scripts(struct build *b, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct view text;

	(void)e;
	for (size_t i = 0; i < b->n_packages; i++) {
		const struct build_package *p = &b->packages[i];

		if (p->dropped)
			continue;
		switch (look_up(p->locked->name, &a, &text)) {
		case VERDICT_MISSING:
			monitor_warn(b->ctx->monitor, "'%s' is not configured: %.*s",
				     p->locked->name, VIEW_ARG(text));
			break;
		case VERDICT_UNKNOWN:
			warn_unknown(b, p);
			break;
		case VERDICT_FINE:
			break;
		}
	}
	return 0;
}
