/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for fish: one `complete` line per option. */
#include "cmd/complete.h"
#include "cmd/parse.h"

/* Inside of '…'. */
static void add_quoted(struct buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_add_char(to, '\\');
		buf_add_char(to, *text);
	}
}

static void add_arguments(struct buf *to, enum complete_kind kind, const char *const *choices)
{
	switch (kind) {
	case COMPLETE_FILE:
		buf_add_str(to, " -F");
		return;
	case COMPLETE_FOLDER:
		buf_add_str(to, " -f -a '(__fish_complete_directories)'");
		return;
	case COMPLETE_IMAGE:
		buf_add_str(to, " -f -a '" COMPLETE_PLACES " (pare images --names 2>/dev/null)'");
		return;
	case COMPLETE_SHELL:
		buf_add_str(to, " -f -a 'bash zsh fish'");
		return;
	case COMPLETE_PROFILE:
		buf_add_str(to, " -f -a '");
		complete_profiles(to);
		buf_add_char(to, '\'');
		return;
	case COMPLETE_VERB:
	case COMPLETE_NONE:
		break;
	}
	buf_add_str(to, " -f");
	if (kind == COMPLETE_VERB || choices)
		buf_add_str(to, " -a '");
	for (size_t i = 0; kind == COMPLETE_VERB && i < n_verbs; i++)
		buf_printf(to, "%s%s", i ? " " : "", verbs[i]->name);
	for (size_t i = 0; choices && choices[i]; i++)
		buf_printf(to, "%s%s", i ? " " : "", choices[i]);
	if (kind == COMPLETE_VERB || choices)
		buf_add_char(to, '\'');
}

static void add_options(struct buf *to, const char *condition, const struct option_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct option *o = &table->at[i];

		buf_printf(to, "complete -c pare%s -l %s", condition, o->name);
		if (o->letter)
			buf_printf(to, " -s %c", o->letter);
		if (o->kind != OPTION_BOOL && o->kind != OPTION_OPTIONAL)
			buf_add_str(to, " -r");
		if (o->kind != OPTION_BOOL)
			add_arguments(to, o->complete, o->choices);
		buf_add_str(to, " -d '");
		add_quoted(to, o->help);
		buf_add_str(to, "'\n");
		if (o->negatable)
			buf_printf(to, "complete -c pare%s -l no-%s\n", condition, o->name);
	}
}

void complete_fish(struct buf *to)
{
	buf_add_str(to, "# fish completion for pare; made by 'pare completion fish'\n"
			"complete -c pare -f\n");
	add_options(to, "", &global_options);
	for (size_t i = 0; i < n_verbs; i++) {
		const struct verb *v = verbs[i];
		const struct option_table *shared;
		auto_buf condition = BUF_EMPTY;

		buf_printf(&condition, " -n '__fish_seen_subcommand_from %s'", v->name);
		buf_printf(to, "complete -c pare -n __fish_use_subcommand -a %s -d '", v->name);
		add_quoted(to, v->summary);
		buf_add_str(to, "'\n");
		add_options(to, buf_str(&condition), &v->options);
		for (size_t k = 0; (shared = shared_options(v, k)); k++)
			add_options(to, buf_str(&condition), shared);
		if (v->max_operands) {
			buf_printf(to, "complete -c pare%s", buf_str(&condition));
			add_arguments(to, v->complete, NULL);
			buf_add_char(to, '\n');
		}
	}
}
