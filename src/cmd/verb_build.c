/* SPDX-License-Identifier: Apache-2.0 */
/* pare build: from a recipe or a profile to an image in the store and in other places. */
#include "cmd/recipe_options.h"
#include "cmd/verbs.h"

enum build_compression { BUILD_GZIP, BUILD_ZSTD };

struct build_options {
	struct recipe_options recipe;
	struct strings tags, outputs;
	bool locked;
	int compression; /* enum build_compression */
	uint64_t level;	 /* 0: the compression's own default */
	uint64_t jobs;	 /* 0: as many as there are processors */
	const char *store;
};

static const char *const compressions[] = { "gzip", "zstd", NULL };

static const struct option build_rows[] = {
	OPTION('t', "tag", STRINGS, struct build_options, tags, "NAME",
	       "put the image into the store as NAME[:TAG]", .complete = COMPLETE_IMAGE),
	OPTION('o', "output", STRINGS, struct build_options, outputs, "PLACE",
	       "write it to oci:DIR, docker-archive:FILE, ..."),
	RECIPE_OPTIONS(struct build_options, recipe),
	OPTION(0, "locked", BOOL, struct build_options, locked, NULL,
	       "fail if pare.lock is missing or out of date"),
	OPTION(0, "compression", CHOICE, struct build_options, compression, "KIND",
	       "of layers: gzip or zstd", .choices = compressions),
	OPTION(0, "level", U64, struct build_options, level, "N", "of the compression"),
	OPTION('j', "jobs", U64, struct build_options, jobs, "N", "work on N things at a time"),
	OPTION(0, "store", STRING, struct build_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

static int run_build(struct command *c, const void *options, struct err *e)
{
	(void)c;
	(void)options;
	return fail(e, FAIL_UNSUPPORTED, "'build' is not there yet");
}

const struct verb verb_build = {
	.name = "build",
	.summary = "Build an image from a recipe or a profile",
	.operands = "[RECIPE]",
	.max_operands = 1,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare build --profile distroless/cc:nonroot -t cc",
	.options = OPTION_TABLE(build_rows),
	.options_size = sizeof(struct build_options),
	.run = run_build,
};
