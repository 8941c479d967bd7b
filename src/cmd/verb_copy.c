/* SPDX-License-Identifier: Apache-2.0 */
/* pare copy: images from one place to others. */
#include "cmd/remote.h"
#include "cmd/verbs.h"
#include "oci/name.h"

struct copy_verb_options {
	struct move_options move;
};

static const char *const forms[] = { "keep", "oci", "docker", NULL };

static const struct option copy_rows[] = {
	OPTION(0, "all", BOOL, struct copy_verb_options, move.all, NULL,
	       "every platform, not just this machine's"),
	OPTION('a', "arch", STRING, struct copy_verb_options, move.arch, "ARCH",
	       "the image for this platform, such as arm64 or arm/v7"),
	OPTION(0, "format", CHOICE, struct copy_verb_options, move.format, "FORM",
	       "write media types of oci or docker", .choices = forms),
	OPTION(0, "compression", STRING, struct copy_verb_options, move.compression, "KIND",
	       "compress layers anew: gzip or zstd, or zstd:LEVEL"),
	OPTION(0, "store", STRING, struct copy_verb_options, move.store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* What is typed by habit of other tools; it is a good name all the same. */
static void note_habit(struct command *c, const struct place *to, const char *text)
{
	struct view name = view_of(text), host;
	bool is_file =
		view_ends(name, ".tar") || view_ends(name, ".tar.gz") || view_ends(name, ".tgz");

	if (to->kind != PLACE_STORE)
		return;
	view_split(&name, '/', &host);
	if (is_file)
		monitor_note(c->monitor, "'%s' is a name in the store; a file is oci-archive:%s",
			     text, text);
	else if (name.ptr && image_host_like(host))
		monitor_note(c->monitor,
			     "'%s' is a name in the store; in the registry it is docker://%s", text,
			     text);
}

static int run_copy(struct command *c, const void *options, struct err *e)
{
	const struct copy_verb_options *o = options;
	size_t n = (size_t)c->n_operands - 1;
	struct place from, *to = arena_array(c->arena, n, sizeof(*to));
	auto_remote remote = { 0 };
	int rc = place_parse(c->operands[0], c->arena, &from, e);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = place_parse(c->operands[i + 1], c->arena, &to[i], e);
		if (rc == 0)
			rc = place_check_put(&to[i], e);
	}
	if (rc == 0)
		rc = remote_open(c, &remote, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		note_habit(c, &to[i], c->operands[i + 1]);
	if (rc < 0)
		return rc;
	return remote_move(c, &remote, &o->move, &from, to, c->operands + 1, n, e);
}

const struct verb verb_copy = {
	.name = "copy",
	.summary = "Copy an image from one place to others",
	.operands = "SRC DST...",
	.min_operands = 2,
	.max_operands = ARITY_ANY,
	.shows = true,
	.asks_registries = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare copy docker://registry.example/app:1 oci:app",
	.options = OPTION_TABLE(copy_rows),
	.options_size = sizeof(struct copy_verb_options),
	.run = run_copy,
};
