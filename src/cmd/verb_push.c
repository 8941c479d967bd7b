/* SPDX-License-Identifier: Apache-2.0 */
/* pare push: an image of the store to a registry. */
#include "base/mem.h"
#include "cmd/remote.h"
#include "cmd/verbs.h"

#include <string.h>

struct push_options {
	struct move_options move;
};

static const struct option push_rows[] = {
	OPTION('a', "arch", STRING, struct push_options, move.arch, "ARCH",
	       "only the image for this platform"),
	OPTION(0, "compression", STRING, struct push_options, move.compression, "KIND",
	       "compress layers anew: gzip or zstd, or zstd:LEVEL"),
	OPTION(0, "store", STRING, struct push_options, move.store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* A bare name is a registry's here: what else would one push to? */
static int parse_target(const char *text, struct arena *a, struct place *ret, struct err *e)
{
	struct place p;
	size_t skip;
	int rc;

	if (strstr(text, "://") || place_kind_of(text, &skip) != PLACE_STORE) {
		rc = place_parse(text, a, ret, e);
		return rc < 0 ? rc : place_check_put(ret, e);
	}
	p = (struct place){ .kind = PLACE_REGISTRY, .ref = text };
	rc = place_parse(arena_printf(a, "docker://%s", text), a, &p, e);
	*ret = p;
	return rc;
}

static int run_push(struct command *c, const void *options, struct err *e)
{
	const struct push_options *o = options;
	const char *text = c->operands[c->n_operands - 1];
	struct move_options move = o->move;
	auto_remote remote = { 0 };
	struct place from, to;
	int rc = place_parse(c->operands[0], c->arena, &from, e);

	if (rc == 0 && c->n_operands == 1 && from.kind != PLACE_STORE)
		rc = fail(e, FAIL_USAGE, "where to push '%s'?\nname a second place: docker://…",
			  text);
	if (rc == 0)
		rc = parse_target(text, c->arena, &to, e);
	if (rc == 0)
		rc = remote_open(c, &remote, e);
	if (rc < 0)
		return rc;
	move.all = !move.arch; /* all that was built */
	return remote_move(c, &remote, &move, &from, &to, &text, 1, e);
}

const struct verb verb_push = {
	.name = "push",
	.summary = "Send an image of the store to a registry",
	.operands = "IMAGE [DST]",
	.min_operands = 1,
	.max_operands = 2,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare push registry.example/team/app:1",
	.options = OPTION_TABLE(push_rows),
	.options_size = sizeof(struct push_options),
	.run = run_push,
};
