/* SPDX-License-Identifier: Apache-2.0 */
/* pare run: starts an image with the OCI runtime of the machine; its exit status is the program's.
 */
#include "base/array.h"
#include "cmd/remote.h"
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "run/run.h"
#include "view/look.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NETWORK_HOST, NETWORK_NONE };

struct run_options {
	bool interactive, tty, read_only, remove;
	struct strings env, volumes;
	const char *user, *work_dir, *entrypoint;
	int network;
	const char *runtime, *store;
};

static const char *const network_choices[] = { "host", "none", NULL };

static const struct option run_rows[] = {
	OPTION('i', "interactive", BOOL, struct run_options, interactive, NULL,
	       "pass standard input on; else it is empty"),
	OPTION('t', "tty", BOOL, struct run_options, tty, NULL, "give the program a terminal"),
	OPTION('e', "env", STRINGS, struct run_options, env, "NAME[=VALUE]",
	       "set a variable; without VALUE, as it is here"),
	OPTION('u', "user", STRING, struct run_options, user, "USER[:GROUP]",
	       "names or numbers, instead of the image's"),
	OPTION('w', "workdir", STRING, struct run_options, work_dir, "DIR",
	       "start in this folder of the image"),
	OPTION(0, "volume", STRINGS, struct run_options, volumes, "SRC:DST[:ro]",
	       "show a file or folder in the container", .complete = COMPLETE_FILE),
	OPTION(0, "read-only", BOOL, struct run_options, read_only, NULL,
	       "let nothing be written but volumes"),
	OPTION(0, "network", CHOICE, struct run_options, network, "NETWORK",
	       "host (the default) or none", .choices = network_choices),
	OPTION(0, "entrypoint", STRING, struct run_options, entrypoint, "PROGRAM",
	       "run this instead of the image's"),
	OPTION(0, "runtime", STRING, struct run_options, runtime, "PROGRAM",
	       "instead of the first of runc, crun and youki", .complete = COMPLETE_FILE),
	OPTION(0, "rm", BOOL, struct run_options, remove, NULL,
	       "remove the container in the end, as is always done"),
	OPTION(0, "store", STRING, struct run_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* SRC:DST[:ro]; SRC is resolved here, so that the runtime follows no link. */
static int read_volume(const char *text, struct arena *a, struct run_volume *ret, struct err *e)
{
	struct view left = view_of(text), source, target, mode = view_of("rw");
	char *real;

	if (!view_split(&left, ':', &source) || !view_split(&left, ':', &target) ||
	    source.len == 0 || target.len < 2 || target.ptr[0] != '/')
		return fail(e, FAIL_USAGE,
			    "'%.200s' is no volume: expected SRC:DST[:ro] with an absolute DST",
			    text);
	if (left.ptr)
		mode = left;
	if (!view_is(mode, "ro") && !view_is(mode, "rw"))
		return fail(e, FAIL_USAGE, "volume '%.200s' ends in '%.*s' instead of 'ro' or 'rw'",
			    text, VIEW_ARG(mode));
	real = realpath(arena_view(a, source), NULL);
	if (!real)
		return fail_sys(e, "volume '%.*s'", VIEW_ARG(source));
	ret->source = arena_strdup(a, real);
	ret->target = arena_view(a, target);
	ret->read_only = view_is(mode, "ro");
	free(real);
	if (strstr(ret->target, "/../") || view_ends(target, "/.."))
		return fail(e, FAIL_USAGE, "volume '%.200s' has a '..' in its second part", text);
	return 0;
}

static int read_volumes(const struct run_options *o, struct arena *a, struct run_request *rq,
			struct err *e)
{
	struct run_volume *at = arena_array(a, o->volumes.n + 1, sizeof(*at));

	for (size_t i = 0; i < o->volumes.n; i++) {
		int r = read_volume(o->volumes.at[i], a, &at[i], e);

		if (r < 0)
			return r;
	}
	rq->volumes = at;
	rq->n_volumes = o->volumes.n;
	return 0;
}

/* NAME alone is this process's variable, or none if it has none. */
static int read_env(const struct run_options *o, struct arena *a, struct run_request *rq,
		    struct err *e)
{
	rq->env.at = arena_array(a, o->env.n + 1, sizeof(*rq->env.at));
	for (size_t i = 0; i < o->env.n; i++) {
		const char *pair = o->env.at[i], *value;

		if (*pair == '\0' || *pair == '=')
			return fail(e, FAIL_USAGE, "'%.200s' is no variable: expected NAME=VALUE",
				    pair);
		value = strchr(pair, '=') ? "" : getenv(pair);
		if (!value)
			continue;
		rq->env.at[rq->env.n++] =
			strchr(pair, '=') ? pair : arena_printf(a, "%s=%s", pair, value);
	}
	return 0;
}

static int read_request(struct command *c, const struct run_options *o, struct run_request *rq,
			struct err *e)
{
	int r = cache_folder(NULL, c->arena, &rq->folder, e);

	if (r < 0)
		return r;
	rq->folder = arena_printf(c->arena, "%s/run", rq->folder);
	rq->name = c->operands[0];
	rq->args = (struct strings){ .at = c->arguments, .n = (size_t)c->n_arguments };
	rq->entrypoint = o->entrypoint;
	rq->user = o->user;
	rq->work_dir = o->work_dir;
	rq->read_only = o->read_only;
	rq->tty = o->tty;
	rq->interactive = o->interactive;
	rq->network = o->network == NETWORK_HOST;
	rq->runtime = o->runtime;
	if (rq->tty && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return fail(e, FAIL_USAGE, "'--tty' needs a terminal, and standard %s is none",
			    isatty(STDIN_FILENO) ? "output" : "input");
	r = read_env(o, c->arena, rq, e);
	return r < 0 ? r : read_volumes(o, c->arena, rq, e);
}

/* "oci:dir:app:1" names a host as well as "app:1". */
static const char *short_name(const char *text, struct arena *a)
{
	struct place p;
	struct err ignored;

	if (place_parse(text, a, &p, &ignored) < 0)
		return text;
	return p.ref ? p.ref : p.path;
}

static int run_run(struct command *c, const void *options, struct err *e)
{
	const struct run_options *o = options;
	auto_look_image image = { 0 };
	struct run_request rq = { 0 };
	struct place_access access;
	int status = 0, r;

	r = read_request(c, o, &rq, e);
	if (r == 0)
		r = remote_access(c, &access, e);
	if (r == 0)
		r = look_open(c->operands[0], o->store, &access, c->arena, &image, e);
	if (r < 0)
		return r;
	rq.name = short_name(c->operands[0], c->arena);
	r = run_image(&rq, image.source, &image.root, c->monitor, &status, e);
	return r < 0 ? r : status;
}

const struct verb verb_run = {
	.name = "run",
	.summary = "Run an image with the OCI runtime of this machine",
	.operands = "IMAGE [ARG...]",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.ends_options = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare run --read-only hello --greet world",
	.options = OPTION_TABLE(run_rows),
	.options_size = sizeof(struct run_options),
	.run = run_run,
};
