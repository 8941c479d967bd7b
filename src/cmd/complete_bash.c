/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The completion for bash. It needs no bash-completion package: the current word is put together
 * again where bash cut it at '=' and ':'.
 */
#include "cmd/complete.h"
#include "cmd/parse.h"

static void add_names(const struct option_table *table, struct buf *to)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct option *o = &table->at[i];

		if (o->letter)
			buf_printf(to, " -%c", o->letter);
		buf_printf(to, " --%s", o->name);
		if (o->negatable)
			buf_printf(to, " --no-%s", o->name);
	}
}

static void add_action(const struct option *o, struct buf *to)
{
	switch (o->complete) {
	case COMPLETE_FILE:
		buf_add_str(to, "_pare_files");
		return;
	case COMPLETE_FOLDER:
		buf_add_str(to, "_pare_files -d");
		return;
	case COMPLETE_IMAGE:
		buf_add_str(to, "_pare_images");
		return;
	case COMPLETE_PROFILE:
		buf_add_str(to, "_pare_words \"$profiles\"");
		return;
	case COMPLETE_NONE:
	case COMPLETE_VERB:
	case COMPLETE_SHELL:
		break;
	}
	if (!o->choices) {
		buf_add_char(to, ':');
		return;
	}
	buf_add_str(to, "_pare_words \"");
	for (size_t i = 0; o->choices[i]; i++)
		buf_printf(to, "%s%s", i ? " " : "", o->choices[i]);
	buf_add_char(to, '"');
}

/* One case of "VERB OPTION)" per option with a value. */
static void add_values(const char *verb, const struct option_table *table, struct buf *to)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct option *o = &table->at[i];

		if (o->kind == OPTION_BOOL)
			continue;
		buf_printf(to, "\t%s--%s", verb, o->name);
		if (o->letter)
			buf_printf(to, "|%s-%c", verb, o->letter);
		buf_add_str(to, ") ");
		add_action(o, to);
		buf_add_str(to, "; return;;\n");
	}
}

static void add_operands(const struct verb *v, struct buf *to)
{
	buf_printf(to, "\t%s) ", v->name);
	switch (v->complete) {
	case COMPLETE_FILE:
		buf_add_str(to, "_pare_files");
		break;
	case COMPLETE_FOLDER:
		buf_add_str(to, "_pare_files -d");
		break;
	case COMPLETE_IMAGE:
		buf_add_str(to, "_pare_images");
		break;
	case COMPLETE_VERB:
		buf_add_str(to, "_pare_words \"$verbs\"");
		break;
	case COMPLETE_SHELL:
		buf_add_str(to, "_pare_words \"bash zsh fish\"");
		break;
	case COMPLETE_PROFILE:
	case COMPLETE_NONE:
		buf_add_char(to, ':');
		break;
	}
	buf_add_str(to, ";;\n");
}

static const char head[] =
	"# bash completion for pare; made by 'pare completion bash'\n"
	"_pare_words() {\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
	"}\n"
	"_pare_files() {\n"
	"\tcompopt -o filenames\n"
	"\tmapfile -t COMPREPLY < <(compgen \"${1:--f}\" -- \"$cur\")\n"
	"}\n"
	"_pare_images() {\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"" COMPLETE_PLACES " $(\"${COMP_WORDS[0]}\" images "
	"--names 2>/dev/null)\" -- \"$cur\")\n"
	"\t[[ ${COMPREPLY[0]-} != *[:/] ]] || compopt -o nospace 2>/dev/null\n"
	"\t# What is before the last ':' is already on the line.\n"
	"\tif [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
	"\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${cur%:*}\":}\")\n"
	"\tfi\n"
	"}\n"
	"_pare() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} verb='' option='' cur word i\n"
	"\tcur=${line##*[[:space:]]}\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\t[[ $word == -* ]] && continue\n"
	"\t\tverb=$word\n"
	"\t\tbreak\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ $cur == --*=* ]]; then\n"
	"\t\toption=${cur%%=*}\n"
	"\t\tcur=${cur#*=}\n"
	"\telif ((COMP_CWORD > 1)); then\n"
	"\t\toption=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tfi\n";

void complete_bash(struct buf *to)
{
	const struct option_table *shared;

	buf_add_str(to, head);
	buf_add_str(to, "\tlocal verbs=\"");
	for (size_t i = 0; i < n_verbs; i++)
		buf_printf(to, "%s%s", i ? " " : "", verbs[i]->name);
	buf_add_str(to, "\"\n\tlocal profiles=\"");
	complete_profiles(to);
	buf_add_str(to, "\"\n\tlocal common=\"");
	add_names(&global_options, to);
	/* A verb's own first: its --format may know more. */
	buf_add_str(to, "\"\n\tcase $verb/$option in\n");
	for (size_t i = 0; i < n_verbs; i++) {
		auto_buf prefix = BUF_EMPTY;

		buf_printf(&prefix, "%s/", verbs[i]->name);
		add_values(buf_str(&prefix), &verbs[i]->options, to);
		for (size_t k = 0; (shared = shared_options(verbs[i], k)); k++)
			add_values(buf_str(&prefix), shared, to);
	}
	buf_add_str(to, "\tesac\n\tcase $option in\n");
	add_values("", &global_options, to);
	buf_add_str(to, "\tesac\n\tif [[ $cur == -* ]]; then\n\t\tcase $verb in\n");
	for (size_t i = 0; i < n_verbs; i++) {
		buf_printf(to, "\t\t%s) common+=\"", verbs[i]->name);
		add_names(&verbs[i]->options, to);
		for (size_t k = 0; (shared = shared_options(verbs[i], k)); k++)
			add_names(shared, to);
		buf_add_str(to, "\";;\n");
	}
	buf_add_str(to, "\t\tesac\n\t\t_pare_words \"$common\"\n\t\treturn\n\tfi\n"
			"\tcase $verb in\n\t'') _pare_words \"$verbs\";;\n");
	for (size_t i = 0; i < n_verbs; i++)
		add_operands(verbs[i], to);
	buf_add_str(to, "\tesac\n}\ncomplete -F _pare pare\n");
}
