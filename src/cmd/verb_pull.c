/* SPDX-License-Identifier: Apache-2.0 */
/* pare pull: an image of a registry into the store. */
#include "cmd/remote.h"
#include "cmd/verbs.h"

#include <string.h>

struct pull_options {
	struct move_options move;
	const char *tag;
};

static const struct option pull_rows[] = {
	OPTION('t', "tag", STRING, struct pull_options, tag, "NAME",
	       "its name in the store, instead of its own", .complete = COMPLETE_IMAGE),
	OPTION(0, "all", BOOL, struct pull_options, move.all, NULL,
	       "every platform, not just this machine's"),
	OPTION('a', "arch", STRING, struct pull_options, move.arch, "ARCH",
	       "the image for this platform, such as arm64 or arm/v7"),
	OPTION(0, "store", STRING, struct pull_options, move.store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* As it was typed, so that the same words find it again. */
static int parse_name(const char *text, const struct reference *ref, struct arena *a,
		      struct place *ret, struct err *e)
{
	if (view_starts(view_of(text), "docker://"))
		text += strlen("docker://");
	if (ref->has_digest && !ref->tag)
		return fail(e, FAIL_USAGE, "'%s' has no name for the store\nadd one: -t NAME",
			    text);
	if (ref->has_digest)
		text = arena_strndup(a, text, strcspn(text, "@"));
	return place_parse(text, a, ret, e);
}

static int run_pull(struct command *c, const void *options, struct err *e)
{
	const struct pull_options *o = options;
	const char *name = o->tag ? o->tag : c->operands[0];
	struct place from = { .kind = PLACE_REGISTRY }, to;
	auto_remote remote = { 0 };
	struct reference ref;
	int rc = remote_reference(c, &ref, e);

	if (rc == 0 && o->tag)
		rc = place_parse(o->tag, c->arena, &to, e);
	else if (rc == 0)
		rc = parse_name(c->operands[0], &ref, c->arena, &to, e);
	if (rc == 0 && to.kind != PLACE_STORE)
		rc = fail(e, FAIL_USAGE,
			  "-t takes a NAME[:TAG] of the store\nto write elsewhere "
			  "use 'pare copy'");
	if (rc == 0)
		rc = remote_open(c, &remote, e);
	if (rc < 0)
		return rc;
	from.ref = c->operands[0];
	name = to.ref;
	return remote_move(c, &remote, &o->move, &from, &to, &name, 1, e);
}

const struct verb verb_pull = {
	.name = "pull",
	.summary = "Fetch an image of a registry into the store",
	.operands = "REF",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.example = "pare pull registry.example/team/app:1",
	.options = OPTION_TABLE(pull_rows),
	.options_size = sizeof(struct pull_options),
	.run = run_pull,
};
