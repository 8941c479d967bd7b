/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for zsh: one _arguments call per verb. */
#include "cmd/complete.h"
#include "cmd/parse.h"

#include <string.h>

/* Text inside of '…' and of an _arguments specification. */
static void add_quoted(struct buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_str(to, "'\\''");
		else if (strchr("[]:\\", *text))
			buf_printf(to, "\\%c", *text);
		else
			buf_add_char(to, *text);
	}
}

static void add_action(struct buf *to, enum complete_kind kind, const char *const *choices)
{
	switch (kind) {
	case COMPLETE_FILE:
		buf_add_str(to, "_files");
		return;
	case COMPLETE_FOLDER:
		buf_add_str(to, "_files -/");
		return;
	case COMPLETE_IMAGE:
		buf_add_str(to, "_pare_images");
		return;
	case COMPLETE_VERB:
		buf_add_str(to, "_pare_verbs");
		return;
	case COMPLETE_SHELL:
		buf_add_str(to, "(bash zsh fish)");
		return;
	case COMPLETE_PROFILE:
		buf_add_char(to, '(');
		complete_profiles(to);
		buf_add_char(to, ')');
		return;
	case COMPLETE_NONE:
		break;
	}
	if (!choices) {
		buf_add_char(to, ' ');
		return;
	}
	for (size_t i = 0; choices[i]; i++)
		buf_printf(to, "%s%s", i ? " " : "(", choices[i]);
	buf_add_char(to, ')');
}

static void add_spec(struct buf *to, const struct option *o, const char *name, const char *marker)
{
	buf_printf(to, "\t\t'%s%s%s[", o->kind == OPTION_STRINGS ? "*" : "", name, marker);
	add_quoted(to, o->help);
	buf_add_char(to, ']');
	if (o->kind != OPTION_BOOL) {
		buf_printf(to, ":%s%s:", o->kind == OPTION_OPTIONAL ? ":" : "", o->value);
		add_action(to, o->complete, o->choices);
	}
	buf_add_str(to, "' \\\n");
}

static void add_options(struct buf *to, const struct option_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct option *o = &table->at[i];
		const char letter[] = { '-', o->letter, '\0' };
		auto_buf name = BUF_EMPTY;

		buf_printf(&name, "--%s", o->name);
		add_spec(to, o, buf_str(&name),
			 o->kind == OPTION_BOOL	      ? ""
			 : o->kind == OPTION_OPTIONAL ? "=-"
						      : "=");
		if (o->letter)
			add_spec(to, o, letter,
				 o->kind == OPTION_BOOL	      ? ""
				 : o->kind == OPTION_OPTIONAL ? "-"
							      : "+");
		if (o->negatable)
			buf_printf(to, "\t\t'--no-%s' \\\n", o->name);
	}
}

static void add_verb(struct buf *to, const struct verb *v)
{
	const struct option_table *shared;

	buf_printf(to, "\t(%s) _arguments -s -S \\\n", v->name);
	add_options(to, &v->options);
	for (size_t i = 0; (shared = shared_options(v, i)); i++)
		add_options(to, shared);
	add_options(to, &global_options);
	if (v->max_operands) {
		buf_printf(to, "\t\t'%s: :", v->max_operands > 1 ? "*" : "1");
		add_action(to, v->complete, NULL);
		buf_add_str(to, "' \\\n");
	}
	buf_add_str(to, "\t\t&& return 0;;\n");
}

static const char images[] =
	"_pare_images() {\n"
	"\tlocal -a names\n"
	"\tnames=(${(f)\"$(_call_program images pare images --names 2>/dev/null)\"})\n"
	"\tcompadd -a names\n"
	"\tcompadd -S '' " COMPLETE_PLACES "\n"
	"}\n";

void complete_zsh(struct buf *to)
{
	buf_add_str(to,
		    "#compdef pare\n# zsh completion for pare; made by 'pare completion zsh'\n");
	buf_add_str(to, images);
	buf_add_str(to, "_pare_verbs() {\n\tlocal -a verbs\n\tverbs=(\n");
	for (size_t i = 0; i < n_verbs; i++) {
		buf_printf(to, "\t\t'%s:", verbs[i]->name);
		add_quoted(to, verbs[i]->summary);
		buf_add_str(to, "'\n");
	}
	buf_add_str(to, "\t)\n\t_describe verb verbs\n}\n"
			"_pare() {\n\tlocal context curcontext=$curcontext state line\n"
			"\ttypeset -A opt_args\n\t_arguments -C \\\n");
	add_options(to, &global_options);
	buf_add_str(to, "\t\t'1:verb:_pare_verbs' \\\n\t\t'*::operand:->verb' && return 0\n"
			"\tcase $line[1] in\n");
	for (size_t i = 0; i < n_verbs; i++)
		add_verb(to, verbs[i]);
	buf_add_str(to, "\tesac\n}\n"
			"if [[ $funcstack[1] == _pare ]]; then\n\t_pare \"$@\"\n"
			"else\n\tcompdef _pare pare\nfi\n");
}
