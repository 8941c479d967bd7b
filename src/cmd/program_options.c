/* SPDX-License-Identifier: Apache-2.0 */
/* From options to wishes. */
#include "cmd/program_options.h"

const char *const libs_choices[] = { "packages", "host", NULL };
const char *const keep_choices[] = { "reached", "packages", NULL };

struct program_wishes program_wishes_of(const struct program_options *o, const struct command *c)
{
	struct program_wishes w = o->w;

	w.libs_host = o->libs == LIBS_HOST;
	w.keep_packages = o->keep == KEEP_CHOICE_PACKAGES;
	w.arguments = (struct strings){ .at = c->arguments,
					.n = (size_t)c->n_arguments,
					.cap = (size_t)c->n_arguments };
	return w;
}

const char *program_option_given(const struct program_options *o, const struct command *c)
{
	const struct program_wishes *w = &o->w;
	const struct {
		const char *name;
		bool given;
	} all[] = {
		{ "--user", w->user },
		{ "--port", w->ports.n },
		{ "--env", w->env.n },
		{ "--label", w->labels.n },
		{ "--workdir", w->work_dir },
		{ "--entrypoint", w->entrypoint },
		{ "--cmd", w->cmd },
		{ "--volume", w->volumes.n },
		{ "--stop-signal", w->stop_signal },
		{ "--file", w->files.n },
		{ "--strip", w->strip },
		{ "--with", w->with.n },
		{ "--without", w->without.n },
		{ "--charset", w->charsets.n },
		{ "--libs", o->libs != LIBS_PACKAGES },
		{ "--keep", o->keep != KEEP_CHOICE_REACHED },
		{ "--release", w->release },
		{ "--keyring", w->keyring.n },
		{ "arguments after '--'", c->n_arguments },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].given)
			return all[i].name;
	return NULL;
}
